/**
 * An update, checked whole but not decoded: where the structs of each client lie in its bytes, and which ranges it deletes. It
 * accepts and refuses what `decodeUpdate` does, with the same errors, and allocates next to nothing for a keystroke.
 */
import type { ByteReader } from './byte-reader.ts'
import { ClientHead } from './client-head.ts'
import { commonBytes } from './common-bytes.ts'
import { readIdRanges } from './id-set.ts'
import type { SteppingScan } from './stepping-scan.ts'
import * as Info from './struct-info.ts'
import type { StateVector } from './state-vector.ts'

/** Encoded structs of one client that follow each other without a gap, in somebody's bytes: borrowed. */
export interface Stretch {
  readonly client: number
  readonly clock: number
  /** The clock after the last unit. */
  readonly end: number
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
  /** How many structs, at least one. */
  readonly count: number
}

/** A stretch that remembers where some of its structs begin, {@link STRUCTS_PER_MARK} or more apart. */
export interface MarkedStretch extends Stretch {
  /** Whether its structs went to a sink as they were read. */
  readonly isSunk: boolean
  readonly marks: readonly StructMark[]
}

/** Where a struct begins, and how many of its stretch come before it. */
interface StructMark {
  readonly offset: number
  readonly clock: number
  readonly index: number
}

/** What a scan may make use of, where updates are gathered to be merged. */
export interface Gathering {
  /** A stretch of this client in an update that was scanned before: what comes next may well begin with the same bytes. */
  twinOf(client: number): MarkedStretch | null
  /** Where structs of this client that begin at `clock`, perhaps so many bytes, go as they are read; null if they are only to be listed. */
  logAt(client: number, clock: number, bytes: number): StructSink | null
}

/** Takes structs that are read in their order, as a `StructLog` does. If the scan throws, it was given a part. */
interface StructSink {
  append(scan: SteppingScan): void
  appendPlain(
    bytes: Uint8Array,
    offset: number,
    offsetMax: number,
    clockMax: number,
    countMax: number,
    scan: SteppingScan,
  ): number
}

export interface ScannedUpdate {
  /** In the order of the bytes; skips are where one stretch of a client ends before the next begins. */
  readonly stretches: readonly MarkedStretch[]
  /** Flat: client, start, end, in any order. Empty if they were not wanted. */
  readonly deletes: readonly number[]
  /** Where the delete set begins, and whether it is written as one is: in order, and without overlaps. */
  readonly deletesAt: number
  readonly areDeletesInOrder: boolean
}

/** About what structs take; an update has at most sixteen times less. */
const STRUCT_BYTES = 32

/** Between two marks. */
const STRUCTS_PER_MARK = 128

const nothing: readonly never[] = []

/**
 * Scans an update. Throws `DecodeError` as `decodeUpdate` does. `scan` is used, and left wherever it ends. Whoever wants no deletions
 * spares their list. Where a clock of `cuts` falls into a struct, a stretch begins with that struct, even without a gap. What a
 * stretch of the `gathering` begins with, by the same bytes, is neither checked again nor among the result.
 */
export function scanUpdate(
  bytes: Uint8Array,
  scan: SteppingScan,
  wantsDeletes = true,
  cuts: StateVector | null = null,
  gathering: Gathering | null = null,
): ScannedUpdate {
  scan.open(bytes, 0, 0)
  const { reader } = scan
  const clients = reader.count(5)
  const stretches = clients === 0 ? nothing : scanClients(reader, clients, scan, cuts, gathering)
  const deletesAt = reader.offset
  const deletes: number[] | null = wantsDeletes ? [] : null
  const areDeletesInOrder = readIdRanges(reader, deletes)
  reader.end()
  return { stretches, deletes: deletes ?? nothing, deletesAt, areDeletesInOrder }
}

/** An update with one struct and no deletions, the least that there may be, has these bytes and five more. */
const SINGLE_BYTES_MIN = 7

/**
 * Scans an update that is one struct and nothing else, which is what nearly every keystroke is; `scan` then has read it. False if it
 * is anything else, though perhaps an update. Throws `DecodeError` as `decodeUpdate` does.
 */
export function scanSingle(bytes: Uint8Array, scan: SteppingScan): boolean {
  const last = bytes.length - 1
  if (last < SINGLE_BYTES_MIN || bytes[0] !== 1 || bytes[1] !== 1 || bytes[last] !== 0) return false
  scan.open(bytes, 2, 0)
  scan.client = scan.reader.varUint()
  const clock = scan.reader.varUint()
  scan.read(clock, false)
  return scan.payloadEnd === last && scan.kind !== Info.skip
}

/** A range of deleted units, filled in by {@link scanDeletion}. */
export interface ScannedDeletion {
  client: number
  start: number
  end: number
}

/** An update with one range of deletions and no structs has at least these bytes: 0, 1, client, 1, clock, length. */
const DELETION_BYTES_MIN = 6

