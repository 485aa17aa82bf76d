/** The trace in the forms that the tasks ask for. Each is made when it is first needed, since it costs seconds for a long trace. */
import * as Y from 'yjs'
import { CLIENT_IDS, applyEdits, keystrokeUpdates } from '../workloads/keystrokes.ts'
import type { Edit, Trace } from '../workloads/trace.ts'

export class TraceInput {
  readonly trace: Trace
  #updates: readonly Uint8Array[] | undefined
  #state: Uint8Array | undefined
  #history: Uint8Array | undefined

  constructor(trace: Trace) {
    this.trace = trace
  }

  /** One update per keystroke of the whole trace. Kept: some hundred thousand arrays that a collector has to visit from then on. */
  get updates(): readonly Uint8Array[] {
    this.#updates ??= keystrokeUpdates(this.trace.edits)
    return this.#updates
  }

  /** What Yjs encodes of the document at the end, garbage-collected. */
  get state(): Uint8Array {
    this.#state ??= stateAfter(this.trace.edits)
    return this.#state
  }

  /** What Yjs encodes of the document at the end when it keeps the content of what was deleted. */
  get history(): Uint8Array {
    this.#history ??= stateAfter(this.trace.edits, { gc: false })
    return this.#history
  }
}

/** The state of a Yjs document after these edits. */
export function stateAfter(edits: Iterable<Edit>, options: { readonly gc?: boolean } = {}): Uint8Array {
  const doc = new Y.Doc(options)
  doc.clientID = CLIENT_IDS[0]
  applyEdits(doc, edits)
  return encodedAndDestroyed(doc)
}

export function loaded(state: Uint8Array): Y.Doc {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, state)
  return doc
}

export function encodedAndDestroyed(doc: Y.Doc): Uint8Array {
  const state = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return state
}
