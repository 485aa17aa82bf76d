/**
 * Recorded traces in the form of the public collection josephg/editing-traces: gzipped JSON,
 * `{ startContent, endContent, txns: [{ patches: [[position, deleted, inserted], …] }] }`, to be applied in order.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Edits } from './edits.ts'
import { replay } from './replay.ts'
import type { Edit, Trace } from './trace.ts'

/**
 * `automerge-paper` is what the field measures itself by: one author writes a paper, 259,778 keystrokes. In `sveltecomponent`, one author writes a
 * program, with blocks that are pasted, moved and deleted.
 */
export type RecordedName = 'automerge-paper' | 'sveltecomponent'

interface RecordedTrace {
  readonly startContent: string
  readonly endContent: string
  readonly txns: readonly { readonly patches: readonly (readonly [number, number, string])[] }[]
}

/** The first `editsMax` edits of the trace in `folder`. Throws when the file is missing or not such a trace. */
export function readRecordedTrace(folder: string, name: RecordedName, editsMax: number): Trace {
  const { startContent, endContent, txns } = JSON.parse(
    gunzipSync(readFileSync(join(folder, `${name}.json.gz`))).toString('utf8'),
  ) as RecordedTrace
  const recorded = txns.flatMap(({ patches }) =>
    patches.map(([position, deleted, inserted]): Edit => ({ position, deleted, inserted })),
  )
  // The file counts code points, the benches UTF-16 code units: the same as long as there is nothing beyond the first plane.
  if (startContent !== '' || recorded.some(({ inserted }) => /[\uD800-\uDFFF]/.test(inserted)))
    throw new Error(`${name} is not the trace it used to be`)
  const edits = Edits.of(recorded)
  const text = replay(edits)
  if (text !== endContent) throw new Error(`${name} does not end in the text that it says`)
  if (edits.length <= editsMax) return { name: `recorded trace ${name}`, edits, endContent }
  const first = edits.slice(0, editsMax)
  return { name: `the start of recorded trace ${name}`, edits: first, endContent: replay(first) }
}
