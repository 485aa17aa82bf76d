/**
 * Edits of formatted text. Formatting is marks between runs: from a mark on, a name has a value, until another mark. Which marks are set, which are found
 * superfluous and in which order, is as in Yjs, since each is a unit of its own on the wire.
 */
import * as ContentKind from '../content-kind.ts'
import { deleteRow } from './delete-row.ts'
import { cut } from './integrate.ts'
import { insertSingle, insertString, insertValue } from './local-content.ts'
import { cleanFormattingGap } from './text-cleanup.ts'
import { formatOfRow, isSameAttribute, type Attributes, type TextPosition } from './text-position.ts'
import { NONE } from './row-table.ts'
import { SharedType } from './shared-type.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

/** Inserts text, an embed or a shared type, with exactly these attributes: others that hold at the place are ended for it. */
export function insertFormatted(
  transaction: Transaction,
  type: number,
  position: TextPosition,
  content: string | object,
  given: Attributes,
): void {
  const { tables } = transaction.doc
  const attributes = { ...given }
  for (const key of position.attributes.keys())
    attributes[key] ??= attributes[key] === undefined ? null : attributes[key]
  skipWhatHolds(tables, position, attributes)
  const negated = insertAttributes(transaction, type, position, attributes)
  const { left, right } = position
  if (typeof content === 'string') position.right = insertString(transaction, left, right, type, content)
  else if (content instanceof SharedType) position.right = insertValue(transaction, left, right, type, content)
  else position.right = insertSingle(transaction, left, right, type, ContentKind.embed, content)
  position.forward(tables)
  insertNegated(transaction, type, position, negated)
}

/** Gives `length` visible units attributes. Beyond the end of the text newlines are added, as editors expect. */
export function formatRange(
  transaction: Transaction,
  type: number,
  position: TextPosition,
  length: number,
  attributes: Attributes,
): void {
  const { tables } = transaction.doc
  const { rows } = tables
  skipWhatHolds(tables, position, attributes)
  const negated = insertAttributes(transaction, type, position, attributes)
  let left = length
  // Behind the range, marks that are negated anyway are looked at too: no redundant ones are set in front of them.
  while (
    position.right !== NONE &&
    (left > 0 ||
      (negated.size > 0 && (rows.isDeleted(position.right) || rows.kind(position.right) === ContentKind.format)))
  ) {
    const row = position.right
    if (!rows.isDeleted(row)) {
      if (rows.kind(row) === ContentKind.format) {
        const { key, value } = formatOfRow(tables, row)
        const wanted = attributes[key]
        if (wanted === undefined) position.attributes.set(key, value)
        else {
          if (isSameAttribute(wanted, value)) negated.delete(key)
          else if (left === 0) break
          else negated.set(key, value)
          deleteRow(transaction, row)
        }
      } else {
        if (left < rows.length(row)) cut(transaction, row, left)
        left -= rows.length(row)
      }
    }
    position.forward(tables)
  }
  if (left > 0) {
    position.right = insertString(transaction, position.left, position.right, type, '\n'.repeat(left))
    position.forward(tables)
  }
  insertNegated(transaction, type, position, negated)
}

/** Deletes `length` visible units, or as many as there are, and the marks that have become superfluous between what is left. */
export function deleteRange(transaction: Transaction, position: TextPosition, length: number): void {
  const { tables } = transaction.doc
  const { rows } = tables
  const start = position.right
  const attributesBefore = new Map(position.attributes)
  let left = length
  while (left > 0 && position.right !== NONE) {
    const row = position.right
    if (!rows.isDeleted(row) && isTextContent(rows.kind(row))) {
      if (left < rows.length(row)) cut(transaction, row, left)
      left -= rows.length(row)
      deleteRow(transaction, row)
    }
    position.forward(tables)
  }
  if (start !== NONE) cleanFormattingGap(transaction, start, position.right, attributesBefore, position.attributes)
}

/** Goes past what is deleted, and past marks that say what is wanted anyway. */
function skipWhatHolds(tables: Tables, position: TextPosition, attributes: Attributes): void {
  const { rows } = tables
  while (position.right !== NONE) {
    const row = position.right
    if (!rows.isDeleted(row)) {
      if (rows.kind(row) !== ContentKind.format) return
      const { key, value } = formatOfRow(tables, row)
      if (!isSameAttribute(attributes[key] ?? null, value)) return
    }
    position.forward(tables)
  }
}

/** Sets marks for what does not hold yet. Returns what held before, to be set again behind. */
function insertAttributes(
  transaction: Transaction,
  type: number,
  position: TextPosition,
  attributes: Attributes,
): Map<string, unknown> {
  const negated = new Map<string, unknown>()
  for (const key of Object.keys(attributes)) {
    const value = attributes[key]
    const current = position.attributes.get(key) ?? null
    if (isSameAttribute(current, value)) continue
    negated.set(key, current)
    insertFormat(transaction, type, position, key, value)
  }
  return negated
}

/** Sets marks that end what {@link insertAttributes} began, unless marks that follow say the same. */
function insertNegated(
  transaction: Transaction,
  type: number,
  position: TextPosition,
  negated: Map<string, unknown>,
): void {
  const { tables } = transaction.doc
  const { rows } = tables
  while (position.right !== NONE) {
    const row = position.right
    if (!rows.isDeleted(row)) {
      if (rows.kind(row) !== ContentKind.format) break
      const { key, value } = formatOfRow(tables, row)
      if (!isSameAttribute(negated.get(key), value)) break
      negated.delete(key)
    }
    position.forward(tables)
  }
  for (const [key, value] of negated) insertFormat(transaction, type, position, key, value)
}

function insertFormat(
  transaction: Transaction,
  type: number,
  position: TextPosition,
  key: string,
  value: unknown,
): void {
  const { left, right } = position
  position.right = insertSingle(transaction, left, right, type, ContentKind.format, { key, value })
  position.forward(transaction.doc.tables)
}

/** What deletions of text delete; marks stay, and are cleaned up apart. */
function isTextContent(kind: number): boolean {
  return kind === ContentKind.string || kind === ContentKind.embed || kind === ContentKind.type
}
