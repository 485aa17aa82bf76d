/**
 * What an update has that a state vector lacks. Deletions are not counted by state vectors, so a diff carries all of them. Bytes
 * are copied as they are, but for the one struct per client that the vector's clock falls into.
 */
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { encodeIdSet, IdSet } from './id-set.ts'
import { decodeStateVector, type StateVector } from './state-vector.ts'
import { steppingScan, type SteppingScan } from './stepping-scan.ts'
import * as Info from './struct-info.ts'
import { structOf } from './struct-scan.ts'
import { splitStruct, writeStruct } from './struct.ts'
import { scanUpdate, type Stretch } from './update-scan.ts'

/**
 * The part of `update` that a replica with this state vector lacks, as an update: units from the vector's clocks on, and the
 * whole delete set. A struct that the clock falls into is cut: its rest names the unit before it as origin, and half a
 * surrogate pair is U+FFFD. Applied to that replica, it has the effect of the whole update. Throws `DecodeError`. Linear in the
 * bytes: structs do not say where they are; an `UpdateStore` knows.
 */
export function diffUpdate(update: Uint8Array, stateVector: Uint8Array | StateVector): Uint8Array<ArrayBuffer> {
  const known = stateVector instanceof Uint8Array ? decodeStateVector(stateVector) : stateVector
  const scan = steppingScan()
  const { stretches, deletesAt, areDeletesInOrder } = scanUpdate(update, scan, false, known)
  const missing = missingStretches(stretches, known, scan)
  if (areDeletesInOrder) return encodeStretches(missing, update.subarray(deletesAt))
  return encodeStretches(missing, encodeIdSet(IdSet.read(new ByteReader(update, deletesAt))))
}

/**
 * The same update with its deletions in order: ascending and apart, each client once. The same bytes, not copied, if they are, as in all
 * that Yjs writes. What is not may be forged: it is an update, but a Yjs replica that lacks the units keeps such deletions in a form
 * that only knows ascending ones, and deletes others in their place, or throws whenever it is asked for its state. So whoever passes on
 * bytes of strangers does not pass them on as they came. Throws `DecodeError`. Linear in the bytes.
 */
export function withDeletesInOrder(update: Uint8Array): Uint8Array {
  const { deletesAt, areDeletesInOrder } = scanUpdate(update, steppingScan(), false)
  if (areDeletesInOrder) return update
  const writer = new ByteWriter(update.length)
  writer.raw(update.subarray(0, deletesAt))
  IdSet.read(new ByteReader(update, deletesAt)).write(writer)
  return writer.finish()
}

/** A stretch that begins at a unit inside of a struct: the rest of that struct, encoded anew, and those behind it. */
export interface StretchRest {
  readonly client: number
  readonly clock: number
  readonly end: number
  /** How many structs, with `first`. */
  readonly count: number
  readonly first: Uint8Array | null
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

/** Of stretches, in the order of an update, what a replica with this state vector lacks. */
function missingStretches(stretches: readonly Stretch[], known: StateVector, scan: SteppingScan): StretchRest[] {
  const missing: StretchRest[] = []
  for (const stretch of stretches) {
    const clock = known.get(stretch.client) ?? 0
    if (stretch.end > clock) missing.push(stretchFrom(stretch, clock, scan))
  }
  return missing
}

/** The units of a stretch from `clock` on; there are some. Cost linear in what is before them. */
export function stretchFrom(stretch: Stretch, clock: number, scan: SteppingScan): StretchRest {
  const { client, end, bytes, to } = stretch
  if (clock <= stretch.clock) {
    return { client, clock: stretch.clock, end, count: stretch.count, first: null, bytes, from: stretch.from, to }
  }
  const { reader } = scan
  scan.open(bytes, stretch.from, client)
  let start = reader.offset
  let left = stretch.count
  let at = stretch.clock
  for (;;) {
    scan.read(at, true)
    if (scan.end > clock) break
    at = scan.end
    start = reader.offset
    left--
  }
  if (at === clock) return { client, clock, end, count: left, first: null, bytes, from: start, to }
  const [, rest] = splitStruct(client, structOf(scan), clock - at)
  const writer = new ByteWriter()
  writeStruct(writer, rest)
  return { client, clock, end, count: left, first: writer.finish(), bytes, from: scan.payloadEnd, to }
}

/** Writes an update of stretches, those of a client together and in order. What is missing between them becomes skips. */
export function encodeStretches(
  stretches: readonly StretchRest[],
  deletes: IdSet | Uint8Array,
): Uint8Array<ArrayBuffer> {
  const perClient: StretchRest[][] = []
  let bytes = 16
  for (const stretch of stretches) {
    const last = perClient[perClient.length - 1]
    if (last !== undefined && last[0]!.client === stretch.client) last.push(stretch)
    else perClient.push([stretch])
    bytes += stretch.to - stretch.from + (stretch.first?.length ?? 0) + 24
  }
  perClient.sort(([a], [b]) => b!.client - a!.client)
  const writer = new ByteWriter(bytes + (deletes instanceof IdSet ? deletes.rangeCount * 8 : deletes.length))
  writer.varUint(perClient.length)
  for (const list of perClient) {
    const first = list[0]!
    let count = list.length - 1
    for (const stretch of list) count += stretch.count
    writer.varUint(count)
    writer.varUint(first.client)
    writer.varUint(first.clock)
    let end = first.clock
    for (const stretch of list) {
      if (stretch.clock > end) {
        writer.uint8(Info.skip)
        writer.varUint(stretch.clock - end)
      }
      if (stretch.first !== null) writer.raw(stretch.first)
      writer.raw(stretch.bytes.subarray(stretch.from, stretch.to))
      end = stretch.end
    }
  }
  if (deletes instanceof IdSet) deletes.write(writer)
  else writer.raw(deletes)
  return writer.finish()
}