/**
 * Scans an update that is one range of deletions and nothing else, which is what deleting a letter is. False if it is anything else,
 * though perhaps an update; `deletion` is then undefined. Throws `DecodeError` as `decodeUpdate` does.
 */
export function scanDeletion(bytes: Uint8Array, reader: ByteReader, deletion: ScannedDeletion): boolean {
  if (bytes.length < DELETION_BYTES_MIN || bytes[0] !== 0 || bytes[1] !== 1) return false
  reader.open(bytes, 2)
  deletion.client = reader.varUint()
  if (bytes[reader.offset] !== 1 || reader.remaining < 3) return false
  reader.offset++
  deletion.start = reader.varUint()
  const length = reader.varUint()
  deletion.end = deletion.start + length
  return length > 0 && deletion.end <= Number.MAX_SAFE_INTEGER && reader.offset === bytes.length
}

function scanClients(
  reader: ByteReader,
  clients: number,
  scan: SteppingScan,
  cuts: StateVector | null,
  gathering: Gathering | null,
): MarkedStretch[] {
  const stretches: MarkedStretch[] = []
  const head = new ClientHead()
  head.open(clients)
  for (let clientsLeft = clients; clientsLeft > 0; clientsLeft--) {
    head.read(reader)
    const { client, clock, count } = head
    scan.client = client
    const begin = { offset: reader.offset, clock, index: 0 }
    const twin = gathering === null ? null : gathering.twinOf(client)
    const same = twin === null || twin.clock !== clock ? begin : endOfSame(reader, twin, count, begin)
    const cut = cuts === null ? 0 : (cuts.get(client) ?? 0)
    const isListed = gathering === null || same.index > 0 || reader.bytes[begin.offset] === Info.skip
    const sink = isListed ? null : gathering.logAt(client, clock, Math.min(count * STRUCT_BYTES, reader.remaining))
    if (same.index < count) scanStructs(scan, same, count, cut, sink, stretches)
    else reader.offset = same.offset
  }
  return stretches
}

/** How far the structs at `begin` have the bytes of those that the stretch begins with: up to which of its marks, or its end. */
function endOfSame(reader: ByteReader, twin: MarkedStretch, count: number, begin: StructMark): StructMark {
  const most = Math.min(twin.to - twin.from, reader.remaining)
  const same = commonBytes(reader.bytes, begin.offset, twin.bytes, twin.from, most)
  const shift = begin.offset - twin.from
  if (twin.from + same === twin.to && twin.count <= count) {
    return { offset: twin.to + shift, clock: twin.end, index: twin.count }
  }
  let end = begin
  for (const { offset, clock, index } of twin.marks) {
    if (offset > twin.from + same || index > count) break
    end = { offset: offset + shift, clock, index }
  }
  return end
}

/** Scans the structs of a client from `begin` on, and adds their stretches. */
function scanStructs(
  scan: SteppingScan,
  begin: StructMark,
  count: number,
  cut: number,
  firstSink: StructSink | null,
  stretches: MarkedStretch[],
): void {
  const { reader, plain, client } = scan
  const { bytes } = reader
  let { clock } = begin
  let from = begin.offset
  let first = clock
  let counted = 0
  let marks: StructMark[] = []
  let sink = firstSink
  reader.offset = from
  for (let left = count - begin.index; left > 0; left--) {
    // The last one is read, so that `scan` ends where it would without this.
    const most = Math.min(left - 1, STRUCTS_PER_MARK)
    const plainCount =
      sink === null
        ? plain.step(bytes, reader.offset, bytes.length, client, clock, clock <= cut ? cut : Infinity, most, false)
        : sink.appendPlain(bytes, reader.offset, bytes.length, Infinity, most, scan)
    reader.offset = plain.offset
    clock = plain.clock
    counted += plainCount
    left -= plainCount
    const at = reader.offset
    if (counted - (marks[marks.length - 1]?.index ?? 0) >= STRUCTS_PER_MARK)
      marks.push({ offset: at, clock, index: counted })
    scan.read(clock, false)
    const isSkip = scan.kind === Info.skip
    if (isSkip || (clock <= cut && cut < scan.end)) {
      const isSunk = sink !== null
      if (counted > 0) {
        stretches.push({ client, clock: first, end: clock, bytes, from, to: at, count: counted, marks, isSunk })
      }
      // What comes behind a gap is listed: a log begins and ends with what it has.
      sink = null
      from = isSkip ? reader.offset : at
      first = isSkip ? scan.end : clock
      counted = 0
      if (marks.length > 0) marks = []
    }
    if (!isSkip) {
      counted++
      if (sink !== null) sink.append(scan)
    }
    clock = scan.end
  }
  if (counted > 0) {
    const [to, isSunk] = [reader.offset, sink !== null]
    stretches.push({ client, clock: first, end: clock, bytes, from, to, count: counted, marks, isSunk })
  }
}
