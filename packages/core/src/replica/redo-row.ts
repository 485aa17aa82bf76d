/**
 * Taking a deletion back. What is deleted stays deleted; an item with the same content takes its place, and the old one remembers it (`Tables.redone`), so that
 * positions and later undos find the new one. The rules are those of Yjs, since each replica has to emit the same bytes for the same undo.
 */
import * as ContentKind from '../content-kind.ts'
import type { DocCore } from './doc-core.ts'
import { afterConflicts, newLocalRow, place, rowBeginningWith } from './integrate.ts'
import { textOfRow } from './row-content.ts'
import { entryOfRow, typeOfRow } from './row-list.ts'
import * as Flag from './row-flag.ts'
import { GC_KIND, NONE, parentOfEntry } from './row-table.ts'
import { subdocumentOf, type Subdocument } from './subdocument.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

/** What a step that is undone consists of. */
export interface Redoing {
  /** Rows that are redone with this one: a parent among them is redone first. */
  readonly rows: ReadonlySet<number>
  /** Whether what was set under the same key after a row goes too, or is to be replaced nevertheless: by client ID and clock. */
  isReplaceable: (client: number, clock: number) => boolean
  /** Replace whatever stands under the key now. */
  readonly replacesAnything: boolean
}

/** Keeps the content of a row, and of the rows around it, from collection; or no longer. */
export function keepRow(tables: Tables, row: number, keep: boolean): void {
  const { rows, types } = tables
  for (let at = row; at >= 0 && ((rows.flags(at) & Flag.keep) !== 0) !== keep; at = types.item(typeOfRow(tables, at))) {
    if (keep) rows.setFlags(at, rows.flags(at) | Flag.keep)
    else rows.setFlags(at, rows.flags(at) & ~Flag.keep)
  }
}

/** The row that begins with what took the place of a row; NONE if nothing did. Cut there if it began before. */
export function redoneRow(transaction: Transaction, row: number): number {
  const { tables } = transaction.doc
  if ((tables.rows.flags(row) & Flag.redone) === 0) return NONE
  const [client, clock] = tables.redone!.get(row)!
  return rowBeginningWith(transaction, client, clock)
}

/**
 * Puts an item with the content of a deleted row in its place, and first what holds it, if that is redone as well. Returns its row; NONE if there is no place for
 * it any more: what holds it stays deleted, or others have set the key since.
 */
export function redoRow(transaction: Transaction, row: number, redoing: Redoing): number {
  const { doc } = transaction
  const { tables } = doc
  const { rows, types, entries, clients } = tables
  const known = redoneRow(transaction, row)
  if (known !== NONE) return known
  const oldType = typeOfRow(tables, row)
  let holder = types.item(oldType)
  if (holder >= 0 && rows.isDeleted(holder)) {
    if ((rows.flags(holder) & Flag.redone) === 0) {
      if (!redoing.rows.has(holder) || redoRow(transaction, holder, redoing) === NONE) return NONE
    }
    for (let next = redoneRow(transaction, holder); next !== NONE; next = redoneRow(transaction, next)) holder = next
    // Collected since: nothing can be inside of it.
    if (rows.kind(holder) !== ContentKind.type) return NONE
  }
  const type = holder >= 0 ? rows.content(holder) : oldType
  const entry = entryOfRow(tables, row)
  let left: number
  let right = NONE
  let parent = type
  if (entry === NONE) {
    left = neighbourIn(transaction, holder, rows.left(row), -1)
    right = neighbourIn(transaction, holder, row, 1)
  } else {
    const key = entries.keyOf(entry)
    if (rows.right(row) !== NONE && !redoing.replacesAnything) {
      left = lastReplaceable(transaction, row, redoing)
      if (left === NONE) return NONE
    } else left = tailOf(tables, type, key)
    if (left !== NONE && types.item(typeOfRow(tables, left)) !== holder) left = tailOf(tables, type, key)
    parent = parentOfEntry(entries.findOrAdd(type, key))
  }
  const client = doc.ownClient()
  const clock = clients.state(client)
  const redone = newLocalRow(transaction, left, right, parent, rows.kind(row), rows.length(row))
  copyContent(doc, row, redone)
  rows.setFlags(row, rows.flags(row) | Flag.redone)
  ;(tables.redone ??= new Map()).set(row, [client, clock])
  keepRow(tables, redone, true)
  place(transaction, placeBetween(tables, parent, left, right, redone), redone)
  return redone
}

