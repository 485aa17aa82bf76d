/**
 * The port through which a room is kept on this device: append-only rows of updates, and one small head per room. The store is
 * the truth that all tabs of an origin share; what tabs tell each other are only hints to read it. Backends: memory, IndexedDB.
 * `device-store.contract.ts` checks what is promised here against both.
 *
 * A *local* row is an edit made on this device and has a `ref`; a *remote* row came from the relay and has none. The outbox of
 * a room is its local rows with `ref > ackedRef`, less the rejected ones.
 */
import type { Position } from '@syncline/protocol'

export interface DeviceRow {
  /** Rises with every row of a room, over all tabs; never given out again. */
  readonly row: number
  readonly update: Uint8Array
  /** Rises by one with every local row of a room, from 1. */
  readonly ref: number | undefined
}

/** A local row that the relay refuses for good. It stays part of the document on this device and can be exported. */
export interface RejectedRow {
  readonly ref: number
  readonly code: string
}

export interface DeviceHead {
  /** The last place in the relay's log up to which everything is stored here; `undefined` before the first sync. */
  readonly position: Position | undefined
  /** Every local row up to this ref is durable at the relay, or rejected. */
  readonly ackedRef: number
  /** The ref and the row number that the next row gets. */
  readonly nextRef: number
  readonly nextRow: number
  readonly rejected: readonly RejectedRow[]
}

export const emptyDeviceHead: DeviceHead = { position: undefined, ackedRef: 0, nextRef: 1, nextRow: 1, rejected: [] }

export interface DeviceRoom {
  readonly head: DeviceHead
  /** In the order of `row`. */
  readonly rows: readonly DeviceRow[]
}

/**
 * Each write is one transaction: when its promise resolves, it is there whole and survives a crash of the page; when it rejects
 * with `SynclineError` (`store-full`, `store-unavailable`, `store-blocked`, `store-failed`, `closed`), it is not there. Writes
 * that one store is given for one room happen in the order of the calls. Bytes handed in are borrowed until the promise
 * settles; bytes handed out are the caller's to read, and not to change.
 */
export interface DeviceStore {
  /** For a store that has to be opened: begins to, if it has not. Every verb does it, too; who knows that one will follow need not wait for it. */
  open?(): void

  /** Names of the rooms that have an outbox to push. */
  pendingRooms(): Promise<readonly string[]>

  /** Head and rows after `afterRow`; rows folded together by {@link DeviceStore.fold} since then come back folded. */
  load(room: string, afterRow?: number): Promise<DeviceRoom>

  /** Adds one local row and gives it the next ref. */
  appendLocal(room: string, update: Uint8Array): Promise<DeviceRow>

  /** Adds one remote row, if there is an update, and moves the position, if one is given, in one transaction. Returns the row. */
  appendRemote(
    room: string,
    update: Uint8Array | undefined,
    position: Position | undefined,
  ): Promise<DeviceRow | undefined>

  /**
   * Raises `ackedRef` (never lowers it, never past the last ref given out), adds `rejected`, and moves the position when one is
   * given. Returns the new head.
   */
  settle(
    room: string,
    change: { readonly ackedRef: number; readonly position?: Position; readonly rejected?: readonly RejectedRow[] },
  ): Promise<DeviceHead>

  /**
   * Compaction: replaces `rows`, as they were loaded, by one remote row with their merge, at the number of the last of them.
   * Returns false, and does nothing, when `rows` is empty, or one of them is gone, is no longer the same (another tab folded
   * earlier rows into it, which `merged` would lack), is in the outbox, or is rejected.
   */
  fold(room: string, rows: readonly DeviceRow[], merged: Uint8Array): Promise<boolean>

  /** Forgets a room, its outbox included. If it is written again, its numbers go on above all that were ever given out for it. */
  delete(room: string): Promise<void>

  /**
   * For a store that may lose everything while it is used, as when a user clears the data of a site: `listener` is told, and what
   * was under way has been rejected. Numbers given out from then on are above all that were given out before. Returns its undo.
   */
  onLost?(listener: () => void): () => void

  /** Waits for writes under way. Idempotent; later calls reject with `SynclineError` `closed`. */
  close(): Promise<void>
}
