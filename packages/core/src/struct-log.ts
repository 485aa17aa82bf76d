/**
 * Structs of one client that follow each other without a gap, encoded in one growing buffer. The bytes are a valid encoding at
 * any time, and the canonical one: whatever is appended is joined to the last struct if the two are one run, for which only the
 * length in front of its content is written anew. So a keystroke costs a few bytes written, and encoding is a copy. Values of one
 * key stay the structs that they were.
 *
 * A sparse index, one entry for every {@link STRUCTS_PER_CHECKPOINT} structs, finds the struct of a clock: structs do not say
 * where they are.
 *
 *     bytes         struct  struct  …  struct          the last one may still grow
 *     checkpoints   ↑ 0             ↑ 32               clock, offset
 */
import { NO_CLIENT } from './id.ts'
import { ByteWriter, varUintWidth } from './byte-writer.ts'
import * as ContentKind from './content-kind.ts'
import { elementsEnd } from './content.ts'
import { assert } from './errors.ts'
import type { SteppingScan } from './stepping-scan.ts'
import * as Info from './struct-info.ts'
import { standsAlone, writeStruct, type Struct } from './struct.ts'
import { NOT_JOINABLE } from './plain-structs.ts'
import type { Stretch } from './update-scan.ts'
import { utf8Width } from './text-coding.ts'

/** Fewer make a lookup shorter, and take 16 bytes each. */
export const STRUCTS_PER_CHECKPOINT = 32

/** Buffers up to this size double when they are full; larger ones grow by an eighth, so that little lies idle. */
const DOUBLING_BYTES_MAX = 4096

/** The most bytes that a struct takes before its content, apart from the names of its parent and key. */
const HEAD_BYTES_MAX = 1 + 4 * 8 + 8 + 8 + 8

/** Copies below this are faster byte by byte than through a view. */
const COPIED_BY_LOOP_MAX = 32

/** Where a struct lies: its offset, clock, and index in the log. */
export interface StructPlace {
  readonly offset: number
  readonly clock: number
  readonly index: number
}

export class StructLog {
  readonly client: number
  readonly start: number
  /** The clock after the last unit. */
  end: number
  /** How many structs. */
  count = 0
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0
  #checkpointClocks: number[] = []
  #checkpointOffsets: number[] = []

  // The last struct, as far as it matters to what may be joined to it.
  #tailKind = NOT_JOINABLE
  #tailKeyed = false
  #tailRightClient: number = NO_CLIENT
  #tailRightClock = 0
  /** The number in front of its content (bytes of a string, else units), and where that number stands. */
  #tailSize = 0
  #tailSizeAt = 0

  constructor(client: number, start: number, capacityBytes = 32) {
    this.client = client
    this.start = start
    this.end = start
    this.#bytes = new Uint8Array(capacityBytes)
  }

  /** How many bytes the structs take. */
  get byteLength(): number {
    return this.#length
  }

