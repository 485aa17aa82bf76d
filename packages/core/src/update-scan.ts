/**
 * An update, checked whole but not decoded: where the structs of each client lie in its bytes, and which ranges it deletes. It
 * accepts and refuses what `decodeUpdate` does, with the same errors, and allocates next to nothing for a keystroke.
 */
import { ByteReader } from './byte-reader.ts'
import { readIdRanges } from './id-set.ts'
import { Info } from './struct.ts'
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
  /** Flat: client, start, end, in any order. */
  readonly deletes: readonly number[]
  /** Whether `scan` still holds the only struct of the update, so that it need not be read again. */
  readonly isSingle: boolean
}

const nothing: readonly never[] = []

/** Scans an update. Throws `DecodeError` as `decodeUpdate` does. `scan` is used, and left wherever it ends. */
export function scanUpdate(bytes: Uint8Array, scan: StructScan): ScannedUpdate {
  const reader = new ByteReader(bytes)
  scan.reader = reader
  const clients = reader.count(5)
  let stretches = nothing as readonly Stretch[]
  let isSingle = false
  if (clients > 0) {
    stretches = scanClients(reader, clients, scan)
    isSingle = clients === 1 && stretches.length === 1 && stretches[0]!.count === 1 && scan.kind !== Info.skip
  }
  let deletes = nothing as readonly number[]
  // No deletions, and nothing after them, is what nearly every insertion ends with.
  if (reader.remaining === 1 && bytes[reader.offset] === 0) return { stretches, deletes, isSingle }
  const flat: number[] = []
  readIdRanges(reader, flat)
  reader.end()
  deletes = flat
  return { stretches, deletes, isSingle }
}

function scanClients(reader: ByteReader, clients: number, scan: StructScan): Stretch[] {
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
    let from = reader.offset
    let first = clock
    let counted = 0
    for (let left = count; left > 0; left--) {
      const at = reader.offset
      scan.read(client, clock, false)
      if (scan.kind === Info.skip) {
        if (counted > 0)
          stretches.push({ client, clock: first, end: clock, bytes: reader.bytes, from, to: at, count: counted })
        counted = 0
        from = reader.offset
        first = scan.end
      } else counted++
      clock = scan.end
    }
    if (counted > 0) {
      stretches.push({ client, clock: first, end: clock, bytes: reader.bytes, from, to: reader.offset, count: counted })
    }
  }
  return stretches
}
