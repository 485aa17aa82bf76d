/**
 * The updates of what people do most: a letter or a word is typed, or a stretch is deleted. The same bytes as `encode-state.ts` writes, by the layout drawn in
 * `struct.ts`, into an array of exactly their length.
 *
 * One function each that calls next to nothing: with a writer, a keystroke's update took a quarter of the time that the keystroke takes while its code is not compiled,
 * as it is for the first thousands of them.
 */
import * as ContentKind from '../content-kind.ts'
import * as Info from '../struct-info.ts'
import { varUintWidth } from '../byte-writer.ts'
import * as Flag from './row-flag.ts'
import * as RowRecord from './row-record.ts'
import { NONE } from './row-table.ts'
import type { Tables } from './tables.ts'

// As in `row-table.ts`.
const ROW_WORDS = RowRecord.words
const CLOCK = RowRecord.clock
const LENGTH = RowRecord.length
const ORIGIN_CLOCK = RowRecord.originClock
const RIGHT_ORIGIN_CLOCK = RowRecord.rightOriginClock
const CONTENT = RowRecord.content
const PARENT = RowRecord.parent
const ROW_HALVES = RowRecord.halves
const ORIGIN_CLIENT = RowRecord.originClient
const RIGHT_ORIGIN_CLIENT = RowRecord.rightOriginClient
const TRAITS = RowRecord.traits
/** What matters of the traits of a row, and what it is for ASCII. */
const NARROW_TEXT = ContentKind.string
const textBits: number = RowRecord.kindBits | (Flag.wide << RowRecord.flagsShift)

/** The length of more units takes two bytes. */
const TYPED_UNITS_MAX = 0x7f

/**
 * The update of the units of a client from `clock` on, where these are ASCII at the end of its last row, with an origin on a side, and nothing was deleted. Null for
 * anything else.
 */
export function encodeTyping({ rows, clients, text }: Tables, client: number, clock: number): Uint8Array | null {
  const row = clients.last(client)
  const { words, halves } = rows
  const word = row * ROW_WORDS
  const half = row * ROW_HALVES
  const skipped = clock - words[word + CLOCK]!
  const units = words[word + LENGTH]! - skipped
  if (skipped < 0 || units > TYPED_UNITS_MAX || words[word + PARENT]! < 0) return null
  if ((halves[half + TRAITS]! & textBits) !== NARROW_TEXT) return null
  const originClient = skipped > 0 ? client : halves[half + ORIGIN_CLIENT]!
  const originClock = skipped > 0 ? clock - 1 : words[word + ORIGIN_CLOCK]!
  const rightClient = halves[half + RIGHT_ORIGIN_CLIENT]!
  const rightClock = words[word + RIGHT_ORIGIN_CLOCK]!
  // Only both together are below 0.
  if ((originClient & rightClient) < 0) return null
  const own = clients.encoded(client)
  const left = originClient === client || originClient === NONE ? own : clients.encoded(originClient)
  const right = rightClient === client || rightClient === NONE ? own : clients.encoded(rightClient)
  let size = own.length + varUintWidth(clock) + units + 5
  if (originClient !== NONE) size += left.length + varUintWidth(originClock)
  if (rightClient !== NONE) size += right.length + varUintWidth(rightClock)
  const update = new Uint8Array(size)
  update[0] = 1
  update[1] = 1
  let at = 2
  for (let read = 0; read < own.length; read++) update[at++] = own[read]!
  let rest = clock
  for (; rest > 0x7f; rest >>>= 7) update[at++] = 0x80 | (rest & 0x7f)
  update[at++] = rest
  update[at++] = NARROW_TEXT | (originClient === NONE ? 0 : Info.origin) | (rightClient === NONE ? 0 : Info.rightOrigin)
  if (originClient !== NONE) {
    for (let read = 0; read < left.length; read++) update[at++] = left[read]!
    for (rest = originClock; rest > 0x7f; rest >>>= 7) update[at++] = 0x80 | (rest & 0x7f)
    update[at++] = rest
  }
  if (rightClient !== NONE) {
    for (let read = 0; read < right.length; read++) update[at++] = right[read]!
    for (rest = rightClock; rest > 0x7f; rest >>>= 7) update[at++] = 0x80 | (rest & 0x7f)
    update[at++] = rest
  }
  update[at++] = units
  const { narrow } = text
  const end = words[word + CONTENT]! + skipped + units
  for (let read = end - units; read < end; read++) update[at++] = narrow[read]!
  // The last byte says that nothing was deleted.
  return update
}

/** The update in which nothing is new, and the units from `start` on were deleted, so many of one client. */
export function encodeDeletion({ clients }: Tables, client: number, start: number, units: number): Uint8Array {
  const own = clients.encoded(client)
  const update = new Uint8Array(own.length + varUintWidth(start) + varUintWidth(units) + 3)
  // Byte 0 says that nothing is new.
  update[1] = 1
  let at = 2
  for (let read = 0; read < own.length; read++) update[at++] = own[read]!
  update[at++] = 1
  let rest = start
  for (; rest > 0x7f; rest >>>= 7) update[at++] = 0x80 | (rest & 0x7f)
  update[at++] = rest
  for (rest = units; rest > 0x7f; rest >>>= 7) update[at++] = 0x80 | (rest & 0x7f)
  update[at] = rest
  return update
}