/**
 * The nearest row from `from` on (step −1: to the left) that is in the type of `holder`, or was redone into it; NONE if there is none.
 */
function neighbourIn(transaction: Transaction, holder: number, from: number, step: -1 | 1): number {
  const { tables } = transaction.doc
  const { rows, types } = tables
  for (let row = from; row !== NONE; row = step < 0 ? rows.left(row) : rows.right(row)) {
    for (let trace = row; trace !== NONE && rows.kind(trace) !== GC_KIND; trace = redoneRow(transaction, trace)) {
      if (types.item(typeOfRow(tables, trace)) === holder) return trace
    }
  }
  return NONE
}

/** From a row under a key, the last one after it if all of them may be replaced; NONE if one may not. */
function lastReplaceable(transaction: Transaction, row: number, redoing: Redoing): number {
  const { rows, clients } = transaction.doc.tables
  let last = row
  for (let next = rows.right(row); next !== NONE; next = rows.right(last)) {
    const isRedone = (rows.flags(next) & Flag.redone) !== 0
    if (!isRedone && !redoing.isReplaceable(clients.ids[rows.client(next)]!, rows.clock(next))) return NONE
    last = next
    for (let later = redoneRow(transaction, last); later !== NONE; later = redoneRow(transaction, last)) last = later
    if (rows.kind(last) === GC_KIND) return NONE
  }
  return last
}

function tailOf(tables: Tables, type: number, key: string): number {
  const entry = tables.entries.find(type, key)
  return entry === NONE ? NONE : tables.entries.tail(entry)
}

/** The row behind which a new one goes whose neighbours were chosen: others may stand between them. */
function placeBetween(tables: Tables, parent: number, left: number, right: number, row: number): number {
  const { rows, clients } = tables
  const isNextTo = left === NONE ? right !== NONE && rows.left(right) === NONE : rows.right(left) === right
  if (isNextTo) return left
  return afterConflicts(
    tables,
    parent,
    left,
    right,
    clients.ids[rows.client(row)]!,
    rows.originClient(row),
    rows.originClock(row),
    rows.rightOriginClient(row),
    rows.rightOriginClock(row),
  )
}

/** Gives a row the content of another of the same kind and length. Types are made anew, and empty: what was in them is redone by itself. */
function copyContent(doc: DocCore, from: number, to: number): void {
  const { tables } = doc
  const { rows, text, values, types } = tables
  const content = rows.content(from)
  const kind = rows.kind(from)
  switch (kind) {
    case ContentKind.deleted:
      return
    case ContentKind.string:
      rows.setContent(to, text.put(textOfRow(tables, from)))
      if (text.isWide) rows.setFlags(to, rows.flags(to) | Flag.wide)
      return
    case ContentKind.type: {
      const type = types.add(types.kind(content), to)
      const name = types.nameOf(content)
      if (name !== undefined) types.setName(type, name)
      rows.setContent(to, type)
      return
    }
    case ContentKind.document: {
      const { doc: subdoc, options } = values.get(content) as Subdocument
      const shouldLoad = Boolean(options['shouldLoad']) || Boolean(options['autoLoad'])
      rows.setContent(
        to,
        values.putSingle(subdocumentOf(doc.createSubdocument({ guid: subdoc.guid, ...options, shouldLoad }))),
      )
      return
    }
    default: {
      const isJoinable = (kind === ContentKind.any || kind === ContentKind.json) && rows.parent(to) >= 0
      const run = values.slice(content, rows.length(from))
      rows.setContent(to, isJoinable || run.length > 1 ? values.putRun(run) : values.putSingle(run[0]))
    }
  }
}
