/**
 * The durable log in an LMDB environment: the embedded default of the relay. One transaction for each group of writes,
 * flushed before anybody hears of it, off the event loop; reads are looked up in the memory map, in one snapshot each.
 *
 * Each group is planned from the rows that the previous one left, in a {@link Draft} that becomes a transaction. Of rooms that
 * are written to, the row as the last successful group left it is kept in memory for the next group, and forgotten when one
 * fails. So a group that fails leaves nothing behind, in the file or here; and a write that cannot be planned, since a row of
 * its room is damaged, fails alone.
 *
 * A checkpoint and a drop remove what they cover at once when it is little; else they leave a note of it in the same
 * transaction, and further transactions remove it piece by piece. Nothing refers to it in the meantime.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { LogError } from '../errors.ts'
import { lockDirectory, type DirectoryLock } from './directory-lock.ts'
import { randomEpoch, type EpochSource } from './epoch.ts'
import { isFullDisk } from './full-disk.ts'
import { GroupCommit, type GroupLimits } from './group-commit.ts'
import { KnownRooms } from './known-rooms.ts'
import { LmdbEnvironment, type Change } from './lmdb-environment.ts'
import {
  checkpointKey,
  clientIdOfOwnerKey,
  decodeEntries,
  decodeEntry,
  decodeGarbage,
  decodeMeta,
  decodeOwner,
  decodeRoom,
  encodeEntries,
  encodeEntry,
  encodeGarbage,
  encodeMeta,
  encodeOwner,
  encodeRoom,
  entryKey,
  entryKeysAfter,
  entryKeysFrom,
  garbageKey,
  garbageKeys,
  isRoomName,
  metaKey,
  nameTooLong,
  ownerGarbageKey,
  ownerGarbageKeys,
  ownerKey,
  ownerKeys,
  roomKey,
  roomKeys,
  roomOfKey,
  roomOfOwnerGarbageKey,
  seqOfEntryKey,
  type EntryRow,
  type GarbageRow,
  type KeyRange,
  type RoomRow,
} from './lmdb-rows.ts'
import { headAfterAppend, headAfterAppends, headAfterCheckpoint } from './room-head.ts'
import {
  emptyHead,
  isInHistory,
  type Append,
  type AuthoredEntry,
  type ClientOwner,
  type LogSlice,
  type LogStats,
  type RoomHead,
  type UpdateLog,
} from './update-log.ts'
import type { Position } from '@syncline/protocol'

/** Entries, or owners, that one transaction removes at most. */
const REMOVALS_MAX = 4096
/** Entries, and bytes of their updates, that one row holds at most, unless a single entry is longer. */
const RUN_ENTRIES_MAX = 256
const RUN_BYTES_MAX = 32 * 1024
/** Names that are read at a time when rooms are listed. */
const ROOM_NAMES_MAX = 256
/** Owners that are read in one turn of the event loop. */
const OWNERS_MAX = 1024

export interface LmdbLogOptions {
  /** Where the data lies; created if it is absent. One relay at a time holds it. */
  readonly directory: string
  /** Where epochs come from: random by default. */
  readonly newEpoch?: EpochSource
  readonly limits?: GroupLimits
}

type Write =
  | { readonly kind: 'append'; readonly batch: readonly Append[] }
  | { readonly kind: 'checkpoint'; readonly room: string; readonly upTo: Position; readonly update: Uint8Array }
  | { readonly kind: 'drop'; readonly room: string }
  | { readonly kind: 'sweep' }

/** What a write came to. */
interface Written {
  readonly positions: readonly Position[]
  /** Whether the checkpoint or the sweep found something to do. */
  readonly done: boolean
  /** Whether there are entries left to be swept. */
  readonly garbage: boolean
}

/**
 * Opens the log in a directory. Throws `LogError`: `in-use` when another relay holds the directory, `unreadable` when
 * the data is of another version or damaged, `full` or `io` when the directory cannot be used.
 */
