/**
 * Deleting rows, and collecting what was deleted. A deleted row keeps its place and, until the end of the transaction, its content: observers may want it, and
 * undo may ask to keep it. Collecting drops the content; what was inside of a collected type becomes GC runs, of which nothing but the IDs is left.
 */
import * as ContentKind from '../content-kind.ts'
import * as Flag from './row-flag.ts'
import { GC_KIND, NONE } from './row-table.ts'
import { dropContent, hide } from './row-list.ts'
import type { Subdocument } from './subdocument.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

/** Stands in `TypeTable.item` for a type that was collected while somebody held its object. */
export const COLLECTED: number = -2

/** Deletes a row, with everything inside if it holds a type. Nothing if it is deleted already. */
export function deleteRow(transaction: Transaction, row: number): void {
  const { rows } = transaction.doc.tables
  if (rows.isDeleted(row)) return
  const inside = deleteOne(transaction, row)
  if (inside !== NONE) deleteInside(transaction, inside)
}

/** Drops the content of a deleted row, and what was inside. */
export function collectRow(transaction: Transaction, row: number): void {
  const { doc } = transaction
  const { tables } = doc
  const { rows } = tables
  if (rows.kind(row) === ContentKind.type) {
    const stack = [rows.content(row)]
    for (let type = stack.pop(); type !== undefined; type = stack.pop()) collectInside(transaction, type, stack)
  }
  dropContent(tables, row)
  rows.setKind(row, ContentKind.deleted)
  rows.setContent(row, NONE)
}

/** Deletes the row alone. Returns the type that it holds, or NONE. */
function deleteOne(transaction: Transaction, row: number): number {
  const { doc } = transaction
  const { tables } = doc
  const { rows, clients } = tables
  transaction.hasLooseEnds = true
  transaction.hasCollectable = true
  hide(tables, row)
  const clock = rows.clock(row)
  transaction.addDeleted(clients.ids[rows.client(row)]!, clock, clock + rows.length(row))
  transaction.addChanged(rows.parent(row))
  if (rows.kind(row) === ContentKind.type) {
    const type = rows.content(row)
    ;(transaction.deletedTypes ??= new Set()).add(type)
    return type
  }
  if (rows.kind(row) === ContentKind.document) {
    const { doc: subdoc } = tables.values.get(rows.content(row)) as Subdocument
    if (!transaction.subdocsAdded.delete(subdoc)) transaction.subdocsRemoved.add(subdoc)
  }
  return NONE
}

/**
 * Deletes all that is inside of a type, in the order of Yjs: each child is followed by what is inside of it, lists come before keys. With a stack of its own,
 * since types may be nested deeper than functions can be. It holds, for each type that is not done, the row and the entry that come next.
 */
function deleteInside(transaction: Transaction, outermost: number): void {
  const { rows, types, entries } = transaction.doc.tables
  const stack = [types.head(outermost), types.firstEntry(outermost)]
  for (let top = 0; top >= 0; top = stack.length - 2) {
    const inList = stack[top]!
    const entry = stack[top + 1]!
    if (inList === NONE && entry === NONE) {
      stack.length = top
      continue
    }
    if (inList !== NONE) stack[top] = rows.right(inList)
    else stack[top + 1] = entries.next(entry)
    const child = inList === NONE ? entries.tail(entry) : inList
    const type = child === NONE ? NONE : deleteChild(transaction, child)
    if (type !== NONE) stack.push(types.head(type), types.firstEntry(type))
  }
}

/** Deletes a row inside of a type that was deleted. Returns the type that it holds, if it was not deleted before; else NONE. */
function deleteChild(transaction: Transaction, row: number): number {
  const { rows, clients } = transaction.doc.tables
  if (!rows.isDeleted(row)) return deleteOne(transaction, row)
  const client = rows.client(row)
  const before = clients.touchedBy(client) === transaction.serial ? clients.touchedAt(client) : clients.state(client)
  // It will be collected with its parent, though this transaction did not delete it; then it may be one run with its neighbours.
  if (rows.clock(row) < before) transaction.addLoose(client, rows.clock(row))
  return NONE
}

function collectInside(transaction: Transaction, type: number, stack: number[]): void {
  const { doc } = transaction
  const { tables } = doc
  const { rows, types, entries, clients } = tables
  for (let row = types.head(type); row !== NONE;) row = buryRow(tables, row, rows.right(row), stack)
  for (let entry = types.firstEntry(type); entry !== NONE; entry = entries.next(entry)) {
    for (let row = entries.tail(entry); row !== NONE;) row = buryRow(tables, row, rows.left(row), stack)
  }
  entries.removeAll(type)
  types.setHead(type, NONE)
  types.setTail(type, NONE)
  types.setLength(type, 0)
  types.setRows(type, 0)
  types.dropTree(type)
  const holder = types.item(type)
  types.setItem(type, COLLECTED)
  // Whoever holds its object may still ask which type it was.
  if (doc.facadeIfAny(type) !== undefined) {
    types.setCollectedItem(type, { client: clients.ids[rows.client(holder)]!, clock: rows.clock(holder) })
  }
  if (doc.collectedTypes.length === 0) doc.collectedTypes = [type]
  else (doc.collectedTypes as number[]).push(type)
}

/** Makes a GC run of a row. Returns `next`. */
function buryRow(tables: Tables, row: number, next: number, stack: number[]): number {
  const { rows } = tables
  if (rows.kind(row) === ContentKind.type) stack.push(rows.content(row))
  dropContent(tables, row)
  if ((rows.flags(row) & Flag.redone) !== 0) tables.redone!.delete(row)
  rows.setKind(row, GC_KIND)
  rows.setFlags(row, Flag.deleted)
  rows.setContent(row, NONE)
  rows.setLeft(row, NONE)
  rows.setRight(row, NONE)
  rows.setParent(row, NONE)
  rows.setOrigin(row, NONE, 0)
  rows.setRightOrigin(row, NONE, 0)
  return next
}

/** Whether a type, or the row that holds it, was deleted. Roots never are. */
export function isTypeDeleted(tables: Tables, type: number): boolean {
  const item = tables.types.item(type)
  return item === COLLECTED || (item !== NONE && tables.rows.isDeleted(item))
}
