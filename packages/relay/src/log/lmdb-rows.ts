/**
 * The rows of the LMDB log and their bytes. Keys are compared byte by byte, so numbers in them are big-endian; a room's
 * name stands in one key only, and everything else of the room goes by its number, which is never given out twice.
 *
 *   key                                      value
 *   00                                       format version, next room number
 *   01 name (UTF-8)                          room number, writer, head
 *   02 number (6 bytes)                      entry header, checkpoint
 *   03 number (6 bytes) seq (6 bytes)        entry: header, update; or run: 00, count, count × { length, entry }, the last of which has this seq
 *   04 number (6 bytes) upToSeq (6 bytes)    fromSeq: entries that nothing refers to any more, and that are yet to be removed
 *   05 number (6 bytes)                      nothing: the room was dropped, and its owners are yet to be removed
 *   06 number (6 bytes) client ID (7 bytes)  owner: time, subject
 *
 * Six bytes number 2^48 rooms, and as many entries in each. Integers in values are varUints. The entry header is its
 * own length, which is not 0, and then its fields: the bytes written so far, and, if the author is known, time and subject.
 * Later versions may add fields that earlier rows lack. What a room appends at one time is one row, or few: a run.
 *
 * A room's row is written when its writer changes, or its checkpoint; what was appended since then, up to the last of its
 * entries, is not in it. So a keystroke is one row.
 *
 * Older formats are read, and become the present one when they are opened, since an older relay must not write to it any
 * more. Format 1 had neither authors nor owners: its relay would not know whose the client IDs are. Format 2 had
 * no runs, and the row of a room told its last entry: its relay would give seqs out twice.
 */
import { ByteReader, ByteWriter, DecodeError } from '@syncline/core'
import { LogError } from '../errors.ts'
import type { Author, Epoch, RoomHead } from './update-log.ts'

/** The version of everything that this file says, and the oldest that it reads. */
const FORMAT_VERSION = 3
const FORMAT_VERSION_MIN = 1

/** UTF-8 bytes of a room's name that fit into a key. The protocol allows fewer. */
const NAME_BYTES_MAX = 1024

const ENTRY_KEY_BYTES = 13
/** The last that a key can hold. */
const SEQ_MAX = 2 ** 48 - 1
const OWNER_KEY_BYTES = 14

const Tag = { meta: 0, room: 1, checkpoint: 2, entry: 3, garbage: 4, ownerGarbage: 5, owner: 6 } as const

export interface MetaRow {
  readonly nextRoom: number
}

/** As it is in memory: with all entries in its head. */
export interface RoomRow {
  readonly room: number
  /** Random, one for each opening of the log: whoever wrote the last entry. Another writer begins an epoch. */
  readonly writer: number
  /** The sum of the update bytes of all entries ever appended. */
  readonly writtenBytes: number
  readonly head: RoomHead
}

export interface EntryRow {
  /** {@link RoomRow.writtenBytes} up to and with this entry; a difference of two is the size of what lies between. */
  readonly writtenBytes: number
  readonly update: Uint8Array
  readonly author?: Author | undefined
}

/** Entries that nothing refers to any more: those of `room` in `fromSeq` … `upToSeq`, both included. */
export interface GarbageRow {
  readonly room: number
  readonly fromSeq: number
  readonly upToSeq: number
}

export const metaKey: Uint8Array = Uint8Array.of(Tag.meta)

/** Keys from `start` up to, and without, `end`. */
export interface KeyRange {
  readonly start: Uint8Array
  readonly end: Uint8Array
}

export const roomKeys: KeyRange = { start: Uint8Array.of(Tag.room), end: Uint8Array.of(Tag.room + 1) }

export const garbageKeys: KeyRange = { start: Uint8Array.of(Tag.garbage), end: Uint8Array.of(Tag.garbage + 1) }

export const ownerGarbageKeys: KeyRange = {
  start: Uint8Array.of(Tag.ownerGarbage),
  end: Uint8Array.of(Tag.ownerGarbage + 1),
}

/** The keys of the owners of one room. */
export function ownerKeys(room: number): KeyRange {
  return { start: numberedKey(Tag.owner, room), end: numberedKey(Tag.owner, room + 1) }
}

/** Throws `RangeError` for a name that fits into no key. */
export function roomKey(name: string): Uint8Array {
  const bytes = Buffer.byteLength(name)
  if (bytes > NAME_BYTES_MAX) throw nameTooLong()
  const key = Buffer.allocUnsafe(1 + bytes)
  key[0] = Tag.room
  key.write(name, 1)
  return key
}

/** Whether it fits into a key. */
export function isRoomName(name: string): boolean {
  return Buffer.byteLength(name) <= NAME_BYTES_MAX
}

export function nameTooLong(): RangeError {
  return new RangeError(`a room's name has at most ${NAME_BYTES_MAX} bytes`)
}

