/** `npm run bench`: installs, builds and runs the benches. What follows `--` reaches them, and their exit code is this one's: they say themselves what it means. */
import { install } from './install.js'
import { nodeStep, run, say } from './step.js'

install()
nodeStep('compiling (tsc -b)', 'typescript/bin/tsc', ['-b'])
say('running the benches')
// Ctrl-C reaches the benches as well, which report what had ended. This script waits for them.
process.on('SIGINT', () => {})
process.exitCode = run(process.execPath, ['--expose-gc', 'bench/dist/main.js', ...process.argv.slice(2)], {
  stdout: 'inherit',
})
