/** What a network needs of a CRDT: joining updates on their way, and cutting off what somebody has, without a document. */
import { diffUpdate, mergeUpdates } from '@syncline/core'
import * as Y from 'yjs'

export interface Merger {
  readonly merge: (updates: readonly Uint8Array[]) => Uint8Array
  /** What of `update` a replica with this encoded state vector lacks. */
  readonly diff: (update: Uint8Array, stateVector: Uint8Array) => Uint8Array
}

/** The same set of updates gives the same bytes, however ordered, grouped and repeated. */
export const core: Merger = {
  merge: (updates) => mergeUpdates(updates),
  diff: (update, stateVector) => diffUpdate(update, stateVector),
}

export const yjs: Merger = {
  merge: (updates) => Y.mergeUpdates([...updates]),
  diff: (update, stateVector) => Y.diffUpdate(update, stateVector),
}

/** One and the other in turns. */
export function inTurns(mergers: readonly [Merger, ...Merger[]]): Merger {
  let turn = 0
  const next = (): Merger => mergers[turn++ % mergers.length]!
  return {
    merge: (updates) => next().merge(updates),
    diff: (update, stateVector) => next().diff(update, stateVector),
  }
}
