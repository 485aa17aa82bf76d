/** Where tests run: `node` for everything that needs no browser, `browser` for `*.browser.test.ts` in a real Chromium, `ecosystem` for
 * published packages with the replica as their `yjs`, `system` for tests/src, `simulation` for tests/simulation. What tests rooms as apps have
 * them runs twice: there on documents of Yjs, and in `node-core`, `browser-core` and `system-core` on the core's. */
import process from 'node:process'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumOptions } from './tests/src/chromium.fixture.ts'

/** Tests run the source: no build step between an edit and its test. */
const resolve = { conditions: ['syncline-source'] }
const ssr = { resolve }

/** Anew for each project, which Vitest names after it. */
const browser = () => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  instances: [{ browser: 'chromium' as const }],
  provider: playwright({ launchOptions: chromiumOptions() }),
})

/** Has doc.fixture.ts of the client make the core's documents. */
const onCoreDocs = { documents: 'core' } as const

/** What the published packages get for `yjs`; `SYNCLINE_ECOSYSTEM_YJS=yjs/src/index.js` gives them Yjs itself. */
const ecosystemYjs = process.env['SYNCLINE_ECOSYSTEM_YJS'] ?? '@syncline/core/yjs'

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
        ssr,
        test: {
          name: 'node-core',
          environment: 'node',
          include: ['packages/client/src/syncline*.test.ts', 'packages/client/src/room/presence.test.ts'],
          exclude: ['**/*.browser.test.ts'],
          provide: onCoreDocs,
        },
      },
      {
        resolve,
        test: {
          name: 'browser',
          include: ['packages/*/src/**/*.browser.test.ts'],
          browser: browser(),
        },
      },
      {
        resolve,
        test: {
          name: 'browser-core',
          include: ['packages/client/src/syncline.browser.test.ts'],
          browser: browser(),
          provide: onCoreDocs,
        },
      },
      {
        resolve: { ...resolve, alias: [{ find: /^yjs$/, replacement: ecosystemYjs }] },
        // Bundled ahead, a package would have a Yjs of its own.
        optimizeDeps: { noDiscovery: true, include: [] },
        test: {
          name: 'ecosystem',
          include: ['tests/src/ecosystem/*.browser.test.ts'],
          globalSetup: ['tests/src/ecosystem/relay.setup.ts'],
          browser: browser(),
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'system',
          environment: 'node',
          include: ['tests/src/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'system-core',
          environment: 'node',
          include: ['client-relay', 'copied-device', 'demo', 'kill-relay', 'mixed-clients'].map(
            (name) => `tests/src/${name}.test.ts`,
          ),
          globalSetup: ['tests/src/demo-on-core.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          provide: onCoreDocs,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'simulation',
          environment: 'node',
          include: ['tests/simulation/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
})
