/**
 * Runs of text: UTF-8 bytes whose length and offsets are counted in UTF-16 code units, as everywhere in Yjs. A run may be cut
 * inside a surrogate pair. Both parts then keep the whole character in their bytes and remember which half is theirs, so that
 * cutting copies nothing and what belongs together can be joined again. Written out alone, a half is U+FFFD, as in Yjs.
 */
import type { ByteWriter } from './byte-writer.ts'
import { utf8Width } from './text-coding.ts'

/** Which ends of a run are only half there. `start`: the first character counts as its low half; `end`: the last as its high. */
export const Cut = { none: 0, start: 1, end: 2, both: 3 } as const
export type Cut = (typeof Cut)[keyof typeof Cut]

export interface TextRun {
  /** In UTF-16 code units, halves counted as one. */
  readonly length: number
  /** UTF-8, borrowed. */
  readonly payload: Uint8Array
  readonly cut: Cut
}

const REPLACEMENT = 0xfffd

/** The first `units` of a run and the rest, as views; `units` is in 1 … length − 1. Cost linear in the first part. */
export function splitText(text: TextRun, units: number): readonly [TextRun, TextRun] {
  const { payload, length } = text
  let at = 0
  let left = units
  if ((text.cut & Cut.start) !== 0) {
    at = 4
    left -= 1
  }
  let insidePair = false
  while (left > 0) {
    const width = utf8Width(payload[at]!)
    if (width === 4) {
      insidePair = left === 1
      left -= insidePair ? 1 : 2
    } else left -= 1
    at += width
  }
  const first = payload.subarray(0, at)
  const rest = payload.subarray(insidePair ? at - 4 : at)
  const firstCut = (text.cut & Cut.start) | (insidePair ? Cut.end : Cut.none)
  const restCut = (text.cut & Cut.end) | (insidePair ? Cut.start : Cut.none)
  return [
    { length: units, payload: first, cut: firstCut as Cut },
    { length: length - units, payload: rest, cut: restCut as Cut },
  ]
}

/** One run of several, in order. Halves that meet become a character again; a half that meets none becomes U+FFFD. */
export function joinText(runs: readonly TextRun[]): TextRun {
  const last = runs.length - 1
  let bytes = 0
  for (const run of runs) bytes += run.payload.length
  const joined = new Uint8Array(bytes)
  let at = 0
  let length = 0
  let high: Uint8Array | null = null
  for (let index = 0; index <= last; index++) {
    const { payload, cut, length: units } = runs[index]!
    const startsWithLow = index > 0 && (cut & Cut.start) !== 0
    const endsWithHigh = index < last && (cut & Cut.end) !== 0
    if (high !== null && startsWithLow) at = encodePoint(joined, at, pairOf(highOf(high), lowOf(payload)))
    else if (high !== null || startsWithLow) at = encodePoint(joined, at, REPLACEMENT)
    const body = payload.subarray(startsWithLow ? 4 : 0, payload.length - (endsWithHigh ? 4 : 0))
    joined.set(body, at)
    at += body.length
    high = endsWithHigh ? payload.subarray(payload.length - 4) : null
    length += units
  }
  const cut = (runs[0]!.cut & Cut.start) | (runs[last]!.cut & Cut.end)
  return { length, payload: joined.subarray(0, at), cut: cut as Cut }
}

/** Writes a run as a length-prefixed string. */
export function writeText(writer: ByteWriter, text: TextRun): void {
  const { payload, cut } = text
  if (cut === Cut.none) {
    writer.lengthPrefixed(payload)
    return
  }
  const halfAtStart = (cut & Cut.start) !== 0
  const halfAtEnd = (cut & Cut.end) !== 0
  // A half takes the three bytes of U+FFFD in place of the four of its character.
  writer.varUint(payload.length - (halfAtStart ? 1 : 0) - (halfAtEnd ? 1 : 0))
  if (halfAtStart) writer.raw(replacementBytes())
  writer.raw(payload.subarray(halfAtStart ? 4 : 0, payload.length - (halfAtEnd ? 4 : 0)))
  if (halfAtEnd) writer.raw(replacementBytes())
}

/** The UTF-16 code units of a run, halves included. */
export function unitsOfText(text: TextRun): Uint16Array {
  const { payload, cut } = text
  const units = new Uint16Array(text.length)
  let count = 0
  for (let at = 0; at < payload.length;) {
    const width = utf8Width(payload[at]!)
    const point = decodePoint(payload, at, width)
    if (point < 0x10000) units[count++] = point
    else {
      const isFirst = at === 0
      at += width
      if (!(isFirst && (cut & Cut.start) !== 0)) units[count++] = 0xd800 + ((point - 0x10000) >> 10)
      if (!(at === payload.length && (cut & Cut.end) !== 0)) units[count++] = 0xdc00 + ((point - 0x10000) & 0x3ff)
      continue
    }
    at += width
  }
  return units
}

/** The run of these code units. A half at either end is a cut; a half without its other inside becomes U+FFFD. */
export function textOfUnits(units: Uint16Array): TextRun {
  const payload = new Uint8Array(units.length * 3 + 2)
  const last = units.length - 1
  let cut: Cut = Cut.none
  let at = 0
  for (let index = 0; index <= last; index++) {
    const unit = units[index]!
    const next = units[index + 1]
    if (isHigh(unit) && next !== undefined && isLow(next)) {
      at = encodePoint(payload, at, pairOf(unit, next))
      index++
    } else if (isLow(unit) && index === 0) {
      at = encodePoint(payload, at, pairOf(0xd800, unit))
      cut = Cut.start
    } else if (isHigh(unit) && index === last) {
      at = encodePoint(payload, at, pairOf(unit, 0xdc00))
      cut = cut === Cut.start ? Cut.both : Cut.end
    } else {
      at = encodePoint(payload, at, isHigh(unit) || isLow(unit) ? REPLACEMENT : unit)
    }
  }
  return { length: units.length, payload: payload.subarray(0, at), cut }
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

function pairOf(high: number, low: number): number {
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
}

function highOf(character: Uint8Array): number {
  return 0xd800 + ((decodePoint(character, 0, 4) - 0x10000) >> 10)
}

function lowOf(character: Uint8Array): number {
  return 0xdc00 + ((decodePoint(character, 0, 4) - 0x10000) & 0x3ff)
}

function decodePoint(bytes: Uint8Array, at: number, width: number): number {
  const lead = bytes[at]!
  if (width === 1) return lead
  let point = lead & (0x7f >> width)
  for (let index = 1; index < width; index++) point = (point << 6) | (bytes[at + index]! & 0x3f)
  return point
}

/** Writes a code point as UTF-8 and returns the offset after it. */
function encodePoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at++] = point
  } else if (point < 0x800) {
    bytes[at++] = 0xc0 | (point >> 6)
    bytes[at++] = 0x80 | (point & 0x3f)
  } else if (point < 0x10000) {
    bytes[at++] = 0xe0 | (point >> 12)
    bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
    bytes[at++] = 0x80 | (point & 0x3f)
  } else {
    bytes[at++] = 0xf0 | (point >> 18)
    bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
    bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
    bytes[at++] = 0x80 | (point & 0x3f)
  }
  return at
}

function replacementBytes(): Uint8Array {
  return Uint8Array.of(0xef, 0xbf, 0xbd)
}
