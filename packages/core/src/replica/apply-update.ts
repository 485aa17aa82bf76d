/**
 * Applying an update: it is decoded whole, then each struct is integrated once what it builds on is there. What builds on something unknown waits, with
 * what it waits for, and is tried again when that has come.
 */
import { ByteWriter } from '../byte-writer.ts'
import * as ContentKind from '../content-kind.ts'
import { IdSet } from '../id-set.ts'
import * as Info from '../struct-info.ts'
import { encodeUpdate } from '../update.ts'
import { decodeUpdateV2 } from '../format-v2/update-v2.ts'
import { deleteRow } from './delete-row.ts'
import type { DocCore } from './doc-core.ts'
import * as Column from './incoming-column.ts'
import { IncomingStructs, isPlainKind, STRIDE, type IncomingClient } from './incoming-structs.ts'
import { afterConflicts, canGrow, cut, growRow, place, placeGc, rowBeginningWith, rowEndingWith } from './integrate.ts'
import { integratePlain } from './integrate-plain.ts'
import { PendingUpdates } from './pending.ts'
import { RecentText } from './recent-text.ts'
import { readContentInto } from './row-content.ts'
import * as Flag from './row-flag.ts'
import { GC_KIND, NONE, parentOfEntry } from './row-table.ts'
import { isHigh } from './text-buffer.ts'
import { beginTransaction, endTransaction } from './transact.ts'
import type { Transaction } from './transaction.ts'

/** Fewer structs are no load. */
const LOAD_STRUCTS_MIN = 8

/** Shared: one update is applied at a time, and nobody is called meanwhile. */
const incoming = new IncomingStructs()
const recentName = new RecentText()
const recentKey = new RecentText()

/**
 * Applies an update in format v1. What the document has already is skipped, what it cannot have yet waits; so updates may come in any order, and more than
 * once. `origin` is handed to events. Throws `DecodeError` if `update` is not one, or goes beyond `CLOCK_MAX`; the document is then as it was.
 */
export function applyUpdate(doc: DocCore, update: Uint8Array, origin: unknown = null): void {
  // Decoded inside of the transaction, since those who are told that it begins may apply updates themselves.
  const { running } = doc
  const transaction = running ?? beginTransaction(doc, origin, false)
  try {
    incoming.decode(update, doc.tables.clients)
    applyDecoded(transaction)
  } finally {
    if (running === null) endTransaction(transaction)
  }
}

/** The same in format v2. Throws `DecodeError`, also where an update unfolds too far; see `decodeUpdateV2`. */
export function applyUpdateV2(doc: DocCore, update: Uint8Array, origin: unknown = null): void {
  applyUpdate(doc, encodeUpdate(decodeUpdateV2(update)), origin)
}

/** Integrates what {@link incoming} holds, and then whatever waited for it. */
function applyDecoded(transaction: Transaction): void {
  const { doc } = transaction
  transaction.local = false
  try {
    nameRoots(doc)
    integrateClients(transaction)
    applyDeletes(transaction, incoming.deletes)
    while (doc.pending !== null && canRetry(doc, doc.pending)) {
      const structs = doc.pending.takeStructs()
      if (structs === null) break
      incoming.decode(structs, doc.tables.clients)
      nameRoots(doc)
      integrateClients(transaction)
    }
    if (doc.pending !== null) {
      retryDeletes(transaction, doc.pending)
      if (doc.pending.isEmpty) doc.pending = null
    }
  } finally {
    incoming.release()
  }
}

function canRetry(doc: DocCore, { missing }: PendingUpdates): boolean {
  for (const [client, clock] of missing) if (clock < doc.tables.clients.stateOf(client)) return true
  return false
}

/** Root types become known with the update that names them, even if it has to wait. */
function nameRoots(doc: DocCore): void {
  const { cells, bytes, named } = incoming
  if (named.length === 0) return
  for (const at of named) {
    const name = recentName.decode(bytes, cells[at + Column.parentAt]!, cells[at + Column.parentEnd]!)
    doc.rootNamed(name)
    // From here on it is a type.
    cells[at + Column.parentAt] = doc.tables.types.root(name)
  }
}

