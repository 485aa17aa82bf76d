/** `npm run bench`: installs, builds and runs the benches. What follows `--` reaches them. */
import { install } from './install.js'
import { nodeStep, step } from './step.js'

install()
nodeStep('compiling (tsc -b)', 'typescript/bin/tsc', ['-b'])
step('running the benches', process.execPath, ['--expose-gc', 'bench/dist/main.js', ...process.argv.slice(2)], {
  stdout: 'inherit',
})
