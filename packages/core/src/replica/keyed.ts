/** Edits and reads of what stands under the keys of a type: what maps do, and attributes of texts and XML elements. */
import { deleteRow } from './delete-row.ts'
import type { DocCore } from './doc-core.ts'
import { ContentOfValue, insertValue, insertValues } from './local-content.ts'
import { valueInRow } from './row-content.ts'
import { NONE, parentOfEntry } from './row-table.ts'
import type { Transaction } from './transaction.ts'

/** Sets a key. Throws for values that cannot be kept. Cost constant. */
export function setKey(transaction: Transaction, type: number, key: string, value: unknown): void {
  const { entries } = transaction.doc.tables
  const isPlain = ContentOfValue.isPlainUnderKey(value)
  const entry = entries.findOrAdd(type, key)
  const left = entries.tail(entry)
  if (isPlain) insertValues(transaction, left, NONE, parentOfEntry(entry), [value], 0, 1)
  else insertValue(transaction, left, NONE, parentOfEntry(entry), value)
}

/** Deletes a key, if it is set. */
export function deleteKey(transaction: Transaction, type: number, key: string): void {
  const row = rowOfKey(transaction.doc, type, key)
  if (row !== NONE) deleteRow(transaction, row)
}

/** The row that holds the value of a key that is set, or NONE. */
export function rowOfKey(doc: DocCore, type: number, key: string): number {
  const { rows, entries } = doc.tables
  const entry = entries.find(type, key)
  if (entry === NONE) return NONE
  const row = entries.tail(entry)
  return row === NONE || rows.isDeleted(row) ? NONE : row
}

/** The value of a key; undefined if it is not set. */
export function valueOfKey(doc: DocCore, type: number, key: string): unknown {
  const row = rowOfKey(doc, type, key)
  return row === NONE ? undefined : valueInRow(doc, row, doc.tables.rows.length(row) - 1)
}

/** The keys that are set, in the order in which they were first set, while they are walked. */
export function* keysOf(doc: DocCore, type: number): IterableIterator<string> {
  const { entries } = doc.tables
  for (const entry of entriesOf(doc, type)) yield entries.keyOf(entry)
}

/** The entries of the keys that are set. */
export function* entriesOf(doc: DocCore, type: number): IterableIterator<number> {
  const { rows, types, entries } = doc.tables
  for (let entry = types.firstEntry(type); entry !== NONE; entry = entries.next(entry)) {
    const row = entries.tail(entry)
    if (row !== NONE && !rows.isDeleted(row)) yield entry
  }
}

/** The value of an entry whose key is set. */
export function valueOfEntry(doc: DocCore, entry: number): unknown {
  const row = doc.tables.entries.tail(entry)
  return valueInRow(doc, row, doc.tables.rows.length(row) - 1)
}

/** All keys that are set, with their values, as an object. */
export function valuesByKey(doc: DocCore, type: number): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const entry of entriesOf(doc, type)) values[doc.tables.entries.keyOf(entry)] = valueOfEntry(doc, entry)
  return values
}
