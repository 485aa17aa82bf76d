/**
 * Formatting marks that say nothing: people who format the same text at the same time leave marks that are overwritten before any text comes, or that say what
 * holds already. Yjs deletes them on the replica that edits, and on those that receive; both have to find the same ones.
 */
import * as ContentKind from '../content-kind.ts'
import { deleteRow } from './delete-row.ts'
import type { DocCore } from './doc-core.ts'
import { cut } from './integrate.ts'
import { typeOfRow } from './row-list.ts'
import { applyFormat, formatOfRow } from './text-position.ts'
import { GC_KIND, isCountable, NONE } from './row-table.ts'
import type { Transaction } from './transaction.ts'

/**
 * Deletes superfluous marks from the row `from` on, up to the next visible content. `before` are the attributes that hold in front of `from`; `attributes` those in front of the row
 * `current`, which are brought up to date. Returns how many were deleted.
 */
export function cleanFormattingGap(
  transaction: Transaction,
  from: number,
  current: number,
  before: ReadonlyMap<string, unknown>,
  attributes: Map<string, unknown>,
): number {
  const { tables } = transaction.doc
  const { rows } = tables
  // Of several marks of a key the last one counts.
  const lastMarks = new Map<string, number>()
  let end = from
  for (; end !== NONE && !rows.isVisible(end); end = rows.right(end)) {
    if (!rows.isDeleted(end) && rows.kind(end) === ContentKind.format) lastMarks.set(formatOfRow(tables, end).key, end)
  }
  let cleaned = 0
  let hasReachedCurrent = false
  for (let row = from; row !== end; row = rows.right(row)) {
    if (row === current) hasReachedCurrent = true
    if (rows.isDeleted(row) || rows.kind(row) !== ContentKind.format) continue
    const format = formatOfRow(tables, row)
    const { key, value } = format
    const valueBefore = before.get(key) ?? null
    if (lastMarks.get(key) !== row || valueBefore === value) {
      deleteRow(transaction, row)
      cleaned++
      if (!hasReachedCurrent && (attributes.get(key) ?? null) === value && valueBefore !== value) {
        applyFormat(attributes, { key, value: valueBefore })
      }
    } else if (!hasReachedCurrent) applyFormat(attributes, format)
  }
  return cleaned
}

/** Deletes superfluous marks of a whole text, in a transaction. Returns how many. Cost linear in its rows. */
export function cleanFormatting(transaction: Transaction, type: number): number {
  const { tables } = transaction.doc
  const { rows, types } = tables
  let cleaned = 0
  let start = types.head(type)
  let before = new Map<string, unknown>()
  const attributes = new Map<string, unknown>()
  for (let row = start; row !== NONE; row = rows.right(row)) {
    if (rows.isDeleted(row)) continue
    if (rows.kind(row) === ContentKind.format) applyFormat(attributes, formatOfRow(tables, row))
    else {
      cleaned += cleanFormattingGap(transaction, start, row, before, attributes)
      before = new Map(attributes)
      start = row
    }
  }
  return cleaned
}

/**
 * Deletes the marks that have become superfluous by what `received`, a transaction from elsewhere, did; in another transaction, `cleanup`. Where marks were added or
 * deleted, the whole text is looked at; else only the gaps where something was deleted.
 */
export function cleanAfter(received: Transaction, cleanup: Transaction): void {
  const { doc } = received
  const { rows, types } = doc.tables
  const whole = textsWithNewMarks(received)
  forEachDeletedRow(received, (row) => {
    const type = typeOfRow(doc.tables, row)
    if (!types.isFormatted(type) || whole.has(type)) return
    if (rows.kind(row) === ContentKind.format) whole.add(type)
    else cleanGapAround(cleanup, row)
  })
  for (const type of whole) cleanFormatting(cleanup, type)
}

/** Types in which a transaction inserted marks that are still there. */
function textsWithNewMarks(transaction: Transaction): Set<number> {
  const { doc } = transaction
  const { rows, ids } = doc.tables
  const types = new Set<number>()
  const touched = transaction.touchedSince(transaction.seenTransactions)
  for (let at = 0; at < touched.length; at += 2) {
    const [client, clock] = [touched[at]!, touched[at + 1]!]
    for (let row = ids.find(client, clock); row !== NONE; row = rows.nextByClock(row)) {
      if (!rows.isDeleted(row) && rows.kind(row) === ContentKind.format) types.add(typeOfRow(doc.tables, row))
    }
  }
  return types
}

/**
 * Visits the rows whose units a transaction deleted, cut where others were not; clients in the order in which each was met first, as in Yjs: whether a gap is looked at
 * depends on whether a mark of its text came before it.
 */
function forEachDeletedRow(transaction: Transaction, visit: (row: number) => void): void {
  const { doc } = transaction
  const { rows, ids, clients } = doc.tables
  for (const [id, ranges] of transaction.deleteSet.clients) {
    const client = clients.indexOf(id)
    for (const { clock: start, len } of ranges) {
      const end = start + len
      let row = ids.find(client, start)
      if (rows.kind(row) !== GC_KIND && rows.clock(row) < start) row = cut(transaction, row, start - rows.clock(row))
      for (; row !== NONE && rows.clock(row) < end; row = rows.nextByClock(row)) {
        if (rows.kind(row) === GC_KIND) continue
        if (end < rows.clock(row) + rows.length(row)) cut(transaction, row, end - rows.clock(row))
        visit(row)
      }
    }
  }
}

/** Of the marks around a deleted row, up to content on both sides, keeps the last one of each key. */
function cleanGapAround(transaction: Transaction, from: number): void {
  const { tables } = transaction.doc
  const { rows } = tables
  const isGap = (row: number): boolean => rows.isDeleted(row) || !isCountable(rows.kind(row))
  let row = from
  while (rows.right(row) !== NONE && isGap(rows.right(row))) row = rows.right(row)
  const seen = new Set<string>()
  for (; row !== NONE && isGap(row); row = rows.left(row)) {
    if (rows.isDeleted(row) || rows.kind(row) !== ContentKind.format) continue
    const { key } = formatOfRow(tables, row)
    if (seen.has(key)) deleteRow(transaction, row)
    else seen.add(key)
  }
}

/** Deletes superfluous marks of a text. Returns how many. Cost linear in its rows. */
export function cleanTextFormatting(
  type: { readonly doc: DocCore | null; readonly handle: number },
  transact: <Result>(doc: DocCore, body: (transaction: Transaction) => Result) => Result,
): number {
  return type.doc === null ? 0 : transact(type.doc, (transaction) => cleanFormatting(transaction, type.handle))
}
