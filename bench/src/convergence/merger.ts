/** What a relay needs of a CRDT: joining updates, and finding what a replica lacks, without a document. */
import { diffUpdate, mergeUpdates } from '@syncline/core'
import * as Y from 'yjs'
import { OURS } from '../harness/bench.ts'

export interface Merger {
  readonly subject: string
  /** Whether the same set of updates gives the same bytes, however ordered, grouped and repeated. */
  readonly canonical: boolean
  readonly merge: (updates: readonly Uint8Array[]) => Uint8Array
  /** What of `update` a replica with this encoded state vector lacks. */
  readonly diff: (update: Uint8Array, stateVector: Uint8Array) => Uint8Array
}

export const core: Merger = {
  subject: OURS,
  canonical: true,
  merge: (updates) => mergeUpdates(updates),
  diff: (update, stateVector) => diffUpdate(update, stateVector),
}

export const yjs: Merger = {
  subject: 'yjs',
  canonical: false,
  merge: (updates) => Y.mergeUpdates([...updates]),
  diff: (update, stateVector) => Y.diffUpdate(update, stateVector),
}
