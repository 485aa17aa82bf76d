/**
 * The port for work on whole documents' bytes: merging a log's tail, diffing for a newcomer, folding a checkpoint. It
 * is asynchronous because such work does not belong on the event loop: {@link inlineMerger} still runs there, a worker
 * thread may take its place.
 */
import { diffUpdate, mergeUpdates } from '@syncline/core'

export interface UpdateMerger {
  /** One update equal to all of `updates`. Rejects with `DecodeError` if one of them is not an update. */
  merge(updates: readonly Uint8Array[]): Promise<Uint8Array>
  /** What of `updates` a replica with `stateVector` lacks; always with the whole delete set. Errors as for `merge`. */
  diff(updates: readonly Uint8Array[], stateVector: Uint8Array): Promise<Uint8Array>
}

export const inlineMerger: UpdateMerger = {
  merge: async (updates) => mergeOf(updates),
  diff: async (updates, stateVector) => diffUpdate(mergeOf(updates), stateVector),
}

function mergeOf(updates: readonly Uint8Array[]): Uint8Array {
  // A single update is its own merge: the common case of a tail of one costs nothing.
  return updates.length === 1 ? updates[0]! : mergeUpdates(updates)
}