/** Integrates clients one after another, the greatest ID first, but first whatever a struct depends on. */
function integrateClients(transaction: Transaction): void {
  const { doc } = transaction
  const { rows, text, ids } = doc.tables
  const { clients, cells } = incoming
  if (clients.length === 0) return
  let structs = 0
  for (const { next, end } of clients) structs += (end - next) / STRIDE
  // Of many, what continues a run is a struct of its own since something else comes between: a row that grew would be cut again.
  const isTyping = structs <= LOAD_STRUCTS_MIN
  if (!isTyping && structs > rows.live * 2) {
    // A load: exactly what it takes, since what is loaded may never grow. Where much is known already, nothing is set aside for it again.
    rows.reserve(structs)
    text.reserveNarrow(incoming.narrowUnits)
    if (incoming.wideUnits > 0) text.reserveWide(incoming.wideUnits)
    for (const { client, next, end } of clients) {
      const last = end - STRIDE
      ids.expect(client, (end - next) / STRIDE, cells[last + Column.clock]! + cells[last + Column.length]!)
    }
  }
  if (clients.length === 1 && integrateRun(transaction, clients[0]!, cells, isTyping)) return
  integrateInTurn(transaction, clients, cells, isTyping)
}

/** Integrates the structs of the only client, up to one that has to wait. Whether there was none: so it is with what somebody types. */
function integrateRun(transaction: Transaction, only: IncomingClient, cells: Int32Array, isTyping: boolean): boolean {
  for (; only.next < only.end; only.next += STRIDE) {
    if (!isTyping) integrateMany(transaction, only, cells)
    if (only.next === only.end) break
    if (integrateStruct(transaction, only.client, only.next, cells, isTyping) !== NONE) return false
  }
  return true
}

/** Integrates what is plain, up to the first struct that is not. */
function integrateMany(transaction: Transaction, some: IncomingClient, cells: Int32Array): void {
  if (!isPlainKind(cells[some.next + Column.kind]!)) return
  some.next = integratePlain(transaction, some.client, cells, incoming.bytes, some.next, some.end)
}

/** Integrates the structs of several clients, each after what it depends on; what depends on something unknown waits. */
function integrateInTurn(
  transaction: Transaction,
  clients: IncomingClient[],
  cells: Int32Array,
  isTyping: boolean,
): void {
  const { doc } = transaction
  const { clients: table } = doc.tables
  const waiting: Waiting = { clients: [], missing: new Map() }
  if (clients.length > 1) clients.sort((a, b) => table.ids[b.client]! - table.ids[a.client]!)
  const byClient = new Map<number, IncomingClient>()
  if (clients.length > 1) for (const each of clients) byClient.set(each.client, each)
  const stack: IncomingClient[] = []
  for (const each of clients) {
    for (;;) {
      if (!isTyping && stack.length === 0) integrateMany(transaction, each, cells)
      const current = stack.length > 0 ? stack[stack.length - 1]! : each
      if (current.next === current.end) {
        if (stack.pop() === undefined) break
        continue
      }
      const at = current.next
      const dependency = integrateStruct(transaction, current.client, at, cells, isTyping)
      if (dependency === NONE) {
        current.next += STRIDE
        // One step was needed of it, perhaps; whoever waits for more asks again.
        stack.pop()
        continue
      }
      const before = dependency === current.client ? undefined : byClient.get(dependency)
      if (before !== undefined && before.next < before.end && before !== each && !stack.includes(before)) {
        stack.push(before)
        continue
      }
      const clock = dependency === current.client ? cells[at + Column.clock]! - 1 : table.state(dependency)
      const known = waiting.missing.get(table.ids[dependency]!)
      if (known === undefined || clock < known) waiting.missing.set(table.ids[dependency]!, clock)
      setAside(waiting, each)
      for (const one of stack) setAside(waiting, one)
      stack.length = 0
      break
    }
  }
  if (waiting.clients.length === 0) return
  doc.pending ??= new PendingUpdates()
  doc.pending.addStructs(encodeWaiting(doc, waiting), waiting.missing)
}

/** Structs that cannot be integrated now. */
interface Waiting {
  /** Client and the handles and bytes of the structs. */
  readonly clients: { client: number; from: number; end: number; to: number }[]
  readonly missing: Map<number, number>
}

/** All that is left of a client waits: it comes after what waits. */
function setAside(waiting: Waiting, incomingClient: IncomingClient): void {
  const { client, next, end, to } = incomingClient
  if (next < end) waiting.clients.push({ client, from: next, end, to })
  incomingClient.next = end
}

