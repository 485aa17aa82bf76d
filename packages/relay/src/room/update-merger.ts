/**
 * The port for work on whole documents' bytes: merging a log's tail, diffing for a newcomer, folding a checkpoint. It
 * is asynchronous because such work does not belong on the event loop: {@link inlineMerger} still runs there, a worker
 * thread may take its place.
 */
import { setImmediate } from 'node:timers/promises'
import { diffUpdate, mergeUpdates } from '@syncline/core'

export interface UpdateMerger {
  /** One update equal to all of `updates`. Rejects with `DecodeError` if one of them is not an update. */
  merge(updates: readonly Uint8Array[]): Promise<Uint8Array>
  /** What of `updates` a replica with `stateVector` lacks; always with the whole delete set. Errors as for `merge`. */
  diff(updates: readonly Uint8Array[], stateVector: Uint8Array): Promise<Uint8Array>
}

/**
 * Works on the event loop, one job in a turn: however many jobs wait, sockets and timers are served between two of a
 * room. A single job still blocks for as long as its document takes.
 */
export const inlineMerger: UpdateMerger = {
  merge: async (updates) => {
    // A single update is its own merge, and the common case of a tail of one costs nothing.
    if (updates.length === 1) return updates[0]!
    await setImmediate()
    return mergeUpdates(updates)
  },
  diff: async (updates, stateVector) => {
    await setImmediate()
    return diffUpdate(updates.length === 1 ? updates[0]! : mergeUpdates(updates), stateVector)
  },
}