  /** The encoded structs, as a view; good until the next change. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  /** All structs, as they are now. */
  stretch(): Stretch {
    const { client, start, end, count } = this
    return { client, clock: start, end, bytes: this.#bytes, from: 0, to: this.#length, count }
  }

  /** Appends the struct that `scan` has read. It must begin where the log ends. */
  append(scan: SteppingScan): void {
    this.appendPart(scan, 0, scan.content.length, scan.content.payloadAt, scan.payloadEnd)
  }

  /** Appends the structs of a stretch from `clock` on, which is the log's end; the bytes were checked before. */
  appendStretch(stretch: Stretch, scan: SteppingScan): void {
    scan.open(stretch.bytes, stretch.from, this.client)
    const { reader } = scan
    let clock = stretch.clock
    for (let left = stretch.count; left > 0; left--) {
      if (clock === this.end) {
        left -= this.appendPlain(stretch.bytes, reader.offset, stretch.to, Infinity, left, scan)
        if (left === 0) return
        reader.offset = scan.plain.offset
        clock = this.end
      }
      scan.read(clock, true)
      clock = scan.end
      if (clock <= this.end) continue
      if (scan.kind === Info.skip) this.appendSkip(clock - this.end)
      else if (scan.clock === this.end) this.append(scan)
      else {
        const units = this.end - scan.clock
        const from = payloadOffset(scan, units, scan.content.payloadAt)
        assert(from >= 0, 'a stretch is not cut inside a surrogate pair')
        this.appendPart(scan, units, scan.content.length, from, scan.payloadEnd)
      }
    }
  }

  /**
   * Appends, of the structs at `offset`, those at the beginning that can be copied as they are: plain ones that are not joinable to the
   * one before them, at most `countMax`, which all end at or before the offset `offsetMax` and the clock `clockMax`. The first of them
   * must begin at the log's end; the bytes were checked before. Returns how many there are; `scan.plain` says where it stopped.
   */
  appendPlain(
    bytes: Uint8Array,
    offset: number,
    offsetMax: number,
    clockMax: number,
    countMax: number,
    scan: SteppingScan,
  ): number {
    const { plain } = scan
    plain.kind = this.#tailKind
    plain.keyed = this.#tailKeyed
    plain.rightClient = this.#tailRightClient
    plain.rightClock = this.#tailRightClock
    let appended = 0
    for (let from = offset; ; from = plain.offset) {
      // As far as the next checkpoint; there is one for the first struct of each so many.
      const left = STRUCTS_PER_CHECKPOINT - (this.count % STRUCTS_PER_CHECKPOINT)
      const wanted = Math.min(left, countMax - appended)
      plain.step(bytes, from, offsetMax, this.client, this.end, clockMax, wanted, true)
      if (plain.count === 0) return appended
      if (left === STRUCTS_PER_CHECKPOINT) this.#addCheckpoint()
      this.#tailSizeAt = this.#length + plain.sizeAt - from
      this.#copy(bytes, from, plain.offset - from)
      this.count += plain.count
      this.end = plain.clock
      this.#tailKind = plain.kind
      this.#tailKeyed = plain.keyed
      this.#tailRightClient = plain.rightClient
      this.#tailRightClock = plain.rightClock
      this.#tailSize = plain.size
      appended += plain.count
      if (plain.count < wanted || appended === countMax) return appended
    }
  }

  /** Appends a struct given as a value. */
  appendStruct(struct: Struct, scan: SteppingScan): void {
    const writer = new ByteWriter(64)
    writeStruct(writer, struct)
    scan.open(writer.finish(), 0, this.client)
    scan.read(struct.clock, true)
    this.append(scan)
  }

  /** Appends a skip of so many units. */
  appendSkip(length: number): void {
    this.#beginStruct()
    this.#bytes[this.#length++] = Info.skip
    this.#writeSize(Info.skip, length)
    this.end += length
  }

  /**
   * Appends the units `fromUnits` … `toUnits − 1` of the struct that `scan` has read, whose payload lies from `from` up to `to` in
   * its bytes; the first of them must be at the log's end. As wherever a struct is cut, the rest has the unit before it as its
   * origin. This is where a keystroke is stored: no objects, no views, and one path for all kinds of content.
   */
  appendPart(scan: SteppingScan, fromUnits: number, toUnits: number, from: number, to: number): void {
    const kind = scan.kind
    const units = toUnits - fromUnits
    const isHead = fromUnits === 0
    const originClient = isHead ? scan.originClient : this.client
    const originClock = isHead ? scan.originClock : this.end - 1
    const size = kind === ContentKind.string ? to - from : units
    const payloadBytes = hasPayload(kind) ? to - from : 0
    const payload = scan.reader.bytes
    if (
      kind === this.#tailKind &&
      (kind === Info.gc ||
        (originClient === this.client &&
          originClock === this.end - 1 &&
          scan.keyed === this.#tailKeyed &&
          !(isHead && standsAlone(kind, scan.keyed)) &&
          scan.rightClient === this.#tailRightClient &&
          (scan.rightClient === NO_CLIENT || scan.rightClock === this.#tailRightClock)))
    ) {
      this.#growTail(size)
      this.#copy(payload, from, payloadBytes)
      this.end += units
      return
    }
    this.#beginStruct()
    if (kind === Info.gc) {
      this.#bytes[this.#length++] = Info.gc
      this.#writeSize(kind, units)
      this.end += units
      return
    }
    const hasOrigin = originClient !== NO_CLIENT
    const hasRight = scan.rightClient !== NO_CLIENT
    const hasParent = !hasOrigin && !hasRight
    this.#bytes[this.#length++] =
      kind | (scan.keyed ? Info.parentSub : 0) | (hasRight ? Info.rightOrigin : 0) | (hasOrigin ? Info.origin : 0)
    if (hasOrigin) {
      this.#varUint(originClient)
      this.#varUint(originClock)
    }
    if (hasRight) {
      this.#varUint(scan.rightClient)
      this.#varUint(scan.rightClock)
    }
    if (hasParent) this.#writeParent(scan)
    this.#tailKeyed = scan.keyed
    this.#tailRightClient = scan.rightClient
    this.#tailRightClock = scan.rightClock
    if (isRun(kind)) this.#writeSize(kind, size)
    this.#copy(payload, from, payloadBytes)
    this.end += units
  }

  /** Adds an ASCII character to the text that the log ends with: it must be known to be the next unit of that run. */
  growByCharacter(character: number): void {
    this.#growTail(1)
    this.#reserve(1)
    this.#bytes[this.#length++] = character
    this.end++
  }

  /** Where the struct lies that has the unit `clock`, which is in the log; `scan` has read it. */
  find(clock: number, scan: SteppingScan): StructPlace {
    assert(this.start <= clock && clock < this.end, 'the clock is in the log')
    let low = 0
    let high = this.#checkpointClocks.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.#checkpointClocks[middle]! <= clock) low = middle
      else high = middle - 1
    }
    const { reader } = scan
    scan.open(this.#bytes, this.#checkpointOffsets[low]!, this.client)
    let at = this.#checkpointClocks[low]!
    for (let index = low * STRUCTS_PER_CHECKPOINT; ; index++) {
      const offset = reader.offset
      scan.read(at, true)
      if (scan.end > clock) return { offset, clock: at, index }
      at = scan.end
    }
  }

  /** The structs from one place up to, but not including, another; to the end if that is null. */
  between(from: StructPlace, to: StructPlace | null): Stretch {
    return {
      client: this.client,
      clock: from.clock,
      end: to === null ? this.end : to.clock,
      bytes: this.#bytes,
      from: from.offset,
      to: to === null ? this.#length : to.offset,
      count: (to === null ? this.count : to.index) - from.index,
    }
  }

  /** Removes the struct at `place` and all that follow. What is appended next may be joined to the struct before it. */
  truncate(place: StructPlace, scan: SteppingScan): void {
    this.end = place.clock
    this.count = place.index
    this.#length = place.offset
    const checkpoints = Math.ceil(place.index / STRUCTS_PER_CHECKPOINT)
    this.#checkpointClocks.length = checkpoints
    this.#checkpointOffsets.length = checkpoints
    this.#tailKind = NOT_JOINABLE
    if (this.end === this.start) return
    const last = this.find(this.end - 1, scan)
    if (!isRun(scan.kind)) return
    this.#tailKind = scan.kind
    this.#tailKeyed = scan.keyed
    this.#tailRightClient = scan.rightClient
    this.#tailRightClock = scan.rightClock
    const payloadBytes = this.#length - scan.content.payloadAt
    this.#tailSize = scan.kind === ContentKind.string ? payloadBytes : scan.content.length
    this.#tailSizeAt = scan.content.payloadAt - varUintWidth(this.#tailSize)
    assert(this.#tailSizeAt > last.offset, 'a size stands behind the info byte')
  }

  /** The same structs as logs that have no gaps. */
  withoutSkips(scan: SteppingScan): StructLog[] {
    const logs: StructLog[] = []
    let log: StructLog | null = null
    let clock = this.start
    let offset = 0
    for (let left = this.count; left > 0; left--) {
      scan.open(this.#bytes, offset, this.client)
      scan.read(clock, true)
      clock = scan.end
      offset = scan.payloadEnd
      if (scan.kind === Info.skip) log = null
      else {
        if (log === null) logs.push((log = new StructLog(this.client, scan.clock)))
        log.append(scan)
      }
    }
    return logs
  }

  /** Gives back what the buffer holds in reserve, if that is more than it would get by growing. */
  trimIfLoose(): void {
    if (this.#bytes.length - this.#length > this.#length / 8) this.trim()
  }

  /** Gives back what the buffer holds in reserve. */
  trim(): void {
    if (this.#bytes.length > this.#length) this.#bytes = this.#bytes.slice(0, this.#length)
  }

  #beginStruct(): void {
    if (this.count % STRUCTS_PER_CHECKPOINT === 0) this.#addCheckpoint()
    this.count++
    this.#tailKind = NOT_JOINABLE
    this.#reserve(HEAD_BYTES_MAX)
  }

  #addCheckpoint(): void {
    this.#checkpointClocks.push(this.end)
    this.#checkpointOffsets.push(this.#length)
  }

  #writeSize(kind: number, size: number): void {
    this.#reserve(8)
    if (kind !== Info.skip) this.#tailKind = kind
    this.#tailSize = size
    this.#tailSizeAt = this.#length
    this.#varUint(size)
  }

  /** Adds to the number in front of the last struct's content. It takes another byte three or four times in a long run's life. */
  #growTail(size: number): void {
    if (this.#tailSize + size < 0x80) {
      this.#tailSize += size
      this.#bytes[this.#tailSizeAt] = this.#tailSize
      return
    }
    const width = varUintWidth(this.#tailSize)
    const grown = this.#tailSize + size
    const wider = varUintWidth(grown) - width
    this.#tailSize = grown
    const end = this.#length
    if (wider > 0) {
      this.#reserve(wider)
      this.#bytes.copyWithin(this.#tailSizeAt + width + wider, this.#tailSizeAt + width, end)
    }
    this.#length = this.#tailSizeAt
    this.#varUint(grown)
    this.#length = end + wider
  }

  #writeParent(scan: SteppingScan): void {
    const bytes = scan.reader.bytes
    if (scan.parentClient === NO_CLIENT) {
      this.#bytes[this.#length++] = 1
      this.#varUint(scan.parentNameEnd - scan.parentNameAt)
      this.#copy(bytes, scan.parentNameAt, scan.parentNameEnd - scan.parentNameAt)
    } else {
      this.#bytes[this.#length++] = 0
      this.#varUint(scan.parentClient)
      this.#varUint(scan.parentClock)
    }
    if (!scan.keyed) return
    this.#reserve(8)
    this.#varUint(scan.parentSubEnd - scan.parentSubAt)
    this.#copy(bytes, scan.parentSubAt, scan.parentSubEnd - scan.parentSubAt)
  }

  /** As `ByteWriter.varUint`; room was reserved. What may pass 2^31 is divided once, and shifted after that. */
  #varUint(value: number): void {
    const bytes = this.#bytes
    let at = this.#length
    let rest = value
    if (rest > 0x7fffffff) {
      const low = rest % 0x10000000
      rest = Math.floor(rest / 0x10000000)
      bytes[at++] = 0x80 | (low & 0x7f)
      bytes[at++] = 0x80 | ((low >>> 7) & 0x7f)
      bytes[at++] = 0x80 | ((low >>> 14) & 0x7f)
      bytes[at++] = 0x80 | (low >>> 21)
    }
    while (rest > 0x7f) {
      bytes[at++] = 0x80 | (rest & 0x7f)
      rest >>>= 7
    }
    bytes[at++] = rest
    this.#length = at
  }

  #copy(source: Uint8Array, from: number, count: number): void {
    this.#reserve(count)
    const bytes = this.#bytes
    const at = this.#length
    if (count < COPIED_BY_LOOP_MAX)
      for (let index = 0; index < count; index++) bytes[at + index] = source[from + index]!
    else bytes.set(source.subarray(from, from + count), at)
    this.#length = at + count
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const capacity = this.#bytes.length
    const grown = new Uint8Array(
      Math.max(needed, capacity < DOUBLING_BYTES_MAX ? capacity * 2 : capacity + Math.ceil(capacity / 8)),
    )
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

/**
 * The offset in the payload of the struct that `scan` has read that is `units` after the offset `from`, which is at the start of a
 * unit; −1 if it is inside a surrogate pair. Linear in the bytes between.
 */
export function payloadOffset(scan: SteppingScan, units: number, from: number): number {
  const bytes = scan.reader.bytes
  switch (scan.kind) {
    case ContentKind.string: {
      let at = from
      let left = units
      while (left > 0) {
        const width = utf8Width(bytes[at]!)
        left -= width === 4 ? 2 : 1
        at += width
      }
      return left === 0 ? at : -1
    }
    case ContentKind.any:
    case ContentKind.json:
      return elementsEnd(bytes, scan.kind, from, units)
    default:
      return from
  }
}

/** Whether a struct of this kind begins its content by a number of bytes or units, and may be longer than one unit. */
function isRun(kind: number): boolean {
  return (
    kind === ContentKind.string ||
    kind === ContentKind.deleted ||
    kind === Info.gc ||
    kind === ContentKind.any ||
    kind === ContentKind.json
  )
}

function hasPayload(kind: number): boolean {
  return kind !== ContentKind.deleted && kind !== Info.gc
}
