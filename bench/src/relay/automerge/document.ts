/** The document of a trace as Automerge stores it. */
import * as Automerge from '@automerge/automerge'
import type { Trace } from '../../workloads/trace.ts'

const made = new WeakMap<Trace, Uint8Array>()

/** In one change, which is to its advantage: 260,000 small ones take it minutes. Made once for a trace. */
export function automergeDocumentOf(trace: Trace): Uint8Array {
  const known = made.get(trace)
  if (known !== undefined) return known
  const doc = Automerge.change(Automerge.from({ text: '' }), (draft) => {
    for (const { position, deleted, inserted } of trace.edits) {
      Automerge.splice(draft, ['text'], position, deleted, inserted)
    }
  })
  const document = Automerge.save(doc)
  Automerge.free(doc)
  made.set(trace, document)
  return document
}
