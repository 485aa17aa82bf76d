/**
 * An update, checked whole but not decoded: where the structs of each client lie in its bytes, and which ranges it deletes. It
 * accepts and refuses what `decodeUpdate` does, with the same errors, and allocates next to nothing for a keystroke.
 */
import type { ByteReader } from './byte-reader.ts'
import { readIdRanges } from './id-set.ts'
import { Info } from './struct.ts'
import type { StateVector } from './state-vector.ts'
import type { StructScan } from './struct-scan.ts'

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

export interface ScannedUpdate {
  /** In the order of the bytes; skips are where one stretch of a client ends before the next begins. */
  readonly stretches: readonly Stretch[]
  /** Flat: client, start, end, in any order. Empty if they were not wanted. */
  readonly deletes: readonly number[]
  /** Where the delete set begins, and whether it is written as one is: in order, and without overlaps. */
  readonly deletesAt: number
  readonly areDeletesInOrder: boolean
}

const nothing: readonly never[] = []

/**
 * Scans an update. Throws `DecodeError` as `decodeUpdate` does. `scan` is used, and left wherever it ends. Whoever wants no deletions
 * spares their list. Where a clock of `cuts` falls into a struct, a stretch begins with that struct, even without a gap.
 */
export function scanUpdate(
  bytes: Uint8Array,
  scan: StructScan,
  wantsDeletes = true,
  cuts: StateVector | null = null,
): ScannedUpdate {
  scan.open(bytes, 0, 0)
  const { reader } = scan
  const clients = reader.count(5)
  const stretches = clients === 0 ? nothing : scanClients(reader, clients, scan, cuts)
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
export function scanSingle(bytes: Uint8Array, scan: StructScan): boolean {
  const last = bytes.length - 1
  if (last < SINGLE_BYTES_MIN || bytes[0] !== 1 || bytes[1] !== 1 || bytes[last] !== 0) return false
  scan.open(bytes, 2, 0)
  scan.client = scan.reader.varUint()
  const clock = scan.reader.varUint()
  scan.read(clock, false)
  return scan.payloadEnd === last && scan.kind !== Info.skip
}

function scanClients(reader: ByteReader, clients: number, scan: StructScan, cuts: StateVector | null): Stretch[] {
  const stretches: Stretch[] = []
  const seen = clients === 1 ? null : new Set<number>()
  for (let clientsLeft = clients; clientsLeft > 0; clientsLeft--) {
    const start = reader.offset
    const count = reader.count(2)
    const client = reader.varUint()
    let clock = reader.varUint()
    if (count === 0) reader.fail('invalid-value', `client ${client} is listed without structs`, start)
    if (seen !== null) {
      if (seen.has(client)) reader.fail('invalid-value', `client ${client} is listed twice`, start)
      seen.add(client)
    }
    scan.client = client
    const cut = cuts === null ? 0 : (cuts.get(client) ?? 0)
    let from = reader.offset
    let first = clock
    let counted = 0
    for (let left = count; left > 0; left--) {
      const at = reader.offset
      scan.read(clock, false)
      if (scan.kind === Info.skip) {
        if (counted > 0)
          stretches.push({ client, clock: first, end: clock, bytes: reader.bytes, from, to: at, count: counted })
        counted = 0
        from = reader.offset
        first = scan.end
      } else {
        if (clock <= cut && cut < scan.end && counted > 0) {
          stretches.push({ client, clock: first, end: clock, bytes: reader.bytes, from, to: at, count: counted })
          counted = 0
          from = at
          first = clock
        }
        counted++
      }
      clock = scan.end
    }
    if (counted > 0) {
      stretches.push({ client, clock: first, end: clock, bytes: reader.bytes, from, to: reader.offset, count: counted })
    }
  }
  return stretches
}
