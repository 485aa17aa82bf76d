/** Values that apps insert, as content: which kind they are, and the rows that they become. */
import * as ContentKind from '../content-kind.ts'
import { DocCore } from './doc-core.ts'
import { canGrow, CLOCK_MAX, failNoClocks, growRow, newLocalRow, place } from './integrate.ts'
import * as Flag from './row-flag.ts'
import { NONE } from './row-table.ts'
import { SharedType } from './shared-type.ts'
import { subdocumentOf } from './subdocument.ts'
import type { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'

export const ContentOfValue = {
  /** Whether a value of a list is kept as it is. As in Yjs, its constructor decides; undefined throws a `TypeError`. */
  isPlain(value: unknown): boolean {
    if (value === null || typeof value === 'number' || typeof value === 'string') return true
    switch ((value as object).constructor) {
      case Number:
      case Object:
      case Boolean:
      case Array:
      case String:
        return true
      default:
        return false
    }
  },

  /** Whether a value under a key is kept as it is: besides those of lists, nothing at all, dates and big integers. */
  isPlainUnderKey(value: unknown): boolean {
    if (value === null || value === undefined) return true
    const { constructor } = value
    return constructor === Date || constructor === BigInt || ContentOfValue.isPlain(value)
  },
} as const

/** Inserts a run of plain values: those of `values` from `from` up to `to`. Returns its row. */
export function insertValues(
  transaction: Transaction,
  left: number,
  right: number,
  parent: number,
  values: readonly unknown[],
  from: number,
  to: number,
): number {
  const { doc } = transaction
  const { tables } = doc
  const count = to - from
  const row = newLocalRow(transaction, left, right, parent, ContentKind.any, count)
  tables.rows.setContent(
    row,
    parent < 0 && count === 1 ? tables.values.putSingle(values[from]) : tables.values.putRun(values, from, to),
  )
  place(transaction, left, row)
  return row
}

/** Inserts bytes, a document or a shared type. Returns its row. Throws for anything else. */
export function insertValue(
  transaction: Transaction,
  left: number,
  right: number,
  parent: number,
  value: unknown,
): number {
  const { doc } = transaction
  const { tables } = doc
  if (value instanceof SharedType) return insertType(transaction, left, right, parent, value)
  const row = ((): number => {
    if (value instanceof Uint8Array || (value instanceof ArrayBuffer && parent >= 0)) {
      const bytes = newLocalRow(transaction, left, right, parent, ContentKind.binary, 1)
      tables.rows.setContent(
        bytes,
        tables.values.putSingle(value instanceof Uint8Array && parent < 0 ? value : new Uint8Array(value)),
      )
      return bytes
    }
    if (value instanceof DocCore) {
      const subdocument = newLocalRow(transaction, left, right, parent, ContentKind.document, 1)
      tables.rows.setContent(subdocument, tables.values.putSingle(subdocumentOf(value)))
      return subdocument
    }
    throw new Error(parent >= 0 ? 'Unexpected content type in insert operation' : 'Unexpected content type')
  })()
  place(transaction, left, row)
  return row
}

/** Inserts text. Returns its row, which may have grown by it. */
export function insertString(
  transaction: Transaction,
  left: number,
  right: number,
  parent: number,
  text: string,
): number {
  const { tables } = transaction.doc
  const { rows, text: buffer } = tables
  if (left !== NONE && continuesOwnRow(transaction, left, right)) {
    if (text.length > CLOCK_MAX - rows.clock(left) - rows.length(left)) failNoClocks()
    const offset = buffer.put(text)
    growRow(transaction, left, offset, text.length)
    return left
  }
  const row = newLocalRow(transaction, left, right, parent, ContentKind.string, text.length)
  rows.setContent(row, buffer.put(text))
  if (buffer.isWide) rows.setFlags(row, rows.flags(row) | Flag.wide)
  place(transaction, left, row)
  return row
}

/** Whether what is inserted between two rows would be one run with the left one. */
function continuesOwnRow(transaction: Transaction, left: number, right: number): boolean {
  const { doc } = transaction
  const { rows, clients } = doc.tables
  const client = doc.ownClient()
  return (
    rows.client(left) === client &&
    clients.state(client) === rows.clock(left) + rows.length(left) &&
    (right === NONE
      ? rows.rightOriginClient(left) === NONE
      : rows.rightOriginClient(left) === rows.client(right) && rows.rightOriginClock(left) === rows.clock(right)) &&
    canGrow(transaction, left)
  )
}

/** Inserts an embed or a format: a single value that is kept as it is. Returns its row. */
export function insertSingle(
  transaction: Transaction,
  left: number,
  right: number,
  parent: number,
  kind: typeof ContentKind.embed | typeof ContentKind.format,
  value: unknown,
): number {
  const { rows, values } = transaction.doc.tables
  const row = newLocalRow(transaction, left, right, parent, kind, 1)
  rows.setContent(row, values.putSingle(value))
  place(transaction, left, row)
  return row
}

/** Inserts a shared type, and what was written to it before. Returns its row. Throws if it is in a document already. */
function insertType(transaction: Transaction, left: number, right: number, parent: number, facade: SharedType): number {
  const { doc } = transaction
  const { rows, types } = doc.tables
  if (facade.doc !== null)
    throw new Error('A shared type that is in a document cannot be inserted again; insert a clone.')
  if (facade.kind === TypeKind.unknown) throw new Error('Unexpected content type in insert operation')
  const row = newLocalRow(transaction, left, right, parent, ContentKind.type, 1)
  const type = types.add(facade.kind, row)
  rows.setContent(row, type)
  const { nodeName } = facade
  if (nodeName !== null) types.setName(type, nodeName)
  doc.setFacade(type, facade)
  place(transaction, left, row)
  facade.attach(doc, type)
  return row
}
