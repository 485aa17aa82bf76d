/**
 * Joining and cutting updates as values, struct by struct. It gives what `mergeUpdates` and `diffUpdate` give, to the byte, with a fraction of their code, but makes an
 * object of each struct: for whoever does this rarely, as a document does with what waits. The fast ways are tested against it.
 */
import { IdSet } from './id-set.ts'
import type { StateVector } from './state-vector.ts'
import { mergeStructs, type KeptValues } from './struct-merge.ts'
import { endOf, splitStruct, withSkips, type Struct } from './struct.ts'
import type { ClientStructs, Update } from './update.ts'

/** One update with everything that is in `updates`; see `mergeUpdates`. Cost n log n in the structs. */
export function mergeUpdateValues(updates: Iterable<Update>, kept: KeptValues = 'keyed'): Update {
  const gathered = new Map<number, Struct[]>()
  const deletes: IdSet[] = []
  for (const update of updates) {
    deletes.push(update.deletes)
    for (const { client, structs } of update.clients) {
      const known = gathered.get(client) ?? []
      gathered.set(client, known)
      for (const struct of structs) if (struct.type !== 'skip') known.push(struct)
    }
  }
  const clients: ClientStructs[] = []
  for (const [client, structs] of gathered) {
    if (structs.length > 0) clients.push({ client, structs: withSkips(mergeStructs(client, structs, kept)) })
  }
  return { clients, deletes: IdSet.union(deletes) }
}

/** The part of an update that a replica with this state vector lacks; see `diffUpdate`. Linear in the structs. */
export function diffUpdateValue({ clients, deletes }: Update, known: StateVector): Update {
  const missing: ClientStructs[] = []
  for (const { client, structs } of clients) {
    const rest = structsFrom(client, structs, known.get(client) ?? 0)
    if (rest.length > 0) missing.push({ client, structs: rest })
  }
  return { clients: missing, deletes }
}

/** The units whose structs an update holds; skips are not among them. */
export function unitsOf({ clients }: Update): IdSet {
  const units = new IdSet()
  for (const { client, structs } of clients) {
    for (const { type, clock, length } of structs) if (type !== 'skip') units.add(client, clock, clock + length)
  }
  return units
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
