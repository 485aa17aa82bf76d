/** Diffing by objects alone, without any of the short cuts: what the fast way must give. */
import type { StateVector } from './state-vector.ts'
import { endOf, splitStruct, type Struct } from './struct.ts'
import { decodeUpdate, encodeUpdate, type ClientStructs } from './update.ts'

export function diffStructByStruct(update: Uint8Array, known: StateVector): Uint8Array<ArrayBuffer> {
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
