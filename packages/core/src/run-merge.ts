/**
 * Merging two sorted lists of encoded structs of one client, run by run of bytes. For each unit the one that says more is kept,
 * and where both say as much their bytes are compared. It decides only what is plain; see `struct-merge.ts` for the rest.
 */
import { NO_CLIENT } from './id.ts'
import { commonBytes } from './common-bytes.ts'
import * as ContentKind from './content-kind.ts'
import { steppingScan, type SteppingScan } from './stepping-scan.ts'
import * as Info from './struct-info.ts'
import { standsAlone } from './struct.ts'
import { payloadOffset, type StructLog } from './struct-log.ts'
import { informationOfKind } from './struct-scan.ts'
import type { Stretch } from './update-scan.ts'

/**
 * Appends to `out` what the two lists say, each of them stretches in order and apart; `out` gets skips where neither says
 * anything. `onRightWins` is called for units of which the left says something, and the right more. False if it cannot decide: the
 * same units with bytes that differ; then what is in `out` is of no use.
 */
export function mergeRuns(
  left: readonly Stretch[],
  right: readonly Stretch[],
  out: StructLog,
  onRightWins: (start: number, end: number) => void = ignore,
): boolean {
  const a = new RunCursor(left)
  const b = new RunCursor(right)
  while (a.isLive && b.isLive) {
    const first = a.clock <= b.clock ? a : b
    const second = first === a ? b : a
    const firstEnd = first.scan.end
    if (firstEnd <= second.clock) {
      first.emitBefore(second.clock, out)
      continue
    }
    const more = first.information - second.information
    if (more > 0) {
      // What says less has no content to cut.
      if (second.scan.end <= firstEnd) {
        if (first === b) onRightWins(second.clock, second.scan.end)
        second.next()
      } else {
        if (first === b) onRightWins(second.clock, firstEnd)
        first.emit(out)
        second.advance(firstEnd - second.clock, 0)
      }
    } else if (more < 0) {
      if (first.clock < second.clock) first.emitPart(out, second.clock - first.clock, 0)
      const end = Math.min(firstEnd, second.scan.end)
      if (second === b) onRightWins(second.clock, end)
      if (firstEnd <= second.scan.end) first.next()
      else {
        second.emit(out)
        first.advance(end - first.clock, 0)
      }
    } else {
      if (first.clock < second.clock && !first.emitTo(out, second.clock)) return false
      if (!emitSame(a, b, out, onRightWins)) return false
      if (a.isAtHead && b.isAtHead) a.emitWhileEqual(b, out)
    }
  }
  while (a.isLive) a.emitBefore(Infinity, out)
  while (b.isLive) b.emitBefore(Infinity, out)
  return true
}

/** Appends what two cursors at the same clock both say, which must be the same. False if it is not. */
function emitSame(
  a: RunCursor,
  b: RunCursor,
  out: StructLog,
  onRightWins: (start: number, end: number) => void,
): boolean {
  const kind = a.scan.kind
  if (kind === Info.gc || kind === ContentKind.deleted) {
    if (kind !== Info.gc && !(isSameHead(a, b) && a.scan.keyed === b.scan.keyed)) return false
    const units = Math.min(a.scan.end, b.scan.end) - a.clock
    a.emitPart(out, units, 0)
    b.advance(units, 0)
    return true
  }
  if (kind !== b.scan.kind || !isSameHead(a, b)) return false
  const aBytes = a.scan.payloadEnd - a.at
  const bBytes = b.scan.payloadEnd - b.at
  const bytes = Math.min(aBytes, bBytes)
  if (!isSameBytes(a, b, bytes)) return false
  const units = Math.min(a.scan.end, b.scan.end) - a.clock
  // The one with fewer bytes must be the one with fewer units, or else they differ behind the bytes that were compared.
  if (aBytes === bytes ? a.scan.end - a.clock !== units : b.scan.end - b.clock !== units) return false
  if (a.scan.keyed === b.scan.keyed) {
    // What begins a struct in one of the inputs begins one in what is merged, where that matters.
    const [giver, other] = a.isAtHead ? [a, b] : [b, a]
    if (giver === b && b.isAtHead && standsAlone(kind, b.scan.keyed)) onRightWins(b.clock, b.clock + units)
    giver.emitPart(out, units, bytes)
    other.advance(units, bytes)
    return true
  }
  // The hint is lost where Yjs merges updates; having it is better. Runs that differ in it alone are not worth an effort.
  if (a.scan.length !== 1 || b.scan.length !== 1) return false
  if (b.scan.keyed) onRightWins(b.clock, b.scan.end)
  const [better, other] = a.scan.keyed ? [a, b] : [b, a]
  better.emit(out)
  other.next()
  return true
}

/** Reads stretches struct by struct, and may stand inside of one. */
class RunCursor {
  readonly scan: SteppingScan = steppingScan()
  isLive = true
  /** The first unit that was not taken yet, and the offset of its payload. */
  clock = 0
  at = 0
  information = 0
  /** How many structs of the stretch come after this one, where this one begins, and where the last one ends. */
  #left = 0
  #offset = 0
  #to = 0
  #nextStretch = 0
  readonly #stretches: readonly Stretch[]

  constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches
    this.next()
  }

  /** Reads the next struct, which begins at `clock` unless the next stretch begins with it. */
  next(clock: number = this.scan.end): void {
    let start = clock
    if (this.#left === 0) {
      const stretch = this.#stretches[this.#nextStretch++]
      if (stretch === undefined) {
        this.isLive = false
        return
      }
      this.#left = stretch.count
      this.#to = stretch.to
      this.scan.open(stretch.bytes, stretch.from, stretch.client)
      start = stretch.clock
    }
    this.#left--
    this.#offset = this.scan.reader.offset
    this.scan.read(start, true)
    this.clock = start
    this.at = this.scan.content.payloadAt
    this.information = informationOfKind(this.scan.kind)
    if (this.information === 0) this.next()
  }

  get isAtHead(): boolean {
    return this.isLive && this.clock === this.scan.clock
  }

  /**
   * Appends structs as long as the other cursor, which is at the same clock, has the very same bytes; then both are behind them. What
   * two replicas have in common is most of what they have, and this reads only one of the two.
   */
  emitWhileEqual(other: RunCursor, out: StructLog): void {
    const { scan } = this
    const { reader } = scan
    const equalEnd = this.#offset + this.#equalBytes(other)
    if (this.clock !== other.clock || scan.payloadEnd > equalEnd) return
    const shift = other.#offset - this.#offset
    const most = Math.min(this.#left, other.#left)
    let left = most
    let offset = scan.payloadEnd
    this.#append(out, scan.end, offset)
    while (left > 0) {
      left -= out.appendPlain(reader.bytes, offset, equalEnd, Infinity, left, scan)
      offset = scan.plain.offset
      if (left === 0) break
      reader.offset = offset
      scan.read(out.end, true)
      if (scan.payloadEnd > equalEnd) break
      if (scan.kind === Info.skip) out.appendSkip(scan.length)
      else out.append(scan)
      left--
      offset = scan.payloadEnd
    }
    this.#continue(offset, out.end, most - left)
    other.#continue(offset + shift, out.end, most - left)
  }

  /** How many bytes are the same from the beginning of this struct and the other's on. */
  #equalBytes(other: RunCursor): number {
    const most = Math.min(this.#to - this.#offset, other.#to - other.#offset)
    return commonBytes(this.scan.reader.bytes, this.#offset, other.scan.reader.bytes, other.#offset, most)
  }

  /** Reads the struct at an offset, with so many between it and the one that was read. */
  #continue(offset: number, clock: number, between: number): void {
    this.#left -= between
    this.scan.reader.offset = offset
    this.next(clock)
  }

  /** Goes past so many units, whose payload has so many bytes. */
  advance(units: number, bytes: number): void {
    this.clock += units
    this.at += bytes
    if (this.clock === this.scan.end) this.next()
  }

  /** Appends the rest of the struct, and of those behind it what is quickly found to end at or before `clock`. */
  emitBefore(clock: number, out: StructLog): void {
    const { reader } = this.scan
    this.#append(out, this.scan.end, this.scan.payloadEnd)
    const count = out.appendPlain(reader.bytes, this.scan.payloadEnd, this.#to, clock, this.#left, this.scan)
    this.#continue(count === 0 ? this.scan.payloadEnd : this.scan.plain.offset, out.end, count)
  }

  /** Appends the rest of the struct. */
  emit(out: StructLog): void {
    this.#append(out, this.scan.end, this.scan.payloadEnd)
    this.next()
  }

  /** Appends the next units, whose payload has so many bytes. */
  emitPart(out: StructLog, units: number, bytes: number): void {
    this.#append(out, this.clock + units, this.at + bytes)
    this.advance(units, bytes)
  }

  /** Appends the units before `clock`, which is inside of the struct. False if it is inside of a surrogate pair. */
  emitTo(out: StructLog, clock: number): boolean {
    const to = payloadOffset(this.scan, clock - this.clock, this.at)
    if (to < 0) return false
    this.emitPart(out, clock - this.clock, to - this.at)
    return true
  }

  #append(out: StructLog, end: number, to: number): void {
    const { scan } = this
    if (this.clock > out.end) out.appendSkip(this.clock - out.end)
    out.appendPart(scan, this.clock - scan.clock, end - scan.clock, this.at, to)
  }
}

/** Whether the units at which the cursors stand are at the same place in the document. */
function isSameHead(a: RunCursor, b: RunCursor): boolean {
  const [x, y] = [a.scan, b.scan]
  if (x.rightClient !== y.rightClient || (x.rightClient !== NO_CLIENT && x.rightClock !== y.rightClock)) return false
  const aIsHead = a.clock === x.clock
  const bIsHead = b.clock === y.clock
  if (!aIsHead && !bIsHead) return true
  if (!aIsHead || !bIsHead) {
    const head = aIsHead ? x : y
    return head.originClient === head.client && head.originClock === head.clock - 1
  }
  if (x.originClient !== y.originClient || (x.originClient !== NO_CLIENT && x.originClock !== y.originClock))
    return false
  if (!x.hasParent) return !y.hasParent
  if (!y.hasParent || x.parentClient !== y.parentClient) return false
  if (x.parentClient !== NO_CLIENT && x.parentClock !== y.parentClock) return false
  if (
    x.parentClient === NO_CLIENT &&
    !isSameRange(x, x.parentNameAt, x.parentNameEnd, y, y.parentNameAt, y.parentNameEnd)
  )
    return false
  if (x.keyed !== y.keyed) return false
  return !x.keyed || isSameRange(x, x.parentSubAt, x.parentSubEnd, y, y.parentSubAt, y.parentSubEnd)
}

function isSameRange(a: SteppingScan, aAt: number, aEnd: number, b: SteppingScan, bAt: number, bEnd: number): boolean {
  const count = aEnd - aAt
  return bEnd - bAt === count && commonBytes(a.reader.bytes, aAt, b.reader.bytes, bAt, count) === count
}

function isSameBytes(a: RunCursor, b: RunCursor, count: number): boolean {
  return commonBytes(a.scan.reader.bytes, a.at, b.scan.reader.bytes, b.at, count) === count
}

function ignore(): void {}
