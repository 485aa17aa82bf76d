/** A page's script as an app would ship it: one minified file with everything in it. */
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { check } from '../harness/bench.ts'

/** Bundles the compiled `page`, for browsers. `alias` puts packages in the place of others. */
export async function bundlePage(page: URL, alias: Readonly<Record<string, string>>): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(page),
    platform: 'browser',
    logLevel: 'silent',
    resolve: { alias: { ...alias } },
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  const [chunk, ...others] = output
  check(others.length === 0, 'a page has more than one file')
  return chunk.code
}
