/**
 * What a replica has, in one number per client: the next clock that it expects of that client, so an exclusive upper bound.
 * It can only describe a history without gaps; {@link IdSet} describes any.
 *
 *     count, count × (client, clock)      all varUint, clients descending
 */
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

/** Client → next expected clock. A client that is absent is at clock 0. */
export type StateVector = ReadonlyMap<number, number>

/** What knows its state vector, as a document does. */
export interface HasStateVector {
  readonly stateVector: StateVector
}

/** Encodes a state vector, or that of a document; the same map gives the same bytes, whatever its order. Clients at clock 0 are left out. */
export function encodeStateVector(of: StateVector | HasStateVector): Uint8Array<ArrayBuffer> {
  const stateVector = 'stateVector' in of ? of.stateVector : of
  const entries = [...stateVector].filter(([, clock]) => clock > 0).sort(([a], [b]) => b - a)
  const writer = new ByteWriter(1 + entries.length * 8)
  writer.varUint(entries.length)
  for (const [client, clock] of entries) {
    writer.varUint(client)
    writer.varUint(clock)
  }
  return writer.finish()
}

/**
 * Decodes a state vector. Clients may come in any order, each once. Throws `DecodeError`; what it allocates is bounded by the
 * length of `bytes`.
 */
export function decodeStateVector(bytes: Uint8Array): Map<number, number> {
  const reader = new ByteReader(bytes)
  const stateVector = readStateVector(reader)
  reader.end()
  return stateVector
}

/** Reads what {@link decodeStateVector} decodes, where it is a part of something. Throws `DecodeError`. */
export function readStateVector(reader: ByteReader): Map<number, number> {
  const stateVector = new Map<number, number>()
  for (let left = reader.count(2); left > 0; left--) {
    const start = reader.offset
    const client = reader.varUint()
    if (stateVector.has(client)) reader.fail('invalid-value', `client ${client} is listed twice`, start)
    stateVector.set(client, reader.varUint())
  }
  return stateVector
}
