/**
 * The work on whole documents' bytes, as data: a job goes in, its result comes out, on whichever thread. Pure, and the only place
 * that says what each job does.
 */
import {
  IdSet,
  convertUpdateFormatV1ToV2,
  convertUpdateFormatV2ToV1,
  diffUpdate,
  encodeStateVector,
  mergeUpdates,
  updateIds,
} from '@syncline/core'
import type { History } from './history.ts'
import { inspect, storeOf, type Inspected } from './inspect.ts'
import { transferableRanges, type Ranges, type UpdateRanges } from './update-ranges.ts'

/** What is asked of each kind of job. */
export interface MergeJobs {
  readonly merge: { readonly updates: readonly Uint8Array[] }
  readonly diff: { readonly updates: readonly Uint8Array[]; readonly stateVector: Uint8Array }
  readonly compact: { readonly updates: readonly Uint8Array[]; readonly history: History }
  readonly summarise: { readonly updates: readonly Uint8Array[]; readonly deletedRangesMax: number }
  readonly stateVector: { readonly updates: readonly Uint8Array[] }
  /** To format v2, or from it. */
  readonly convert: { readonly updates: readonly [Uint8Array]; readonly to: 'v1' | 'v2' }
  readonly scan: { readonly updates: readonly [Uint8Array] }
  readonly inspect: {
    readonly updates: readonly Uint8Array[]
    readonly pushes: readonly Uint8Array[]
    readonly history: History
  }
}

/** What each kind of job results in. */
export interface MergeResults {
  readonly merge: Uint8Array
  readonly diff: Uint8Array
  readonly compact: Compacted
  readonly summarise: LogSummary
  readonly stateVector: Uint8Array
  readonly convert: Uint8Array
  readonly scan: UpdateRanges
  readonly inspect: Inspected
}

export type MergeKind = keyof MergeJobs

export interface Compacted {
  readonly checkpoint: Uint8Array
  /** What the log contradicted itself in, if it did; the checkpoint does not any more. */
  readonly logConflict: string | undefined
}

/** What a room has to know of its log. */
export interface LogSummary {
  readonly structs: Ranges
  /** `undefined` when there are more ranges than were asked for. */
  readonly deletes: Ranges | undefined
}

/** Does a job. Throws `DecodeError` when something that ought to be an update is none. */
export function runJob<K extends MergeKind>(kind: K, job: MergeJobs[K]): MergeResults[K] {
  return work[kind](job)
}

const work: { readonly [K in MergeKind]: (job: MergeJobs[K]) => MergeResults[K] } = {
  merge: ({ updates }) => mergeUpdates(updates),
  diff: ({ updates, stateVector }) =>
    diffUpdate(updates.length === 1 ? updates[0]! : mergeUpdates(updates), stateVector),
  compact: ({ updates, history }) => compact(updates, history),
  summarise: ({ updates, deletedRangesMax }) => summarise(updates, deletedRangesMax),
  stateVector: ({ updates }) =>
    encodeStateVector(IdSet.union(updates.map((update) => updateIds(update).structs)).stateVector()),
  convert: ({ updates: [update], to }) =>
    to === 'v2' ? convertUpdateFormatV1ToV2(update) : convertUpdateFormatV2ToV1(update),
  scan: ({ updates: [update] }) => {
    const ids = updateIds(update)
    return { ...transferableRanges(ids), areDeletesInOrder: ids.areDeletesInOrder }
  },
  inspect: ({ updates, pushes, history }) => inspect(updates, pushes, history),
}

function compact(updates: readonly Uint8Array[], history: History): Compacted {
  if (history === 'keep') return { checkpoint: mergeUpdates(updates), logConflict: undefined }
  const { store, conflict } = storeOf(updates)
  store.compact()
  return { checkpoint: store.encode(), logConflict: conflict }
}

function summarise(updates: readonly Uint8Array[], deletedRangesMax: number): LogSummary {
  const ids = updates.map((update) => updateIds(update))
  const structs = IdSet.union(ids.map((each) => each.structs))
  const deletes = IdSet.union(ids.map((each) => each.deletes))
  const ranges = transferableRanges({ structs, deletes })
  return { structs: ranges.structs, deletes: deletes.rangeCount > deletedRangesMax ? undefined : ranges.deletes }
}

/** The buffers that a result owns, so that it costs no copy to hand it to another thread. */
export function buffersOf(result: MergeResults[MergeKind]): ArrayBuffer[] {
  const values = result instanceof Uint8Array ? [result] : Object.values(result)
  const buffers = new Set<ArrayBuffer>()
  for (const value of values as unknown[]) {
    if (!(value instanceof Uint8Array || value instanceof Float64Array)) continue
    if (value.buffer instanceof ArrayBuffer) buffers.add(value.buffer)
  }
  return [...buffers]
}