function encodeWaiting(doc: DocCore, { clients }: Waiting): Uint8Array {
  const { ids } = doc.tables.clients
  const { cells, bytes } = incoming
  clients.sort((a, b) => ids[b.client]! - ids[a.client]!)
  const writer = new ByteWriter(256)
  writer.varUint(clients.length)
  for (const { client, from, end, to } of clients) {
    writer.varUint((end - from) / STRIDE)
    writer.varUint(ids[client]!)
    writer.varUint(cells[from + Column.clock]!)
    writer.raw(bytes.subarray(cells[from + Column.from], to))
  }
  writer.varUint(0)
  return writer.finish()
}

/** Integrates a struct, as far as the document does not have it. Returns NONE, or the index of the client that has to come first. */
function integrateStruct(
  transaction: Transaction,
  client: number,
  at: number,
  cells: Int32Array,
  isTyping: boolean,
): number {
  const { doc } = transaction
  const { tables } = doc
  const { rows, clients } = tables
  const kind = cells[at + Column.kind]!
  if (kind === Info.skip) return NONE
  const length = cells[at + Column.length]!
  const state = clients.state(client)
  const skipped = state - cells[at + Column.clock]!
  if (skipped < 0) return client
  let originClient = cells[at + Column.originClient]!
  let originClock = originClient === NONE ? 0 : cells[at + Column.originClock]!
  const rightClient = cells[at + Column.rightClient]!
  const rightClock = rightClient === NONE ? 0 : cells[at + Column.rightClock]!
  if (skipped >= length) {
    if (originClient !== NONE) cutKnown(transaction, originClient, originClock + 1)
    if (rightClient !== NONE) cutKnown(transaction, rightClient, rightClock)
    return NONE
  }
  if (originClient !== NONE && originClient !== client && originClock >= clients.state(originClient))
    return originClient
  if (rightClient !== NONE && rightClient !== client && rightClock >= clients.state(rightClient)) return rightClient
  const parentClient = originClient === NONE && rightClient === NONE ? cells[at + Column.parentClient]! : NONE
  if (parentClient !== NONE && parentClient !== client && cells[at + Column.parentAt]! >= clients.state(parentClient)) {
    return parentClient
  }
  transaction.touch(client)
  if (client === doc.ownClientIfAny()) transaction.receivedOwnUnits = true
  if (kind === Info.gc) {
    placeGc(transaction, client, state, length - skipped)
    return NONE
  }
  if (skipped > 0) {
    if (originClient !== NONE) cutKnown(transaction, originClient, originClock + 1)
    originClient = client
    originClock = state - 1
  }
  let left = NONE
  let right = NONE
  if (originClient !== NONE) {
    // Somebody types: nothing has to be found.
    const isLast = originClient === client && originClock === state - 1
    left = isLast ? clients.last(client) : rowEndingWith(transaction, originClient, originClock)
    if (rows.kind(left) === GC_KIND) {
      placeGc(transaction, client, state, length - skipped)
      return NONE
    }
  }
  if (rightClient !== NONE) {
    const next = left === NONE ? NONE : rows.right(left)
    right =
      next !== NONE && rows.client(next) === rightClient && rows.clock(next) === rightClock
        ? next
        : rowBeginningWith(transaction, rightClient, rightClock)
  }
  const parent =
    right !== NONE && rows.kind(right) === GC_KIND
      ? NONE
      : left !== NONE
        ? rows.parent(left)
        : right !== NONE
          ? rows.parent(right)
          : parentOf(doc, at, cells)
  if (parent === NONE) {
    placeGc(transaction, client, state, length - skipped)
    return NONE
  }
  const isNextTo = left === NONE ? right !== NONE && rows.left(right) === NONE : rows.right(left) === right
  if (!isNextTo) {
    left = afterConflicts(
      tables,
      parent,
      left,
      right,
      clients.ids[client]!,
      originClient,
      originClock,
      rightClient,
      rightClock,
    )
  } else if (
    isTyping &&
    kind === ContentKind.string &&
    originClient === client &&
    originClock === state - 1 &&
    rows.rightOriginClient(left) === rightClient &&
    rows.rightOriginClock(left) === rightClock &&
    canGrow(transaction, left)
  ) {
    // Somebody types: the letter goes where the last one went.
    const [from, to] = [cells[at + Column.payloadAt]!, cells[at + Column.payloadEnd]!]
    growRow(transaction, left, tables.text.putUtf8(incoming.bytes, from, to, length, skipped), length - skipped)
    return NONE
  }
  const row = rows.add(
    kind,
    0,
    client,
    state,
    length - skipped,
    originClient,
    originClock,
    rightClient,
    rightClock,
    parent,
  )
  readContentInto(
    doc,
    row,
    incoming.bytes,
    cells[at + Column.payloadAt]!,
    cells[at + Column.payloadEnd]!,
    length,
    skipped,
  )
  place(transaction, left, row)
  return NONE
}

