/**
 * Which rows of a room to fold into one, so that a room stays a few rows long at little cost: the newest settled rows, and
 * older ones as long as they are not much larger than what is folded already. Each byte is so rewritten a logarithmic number
 * of times, and a room keeps a logarithmic number of rows.
 */
import type { DeviceRoom, DeviceRow } from './device-store/device-store.ts'

/** An older row is taken along unless it is larger than this many times all newer ones together. */
const RATIO_MAX = 2

/** Rows that the relay has, or that came from it: only they may be folded. */
export function settledRows({ head, rows }: DeviceRoom): readonly DeviceRow[] {
  const rejected = new Set(head.rejected.map(({ ref }) => ref))
  return rows.filter(({ ref }) => ref === undefined || (ref <= head.ackedRef && !rejected.has(ref)))
}

/** The rows to fold, in their order; empty when there are not two of them. */
export function rowsToFold(room: DeviceRoom): readonly DeviceRow[] {
  const settled = settledRows(room)
  let first = settled.length
  let bytes = 0
  while (first > 0 && (bytes === 0 || settled[first - 1]!.update.length <= bytes * RATIO_MAX)) {
    first -= 1
    bytes += settled[first]!.update.length
  }
  return settled.length - first < 2 ? [] : settled.slice(first)
}
