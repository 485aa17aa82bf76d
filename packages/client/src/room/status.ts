/**
 * What the app is shown: one immutable value for a room, one for the whole client, each replaced whole when something in it
 * changes, so that a view can compare it by identity. Pure derivations; the facts come from the room's own tab (its edits) and
 * from the owner tab (the relay).
 */
import type { Access } from '@syncline/protocol'
import type { SynclineError } from '../errors.ts'
import type { ConnectionStatus } from '../sync/relay-status.ts'

/** The way of an edit: lost with the page, safe on this device, safe at the relay. */
export type EditPlace = 'memory' | 'device' | 'relay'

/** Whether this device keeps what is in the room. In memory, nothing outlives the page but what reached the relay. */
export type StoreStatus =
  | { readonly state: 'durable' }
  | { readonly state: 'memory-only'; readonly error: SynclineError }

export interface RoomStatus {
  readonly room: string
  readonly state: 'inert' | 'loading' | 'open' | 'closed'
  readonly connection: ConnectionStatus
  /** Whether this device is a member of the room at the relay. `live` means that changes flow both ways. */
  readonly sync: 'offline' | 'joining' | 'live' | 'refused'
  /** What the relay allows here; `undefined` while it has not said. */
  readonly access: Access | undefined
  /** How far the latest edit of this device got; `undefined` while there is none. */
  readonly latestEdit: EditPlace | undefined
  /** Edits that are not on this device yet. Where this device keeps nothing at all: those that the relay does not have either. */
  readonly unstored: number
  /** Edits that are not on their way to the relay yet. Those stored together, or in another tab, count as one, here and below. */
  readonly unsent: number
  /** Edits that the relay has not acknowledged yet, sent or not. */
  readonly unacked: number
  /** When the relay acknowledged something last, in ms since the epoch. */
  readonly lastAckedAt: number | undefined
  readonly lastError: SynclineError | undefined
  readonly store: StoreStatus
  /** Edits that the relay refused for good; see `exportRejected()`. */
  readonly rejected: number
  /**
   * `conflict`, with the ranges, once it is known that somebody else wrote under the client ID of edits made here: a copied device.
   * Both are kept, and this document writes under another client ID from then on. See `reissueRejected()`.
   */
  readonly conflict: SynclineError | undefined
}

export interface SynclineStatus {
  readonly connection: ConnectionStatus
  /** Whether the connection was switched off with `disconnect()`. */
  readonly offline: boolean
  /** Whether this tab holds the connection for all tabs. */
  readonly owner: boolean
  /** Rooms with edits that the relay does not have, opened or not. */
  readonly pendingRooms: readonly string[]
}

/** The edits of a device in one room, in numbers. */
export interface EditFacts {
  /** The highest ref of a row. */
  readonly lastRef: number
  readonly ackedRef: number
  readonly sentRef: number
  readonly rejectedRefs: readonly number[]
  /** Edits of this tab that are not in the store. */
  readonly unstored: number
  /** Those of them that the relay does not have either. */
  readonly unsettled: number
  /** Those of them that the relay refused. */
  readonly rejectedInMemory: number
  /** Edits that this tab made. */
  readonly edits: number
  /** Whether the store outlives the process. */
  readonly kept: boolean
}

export function latestEdit(facts: EditFacts): EditPlace | undefined {
  const { lastRef, ackedRef, rejectedRefs, unsettled, rejectedInMemory, edits, kept } = facts
  if (unsettled > 0 || rejectedInMemory > 0) return 'memory'
  if (lastRef === 0 && edits === 0) return undefined
  const stored = kept ? 'device' : 'memory'
  return lastRef > ackedRef || (lastRef > 0 && rejectedRefs.includes(lastRef)) ? stored : 'relay'
}

/** How many rows after `ref` are neither acknowledged nor refused. */
export function rowsAfter(ref: number, { lastRef, ackedRef, rejectedRefs }: EditFacts): number {
  const from = Math.max(ref, ackedRef)
  const refused = rejectedRefs.filter((rejected) => rejected > from && rejected <= lastRef).length
  return Math.max(0, lastRef - from - refused)
}

/** Whether two statuses say the same, field by field. */
export function sameStatus<T extends object>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every((key) => sameField(a[key], b[key]))
}

function sameField(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Error && b instanceof Error) {
    return a.message === b.message && (a as Partial<SynclineError>).code === (b as Partial<SynclineError>).code
  }
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => sameField((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  )
}