export async function openLmdbLog({ directory, newEpoch = randomEpoch, limits }: LmdbLogOptions): Promise<UpdateLog> {
  await makeDirectory(directory)
  const lock = await lockDirectory(directory)
  let environment: LmdbEnvironment | undefined
  try {
    environment = new LmdbEnvironment(join(directory, 'log.mdb'))
    const log = new LmdbLog(environment, lock, newEpoch, limits)
    await log.prepare()
    return log
  } catch (error) {
    await environment?.close()
    await lock.release()
    throw error
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new LogError('io', `the data directory ${directory} is not a directory`, { cause })
    }
    const code = isFullDisk(cause) ? 'full' : 'io'
    throw new LogError(code, `cannot create the data directory ${directory}: ${String(cause)}`, { cause })
  }
}

class LmdbLog implements UpdateLog {
  readonly #environment: LmdbEnvironment
  readonly #lock: DirectoryLock
  readonly #newEpoch: EpochSource
  /** This opening of the log: a room last written by another begins a new epoch. */
  readonly #writer: number
  readonly #writes: GroupCommit<Write, Written>
  /** Rows as the last group left them, for the next. */
  readonly #known = new KnownRooms()
  #entries = 0
  #closing: Promise<void> | undefined

  constructor(environment: LmdbEnvironment, lock: DirectoryLock, newEpoch: EpochSource, limits?: GroupLimits) {
    this.#environment = environment
    this.#lock = lock
    this.#newEpoch = newEpoch
    this.#writer = newEpoch()
    this.#writes = new GroupCommit((group) => this.#commit(group), limits)
  }

  get stats(): LogStats {
    return { flushes: this.#writes.flushes, entries: this.#entries, pendingBytes: this.#writes.pendingBytes }
  }

  /** Checks the version, or writes it into a new log, and removes what a crash left half removed. */
  async prepare(): Promise<void> {
    const meta = this.#environment.get(metaKey)
    const current = encodeMeta(meta === undefined ? { nextRoom: 1 } : decodeMeta(meta))
    if (meta === undefined || Buffer.compare(meta, current) !== 0) {
      await this.#environment.commit([{ key: metaKey, value: current }])
    }
    if (this.#first(garbageKeys) !== undefined || this.#first(ownerGarbageKeys) !== undefined) await this.#sweep()
  }

  append(batch: readonly Append[]): Promise<readonly Position[]> {
    let bytes = 0
    for (const { room, update } of batch) {
      // It must not come as far as a group that others share.
      if (!isRoomName(room)) return Promise.reject(nameTooLong())
      bytes += update.length
    }
    // With one promise less than by waiting for it here: there is one call for each keystroke.
    return this.#writes.submit({ kind: 'append', batch }, bytes).then(positionsOf)
  }

  async head(room: string): Promise<RoomHead> {
    this.#assertOpen()
    return this.#room(room)?.head ?? emptyHead
  }

  async read(name: string, afterSeq: number): Promise<LogSlice> {
    this.#assertOpen()
    const row = this.#room(name)
    if (row === undefined) return { position: emptyHead.position, updates: [] }
    const { room, head } = row
    const updates: Uint8Array[] = []
    // Until the end of this turn of the event loop, all of this reads one snapshot.
    if (afterSeq < head.checkpointSeq) updates.push(this.#checkpoint(name, room))
    this.#eachEntry(name, row, afterSeq, ({ update }) => updates.push(update))
    return { position: head.position, updates }
  }

  async authors(name: string, afterSeq: number): Promise<readonly AuthoredEntry[]> {
    this.#assertOpen()
    const row = this.#room(name)
    if (row === undefined) return []
    const authored: AuthoredEntry[] = []
    this.#eachEntry(name, row, afterSeq, ({ author }, seq) => {
      if (author !== undefined) authored.push({ seq, subject: author.subject, time: author.time })
    })
    return authored
  }

  async owners(name: string): Promise<readonly ClientOwner[]> {
    this.#assertOpen()
    const row = this.#room(name)
    const owners: ClientOwner[] = []
    if (row === undefined) return owners
    const { start, end } = ownerKeys(row.room)
    for (let from = start; ;) {
      const keys = this.#environment.keys(from, end, OWNERS_MAX)
      for (const key of keys) {
        const value = this.#environment.get(key)
        // Unless the room was dropped between two turns.
        if (value !== undefined) owners.push({ clientId: clientIdOfOwnerKey(key), ...decodeOwner(value) })
      }
      if (keys.length < OWNERS_MAX) return owners
      from = keyAfter(keys.at(-1)!)
      await setImmediate()
      this.#assertOpen()
    }
  }

  async checkpoint(room: string, upTo: Position, update: Uint8Array): Promise<boolean> {
    roomKey(room)
    const { done, garbage } = await this.#writes.submit({ kind: 'checkpoint', room, upTo, update }, update.length)
    if (garbage) await this.#sweep()
    return done
  }

  async *rooms(after?: string): AsyncIterable<string> {
    let start: Uint8Array = after === undefined ? roomKeys.start : keyAfter(roomKey(after))
    for (;;) {
      this.#assertOpen()
      const keys = this.#environment.keys(start, roomKeys.end, ROOM_NAMES_MAX)
      for (const key of keys) yield roomOfKey(key)
      const last = keys.at(-1)
      if (last === undefined) return
      start = keyAfter(last)
    }
  }

  async drop(room: string): Promise<void> {
    roomKey(room)
    const { garbage } = await this.#writes.submit({ kind: 'drop', room }, 0)
    if (garbage) await this.#sweep()
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#writes.close()
    await this.#environment.close()
    await this.#lock.release()
  }

  #assertOpen(): void {
    if (this.#writes.closed) throw new LogError('closed', 'the log is closed')
  }

  /**
   * The room as the disk has it, for reads: in one snapshot with its entries. What is kept in memory may be older than that,
   * since a group is on the disk before anybody hears of it.
   */
  #room(name: string): RoomRow | undefined {
    const value = this.#environment.get(roomKey(name))
    return value === undefined ? undefined : this.#withEntries(decodeRoom(name, value))
  }

