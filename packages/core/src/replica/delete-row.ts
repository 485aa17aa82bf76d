/**
 * Deleting rows, and collecting what was deleted. A deleted row keeps its place and, until the end of the transaction, its content: observers may want it, and
 * undo may ask to keep it. Collecting drops the content; what was inside of a collected type becomes GC runs, of which nothing but the IDs is left.
 */
import { ContentKind } from '../content.ts'
import { Flag, GC_KIND, NONE } from './row-table.ts'
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
  if (inside === NONE) return
  // A stack of its own: types may be nested deeper than functions can be.
  const stack = [inside]
  for (let type = stack.pop(); type !== undefined; type = stack.pop()) deleteInside(transaction, type, stack)
}

/** Drops the content of a deleted row, and what was inside. */
export function collectRow(transaction: Transaction, row: number): void {
  const { doc } = transaction
  const { tables } = doc
  const { rows } = tables
  if (rows.kind[row] === ContentKind.type) {
    const stack = [rows.content[row]!]
    for (let type = stack.pop(); type !== undefined; type = stack.pop()) collectInside(transaction, type, stack)
  }
  dropContent(tables, row)
  rows.kind[row] = ContentKind.deleted
  rows.content[row] = NONE
}

/** Deletes the row alone. Returns the type that it holds, or NONE. */
function deleteOne(transaction: Transaction, row: number): number {
  const { doc } = transaction
  const { tables } = doc
  const { rows, clients } = tables
  transaction.hasLooseEnds = true
  hide(tables, row)
  const clock = rows.clock[row]!
  transaction.addDeleted(clients.ids[rows.client[row]!]!, clock, clock + rows.length[row]!)
  transaction.addChanged(rows.parent[row]!)
  if (rows.kind[row] === ContentKind.type) return rows.content[row]!
  if (rows.kind[row] === ContentKind.document) {
    const { doc: subdoc } = tables.values.get(rows.content[row]!) as Subdocument
    if (!transaction.subdocsAdded.delete(subdoc)) transaction.subdocsRemoved.add(subdoc)
  }
  return NONE
}

function deleteInside(transaction: Transaction, type: number, stack: number[]): void {
  const { rows, types, entries } = transaction.doc.tables
  for (let row = types.head[type]!; row !== NONE; row = rows.right[row]!) deleteChild(transaction, row, stack)
  for (let entry = types.firstEntry[type]!; entry !== NONE; entry = entries.next[entry]!) {
    deleteChild(transaction, entries.tail[entry]!, stack)
  }
}

function deleteChild(transaction: Transaction, row: number, stack: number[]): void {
  const { rows, clients } = transaction.doc.tables
  if (!rows.isDeleted(row)) {
    const inside = deleteOne(transaction, row)
    if (inside !== NONE) stack.push(inside)
    return
  }
  const client = rows.client[row]!
  const before = clients.touchedBy[client] === transaction.serial ? clients.touchedAt[client]! : clients.states[client]!
  // It will be collected with its parent, though this transaction did not delete it; then it may be one run with its neighbours.
  if (rows.clock[row]! < before) transaction.addLoose(client, rows.clock[row]!)
}

function collectInside(transaction: Transaction, type: number, stack: number[]): void {
  const { doc } = transaction
  const { tables } = doc
  const { rows, types, entries } = tables
  for (let row = types.head[type]!; row !== NONE;) row = buryRow(tables, row, rows.right[row]!, stack)
  for (let entry = types.firstEntry[type]!; entry !== NONE; entry = entries.next[entry]!) {
    for (let row = entries.tail[entry]!; row !== NONE;) row = buryRow(tables, row, rows.left[row]!, stack)
  }
  entries.removeAll(type)
  types.head[type] = NONE
  types.tail[type] = NONE
  types.length[type] = 0
  types.rows[type] = 0
  types.trees[type] = undefined
  types.item[type] = COLLECTED
  doc.collectedTypes.push(type)
}

/** Makes a GC run of a row. Returns `next`. */
function buryRow(tables: Tables, row: number, next: number, stack: number[]): number {
  const { rows } = tables
  if (rows.kind[row] === ContentKind.type) stack.push(rows.content[row]!)
  dropContent(tables, row)
  if ((rows.flags[row]! & Flag.redone) !== 0) tables.redone.delete(row)
  rows.kind[row] = GC_KIND
  rows.flags[row] = Flag.deleted
  rows.content[row] = NONE
  rows.left[row] = NONE
  rows.right[row] = NONE
  rows.parent[row] = NONE
  rows.originClient[row] = NONE
  rows.rightOriginClient[row] = NONE
  return next
}

/** Whether a type, or the row that holds it, was deleted. Roots never are. */
export function isTypeDeleted(tables: Tables, type: number): boolean {
  const item = tables.types.item[type]!
  return item === COLLECTED || (item !== NONE && tables.rows.isDeleted(item))
}
