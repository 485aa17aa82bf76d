/**
 * The port through which the relay makes updates durable. A log holds, per room, a checkpoint (one merged update that
 * covers every entry up to a seq) and the tail of entries after it. Backends: memory (tests), LMDB.
 * `update-log.contract.ts` checks what is promised here against every one of them.
 *
 * Epochs. A seq is only as good as the disk it was counted on: a log restored from an older copy gives the same seqs
 * out again. So each room's history is a list of epochs, each with the seq of its first entry; a log that was opened
 * anew starts a new epoch with its first append to a room. A position is part of the history only if its epoch is, and
 * its seq lies in it.
 */
import type { Position } from '@syncline/protocol'

/** One update to be written to one room. The bytes are borrowed until the append settles. */
export interface Append {
  readonly room: string
  readonly update: Uint8Array
  /** Absent: nobody in particular. */
  readonly author?: Author | undefined
  /**
   * Client IDs that belong to the author from this entry on; one that has an owner already keeps it. Nothing without an
   * author.
   */
  readonly claims?: readonly number[] | undefined
}

/** Who wrote an entry, and when. */
export interface Author {
  /** At most `SUBJECT_BYTES_MAX` bytes of UTF-8. */
  readonly subject: string
  /** Milliseconds since 1970, a whole number, by the relay's clock when it took the update. */
  readonly time: number
}

/** An entry that is still one of its own, and whose author is known. */
export interface AuthoredEntry extends Author {
  readonly seq: number
}

/** Whose a client ID is: the author of the first entry that claimed it, and when that was. */
export interface ClientOwner extends Author {
  readonly clientId: number
}

/** A stretch of a room's history: the entries from `firstSeq` up to the next epoch's first. */
export interface Epoch {
  /** Random, 1 … 2^53 − 1; never 0. */
  readonly epoch: number
  readonly firstSeq: number
}

/** What a log knows of a room without reading its updates. */
export interface RoomHead {
  /** The last entry; `{ epoch: 0, seq: 0 }` while there is none. */
  readonly position: Position
  /** Oldest first; at most {@link EPOCHS_MAX}: the oldest are forgotten, and positions in them no longer count. */
  readonly epochs: readonly Epoch[]
  /** The checkpoint covers the entries up to this seq; 0 while there is none. */
  readonly checkpointSeq: number
  readonly checkpointBytes: number
  /** Entries after the checkpoint, and their update bytes. */
  readonly tailEntries: number
  readonly tailBytes: number
}

/** The stored updates after some seq, in order. Merged, they are everything a replica at that seq lacks. */
export interface LogSlice {
  /** The last entry included, or the room's head when there is nothing after the seq asked for. */
  readonly position: Position
  readonly updates: readonly Uint8Array[]
}

/** What a log has done since it was opened, for metrics. */
export interface LogStats {
  /** Writes to the disk that were waited for; each made everything durable that arrived during the one before. */
  readonly flushes: number
  /** Entries appended and flushed. */
  readonly entries: number
  /** Bytes of updates that wait for a flush, or are in one. */
  readonly pendingBytes: number
}

export const EPOCHS_MAX = 64

export const emptyHead: RoomHead = {
  position: { epoch: 0, seq: 0 },
  epochs: [],
  checkpointSeq: 0,
  checkpointBytes: 0,
  tailEntries: 0,
  tailBytes: 0,
}

export interface UpdateLog extends AsyncDisposable {
  readonly stats: LogStats

  /**
   * Writes the batch, all of it or nothing, and resolves with the position of each entry once it is flushed to the
   * disk. Seqs of a room rise by one in the order of calls, and of entries within a call; calls settle in that order,
   * failed ones too. Calls that arrive during a flush share the next one, and its fate; but a room that is `unreadable`
   * fails its own calls alone. Rejects with `LogError`; a later append may succeed again.
   */
  append(batch: readonly Append[]): Promise<readonly Position[]>

  /** The room's head; {@link emptyHead} for a room that was never written. */
  head(room: string): Promise<RoomHead>

  /**
   * What was appended to the room after `seq`. From before the checkpoint, the first update is the whole checkpoint
   * (which may repeat what the reader has). Sees everything whose append has resolved. The bytes belong to the caller.
   */
  read(room: string, afterSeq: number): Promise<LogSlice>

  /**
   * Who wrote the entries after `afterSeq`, in order. Entries of nobody in particular are left out, and so are those that
   * a checkpoint has swallowed.
   */
  authors(room: string, afterSeq: number): Promise<readonly AuthoredEntry[]>

  /**
   * Whose the room's client IDs are, in no particular order. Checkpoints leave them alone; they go when the room is
   * dropped. The log does not bound their number: whoever claims does.
   */
  owners(room: string): Promise<readonly ClientOwner[]>

  /**
   * Replaces the checkpoint and the entries up to `upTo` by `update`, their merge, atomically and durably. Entries
   * after `upTo`, among them those appended since the merge was begun, stay. Returns false, and does nothing, when the
   * room's checkpoint already reaches `upTo`, or when `upTo` is no position of the room's history: so a room that was
   * dropped and written again in the meantime does not get its old content back. `update` is borrowed until the call
   * settles.
   */
  checkpoint(room: string, upTo: Position, update: Uint8Array): Promise<boolean>

  /**
   * The names of all rooms that have entries or a checkpoint, in the order of their UTF-8 bytes; those after `after` if it
   * is given, whether or not there is such a room. Each is one of some moment of the iteration.
   */
  rooms(after?: string): AsyncIterable<string>

  /** Forgets a room. If it is written again, that starts a new epoch at seq 1. Idempotent. */
  drop(room: string): Promise<void>

  /**
   * Waits for writes under way and lets the storage go. Idempotent; later calls of other verbs reject with `LogError`
   * `closed`.
   */
  close(): Promise<void>
}

/**
 * Whether `position` is part of the history that `head` describes: every entry up to it is one that was really given
 * that seq. The place before the first entry (`seq` 0) is part of every history.
 */
export function isInHistory(head: RoomHead, position: Position): boolean {
  if (position.seq === 0) return true
  if (position.seq > head.position.seq) return false
  const index = head.epochs.findIndex(({ epoch }) => epoch === position.epoch)
  if (index === -1) return false
  const next = head.epochs[index + 1]
  return position.seq >= head.epochs[index]!.firstSeq && (next === undefined || position.seq < next.firstSeq)
}