  /** The row with what was appended since it was written. */
  #withEntries(row: RoomRow): RoomRow {
    const { start, end } = entryKeysAfter(row.room, row.head.position.seq)
    const last = this.#environment.lastKey(start, end)
    if (last === undefined) return row
    const { writtenBytes } = lastOf(decodeEntries(this.#environment.get(last)!))
    const entries = seqOfEntryKey(last) - row.head.position.seq
    return { ...row, writtenBytes, head: headAfterAppends(row.head, entries, writtenBytes - row.writtenBytes) }
  }

  #checkpoint(name: string, room: number): Uint8Array {
    const value = this.#environment.get(checkpointKey(room))
    if (value === undefined) throw missing(name)
    return decodeEntry(value).update
  }

  /** The entries after `afterSeq` that no checkpoint covers, in order. */
  #eachEntry(name: string, row: RoomRow, afterSeq: number, take: (entry: EntryRow, seq: number) => void): void {
    const { room, head } = row
    let next = Math.max(afterSeq, head.checkpointSeq) + 1
    if (next > head.position.seq) return
    const { start, end } = entryKeysFrom(room, next, head.position.seq)
    for (const [key, value] of this.#environment.rows(start, end)) {
      const entries = decodeEntries(value)
      let seq = seqOfEntryKey(key) - entries.length + 1
      if (seq > next) throw missing(name)
      for (const entry of entries) if (seq++ >= next) take(entry, seq - 1)
      next = seq
    }
    if (next <= head.position.seq) throw missing(name)
  }

  /** Removes what checkpoints and drops have left, piece by piece. */
  async #sweep(): Promise<void> {
    try {
      while ((await this.#writes.submit({ kind: 'sweep' }, 0)).garbage);
    } catch (error) {
      // What could not be removed stays noted, and takes up nothing but room: the next sweep finds it.
      if (!(error instanceof LogError)) throw error
    }
  }

  async #commit(group: readonly Write[]): Promise<readonly (Written | LogError)[]> {
    const stored: Rows = {
      get: (key) => this.#environment.get(key),
      keys: (start, end, limit) => this.#environment.keys(start, end, limit),
      // As the last group left it: there is no other under way.
      room: (name) => this.#known.get(name) ?? this.#room(name),
    }
    const draft = new Draft(stored)
    const results = group.map((write) => this.#plan(draft, write))
    try {
      await this.#environment.commit(draft.changes())
    } catch (error) {
      // The environment may have been opened again, and the disk may have taken the group all the same.
      this.#known.clear()
      throw error
    }
    this.#known.take(draft.rooms)
    for (const result of results) if (!(result instanceof LogError)) this.#entries += result.positions.length
    return results
  }

  /** Adds the whole write to the draft, or nothing of it. */
  #plan(draft: Draft, write: Write): Written | LogError {
    try {
      // The rule, and with no draft of its own for each of a thousand keystrokes.
      if (write.kind === 'append') return this.#draftAppend(draft, write.batch)
      const own = new Draft(draft)
      const written = this.#draft(own, write)
      draft.take(own)
      return written
    } catch (error) {
      if (error instanceof LogError && error.code === 'unreadable') return error
      throw error
    }
  }

  #draft(draft: Draft, write: Exclude<Write, { readonly kind: 'append' }>): Written {
    if (write.kind === 'checkpoint') return draftCheckpoint(draft, write.room, write.upTo, write.update)
    if (write.kind === 'drop') return draftDrop(draft, write.room)
    return this.#draftSweep(draft)
  }

  /** Reads all that may be damaged before it adds an entry; at worst a number for a room has gone. */
  #draftAppend(draft: Draft, batch: readonly Append[]): Written {
    const fresh = new Map<string, number>()
    for (const { room } of batch) {
      if (draft.room(room) === undefined && !fresh.has(room)) fresh.set(room, draft.newRoom())
    }
    const positions: Position[] = []
    for (let from = 0; from < batch.length;) {
      const to = endOfRun(batch, from)
      const name = batch[from]!.room
      const before = draft.room(name) ?? { room: fresh.get(name)!, writer: 0, writtenBytes: 0, head: emptyHead }
      const row = this.#draftRun(draft, before, batch, from, to, positions)
      // The first entries of this writer begin an epoch, which stands in the row alone.
      if (before.writer === this.#writer) draft.advanceRoom(name, row)
      else draft.putRoom(name, row)
      from = to
    }
    return { positions, done: true, garbage: false }
  }

  /** Adds the entries `from` … `to − 1`, which are of one room, as one row. Returns the room's row after them. */
  #draftRun(
    draft: Draft,
    { room, writer, writtenBytes: before, head: last }: RoomRow,
    batch: readonly Append[],
    from: number,
    to: number,
    positions: Position[],
  ): RoomRow {
    const epoch = writer === this.#writer ? last.position.epoch : this.#newEpoch()
    const entries: EntryRow[] = []
    let writtenBytes = before
    let { seq } = last.position
    for (let at = from; at < to; at++) {
      const { update, author, claims } = batch[at]!
      writtenBytes += update.length
      entries.push({ writtenBytes, update, author })
      positions.push({ epoch, seq: ++seq })
      if (author === undefined || claims === undefined) continue
      for (const clientId of claims) {
        const key = ownerKey(room, clientId)
        if (draft.get(key) === undefined) draft.put(key, encodeOwner(author))
      }
    }
    draft.put(entryKey(room, seq), encodeEntries(entries))
    const first = headAfterAppend(last, epoch, 0)
    const head = headAfterAppends(first, to - from - 1, writtenBytes - before)
    return { room, writer: this.#writer, writtenBytes, head }
  }

  #first({ start, end }: KeyRange): Uint8Array | undefined {
    return this.#environment.keys(start, end, 1).at(0)
  }

  #draftSweep(draft: Draft): Written {
    const key = this.#first(garbageKeys)
    const value = key === undefined ? undefined : draft.get(key)
    if (key === undefined || value === undefined) return this.#draftOwnerSweep(draft)
    draft.remove(key)
    removeEntries(draft, decodeGarbage(key, value))
    return { positions: [], done: true, garbage: true }
  }

  #draftOwnerSweep(draft: Draft): Written {
    const note = this.#first(ownerGarbageKeys)
    // One sweep in a transaction: what it plans is not in the environment yet.
    if (note === undefined || draft.get(note) === undefined) return { positions: [], done: false, garbage: false }
    const { start, end } = ownerKeys(roomOfOwnerGarbageKey(note))
    const keys = this.#environment.keys(start, end, REMOVALS_MAX)
    for (const key of keys) draft.remove(key)
    if (keys.length < REMOVALS_MAX) draft.remove(note)
    return { positions: [], done: true, garbage: true }
  }
}

