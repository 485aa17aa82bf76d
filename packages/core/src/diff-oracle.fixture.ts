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
  const isMissing = (struct: Struct): boolean => endOf(struct) > clock && struct.type !== 'skip'
  const from = structs.findIndex(isMissing)
  const to = structs.findLastIndex(isMissing) + 1
  const first = structs.at(from)
  if (from < 0 || first === undefined || first.clock >= clock) return structs.slice(Math.max(from, 0), to)
  const [, rest] = splitStruct(client, first, clock - first.clock)
  return [rest, ...structs.slice(from + 1, to)]
}
