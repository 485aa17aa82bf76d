/**
 * The layout of a column snapshot: a document as its tables have it, for the device that wrote it. Numbers are as the processor has them in memory, so that reading is
 * copying; the first word tells the order of its bytes, and a snapshot of the other order is refused. It is no exchange format: that is an update.
 *
 *     words        magic · version · two of checksum, over all that follows · the sizes below, in their order
 *     words        per client: rows, units
 *     words        per row: length · clock of its origin · clock of its right origin
 *     words        the rows of all lists, list after list
 *     words        per type: rows of its list, count of entries, count × (key, rows)
 *     2 or 4 bytes per row: client of its origin · client of its right origin; −1 for none
 *     2 bytes      units of text that is not ASCII
 *     bytes        per row: kind, and bits above it
 *     bytes        text that is ASCII · values, as on the wire · meta
 *     zeros up to a whole word
 *
 * Clients are in the order in which they came, rows in that of their clients and clocks, types are the roots and then those that rows hold, in the order of the
 * rows, and text is in the order of the lists, so that reading a text is reading on. Client, clock, content and neighbours of a row are nowhere: they follow. Meta, in the encodings of updates:
 *
 *     client IDs · count of roots, (name, flags) each · per other type (kind, flags, name of an element or hook) · count of keys, keys ·
 *     length and bytes of what waits for others, as an update
 */
import { DecodeError } from '../errors.ts'

export const VERSION = 1

/** Spells "SYNC" where the lowest byte comes first. */
export const MAGIC = 0x434e5953

/** The first words, by place. */
export const Word = {
  magic: 0,
  version: 1,
  checksum: 2,
  rows: 4,
  clients: 5,
  types: 6,
  listed: 7,
  listWords: 8,
  wideUnits: 9,
  narrowUnits: 10,
  valueBytes: 11,
  metaBytes: 12,
  clientBytes: 13,
  count: 14,
} as const

/** What a row's byte has besides its kind. */
export const RowBit = { kind: 0x0f, deleted: 0x10, wide: 0x20, unknown: 0xc0 } as const

/** What is said of a type. */
export const TypeBit = { formatted: 1 } as const

export interface Sizes {
  readonly rows: number
  readonly clients: number
  readonly types: number
  /** Rows that are in a list: all but GC runs. */
  readonly listed: number
  readonly listWords: number
  readonly wideUnits: number
  readonly narrowUnits: number
  readonly valueBytes: number
  readonly metaBytes: number
  /** 2 or 4. */
  readonly clientBytes: number
}

/** Views of one snapshot, of the buffer that it lies in. */
export interface Sections {
  readonly words: Int32Array
  readonly clientRows: Int32Array
  readonly clientUnits: Int32Array
  readonly length: Int32Array
  readonly originClock: Int32Array
  readonly rightOriginClock: Int32Array
  readonly order: Int32Array
  readonly lists: Int32Array
  readonly originClient: Int16Array | Int32Array
  readonly rightOriginClient: Int16Array | Int32Array
  readonly wide: Uint16Array
  readonly kinds: Uint8Array
  readonly narrow: Uint8Array
  readonly values: Uint8Array
  readonly meta: Uint8Array
  /** Where meta begins and ends. */
  readonly metaAt: number
  readonly end: number
}

/** Bytes of a snapshot of these sizes; a multiple of four. */
export function byteLengthOf(sizes: Sizes): number {
  const { rows, clients, listed, listWords, wideUnits, narrowUnits, valueBytes, metaBytes, clientBytes } = sizes
  const words = Word.count + 2 * clients + 3 * rows + listed + listWords
  const bytes = 4 * words + 2 * clientBytes * rows + 2 * wideUnits + rows + narrowUnits + valueBytes + metaBytes
  return Math.ceil(bytes / 4) * 4
}