export function roomOfKey(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset + 1, key.length - 1).toString('utf8')
}

export function checkpointKey(room: number): Uint8Array {
  return numberedKey(Tag.checkpoint, room)
}

export function entryKey(room: number, seq: number): Uint8Array {
  const key = Buffer.allocUnsafe(ENTRY_KEY_BYTES)
  key[0] = Tag.entry
  key.writeUIntBE(room, 1, 6)
  key.writeUIntBE(seq, 7, 6)
  return key
}

/** The keys of a room's entries behind `seq`. */
export function entryKeysAfter(room: number, seq: number): KeyRange {
  return { start: entryKey(room, seq + 1), end: entryKey(room, SEQ_MAX) }
}

/** The keys of a room's entries `fromSeq` … `toSeq`, both included; the first may be of a run that began before. */
export function entryKeysFrom(room: number, fromSeq: number, toSeq: number): KeyRange {
  return { start: entryKey(room, fromSeq), end: entryKey(room, toSeq + 1) }
}

export function seqOfEntryKey(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(7, 6)
}

export function garbageKey({ room, upToSeq }: GarbageRow): Uint8Array {
  return numberedKey(Tag.garbage, room, upToSeq)
}

export function ownerGarbageKey(room: number): Uint8Array {
  return numberedKey(Tag.ownerGarbage, room)
}

export function roomOfOwnerGarbageKey(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(1, 6)
}

/** `clientId`: 0 … 2^53 − 1. */
export function ownerKey(room: number, clientId: number): Uint8Array {
  const key = Buffer.alloc(OWNER_KEY_BYTES, Tag.owner)
  key.writeUIntBE(room, 1, 6)
  key.writeUInt8(Math.floor(clientId / 2 ** 48), 7)
  key.writeUIntBE(clientId % 2 ** 48, 8, 6)
  return key
}

export function clientIdOfOwnerKey(key: Uint8Array): number {
  const view = Buffer.from(key.buffer, key.byteOffset, key.length)
  return view.readUInt8(7) * 2 ** 48 + view.readUIntBE(8, 6)
}

export function encodeMeta({ nextRoom }: MetaRow): Uint8Array {
  const writer = new ByteWriter()
  writer.varUint(FORMAT_VERSION)
  writer.varUint(nextRoom)
  return writer.finish()
}

export function decodeMeta(value: Uint8Array): MetaRow {
  return decodeRow('the log', value, (reader) => {
    const version = reader.varUint()
    if (version < FORMAT_VERSION_MIN || version > FORMAT_VERSION) {
      const read = `${FORMAT_VERSION_MIN} to ${FORMAT_VERSION}`
      throw new LogError('unreadable', `the log has format ${version}; this relay reads formats ${read}`)
    }
    return { nextRoom: reader.varUint() }
  })
}

export function encodeRoom({ room, writer, writtenBytes, head }: RoomRow): Uint8Array {
  const bytes = new ByteWriter(64 + 16 * head.epochs.length)
  bytes.varUint(room)
  bytes.varUint(writer)
  bytes.varUint(writtenBytes)
  bytes.varUint(head.position.seq)
  bytes.varUint(head.checkpointSeq)
  bytes.varUint(head.checkpointBytes)
  bytes.varUint(head.tailBytes)
  bytes.varUint(head.epochs.length)
  for (const { epoch, firstSeq } of head.epochs) {
    bytes.varUint(epoch)
    bytes.varUint(firstSeq)
  }
  return bytes.finish()
}

export function decodeRoom(name: string, value: Uint8Array): RoomRow {
  return decodeRow(`the head of room ${JSON.stringify(name)}`, value, (reader) => {
    const room = reader.varUint()
    const writer = reader.varUint()
    const writtenBytes = reader.varUint()
    const seq = reader.varUint()
    const checkpointSeq = reader.varUint()
    const checkpointBytes = reader.varUint()
    const tailBytes = reader.varUint()
    const epochs: Epoch[] = []
    for (let left = reader.varUint(); left > 0; left--) {
      epochs.push({ epoch: reader.varUint(), firstSeq: reader.varUint() })
    }
    // The last entry is of the last epoch: an epoch begins with an entry.
    const position = { epoch: epochs.at(-1)?.epoch ?? 0, seq }
    const tailEntries = seq - checkpointSeq
    const head = { position, epochs, checkpointSeq, checkpointBytes, tailEntries, tailBytes }
    return { room, writer, writtenBytes, head }
  })
}

export function encodeEntry({ writtenBytes, update, author }: EntryRow): Uint8Array {
  // Sized and written in one go: there is one of these for every keystroke.
  const subjectBytes = author === undefined ? 0 : Buffer.byteLength(author.subject)
  const authorBytes = author === undefined ? 0 : varUintBytes(author.time) + varUintBytes(subjectBytes) + subjectBytes
  const headerBytes = varUintBytes(writtenBytes) + authorBytes
  const value = Buffer.allocUnsafe(varUintBytes(headerBytes) + headerBytes + update.length)
  let at = putVarUint(value, 0, headerBytes)
  at = putVarUint(value, at, writtenBytes)
  if (author !== undefined) {
    at = putVarUint(value, at, author.time)
    at = putVarUint(value, at, subjectBytes)
    at += value.write(author.subject, at)
  }
  value.set(update, at)
  return value
}

