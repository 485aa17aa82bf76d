/**
 * A Yjs update, format v1, as a value: structs per client, and the set of deleted units. It may be a single keystroke or a
 * whole document, and says nothing of what came before. No document is needed to read, merge or cut updates.
 *
 *     count, count × (count of structs, client, first clock, structs)      clients descending
 *     delete set
 */
import { ByteWriter } from './byte-writer.ts'
import { ClientHead } from './client-head.ts'
import { assert } from './errors.ts'
import { IdSet } from './id-set.ts'
import { structOf, StructScan } from './struct-scan.ts'
import { endOf, writeStruct, type Struct } from './struct.ts'

export interface Update {
  /** Each client once. */
  readonly clients: readonly ClientStructs[]
  /** The units that are deleted, whether or not their structs are here. */
  readonly deletes: IdSet
}

export interface ClientStructs {
  readonly client: number
  /** At least one; each begins where the one before it ends, so that what is missing between them is a skip. */
  readonly structs: readonly Struct[]
}

/**
 * Decodes an update, whole, or throws `DecodeError` with the offset at which it stops being one. Contents are views of `bytes`,
 * which must not change while the value is in use. Time and memory are bounded by the length of `bytes`.
 *
 * What is decoded here, Yjs can decode, once its deletions are in order: see `withDeletesInOrder`. On purpose stricter than Yjs: empty structs, bytes after the end, references of a
 * client to its own future, and integers above 2^53 − 1 are errors; so is a client that is listed twice, where `Y.applyUpdate`
 * would drop the first list and `Y.mergeUpdates` keep both.
 */
export function decodeUpdate(bytes: Uint8Array): Update {
  const scan = new StructScan()
  scan.open(bytes, 0, 0)
  const { reader } = scan
  const clients: ClientStructs[] = []
  const head = new ClientHead()
  const clientCount = reader.count(5)
  head.open(clientCount)
  for (let clientsLeft = clientCount; clientsLeft > 0; clientsLeft--) {
    head.read(reader)
    const { client, count } = head
    let { clock } = head
    scan.client = client
    const structs: Struct[] = []
    for (let left = count; left > 0; left--) {
      scan.read(clock, false)
      structs.push(structOf(scan))
      clock = scan.end
    }
    clients.push({ client, structs })
  }
  const deletes = IdSet.read(reader)
  reader.end()
  return { clients, deletes }
}

/** Encodes an update, clients in descending order, as Yjs does: what Yjs encoded and {@link decodeUpdate} read stays the same bytes. */
export function encodeUpdate(update: Update): Uint8Array<ArrayBuffer> {
  const clients = [...update.clients].sort((a, b) => b.client - a.client)
  const writer = new ByteWriter(256)
  writer.varUint(clients.length)
  for (const { client, structs } of clients) {
    writer.varUint(structs.length)
    writer.varUint(client)
    let clock = structs[0]!.clock
    writer.varUint(clock)
    for (const struct of structs) {
      assert(struct.clock === clock, 'each struct begins where the one before it ends')
      writeStruct(writer, struct)
      clock = endOf(struct)
    }
  }
  update.deletes.write(writer)
  return writer.finish()
}

/** The update that changes nothing: no structs, no deletions. */
export function emptyUpdate(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(2)
}

/** Whether these bytes are {@link emptyUpdate}, which is what merging and diffing give when there is nothing. */
export function isEmptyUpdate(bytes: Uint8Array): boolean {
  return bytes.length === 2 && bytes[0] === 0 && bytes[1] === 0
}
