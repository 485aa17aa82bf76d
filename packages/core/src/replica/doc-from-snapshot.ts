/** A document as it was at some moment. */
import { endOf, splitStruct, type Struct } from '../struct.ts'
import { decodeUpdate, encodeUpdate, type ClientStructs } from '../update.ts'
import { applyUpdate } from './apply-update.ts'
import { Doc } from './doc.ts'
import type { DocCore } from './doc-core.ts'
import { encodeStateAsUpdate } from './encode-state.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Puts what a snapshot has of a document into another, which it returns: a new one unless given. The document must not collect garbage, or content of then could
 * be gone: throws an `Error`. Throws a `RangeError` if the snapshot knows of more than the document. Cost linear in the document.
 */
export function createDocFromSnapshot(origin: DocCore, { ds, sv }: Snapshot, into: DocCore = new Doc()): DocCore {
  if (origin.gc) throw new Error('Garbage-collection must be disabled in `originDoc`!')
  const states = origin.stateVector
  for (const [client, clock] of sv) {
    const state = states.get(client) ?? 0
    if (clock > state)
      throw new RangeError(`the snapshot has ${clock} units of client ${client}, the document ${state}`)
  }
  const clients: ClientStructs[] = []
  for (const { client, structs } of decodeUpdate(encodeStateAsUpdate(origin)).clients) {
    const known = structsBelow(client, structs, sv.get(client) ?? 0)
    if (known.length > 0) clients.push({ client, structs: known })
  }
  applyUpdate(into, encodeUpdate({ clients, deletes: ds.toIds() }), 'snapshot')
  return into
}

/** The units below a clock. */
function structsBelow(client: number, structs: readonly Struct[], clock: number): Struct[] {
  const below: Struct[] = []
  for (const struct of structs) {
    if (struct.clock >= clock) break
    below.push(endOf(struct) <= clock ? struct : splitStruct(client, struct, clock - struct.clock)[0])
  }
  return below
}
