/**
 * How a room's head changes with each verb of the device store: pure, and the same for every backend, which only reads the head
 * and writes it back in one transaction with the rows.
 *
 * Invariants: `ackedRef < nextRef`; refs are given out without gaps, so the outbox can be counted from the head alone.
 */
import type { Position } from '@syncline/protocol'
import { emptyDeviceHead, type DeviceHead, type DeviceRow, type RejectedRow } from './device-store.ts'

/**
 * The head of a room that has none. `floor` is above every row number and ref of deleted rooms: with the numbers of a deleted
 * room given out again, an acknowledgement still on its way to the old rows would settle new ones.
 */
export function newDeviceHead(floor: number): DeviceHead {
  return floor <= 1 ? emptyDeviceHead : { ...emptyDeviceHead, ackedRef: floor - 1, nextRef: floor, nextRow: floor }
}

/** The floor after a room with this head is deleted. */
export function floorAfter(floor: number, head: DeviceHead): number {
  return Math.max(floor, head.nextRow, head.nextRef)
}

/** Whether the room has local rows to push. */
export function hasOutbox(head: DeviceHead): boolean {
  const rejectedAhead = head.rejected.filter(({ ref }) => ref > head.ackedRef && ref < head.nextRef).length
  return head.nextRef - 1 - head.ackedRef > rejectedAhead
}

/** Whether this row is in the outbox: an edit made here that the relay has neither acknowledged nor refused. */
export function isInOutbox(head: DeviceHead, row: DeviceRow): boolean {
  return row.ref !== undefined && row.ref > head.ackedRef && !isRejected(head, row)
}

/** Whether the relay refused this row for good. */
export function isRejected(head: DeviceHead, row: DeviceRow): boolean {
  return row.ref !== undefined && head.rejected.some(({ ref }) => ref === row.ref)
}

export function withLocalRow(head: DeviceHead): DeviceHead {
  return { ...head, nextRef: head.nextRef + 1, nextRow: head.nextRow + 1 }
}

/** `rows`: 1 when there is an update, 0 when the position moves alone. */
export function withRemoteRows(head: DeviceHead, rows: 0 | 1, position: Position | undefined): DeviceHead {
  return { ...head, position: position ?? head.position, nextRow: head.nextRow + rows }
}

export function withSettled(
  head: DeviceHead,
  change: { readonly ackedRef: number; readonly position?: Position; readonly rejected?: readonly RejectedRow[] },
): DeviceHead {
  const known = new Set(head.rejected.map(({ ref }) => ref))
  const added = (change.rejected ?? []).filter(({ ref }) => !known.has(ref) && known.add(ref) !== undefined)
  return {
    ...head,
    position: change.position ?? head.position,
    ackedRef: Math.max(head.ackedRef, Math.min(change.ackedRef, head.nextRef - 1)),
    rejected: added.length === 0 ? head.rejected : [...head.rejected, ...added].sort((a, b) => a.ref - b.ref),
  }
}

/** Whether `stored`, the row now at the number of `loaded`, may be folded by somebody who merged `loaded`. */
export function isFoldable(head: DeviceHead, stored: DeviceRow | undefined, loaded: DeviceRow): boolean {
  if (stored === undefined || stored.ref !== loaded.ref || !sameBytes(stored.update, loaded.update)) return false
  return !isInOutbox(head, stored) && !isRejected(head, stored)
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
