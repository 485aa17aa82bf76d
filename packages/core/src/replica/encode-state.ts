/**
 * Writing what a document has as an update: each row is a struct, clients descending, then the deletions. The same document gives the same bytes as in Yjs.
 */
import { ByteWriter } from '../byte-writer.ts'
import * as ContentKind from '../content-kind.ts'
import { IdSet } from '../id-set.ts'
import { decodeStateVector, type StateVector } from '../state-vector.ts'
import * as Info from '../struct-info.ts'
import { decodeUpdate, encodeUpdate } from '../update.ts'
import { mergeUpdateValues } from '../update-values.ts'
import { encodeUpdateV2 } from '../format-v2/update-v2.ts'
import type { DocCore } from './doc-core.ts'
import { encodeDeletion, encodeTyping } from './encode-keystroke.ts'
import { writeContentOf } from './row-content.ts'
import { entryOfParent, GC_KIND, NONE } from './row-table.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

/** Used by one encoding at a time; nobody is called meanwhile. */
const writer = new ByteWriter(1024)

/**
 * Encodes what the document has and the given state vector lacks, as an update in format v1: everything unless one is given. All deletions are always in it, and what
 * waits for other updates. Throws `DecodeError` if the state vector is none.
 */
export function encodeStateAsUpdate(doc: DocCore, stateVector?: Uint8Array): Uint8Array {
  const known = stateVector === undefined ? null : decodeStateVector(stateVector)
  const update = encodeKnown(doc, known)
  const { pending } = doc
  if (pending === null) return update
  // Of units that the document has, somebody may have made up another content: what waits never takes their place.
  const waiting = pending.lackedBy(greater(doc.stateVector, known))
  return encodeUpdate(mergeUpdateValues([decodeUpdate(update), waiting], 'all'))
}

/** What one has who has both. */
function greater(stateVector: Map<number, number>, other: StateVector | null): StateVector {
  for (const [client, clock] of other ?? []) {
    if (clock > (stateVector.get(client) ?? 0)) stateVector.set(client, clock)
  }
  return stateVector
}

/** The same in format v2. */
export function encodeStateAsUpdateV2(doc: DocCore, stateVector?: Uint8Array): Uint8Array {
  return inFormatV2(encodeStateAsUpdate(doc, stateVector))
}

/** What a transaction changed, as an update in format v1; null if that is nothing. Includes what observers did since. */
export function encodeTransaction(transaction: Transaction): Uint8Array | null {
  const { doc, deleted, seenTransactions } = transaction
  if (deleted.length === 0 && transaction.touchedSince(seenTransactions).length === 0) return null
  const { tables } = doc
  const { clients } = tables
  const touched = transaction.touchedSince(doc.round.length)
  if (touched.length === 2 && deleted.length === 0) {
    const typed = encodeTyping(tables, touched[0]!, touched[1]!)
    if (typed !== null) return typed
  } else if (touched.length === 0 && deleted.length === 3) {
    return encodeDeletion(tables, clients.indexOf(deleted[0]!), deleted[1]!, deleted[2]! - deleted[1]!)
  }
  writer.reset()
  if (touched.length === 2) {
    writer.uint8(1)
    writeClient(tables, touched[0]!, touched[1]!)
  } else {
    const before = new Map<number, number>()
    for (let at = 0; at < touched.length; at += 2) before.set(touched[at]!, touched[at + 1]!)
    writer.varUint(before.size)
    for (const client of clients.inWireOrder([...before.keys()])) writeClient(tables, client, before.get(client)!)
  }
  if (deleted.length === 0) writer.uint8(0)
  else if (deleted.length === 3) {
    writer.uint8(1)
    writer.varUint(deleted[0]!)
    writer.uint8(1)
    writer.varUint(deleted[1]!)
    writer.varUint(deleted[2]! - deleted[1]!)
  } else transaction.deletedIds.write(writer)
  return writer.finish()
}

/** A v1 update of our own in format v2, to the byte as Yjs writes it. */
export function inFormatV2(update: Uint8Array): Uint8Array {
  return encodeUpdateV2(decodeUpdate(update))
}

