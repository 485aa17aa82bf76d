/**
 * Which units an update, or a whole log, brings and which it deletes: as flat numbers that can be handed from thread to
 * thread, and take a third of the memory of objects.
 */
import type { IdSet, UpdateIds } from '@syncline/core'

/** Client, start, end, client, start, end, …: half-open, clients descending, clocks ascending, neither empty nor touching. */
export type Ranges = ArrayLike<number>

export interface UpdateRanges {
  readonly structs: Ranges
  readonly deletes: Ranges
  /** Whether the update's bytes may be passed on as they are; see `withDeletesInOrder` of the core. */
  readonly areDeletesInOrder: boolean
}

export const noRanges: Ranges = []

/** Numbers for each range. */
export const RANGE_NUMBERS = 3

/** In buffers that can be transferred. */
export function transferableRanges(ids: Pick<UpdateIds, 'structs' | 'deletes'>): {
  readonly structs: Float64Array
  readonly deletes: Float64Array
} {
  return { structs: Float64Array.from(flat(ids.structs)), deletes: Float64Array.from(flat(ids.deletes)) }
}

export function countRanges(ranges: Ranges): number {
  return ranges.length / RANGE_NUMBERS
}

function flat(ids: IdSet): number[] {
  const numbers: number[] = []
  if (!ids.isEmpty) for (const { client, start, end } of ids) numbers.push(client, start, end)
  return numbers
}
