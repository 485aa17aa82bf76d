/**
 * Deleting text where nobody looks until the transaction is over: then a deleted unit can become part of the tombstone beside it at once. Backspace and delete do that
 * nearly always. Otherwise a row would be cut, deleted, collected and merged for each letter, to the same end.
 */
import * as ContentKind from '../content-kind.ts'
import { cut } from './integrate.ts'
import { deleteRow } from './delete-row.ts'
import { TransactionEvent } from './doc-core.ts'
import { findIndex, Found } from './row-list.ts'
import * as Flag from './row-flag.ts'
import { NONE } from './row-table.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

const found = new Found()

/** Whoever hears one of these may look at what was deleted. */
const LOOKERS =
  TransactionEvent.beforeObserverCalls | TransactionEvent.afterTransaction | TransactionEvent.afterTransactionCleanup

/**
 * Deletes up to `length` visible units of a text without formats from `index` on, which is below its length. Cost log n, and the rows that are deleted or passed;
 * near the last edit constant.
 */
export function deleteText(transaction: Transaction, type: number, index: number, length: number): void {
  const { doc } = transaction
  const { tables } = doc
  const { rows } = tables
  findIndex(tables, type, index, found)
  let row = found.row
  let { offset } = found
  let left = length
  const isUnseen =
    doc.observers === 0 && doc.gc && doc.gcFilter === null && doc.round.length === 1 && !doc.isHeard(LOOKERS)
  while (left > 0 && row !== NONE) {
    const units = Math.min(left, rows.length(row) - offset)
    if (!rows.isVisible(row)) row = rows.right(row)
    else if (isUnseen && giveToTombstone(transaction, row, offset, units)) {
      left -= units
      // What was deleted was the end of the row, or its beginning; then the end is next.
      if (offset > 0) row = rows.right(row)
    } else {
      if (offset > 0) row = cut(transaction, row, offset)
      if (units < rows.length(row)) cut(transaction, row, units)
      deleteRow(transaction, row)
      left -= units
      row = rows.right(row)
    }
    offset = 0
  }
}

/**
 * Deletes the beginning or the end of a row of text by moving the border to the tombstone that is the neighbour there, if they are of one run. Whether it could. The whole row is not
 * deleted so, since its handle would go.
 */
function giveToTombstone(transaction: Transaction, row: number, offset: number, units: number): boolean {
  const { tables } = transaction.doc
  const { rows, clients, types, text } = tables
  const length = rows.length(row)
  const flags = rows.flags(row)
  if (units === length || rows.kind(row) !== ContentKind.string || (flags & (Flag.keep | Flag.redone)) !== 0)
    return false
  const client = rows.client(row)
  const start = rows.clock(row) + offset
  if (offset === 0) {
    const before = rows.left(row)
    if (before === NONE || !isTombstoneOf(tables, before, before, row)) return false
    if ((flags & Flag.wide) !== 0) text.cutPair(rows.content(row), units)
    rows.setLength(before, rows.length(before) + units)
    rows.setClock(row, start + units)
    rows.setContent(row, rows.content(row) + units)
    rows.setOrigin(row, client, start + units - 1)
    tables.ids.moved(client, before, start, start + units)
  } else {
    const after = rows.right(row)
    if (offset + units < length || after === NONE || !isTombstoneOf(tables, after, row, after)) return false
    if ((flags & Flag.wide) !== 0) text.cutPair(rows.content(row), offset)
    rows.setClock(after, start)
    rows.setLength(after, rows.length(after) + units)
    rows.setOrigin(after, client, start - 1)
    tables.ids.moved(client, after, start, start + units)
  }
  rows.setLength(row, length - units)
  text.dead += units
  const type = rows.parent(row)
  types.setLength(type, types.length(type) - units)
  types.tree(type)?.changed(row, -units)
  transaction.addDeleted(clients.ids[client]!, start, start + units)
  transaction.addChanged(type)
  return true
}

/** Whether a row is a tombstone without content, and `right` is what follows `left` in one run but for that. */
function isTombstoneOf(tables: Tables, tombstone: number, left: number, right: number): boolean {
  const { rows } = tables
  return (
    rows.kind(tombstone) === ContentKind.deleted &&
    (rows.flags(tombstone) & (Flag.keep | Flag.redone)) === 0 &&
    rows.client(left) === rows.client(right) &&
    rows.continuesItsClient(right) &&
    rows.clock(right) === rows.clockEnd(left) &&
    rows.haveSameRightOrigin(left, right)
  )
}
