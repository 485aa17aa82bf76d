/**
 * Which rows of a room to fold into one, so that a room stays a few rows long at little cost. After folding, each row is more than
 * twice as large as all newer ones together, so there are logarithmically many; a row that is folded again has become part of
 * one at least half as large again, so each byte is rewritten a logarithmic number of times.
 */
import type { DeviceRoom, DeviceRow } from '../device-store/device-store.ts'
import { GatheredUpdates } from '../device-store/gathered-updates.ts'

/** A row is left alone while it is larger than this many times all newer ones together. */
const RATIO_MAX = 2

/** Rows that the relay has, or that came from it: only they may be folded. */
export function settledRows({ head, rows }: DeviceRoom): readonly DeviceRow[] {
  const rejected = new Set(head.rejected.map(({ ref }) => ref))
  return rows.filter(({ ref }) => ref === undefined || (ref <= head.ackedRef && !rejected.has(ref)))
}

/** The rows to fold, in their order; empty when there are not two of them. */
export function rowsToFold(room: DeviceRoom): readonly DeviceRow[] {
  const settled = settledRows(room)
  let first = settled.length - 1
  let newerBytes = 0
  for (const [index, { update }] of [...settled.entries()].reverse()) {
    // Looked through to the oldest: a large row must not shelter small ones before it.
    if (update.length <= newerBytes * RATIO_MAX) first = index
    newerBytes += update.length
  }
  return settled.length - first < 2 ? [] : settled.slice(first)
}

/** Rows that become one. */
export interface Fold {
  readonly folded: readonly DeviceRow[]
  readonly merged: Uint8Array
}

/**
 * What to make of `rows`: one row, or a few where rows contradict each other; those of which nothing would become shorter are not
 * in it, damaged ones among them. `forgets`: the content of what is deleted is dropped. Linear in the rows. Throws nothing.
 */
export function foldsOf(rows: readonly DeviceRow[], forgets: boolean): readonly Fold[] {
  const gathered = new GatheredUpdates()
  const groups = new Map<number, DeviceRow[]>()
  for (const row of rows) {
    const place = gathered.add(row.update)
    if (typeof place !== 'number') continue
    const group = groups.get(place)
    if (group === undefined) groups.set(place, [row])
    else group.push(row)
  }
  if (forgets) gathered.compact()
  return [...groups]
    .filter(([, folded]) => folded.length > 1)
    .map(([place, folded]) => ({ folded, merged: gathered.encode(place) }))
}