/** The sections of a snapshot that begins at a whole word of its buffer, and is as long as its sizes say. */
export function sectionsOf(buffer: ArrayBuffer, start: number, sizes: Sizes): Sections {
  const { rows, clients, listed, listWords, wideUnits, narrowUnits, valueBytes, metaBytes, clientBytes } = sizes
  let at = start
  const wordsFor = (count: number): Int32Array => {
    const section = new Int32Array(buffer, at, count)
    at += count * 4
    return section
  }
  const clientsFor = (): Int16Array | Int32Array => {
    if (clientBytes === 4) return wordsFor(rows)
    const section = new Int16Array(buffer, at, rows)
    at += rows * 2
    return section
  }
  const bytesFor = (count: number): Uint8Array => {
    const section = new Uint8Array(buffer, at, count)
    at += count
    return section
  }
  const words = wordsFor(Word.count)
  const clientRows = wordsFor(clients)
  const clientUnits = wordsFor(clients)
  const length = wordsFor(rows)
  const originClock = wordsFor(rows)
  const rightOriginClock = wordsFor(rows)
  const order = wordsFor(listed)
  const lists = wordsFor(listWords)
  const originClient = clientsFor()
  const rightOriginClient = clientsFor()
  const wide = new Uint16Array(buffer, at, wideUnits)
  at += wideUnits * 2
  const kinds = bytesFor(rows)
  const narrow = bytesFor(narrowUnits)
  const values = bytesFor(valueBytes)
  const metaAt = at - start
  const meta = bytesFor(metaBytes)
  const end = at - start
  return {
    words,
    clientRows,
    clientUnits,
    length,
    originClock,
    rightOriginClock,
    order,
    lists,
    originClient,
    rightOriginClient,
    wide,
    kinds,
    narrow,
    values,
    meta,
    metaAt,
    end,
  }
}

/**
 * Reads the first words, and checks that they are those of a snapshot, that it is as long as they say, and that the checksum fits. Throws `DecodeError`. Cost
 * linear, at some gigabytes a second.
 */
export function readSizes(words: Int32Array): Sizes {
  if (words.length < Word.count) throw new DecodeError('unexpected-end', words.length * 4, 'no column snapshot')
  if (words[Word.magic] !== MAGIC) {
    throw new DecodeError('unknown-tag', 0, 'no column snapshot, or one of a machine of another byte order')
  }
  if (words[Word.version] !== VERSION) {
    throw new DecodeError('unknown-tag', 4, `column snapshots of version ${words[Word.version]} are not known`)
  }
  const at = (word: number): number => {
    const value = words[word]!
    if (value < 0) throw new DecodeError('invalid-value', word * 4, 'a size below 0')
    return value
  }
  const sizes = {
    rows: at(Word.rows),
    clients: at(Word.clients),
    types: at(Word.types),
    listed: at(Word.listed),
    listWords: at(Word.listWords),
    wideUnits: at(Word.wideUnits),
    narrowUnits: at(Word.narrowUnits),
    valueBytes: at(Word.valueBytes),
    metaBytes: at(Word.metaBytes),
    clientBytes: at(Word.clientBytes),
  }
  if (sizes.clientBytes !== 2 && sizes.clientBytes !== 4) {
    throw new DecodeError('invalid-value', Word.clientBytes * 4, `clients of ${sizes.clientBytes} bytes`)
  }
  const needed = byteLengthOf(sizes)
  if (needed > words.length * 4) throw new DecodeError('unexpected-end', words.length * 4, `${needed} bytes announced`)
  if (needed < words.length * 4) throw new DecodeError('trailing-bytes', needed, 'bytes after the snapshot')
  const [low, high] = checksumOf(words)
  if (words[Word.checksum] !== low || words[Word.checksum + 1] !== high) {
    throw new DecodeError('invalid-value', Word.checksum * 4, 'the checksum does not fit: the bytes were changed')
  }
  return sizes
}

/**
 * Two words that change when anything behind them does: against damage, not against malice. Four lanes, since a processor multiplies four numbers in the time of
 * one that waits for the one before.
 */
export function checksumOf(words: Int32Array): readonly [number, number] {
  let a = 0x2545f491
  let b = 0x4f6cdd1d
  let c = 0x1b873593
  let d = 0x38b34ae5
  let at = Word.checksum + 2
  for (const end = words.length - 3; at < end; at += 4) {
    a = Math.imul(a ^ words[at]!, 0x01000193)
    b = Math.imul(b ^ words[at + 1]!, 0x5bd1e995)
    c = Math.imul(c ^ words[at + 2]!, 0x9e3779b1)
    d = Math.imul(d ^ words[at + 3]!, 0x85ebca6b)
    // What is multiplied moves upwards only; the upper half comes back down.
    a ^= a >>> 15
    b ^= b >>> 13
    c ^= c >>> 16
    d ^= d >>> 14
  }
  for (; at < words.length; at++) a = Math.imul(a ^ words[at]! ^ (a >>> 15), 0x01000193)
  const low = Math.imul(a ^ (b >>> 11) ^ words.length, 0xc2b2ae35) ^ c
  const high = Math.imul(d ^ (c >>> 11) ^ (a >>> 7), 0x27d4eb2f) ^ b
  return [low, high]
}
