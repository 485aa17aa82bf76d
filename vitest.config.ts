/** Where tests run: `node` for everything that needs no browser, `browser` for `*.browser.test.ts` in a real Chromium, `system` for tests/. */
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumOptions } from './tests/src/chromium.fixture.ts'

/** Tests run the source: no build step between an edit and its test. */
const resolve = { conditions: ['syncline-source'] }
const ssr = { resolve }

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'node',
          environment: 'node',
          include: ['packages/*/src/**/*.test.ts', 'bench/src/**/*.test.ts', 'demo/src/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
        },
      },
      {
        resolve,
        test: {
          name: 'browser',
          include: ['packages/*/src/**/*.browser.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: 'chromium' }],
            provider: playwright({ launchOptions: chromiumOptions() }),
          },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'system',
          environment: 'node',
          include: ['tests/src/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
