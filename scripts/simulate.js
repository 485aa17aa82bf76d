/**
 * `npm run simulate`: runs simulated worlds from source (tests/simulation). What follows `--` reaches them. Vite turns the source into what
 * Node runs, as it does for tests: nothing has to be built.
 */
import { createServer, createServerModuleRunner } from 'vite'
import { root } from './step.js'

const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true },
  resolve: { conditions: ['syncline-source'] },
  ssr: { resolve: { conditions: ['syncline-source'], externalConditions: ['syncline-source'] } },
})
try {
  const runner = createServerModuleRunner(server.environments.ssr, {
    hmr: false,
    sourcemapInterceptor: 'prepareStackTrace',
  })
  const { simulate } = await runner.import('/tests/simulation/simulate.ts')
  process.exitCode = await simulate(process.argv.slice(2))
} finally {
  await server.close()
}
