/** The rows about what a browser downloads, bundled, minified and compressed: everything that a library exports, and what an app with an editor takes of it. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { check, type Metric } from '../../harness/bench.ts'
import type { Contestant } from '../../harness/measure.ts'
import type { Target } from '../../harness/target.ts'
import type { SubjectName } from '../../subjects/subjects.ts'
import type { ReplicaRow } from '../row.ts'

/** What an app would import. The libraries in WebAssembly bring a file that is loaded beside the bundle, which is another question. */
const entries: Partial<Readonly<Record<SubjectName, string>>> = {
  syncline: '@syncline/core/yjs',
  yjs: 'yjs',
  'json-joy': 'json-joy/lib/json-crdt/index.js',
  'yjs 14 rc': '@y/y',
}

/** What y-codemirror.next, y-websocket and y-indexeddb import, and the app that makes the text. */
const namesOfApp = [
  'applyUpdate',
  'compareRelativePositions',
  'createAbsolutePositionFromRelativePosition',
  'createRelativePositionFromJSON',
  'createRelativePositionFromTypeIndex',
  'Doc',
  'encodeStateAsUpdate',
  'encodeStateVector',
  'relativePositionToJSON',
  'Text',
  'transact',
  'UndoManager',
]

/** Whose names those are. */
const namesakes: ReadonlySet<string> = new Set(['syncline', 'yjs'])

const minified: Metric = { name: 'minified', unit: 'bytes', better: 'lower' }
const compressed: Metric = { name: 'gzipped', unit: 'bytes', better: 'lower' }

/** As servers compress files that they keep. */
const GZIP_LEVEL = 9

export function bundleSize(targets: readonly Target[]): ReplicaRow {
  return sizeRow('bundle, all of it', targets, '*', () => true)
}

export function bundleOfApp(targets: readonly Target[]): ReplicaRow {
  return sizeRow('bundle, for an app with an editor', targets, `{ ${namesOfApp.join(', ')} }`, (name) =>
    namesakes.has(name),
  )
}

/** `exported` is what follows the word `export`. */
function sizeRow(
  row: string,
  targets: readonly Target[],
  exported: string,
  hasThem: (subject: string) => boolean,
): ReplicaRow {
  return {
    name: row,
    metrics: [minified, compressed],
    targets,
    prepare: ({ subjects }) => ({
      contestants: subjects.flatMap(({ name }): Contestant[] => {
        const entry = entries[name as SubjectName]
        if (entry === undefined || !hasThem(name)) return []
        return [{ subject: name, roundsMax: 1, round: async () => sizesOf(await bundled(entry, exported)) }]
      }),
    }),
  }
}

function sizesOf(code: string): Record<string, number> {
  return {
    [minified.name]: Buffer.byteLength(code),
    [compressed.name]: gzipSync(code, { level: GZIP_LEVEL }).length,
  }
}

const ENTRY = 'entry-of-the-bundle'

/** Exports of a package, for browsers, in one minified file. */
async function bundled(entry: string, exported: string): Promise<string> {
  const bundle = await rolldown({
    input: ENTRY,
    // From where packages are looked for.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    platform: 'browser',
    logLevel: 'silent',
    plugins: [
      {
        name: 'the entry',
        resolveId: (id) => (id === ENTRY ? ENTRY : undefined),
        load: (id) => (id === ENTRY ? `export ${exported} from ${JSON.stringify(entry)}` : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  const [chunk, ...others] = output
  check(others.length === 0, `${entry}: the bundle has more than one file`)
  check(!/\bfrom\s*["']/.test(chunk.code), `${entry}: the bundle imports something that is not in it`)
  return chunk.code
}
