/**
 * What an update has that a state vector lacks. Deletions are not counted by state vectors, so a diff carries all of them.
 */
import { decodeStateVector, type StateVector } from './state-vector.ts'
import { endOf, splitStruct, type Struct } from './struct.ts'
import { decodeUpdate, encodeUpdate, type ClientStructs } from './update.ts'

/**
 * The part of `update` that a replica with this state vector lacks, as an update: units from the vector's clocks on, and the
 * whole delete set. A struct that the clock falls into is cut: its rest names the unit before it as origin, and half a
 * surrogate pair is U+FFFD. Applied to that replica, it has the effect of the whole update. Throws `DecodeError`.
 */
export function diffUpdate(update: Uint8Array, stateVector: Uint8Array | StateVector): Uint8Array<ArrayBuffer> {
  const known = stateVector instanceof Uint8Array ? decodeStateVector(stateVector) : stateVector
  const { clients, deletes } = decodeUpdate(update)
  const missing: ClientStructs[] = []
  for (const { client, structs } of clients) {
    const rest = structsFrom(client, structs, known.get(client) ?? 0)
    if (rest.length > 0) missing.push({ client, structs: rest })
  }
  return encodeUpdate({ clients: missing, deletes })
}

/** The structs from `clock` on, without skips at either end. */
function structsFrom(client: number, structs: readonly Struct[], clock: number): readonly Struct[] {
  let from = 0
  while (from < structs.length && (endOf(structs[from]!) <= clock || structs[from]!.type === 'skip')) from++
  let to = structs.length
  while (to > from && structs[to - 1]!.type === 'skip') to--
  const first = structs[from]
  if (first === undefined || first.clock >= clock) return structs.slice(from, to)
  const [, rest] = splitStruct(client, first, clock - first.clock)
  return [rest, ...structs.slice(from + 1, to)]
}
