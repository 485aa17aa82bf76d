/** `npm test`: installs, finds a Chromium, builds, and runs every test. What follows `--` reaches Vitest. */
import { build } from './build.js'
import { chromium } from './chromium.js'
import { install } from './install.js'
import { nodeStep, say } from './step.js'

install()
const executable = await chromium()
say(`browser tests run in ${executable}`)
build()
nodeStep('running the tests (vitest run)', 'vitest/vitest.mjs', ['run', ...process.argv.slice(2)], {
  env: { SYNCLINE_CHROMIUM: executable },
  stdout: 'inherit',
})
