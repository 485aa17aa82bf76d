/** A room, as an app sees it: a document that is kept on this device and synced, and the truth about where its edits are. */
import type { Awareness } from 'y-protocols/awareness'
import type { Doc as YjsDoc } from 'yjs'
import type { RoomDoc } from './room-doc.ts'
import type { RoomStatus } from './status.ts'

export interface WaitOptions {
  /** Gives up this wait, and nothing else. */
  readonly signal?: AbortSignal
}

/** An edit that the relay refused for good. It is kept on this device, and part of its document but for `conflicting-update`. */
export interface RejectedEdit {
  /** Its number among the edits stored on this device; `undefined` for one that is only in memory. */
  readonly ref: number | undefined
  /** The relay's reason, from the protocol's table of codes. */
  readonly code: string
  /** A Yjs update. */
  readonly update: Uint8Array
}

/** `Document` is what `createDoc` makes. */
export interface Room<Document extends RoomDoc = YjsDoc> extends AsyncDisposable {
  readonly name: string

  /**
   * The document: edit it, observe it, bind an editor to it, before or after it is loaded. Made on first access, which throws what
   * `createDoc` throws. Destroying it closes the room.
   */
  readonly doc: Document

  /** Who is here, and where: bind an editor to it. Made on first access. Its `doc` is the room's, whatever its type says. */
  readonly awareness: Awareness

  /** The present status; the same object until something in it changes. */
  readonly status: RoomStatus

  /**
   * Opens the room, as {@link Room.open} does: `await room.loaded`. Resolves when the document has what this device holds, with
   * or without a connection. A device store that cannot be read does not reject it: the room works in memory then, and the
   * status says so. Rejects with `SynclineError` `closed` if the room is closed first, or with what `createDoc` throws.
   */
  readonly loaded: Promise<void>

  /** Starts to load and to sync. Idempotent; returns the promise that {@link Room.loaded} is. */
  open(): Promise<void>

  /**
   * Resolves when every edit made here so far is on this device, and would survive a crash. Rejects with `SynclineError`: a
   * `store-…` code when the device store does not take them (they stay in memory, are sent from there, and storing is tried again),
   * `store-unavailable` at once where nothing outlives the process, `rejected` for an edit that cannot be kept, `aborted`, or `closed`.
   */
  whenStored(options?: WaitOptions): Promise<void>

  /**
   * Resolves when every edit of this device in this room so far, also of earlier visits and of other tabs (as far as the device store
   * can be read), is durable at the relay. Waits through any time offline. Rejects with `SynclineError`: `rejected` when the relay refuses one of them for good,
   * `aborted`, or `closed`.
   */
  whenAcked(options?: WaitOptions): Promise<void>

  /** `listener` is told of each new {@link Room.status}, once per turn of the event loop, not of the present one. Returns its undo. */
  subscribe(listener: (status: RoomStatus) => void): () => void

  /** The edits that the relay refused for good, for a person to look at. Rejects as the device store does. */
  exportRejected(): Promise<readonly RejectedEdit[]>

  /**
   * Makes edits of earlier visits that were refused as `conflicting-update` part of the document again, as edits of another writer:
   * the document was loaded without them, since all others have something else in their place. Resolves to how many there are.
   * Idempotent, over visits too. Those refused during this visit are still in the document: close the room and open it again first.
   * Those made after an edit that was not settled when the room was opened wait for a later visit, too.
   * Rejects as the device store does, or with `closed`.
   */
  reissueRejected(): Promise<number>

  /**
   * Stores what is not stored, says goodbye to the others, and leaves. Edits that are stored are sent even so. All waits are
   * settled. The document stays as it is, but is no longer kept or synced. Idempotent; never rejects.
   */
  close(): Promise<void>
}
