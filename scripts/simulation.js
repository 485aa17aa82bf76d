/**
 * Loads the simulation (tests/simulation) from source: Vite turns it into what Node runs, as it does for tests, so nothing has to be
 * built. Each loading is a world of modules of its own, and may have pieces of the product replaced.
 */
import { relative, sep } from 'node:path'
import { createServer, createServerModuleRunner } from 'vite'
import { root } from './step.js'

/** Calls `use` with a function that loads `/tests/simulation/<module>`, and ends what that needs. */
export async function withSimulation(use) {
  let replacements = []
  let replaced = new Set()
  const plugin = {
    name: 'replacements',
    enforce: 'pre',
    transform(code, id) {
      const file = relative(root, id).split(sep).join('/')
      for (const replacement of replacements) {
        if (replacement.file !== file) continue
        const parts = code.split(replacement.find)
        if (parts.length !== 2)
          throw new Error(`${file} has this ${parts.length - 1} times, not once: ${replacement.find}`)
        code = parts.join(replacement.put)
        replaced.add(replacement)
      }
      return code
    },
  }
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    plugins: [plugin],
    server: { middlewareMode: true, watch: null, hmr: false, ws: false },
    optimizeDeps: { noDiscovery: true },
    resolve: { conditions: ['syncline-source'] },
    ssr: { resolve: { conditions: ['syncline-source'], externalConditions: ['syncline-source'] } },
  })
  const load = async (module, changes = []) => {
    replacements = changes
    replaced = new Set()
    server.environments.ssr.moduleGraph.invalidateAll()
    const runner = createServerModuleRunner(server.environments.ssr, { hmr: false })
    const loaded = await runner.import(`/tests/simulation/${module}`)
    const missed = changes.find((change) => !replaced.has(change))
    if (missed !== undefined) throw new Error(`${missed.file} is not part of the simulation`)
    return loaded
  }
  try {
    return await use(load)
  } finally {
    await server.close()
  }
}