/** What the first byte of a run is: no entry has a header of that length. */
const RUN = 0

/** Entries that follow each other, at least one, as the value of one row. */
export function encodeEntries(entries: readonly EntryRow[]): Uint8Array {
  const [first, second] = entries
  if (second === undefined) return encodeEntry(first!)
  const values = entries.map((entry) => encodeEntry(entry))
  let bytes = 1 + varUintBytes(values.length)
  for (const { length } of values) bytes += varUintBytes(length) + length
  const run = Buffer.allocUnsafe(bytes)
  run[0] = RUN
  let at = putVarUint(run, 1, values.length)
  for (const value of values) {
    at = putVarUint(run, at, value.length)
    run.set(value, at)
    at += value.length
  }
  return run
}

function varUintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}

/** Returns the place after it. */
function putVarUint(target: Uint8Array, start: number, value: number): number {
  let at = start
  let rest = value
  // Divided, not shifted: the value may pass 2^31.
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) target[at++] = 0x80 | (rest % 0x80)
  target[at++] = rest
  return at
}

/** The update is a view of `value`. */
export function decodeEntry(value: Uint8Array): EntryRow {
  return decodeRow('an entry', value, (reader) => readEntry(reader, value.length))
}

/** The entries of a row, in their order, at least one. Their updates are views of `value`. */
export function decodeEntries(value: Uint8Array): readonly EntryRow[] {
  if (value[0] !== RUN) return [decodeEntry(value)]
  return decodeRow('a run of entries', value, (reader) => {
    reader.offset = 1
    const entries: EntryRow[] = []
    for (let left = reader.count(3); left > 0; left--) {
      const bytes = reader.varUint()
      if (bytes > reader.remaining) reader.fail('unexpected-end', 'an entry goes on after its run')
      entries.push(readEntry(reader, reader.offset + bytes))
    }
    if (entries.length === 0) reader.fail('invalid-value', 'a run has no entries')
    return entries
  })
}

/** Reads an entry that ends at `end`, which is not behind the last byte. */
function readEntry(reader: ByteReader, end: number): EntryRow {
  const headerBytes = reader.varUint()
  const headerEnd = reader.offset + headerBytes
  const writtenBytes = reader.varUint()
  const author = reader.offset < headerEnd ? readAuthor(reader) : undefined
  if (reader.offset > headerEnd || headerEnd > end)
    reader.fail('invalid-value', 'an entry has another header than it says')
  // What the header holds beyond this was added by a later version, and is of no use to this one.
  reader.offset = headerEnd
  return { writtenBytes, update: reader.view(end - headerEnd), author }
}

export function encodeOwner(owner: Author): Uint8Array {
  const writer = new ByteWriter(32)
  writeAuthor(writer, owner)
  return writer.finish()
}

export function decodeOwner(value: Uint8Array): Author {
  return decodeRow('the owner of a client ID', value, readAuthor)
}

export function encodeGarbage({ fromSeq }: GarbageRow): Uint8Array {
  const writer = new ByteWriter(8)
  writer.varUint(fromSeq)
  return writer.finish()
}

export function decodeGarbage(key: Uint8Array, value: Uint8Array): GarbageRow {
  const room = Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(1, 6)
  const upToSeq = Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(7, 6)
  return decodeRow('a list of removed entries', value, (reader) => ({ room, fromSeq: reader.varUint(), upToSeq }))
}

function writeAuthor(writer: ByteWriter, { subject, time }: Author): void {
  writer.varUint(time)
  writer.string(subject)
}

function readAuthor(reader: ByteReader): Author {
  const time = reader.varUint()
  return { time, subject: reader.string() }
}

function numberedKey(tag: number, ...numbers: readonly number[]): Uint8Array {
  const key = Buffer.alloc(1 + 6 * numbers.length, tag)
  for (const [index, number] of numbers.entries()) key.writeUIntBE(number, 1 + 6 * index, 6)
  return key
}

/**
 * Reads the whole value, or throws `LogError` `unreadable`: bytes that this relay wrote itself do not read back as they
 * were.
 */
function decodeRow<Row>(what: string, value: Uint8Array, decode: (reader: ByteReader) => Row): Row {
  try {
    const reader = new ByteReader(value)
    const row = decode(reader)
    reader.end()
    return row
  } catch (cause) {
    if (cause instanceof DecodeError)
      throw new LogError('unreadable', `${what} is damaged: ${cause.message}`, { cause })
    throw cause
  }
}
