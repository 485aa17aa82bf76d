/** `npm run check`: types, lint, format and tests; exactly what CI runs. `-- --without-tests` leaves the last out. */
import { build } from './build.js'
import { install } from './install.js'
import { nodeStep } from './step.js'

install()
build()
nodeStep('checking the types of tests', 'typescript/bin/tsc', ['-p', 'tsconfig.test.json'])
nodeStep('linting', 'oxlint/bin/oxlint', ['--type-aware', '--deny-warnings'])
nodeStep('checking the format', 'oxfmt/bin/oxfmt', ['--check'])
if (!process.argv.includes('--without-tests')) await import('./test.js')
