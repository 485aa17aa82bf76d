/** Edits and reads of the list of a type: what arrays and XML fragments do. The places are those of Yjs, so that the same edits give the same bytes. */
import * as ContentKind from '../content-kind.ts'
import { deleteRow } from './delete-row.ts'
import type { DocCore } from './doc-core.ts'
import { cut } from './integrate.ts'
import { ContentOfValue, insertValue, insertValues } from './local-content.ts'
import { valueInRow, valuesOfRow } from './row-content.ts'
import { findIndex, Found } from './row-list.ts'
import { NONE } from './row-table.ts'
import type { Transaction } from './transaction.ts'

const found = new Found()

/** Thrown where Yjs throws for an index or a length beyond the list. */
function lengthExceeded(): Error {
  return new Error('Length exceeded!')
}

/**
 * Inserts values right behind the visible unit before `index`. Throws when `index` is negative or beyond the length, and for values that cannot be kept; what was inserted before
 * the one that cannot stays. Cost log n, and the values.
 */
export function insertAt(transaction: Transaction, type: number, index: number, values: readonly unknown[]): void {
  const { tables } = transaction.doc
  if (index < 0 || index > tables.types.length(type)) throw lengthExceeded()
  let left = NONE
  if (index > 0) {
    findIndex(tables, type, index - 1, found)
    left = found.row
    if (found.offset + 1 < tables.rows.length(left)) cut(transaction, left, found.offset + 1)
  }
  insertBehind(transaction, type, left, values)
}

/** Inserts values behind everything in the list, tombstones included. */
export function push(transaction: Transaction, type: number, values: readonly unknown[]): void {
  insertBehind(transaction, type, transaction.doc.tables.types.tail(type), values)
}

/** Inserts values behind a row, or in front of all if that is NONE. Neighbouring plain values become one run. */
export function insertBehind(transaction: Transaction, type: number, after: number, values: readonly unknown[]): void {
  const { rows, types } = transaction.doc.tables
  const right = after === NONE ? types.head(type) : rows.right(after)
  let left = after
  /** Of the plain values that are not inserted yet. */
  let first = 0
  for (let at = 0; at < values.length; at++) {
    const value = values[at]
    if (ContentOfValue.isPlain(value)) continue
    if (first < at) left = insertValues(transaction, left, right, type, values, first, at)
    left = insertValue(transaction, left, right, type, value)
    first = at + 1
  }
  if (first < values.length) insertValues(transaction, left, right, type, values, first, values.length)
}

/**
 * Deletes `length` visible units from `index` on. Throws when there are fewer; those are deleted then. Cost log n, and the rows that are deleted or passed.
 */
export function deleteAt(transaction: Transaction, type: number, index: number, length: number): void {
  if (length === 0) return
  const { tables } = transaction.doc
  let left = length
  if (index < tables.types.length(type)) left = deleteFrom(transaction, type, index, length)
  if (left > 0) throw lengthExceeded()
}

/** Deletes up to `length` visible units from `index` on, which is below the length. Returns how many there were too few. */
export function deleteFrom(transaction: Transaction, type: number, index: number, length: number): number {
  const { tables } = transaction.doc
  const { rows } = tables
  findIndex(tables, type, index, found)
  let row = found.offset > 0 ? cut(transaction, found.row, found.offset) : found.row
  let left = length
  while (left > 0 && row !== NONE) {
    if (rows.isVisible(row)) {
      if (left < rows.length(row)) cut(transaction, row, left)
      left -= rows.length(row)
      deleteRow(transaction, row)
    }
    row = rows.right(row)
  }
  return left
}

/** The value at `index`; undefined if there is none. */
export function valueAt(doc: DocCore, type: number, index: number): unknown {
  if (!(index >= 0 && index < doc.tables.types.length(type))) return undefined
  findIndex(doc.tables, type, index, found)
  return valueInRow(doc, found.row, found.offset)
}

/** All values. */
export function valuesOf(doc: DocCore, type: number): unknown[] {
  const values: unknown[] = []
  const { rows, types } = doc.tables
  for (let row = types.head(type); row !== NONE; row = rows.right(row)) {
    if (!rows.isVisible(row)) continue
    if (rows.length(row) === 1 && rows.kind(row) !== ContentKind.string) values.push(valueInRow(doc, row, 0))
    else for (const value of valuesOfRow(doc, row)) values.push(value)
  }
  return values
}

/** The values from `start` up to `end`; below 0 they count from the end. */
export function sliceOf(doc: DocCore, type: number, start: number, end: number): unknown[] {
  const { rows, types } = doc.tables
  const length = types.length(type)
  let skipped = start < 0 ? length + start : start
  let left = (end < 0 ? length + end : end) - skipped
  const values: unknown[] = []
  for (let row = types.head(type); row !== NONE && left > 0; row = rows.right(row)) {
    if (!rows.isVisible(row)) continue
    const units = rows.length(row)
    if (units <= skipped) {
      skipped -= units
      continue
    }
    const inRow = valuesOfRow(doc, row)
    for (let at = skipped; at < units && left > 0; at++, left--) values.push(inRow[at])
    skipped = 0
  }
  return values
}

/** The values one after another, as the list is while it is walked. */
export function* iterate(doc: DocCore, type: number): IterableIterator<unknown> {
  const { rows, types } = doc.tables
  for (let row = types.head(type); row !== NONE;) {
    const values = rows.isVisible(row) ? valuesOfRow(doc, row) : []
    row = rows.right(row)
    yield* values
  }
}
