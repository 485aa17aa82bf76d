/**
 * The durable log in an LMDB environment: the embedded default of the relay. One transaction for each group of writes,
 * flushed before anybody hears of it, off the event loop; reads are looked up in the memory map, in one snapshot each.
 *
 * Each group is planned from the rows that the previous one left, in a {@link Draft} that becomes a transaction. Of rooms that
 * are written to, the row as the last successful group left it is kept in memory, and forgotten when a group fails. So a group
 * that fails leaves nothing behind, in the file or here; and a write that cannot be planned, since a row of its room is
 * damaged, fails alone.
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
import { LmdbEnvironment, type Change } from './lmdb-environment.ts'
import {
  assertRoomName,
  checkpointKey,
  clientIdOfOwnerKey,
  decodeEntry,
  decodeGarbage,
  decodeMeta,
  decodeOwner,
  decodeRoom,
  encodeEntry,
  encodeGarbage,
  encodeMeta,
  encodeOwner,
  encodeRoom,
  entryKey,
  entryKeysAfter,
  garbageKey,
  garbageKeys,
  metaKey,
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
/** Names that are read at a time when rooms are listed. */
const ROOM_NAMES_MAX = 256
/** Rooms whose rows are kept in memory, of some hundred bytes each: of more, those that were written to first are read again. */
const ROOMS_KNOWN_MAX = 8192
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
  /** Rows as the last group left them. */
  readonly #known = new Map<string, RoomRow>()
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

  async append(batch: readonly Append[]): Promise<readonly Position[]> {
    // A name that fits into no key must not come as far as a group that others share.
    let bytes = 0
    for (const { room, update } of batch) {
      assertRoomName(room)
      bytes += update.length
    }
    return (await this.#writes.submit({ kind: 'append', batch }, bytes)).positions
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
    if (afterSeq < head.checkpointSeq) updates.push(this.#update(name, checkpointKey(room)))
    for (let seq = Math.max(afterSeq, head.checkpointSeq) + 1; seq <= head.position.seq; seq++) {
      updates.push(this.#update(name, entryKey(room, seq)))
    }
    return { position: head.position, updates }
  }

  async authors(name: string, afterSeq: number): Promise<readonly AuthoredEntry[]> {
    this.#assertOpen()
    const row = this.#room(name)
    if (row === undefined) return []
    const { room, head } = row
    const authored: AuthoredEntry[] = []
    for (let seq = Math.max(afterSeq, head.checkpointSeq) + 1; seq <= head.position.seq; seq++) {
      const { author } = this.#entry(name, entryKey(room, seq))
      if (author !== undefined) authored.push({ seq, subject: author.subject, time: author.time })
    }
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

  #room(name: string): RoomRow | undefined {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const value = this.#environment.get(roomKey(name))
    return value === undefined ? undefined : this.#withEntries(name, decodeRoom(name, value))
  }

  /** The row with what was appended since it was written. */
  #withEntries(name: string, row: RoomRow): RoomRow {
    const { start, end } = entryKeysAfter(row.room, row.head.position.seq)
    const last = this.#environment.lastKey(start, end)
    if (last === undefined) return row
    const { writtenBytes } = this.#entry(name, last)
    const entries = seqOfEntryKey(last) - row.head.position.seq
    return { ...row, writtenBytes, head: headAfterAppends(row.head, entries, writtenBytes - row.writtenBytes) }
  }

  #update(name: string, key: Uint8Array): Uint8Array {
    return this.#entry(name, key).update
  }

  #entry(name: string, key: Uint8Array): EntryRow {
    const value = this.#environment.get(key)
    if (value === undefined) {
      throw new LogError('unreadable', `an entry of room ${JSON.stringify(name)} is missing from the log`)
    }
    return decodeEntry(value)
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
    const stored: Rows = { get: (key) => this.#environment.get(key), room: (name) => this.#room(name) }
    const draft = new Draft(stored)
    const results = group.map((write) => this.#plan(draft, write))
    try {
      await this.#environment.commit(draft.changes())
    } catch (error) {
      // The environment may have been opened again, and the disk may have taken the group all the same.
      this.#known.clear()
      throw error
    }
    this.#know(draft.rooms)
    for (const result of results) if (!(result instanceof LogError)) this.#entries += result.positions.length
    return results
  }

  #know(rooms: ReadonlyMap<string, RoomRow | undefined>): void {
    for (const [name, row] of rooms) {
      if (row === undefined) this.#known.delete(name)
      else this.#known.set(name, row)
    }
    if (this.#known.size <= ROOMS_KNOWN_MAX) return
    for (const name of this.#known.keys()) {
      this.#known.delete(name)
      if (this.#known.size <= ROOMS_KNOWN_MAX) return
    }
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
    const rows = new Map<string, RoomRow>()
    for (const { room } of batch) {
      if (rows.has(room)) continue
      rows.set(room, draft.room(room) ?? { room: draft.newRoom(), writer: 0, writtenBytes: 0, head: emptyHead })
    }
    const positions = batch.map((entry) => {
      const before = rows.get(entry.room)!
      const row = this.#draftEntry(draft, before, entry)
      rows.set(entry.room, row)
      // The first entry of this writer begins an epoch, which stands in the row alone.
      if (before.writer !== this.#writer) draft.putRoom(entry.room, row)
      return row.head.position
    })
    for (const [name, row] of rows) draft.advanceRoom(name, row)
    return { positions, done: true, garbage: false }
  }

  /** Returns the room's row after the entry. */
  #draftEntry(draft: Draft, { room, writer, writtenBytes: before, head: last }: RoomRow, entry: Append): RoomRow {
    const { update, author, claims = [] } = entry
    const epoch = writer === this.#writer ? last.position.epoch : this.#newEpoch()
    const head = headAfterAppend(last, epoch, update.length)
    const writtenBytes = before + update.length
    draft.put(entryKey(room, head.position.seq), encodeEntry({ writtenBytes, update, author }))
    if (author !== undefined) {
      for (const clientId of claims) {
        const key = ownerKey(room, clientId)
        if (draft.get(key) === undefined) draft.put(key, encodeOwner(author))
      }
    }
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
  const last = row === undefined ? undefined : draft.get(entryKey(row.room, upTo.seq))
  const nothing = { positions: [], done: false, garbage: false }
  if (row === undefined || last === undefined) return nothing
  if (upTo.seq <= row.head.checkpointSeq || !isInHistory(row.head, upTo)) return nothing
  const { writtenBytes } = decodeEntry(last)
  const head = headAfterCheckpoint(row.head, upTo.seq, update.length, row.writtenBytes - writtenBytes)
  draft.put(checkpointKey(row.room), encodeEntry({ writtenBytes, update }))
  draft.putRoom(name, { ...row, head })
  const garbage = removeEntries(draft, { room: row.room, fromSeq: row.head.checkpointSeq + 1, upToSeq: upTo.seq })
  return { positions: [], done: true, garbage }
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

/** Removes the first entries of the range, and notes the rest. Returns whether there is a rest. */
function removeEntries(draft: Draft, { room, fromSeq, upToSeq }: GarbageRow): boolean {
  const end = Math.min(upToSeq + 1, fromSeq + REMOVALS_MAX)
  for (let seq = fromSeq; seq < end; seq++) draft.remove(entryKey(room, seq))
  if (end > upToSeq) return false
  const rest = { room, fromSeq: end, upToSeq }
  draft.put(garbageKey(rest), encodeGarbage(rest))
  return true
}

/** The first key after `key`: nothing lies between a key and itself with a zero byte added. */
function keyAfter(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, Uint8Array.of(0)])
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}
