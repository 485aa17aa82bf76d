/** Merging by objects alone, struct by struct, without any of the short cuts: what the fast way must give, to the byte. */
import { IdSet } from './id-set.ts'
import { mergeStructs } from './struct-merge.ts'
import { withSkips, type Struct } from './struct.ts'
import { decodeUpdate, encodeUpdate } from './update.ts'

export function mergeStructByStruct(updates: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const structsOf = new Map<number, Struct[]>()
  const deletes: IdSet[] = []
  for (const bytes of updates) {
    const update = decodeUpdate(bytes)
    deletes.push(update.deletes)
    for (const { client, structs } of update.clients) {
      const gathered = structsOf.get(client) ?? []
      structsOf.set(client, gathered)
      for (const struct of structs) if (struct.type !== 'skip') gathered.push(struct)
    }
  }
  const clients = [...structsOf]
    .filter(([, structs]) => structs.length > 0)
    .map(([client, structs]) => ({ client, structs: withSkips(mergeStructs(client, structs)) }))
  return encodeUpdate({ clients, deletes: IdSet.union(deletes) })
}