/** Where a draft looks for what it has not changed. */
interface Rows {
  get(key: Uint8Array): Uint8Array | undefined
  /** The keys in [`start`, `end`), in order; if there are `limit` of them, perhaps more. */
  keys(start: Uint8Array, end: Uint8Array, limit: number): readonly Uint8Array[]
  room(name: string): RoomRow | undefined
}

/**
 * The changes of one transaction, or of one write in it, as they come together: read first here, and then in what lies
 * below.
 */
class Draft implements Rows {
  readonly #below: Rows
  /** By the key's bytes as a string of one character each. */
  readonly #changes = new Map<string, Change>()
  /** The rooms' own rows, by name; not encoded, since a busy room changes its row with each write. */
  readonly #rooms = new Map<string, RoomRow | undefined>()
  /** Those whose rows are to be stored: with nothing but entries appended, the entries say it. */
  readonly #stored = new Set<string>()

  constructor(below: Rows) {
    this.#below = below
  }

  /** Takes the changes of a draft that lies upon this one. */
  take(above: Draft): void {
    for (const [text, change] of above.#changes) this.#changes.set(text, change)
    for (const [name, row] of above.#rooms) this.#rooms.set(name, row)
    for (const name of above.#stored) this.#stored.add(name)
  }

  /** The rows of all rooms that the changes touch, as they are then; `undefined` for one that is removed. */
  get rooms(): ReadonlyMap<string, RoomRow | undefined> {
    return this.#rooms
  }

  changes(): readonly Change[] {
    const changes = [...this.#changes.values()]
    for (const name of this.#stored) {
      const row = this.#rooms.get(name)
      changes.push({ key: roomKey(name), value: row === undefined ? undefined : encodeRoom(row) })
    }
    return changes
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changes.get(keyText(key))
    return change === undefined ? this.#below.get(key) : change.value
  }

  keys(start: Uint8Array, end: Uint8Array, limit: number): readonly Uint8Array[] {
    const below = this.#below.keys(start, end, limit)
    const [from, to] = [keyText(start), keyText(end)]
    const changed: Uint8Array[] = []
    for (const [text, { key, value }] of this.#changes) {
      if (value !== undefined && from <= text && text < to) changed.push(key)
    }
    const kept = below.filter((key) => !this.#changes.has(keyText(key)))
    return changed.length === 0 ? kept : [...kept, ...changed].sort((a, b) => Buffer.compare(a, b))
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#changes.set(keyText(key), { key, value })
  }

  remove(key: Uint8Array): void {
    this.#changes.set(keyText(key), { key, value: undefined })
  }

  room(name: string): RoomRow | undefined {
    return this.#rooms.has(name) ? this.#rooms.get(name) : this.#below.room(name)
  }

  /** The row is to be stored. */
  putRoom(name: string, row: RoomRow): void {
    this.#rooms.set(name, row)
    this.#stored.add(name)
  }

  /** The row has changed by entries alone. */
  advanceRoom(name: string, row: RoomRow): void {
    this.#rooms.set(name, row)
  }

  removeRoom(name: string): void {
    this.#rooms.set(name, undefined)
    this.#stored.add(name)
  }

  /** A number that no room has had before. */
  newRoom(): number {
    const meta = this.get(metaKey)
    if (meta === undefined) throw new LogError('unreadable', 'the log has lost its version')
    const { nextRoom } = decodeMeta(meta)
    this.put(metaKey, encodeMeta({ nextRoom: nextRoom + 1 }))
    return nextRoom
  }
}

function draftCheckpoint(draft: Draft, name: string, upTo: Position, update: Uint8Array): Written {
  const row = draft.room(name)
  const nothing = { positions: [], done: false, garbage: false }
  if (row === undefined || upTo.seq <= row.head.checkpointSeq || !isInHistory(row.head, upTo)) return nothing
  const last = entryAt(draft, row.room, upTo.seq)
  if (last === undefined) return nothing
  const { writtenBytes } = last
  const head = headAfterCheckpoint(row.head, upTo.seq, update.length, row.writtenBytes - writtenBytes)
  draft.put(checkpointKey(row.room), encodeEntry({ writtenBytes, update }))
  draft.putRoom(name, { ...row, head })
  // A run that goes on behind `upTo` stays, and is read from there on.
  const garbage = removeEntries(draft, { room: row.room, fromSeq: row.head.checkpointSeq + 1, upToSeq: upTo.seq })
  return { positions: [], done: true, garbage }
}

function entryAt(rows: Rows, room: number, seq: number): EntryRow | undefined {
  const { start, end } = entryKeysAfter(room, seq - 1)
  const [key] = rows.keys(start, end, 1)
  if (key === undefined) return undefined
  const entries = decodeEntries(rows.get(key)!)
  return entries[seq - (seqOfEntryKey(key) - entries.length + 1)]
}

function draftDrop(draft: Draft, name: string): Written {
  const row = draft.room(name)
  if (row === undefined) return { positions: [], done: false, garbage: false }
  const { room, head } = row
  draft.removeRoom(name)
  draft.remove(checkpointKey(room))
  removeEntries(draft, { room, fromSeq: head.checkpointSeq + 1, upToSeq: head.position.seq })
  // Whether there are owners is not looked up: some may be in this very transaction. The sweep will see.
  draft.put(ownerGarbageKey(room), new Uint8Array())
  return { positions: [], done: true, garbage: true }
}

/** Removes the first rows of entries in the range, and notes the rest. Returns whether there may be a rest. */
function removeEntries(draft: Draft, { room, fromSeq, upToSeq }: GarbageRow): boolean {
  const { start, end } = entryKeysFrom(room, fromSeq, upToSeq)
  const keys = draft.keys(start, end, REMOVALS_MAX)
  for (const key of keys) draft.remove(key)
  if (keys.length < REMOVALS_MAX) return false
  const rest = { room, fromSeq: seqOfEntryKey(keys.at(-1)!) + 1, upToSeq }
  draft.put(garbageKey(rest), encodeGarbage(rest))
  return true
}

/** Where the entries end that begin at `from` and may be one row: of one room, and not too many. */
function endOfRun(batch: readonly Append[], from: number): number {
  const { room } = batch[from]!
  let bytes = 0
  let to = from
  for (; to < batch.length && to - from < RUN_ENTRIES_MAX; to++) {
    const entry = batch[to]!
    bytes += entry.update.length
    if (to > from && (entry.room !== room || bytes > RUN_BYTES_MAX)) break
  }
  return to
}

function positionsOf({ positions }: Written): readonly Position[] {
  return positions
}

function lastOf(entries: readonly EntryRow[]): EntryRow {
  return entries[entries.length - 1]!
}

function missing(name: string): LogError {
  return new LogError('unreadable', `an entry of room ${JSON.stringify(name)} is missing from the log`)
}

/** The first key after `key`: nothing lies between a key and itself with a zero byte added. */
function keyAfter(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, Uint8Array.of(0)])
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}
