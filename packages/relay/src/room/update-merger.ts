/**
 * The port for work on whole documents' bytes: merging a log's tail, diffing for a newcomer, folding a checkpoint, finding out what
 * a push adds. It is asynchronous because such work does not belong on the event loop: {@link inlineMerger} runs there all the
 * same, for tests and simulations; a relay works in threads (merger/worker-merger.ts).
 *
 * Updates of a log are handed over: they may be gone, moved to another thread, when the verb returns. Pushes are borrowed.
 * Every verb rejects with `MergerError`: `malformed` if what it works on is no update, else for reasons that may pass.
 */
import { setImmediate } from 'node:timers/promises'
import { DecodeError } from '@syncline/core'
import { MergerError } from '../errors.ts'
import type { History } from '../merger/history.ts'
import type { Inspected } from '../merger/inspect.ts'
import {
  runJob,
  type Compacted,
  type LogSummary,
  type MergeJobs,
  type MergeKind,
  type MergeResults,
} from '../merger/merge-job.ts'
import type { UpdateRanges } from '../merger/update-ranges.ts'

export interface UpdateMerger {
  /** Bytes of jobs that wait or are being done elsewhere than on the event loop, if there is such a place. */
  readonly queuedBytes?: number
  /** One update equal to all of `updates`. */
  merge(updates: readonly Uint8Array[]): Promise<Uint8Array>
  /** What of `updates` a replica with `stateVector` lacks; always with the whole delete set. */
  diff(updates: readonly Uint8Array[], stateVector: Uint8Array): Promise<Uint8Array>
  /** A checkpoint in the place of `updates`; without the content of deleted units if `history` is `drop`. */
  compact(updates: readonly Uint8Array[], history: History): Promise<Compacted>
  /** Which units `updates` bring, and which they delete unless that takes more ranges than `deletedRangesMax`. */
  summarise(updates: readonly Uint8Array[], deletedRangesMax: number): Promise<LogSummary>
  /** Per client the clock up to which nothing is missing in `updates`, encoded. */
  stateVector(updates: readonly Uint8Array[]): Promise<Uint8Array>
  /** An update in another format: from v2 if `to` is v1, from v1 if it is v2. */
  convert(update: Uint8Array, to: 'v1' | 'v2'): Promise<Uint8Array>
  /** Which units a push brings and deletes; checks it whole. */
  scan(push: Uint8Array): Promise<UpdateRanges>
  /** What each of `pushes`, which were scanned before, would add to a log of `updates`. */
  inspect(updates: readonly Uint8Array[], pushes: readonly Uint8Array[], history: History): Promise<Inspected>
}

/** Does one job, on whichever thread. */
export type JobRunner = <K extends MergeKind>(kind: K, job: MergeJobs[K]) => Promise<MergeResults[K]>

/** A merger whose jobs are done by `run`. */
export function mergerOf(run: JobRunner): UpdateMerger {
  return {
    // A single update is its own merge, and the common case of a tail of one costs nothing.
    merge: async (updates) => (updates.length === 1 ? updates[0]! : run('merge', { updates })),
    diff: (updates, stateVector) => run('diff', { updates, stateVector }),
    compact: (updates, history) => run('compact', { updates, history }),
    summarise: (updates, deletedRangesMax) => run('summarise', { updates, deletedRangesMax }),
    stateVector: (updates) => run('stateVector', { updates }),
    convert: (update, to) => run('convert', { updates: [update], to }),
    scan: (push) => run('scan', { updates: [push] }),
    inspect: (updates, pushes, history) => run('inspect', { updates, pushes, history }),
  }
}

/** Does a job in a turn of its own of the event loop, so that sockets and timers are served between two. */
export const runInline: JobRunner = async (kind, job) => {
  await setImmediate()
  try {
    return runJob(kind, job)
  } catch (error) {
    if (error instanceof DecodeError) throw new MergerError('malformed', error.message, { cause: error })
    throw error
  }
}

/** Works on the event loop, which a single job blocks for as long as its document takes. */
export const inlineMerger: UpdateMerger = mergerOf(runInline)