/**
 * Yjs cuts in front of a unit, at the origins of structs that it has already, or has in part, and tries whether neighbours there are one run before it emits the
 * transaction. Of that, the cut shows in items that were redone, which are never joined again, and in what the transactions before it in its round emit: there we
 * cut, too, if it damages no surrogate pair. The trying shows where neighbours became one run meanwhile, by edits of listeners or since both were collected: so it
 * is remembered.
 */
function cutKnown(transaction: Transaction, client: number, clock: number): void {
  const { doc } = transaction
  const { rows, ids, clients, text } = doc.tables
  if (clock >= clients.state(client)) return
  const row = ids.find(client, clock)
  const units = clock - rows.clock(row)
  const flags = rows.flags(row)
  if (units === 0 || rows.kind(row) === GC_KIND) return
  if ((flags & Flag.wide) !== 0 && isHigh(text.wide[rows.content(row) + units - 1]!)) return
  if ((flags & Flag.redone) !== 0 || doc.round.length > 1) cut(transaction, row, units)
  else transaction.addLoose(client, clock)
}

/** The parent column of a struct without origins; NONE if its parent is gone. */
function parentOf(doc: DocCore, at: number, cells: Int32Array): number {
  const { rows, entries, ids } = doc.tables
  const holderClient = cells[at + Column.parentClient]!
  let type = cells[at + Column.parentAt]!
  if (holderClient !== NONE) {
    const holder = ids.find(holderClient, type)
    if (rows.kind(holder) !== ContentKind.type) return NONE
    type = rows.content(holder)
  } else if (type === NONE) return NONE
  const keyAt = cells[at + Column.keyAt]!
  if (keyAt === NONE) return type
  const key = recentKey.decode(incoming.bytes, keyAt, cells[at + Column.keyEnd]!)
  return parentOfEntry(entries.findOrAdd(type, key))
}

/** Deletes the units that the document has, and remembers the others. `ranges` are flat: client ID, start, end. */
function applyDeletes(transaction: Transaction, ranges: readonly number[]): void {
  const { doc } = transaction
  const { clients } = doc.tables
  let unknown: number[] | null = null
  for (let at = 0; at < ranges.length; at += 3) {
    const id = ranges[at]!
    const end = ranges[at + 2]!
    const client = clients.indexOf(id)
    const state = client === NONE ? 0 : clients.state(client)
    if (end > state) (unknown ??= []).push(id, Math.max(ranges[at + 1]!, state), end)
    if (ranges[at + 1]! < state) deleteUnits(transaction, client, ranges[at + 1]!, Math.min(end, state))
  }
  if (unknown === null) return
  doc.pending ??= new PendingUpdates()
  doc.pending.deletes.addAll(IdSet.of(unknown))
}

/** Deletes the units `from` … `to − 1` of a client, which the document has. Rows are cut where only a part of them goes. */
function deleteUnits(transaction: Transaction, client: number, from: number, to: number): void {
  const { rows, ids } = transaction.doc.tables
  // In a load all of them are deleted already.
  for (let row = rows.firstAlive(ids.find(client, from), to); row !== NONE; row = rows.firstAlive(row, to)) {
    if (rows.clock(row) < from) row = cut(transaction, row, from - rows.clock(row))
    const units = to - rows.clock(row)
    if (units < rows.length(row)) cut(transaction, row, units)
    deleteRow(transaction, row)
  }
}

function retryDeletes(transaction: Transaction, pending: PendingUpdates): void {
  if (pending.deletes.isEmpty) return
  const { clients } = transaction.doc.tables
  const flat: number[] = []
  let isKnown = false
  for (const { client, start, end } of pending.deletes) {
    flat.push(client, start, end)
    if (start < clients.stateOf(client)) isKnown = true
  }
  if (!isKnown) return
  pending.deletes = new IdSet()
  applyDeletes(transaction, flat)
}
