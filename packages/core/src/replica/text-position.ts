/** A place in a text between two rows, with the formatting that holds there. Edits of formatted text walk it from left to right. */
import * as ContentKind from '../content-kind.ts'
import { cut } from './integrate.ts'
import type { Format } from './row-content.ts'
import { findIndex, Found } from './row-list.ts'
import { NONE } from './row-table.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

/** Formatting by name; what is null ends it. */
export type Attributes = Record<string, unknown>

const found = new Found()

export class TextPosition {
  left: number
  right: number
  /** The formatting that holds to the left of `right`. */
  readonly attributes: Map<string, unknown> = new Map()

  constructor(left: number, right: number) {
    this.left = left
    this.right = right
  }

  /** Goes on behind `right`, which is a row. */
  forward(tables: Tables): void {
    const { rows } = tables
    const row = this.right
    if (rows.kind(row) === ContentKind.format && !rows.isDeleted(row)) {
      applyFormat(this.attributes, formatOfRow(tables, row))
    }
    this.left = row
    this.right = rows.right(row)
  }
}

/** The place before the visible unit at `index`; the end of the text if there is none. Rows are cut. Cost log n, in formatted text linear. */
export function positionAt(transaction: Transaction, type: number, index: number): TextPosition {
  const { tables } = transaction.doc
  const { rows, types } = tables
  if (!types.isFormatted(type)) return plainPositionAt(transaction, type, index)
  const position = new TextPosition(NONE, types.head(type))
  let left = index
  while (position.right !== NONE && left > 0) {
    const row = position.right
    // As in Yjs, whatever is no format has a length here, if it is not deleted.
    if (!rows.isDeleted(row) && rows.kind(row) !== ContentKind.format) {
      if (left < rows.length(row)) cut(transaction, row, left)
      left -= rows.length(row)
    }
    position.forward(tables)
  }
  return position
}

/** The format that a row of that kind holds. */
export function formatOfRow(tables: Tables, row: number): Format {
  return tables.values.get(tables.rows.content(row)) as Format
}

/** What holds behind a format. */
export function applyFormat(attributes: Map<string, unknown>, { key, value }: Format): void {
  if (value === null) attributes.delete(key)
  else attributes.set(key, value)
}

/** Whether two values of an attribute are the same; objects are compared one level deep, as in Yjs. */
export function isSameAttribute(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  const [left, right] = [a as Attributes, b as Attributes]
  return keys.every((key) => (left[key] !== undefined || Object.hasOwn(right, key)) && left[key] === right[key])
}

/** Where there are no formats, right behind the visible unit in front of `index`: as if it was walked to. */
function plainPositionAt(transaction: Transaction, type: number, index: number): TextPosition {
  const { tables } = transaction.doc
  const { rows, types } = tables
  if (index <= 0) return new TextPosition(NONE, types.head(type))
  if (index > types.length(type)) return new TextPosition(types.tail(type), NONE)
  findIndex(tables, type, index - 1, found)
  const left = found.row
  if (found.offset + 1 < rows.length(left)) cut(transaction, left, found.offset + 1)
  return new TextPosition(left, rows.right(left))
}
