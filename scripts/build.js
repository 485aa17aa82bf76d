/** Builds the packages and the demo. TypeScript skips what has not changed; the demo is built when one of its inputs is newer. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { nodeStep, root, say, step } from './step.js'

export function build() {
  nodeStep('compiling the packages (tsc -b)', 'typescript/bin/tsc', ['-b'])
  const built = join(root, 'demo', 'dist', 'index.html')
  const inputs = ['demo', 'packages/core/src', 'packages/protocol/src', 'packages/client/src', 'package-lock.json']
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...inputs.map((path) => newest(join(root, path))))) return
  step('building the demo (vite build)', 'npm', ['run', '--silent', 'build', '-w', 'demo'])
  if (!existsSync(built)) {
    say('the demo was built, but demo/dist/index.html is missing')
    process.exit(1)
  }
}

/** The newest modification time, in milliseconds, of a file or of the files below a folder. */
function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return readdirSync(path)
    .filter((name) => name !== 'dist' && name !== 'node_modules')
    .reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0)
}