/** All deleted units of a document. */
export function deletedIdsOf(tables: Tables): IdSet {
  const { rows, clients } = tables
  const flat: number[] = []
  for (let client = 0; client < clients.count; client++) {
    for (let row = rows.firstDeleted(clients.first(client)); row !== NONE;) {
      const alive = rows.firstAlive(row, clients.state(client))
      flat.push(clients.ids[client]!, rows.clock(row), alive === NONE ? clients.state(client) : rows.clock(alive))
      row = alive === NONE ? NONE : rows.firstDeleted(alive)
    }
  }
  return IdSet.of(flat)
}

function encodeKnown(doc: DocCore, known: StateVector | null): Uint8Array {
  const { tables } = doc
  const { clients } = tables
  const lacking = clients
    .descending()
    .filter((client) => known === null || clients.state(client) > (known.get(clients.ids[client]!) ?? 0))
  // Before anything is written: contents may be anything, and asking them may call somebody.
  const deletes = deletedIdsOf(tables)
  writer.reset()
  writer.varUint(lacking.length)
  for (const client of lacking) writeClient(tables, client, known?.get(clients.ids[client]!) ?? 0)
  deletes.write(writer)
  return writer.finish()
}

/** Writes the units of a client from `clock` on, at least one. */
function writeClient(tables: Tables, client: number, clock: number): void {
  const { rows, clients, ids } = tables
  const first = ids.find(client, clock)
  let count = 0
  if (first === clients.first(client)) count = clients.rows(client)
  else if (first === clients.last(client)) count = 1
  else for (let row = first; row !== NONE; row = rows.nextByClock(row)) count++
  writer.varUint(count)
  writeClientId(tables, client)
  writer.varUint(clock)
  writeRow(tables, first, clock - rows.clock(first))
  for (let row = rows.nextByClock(first); row !== NONE; row = rows.nextByClock(row)) writeRow(tables, row, 0)
}

/** Writes a row as a struct, without its first `skipped` units. */
function writeRow(tables: Tables, row: number, skipped: number): void {
  const { rows } = tables
  const kind = rows.kind(row)
  if (kind === GC_KIND) {
    writer.uint8(Info.gc)
    writer.varUint(rows.length(row) - skipped)
    return
  }
  const client = rows.client(row)
  const originClient = skipped > 0 ? client : rows.originClient(row)
  const rightClient = rows.rightOriginClient(row)
  const parent = rows.parent(row)
  writer.uint8(
    kind |
      (originClient === NONE ? 0 : Info.origin) |
      (rightClient === NONE ? 0 : Info.rightOrigin) |
      (parent >= 0 ? 0 : Info.parentSub),
  )
  if (originClient !== NONE) {
    writeClientId(tables, originClient)
    writer.varUint(skipped > 0 ? rows.clock(row) + skipped - 1 : rows.originClock(row))
  }
  if (rightClient !== NONE) {
    writeClientId(tables, rightClient)
    writer.varUint(rows.rightOriginClock(row))
  }
  if (originClient === NONE && rightClient === NONE) writeParent(tables, parent)
  if (kind === ContentKind.deleted) writer.varUint(rows.length(row) - skipped)
  else writeContentOf(tables, row, skipped, writer)
}

function writeParent(tables: Tables, parent: number): void {
  const { rows, types, entries } = tables
  const entry = parent >= 0 ? NONE : entryOfParent(parent)
  const type = entry === NONE ? parent : entries.type(entry)
  const holder = types.item(type)
  if (holder === NONE) {
    writer.uint8(1)
    writer.string(types.nameOf(type)!)
  } else {
    writer.uint8(0)
    writeClientId(tables, rows.client(holder))
    writer.varUint(rows.clock(holder))
  }
  if (entry !== NONE) writer.string(entries.keyOf(entry))
}

function writeClientId(tables: Tables, client: number): void {
  const bytes = tables.clients.encoded(client)
  writer.copy(bytes, 0, bytes.length)
}
