/**
 * Giving a run of units its place in the list of its parent, so that all replicas come to the same order whatever the order in which they learn of runs: the
 * algorithm is YATA as Yjs has it (https://doi.org/10.1145/2957276.2957310). Between the origin and the right origin of a run stand only runs that were inserted there at the
 * same time; of those with the same origin the smaller client ID comes first, and what was inserted behind one of them stays behind it.
 */
import * as ContentKind from '../content-kind.ts'
import { deleteRow } from './delete-row.ts'
import type { DocCore } from './doc-core.ts'
import * as Flag from './row-flag.ts'
import * as RowRecord from './row-record.ts'
import { GC_KIND, NONE } from './row-table.ts'
import { headOf, link, split, typeOfRow } from './row-list.ts'
import { isHigh } from './text-buffer.ts'
import type { Subdocument } from './subdocument.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

// As in `row-table.ts`.
const ROW_WORDS = RowRecord.words
const RIGHT = RowRecord.right
const ORIGIN_CLOCK = RowRecord.originClock
const RIGHT_ORIGIN_CLOCK = RowRecord.rightOriginClock
const ROW_HALVES = RowRecord.halves
const CLIENT = RowRecord.client
const ORIGIN_CLIENT = RowRecord.originClient
const RIGHT_ORIGIN_CLIENT = RowRecord.rightOriginClient

/** When each row was met in the running scan; see {@link afterConflicts}. Shared, since one scan runs at a time. */
let met: Int32Array = new Int32Array(0)
let clockOfScans = 0

/**
 * The last scan in which all that was passed had the same origin, and after which row it ended. Whoever comes next to the same place with a greater client ID, while nothing else
 * changed, passes the same rows again: of those with another right origin either client ID decides nothing, and one with the same right origin and an ID that stops this one
 * would have stopped the other. So many who write at one place, and come in the order of their IDs, cost no more than few.
 */
const recent = {
  table: 0,
  changes: 0,
  clientId: Infinity,
  parent: NONE,
  left: NONE,
  right: NONE,
  originClient: NONE,
  originClock: 0,
  rightOriginClient: NONE,
  rightOriginClock: 0,
  after: NONE,
}

/** Cuts a row so that a row begins at its unit `units`, and remembers that the two may become one again. */
export function cut(transaction: Transaction, row: number, units: number): number {
  const { tables } = transaction.doc
  const rest = split(tables, row, units)
  transaction.hasLooseEnds = true
  transaction.addLoose(tables.rows.client(rest), tables.rows.clock(rest))
  return rest
}

/** The row that ends with a unit, cut there if it went on. A GC run is returned as it is. */
export function rowEndingWith(transaction: Transaction, client: number, clock: number): number {
  const { rows, ids } = transaction.doc.tables
  const row = ids.find(client, clock)
  const units = clock - rows.clock(row) + 1
  if (units < rows.length(row) && rows.kind(row) !== GC_KIND) cut(transaction, row, units)
  return row
}

/** The row that begins with a unit, cut there if it began before. A GC run is returned as it is. */
export function rowBeginningWith(transaction: Transaction, client: number, clock: number): number {
  const { rows, ids } = transaction.doc.tables
  const row = ids.find(client, clock)
  const units = clock - rows.clock(row)
  return units > 0 && rows.kind(row) !== GC_KIND ? cut(transaction, row, units) : row
}

/**
 * The row after which a run goes whose origin is the row `left` (NONE: the beginning of the list) and whose right origin is `right` (NONE: its end), when
 * something stands between the two.
 *
 * Cost linear in what stands between. Two sets decide: what the scan has met ("before the origin"), and what it has met since it last moved `left` ("conflicting"). Both are a stretch of the scan, so
 * rows get rising numbers as they are met, and a comparison tells membership.
 */
export function afterConflicts(
  tables: Tables,
  parent: number,
  left: number,
  right: number,
  clientId: number,
  originClient: number,
  originClock: number,
  rightOriginClient: number,
  rightOriginClock: number,
): number {
  const { rows, clients, ids } = tables
  const clientIds = clients.ids
  // Nothing is inserted meanwhile, so the arrays stay the same; who inserts at the place of a thousand others passes them all.
  const { words, halves } = rows
  const begin = left === NONE ? headOf(tables, parent) : rows.right(left)
  // At most places, all that stands between was inserted there itself: then the client IDs decide, and nothing needs to be remembered.
  let last = left
  let next = begin
  let isStopped = false
  if (
    recent.changes === ((rows.changes - 1) | 0) &&
    recent.table === rows.serial &&
    recent.clientId < clientId &&
    recent.parent === parent &&
    recent.left === left &&
    recent.right === right &&
    recent.originClient === originClient &&
    recent.originClock === originClock &&
    recent.rightOriginClient === rightOriginClient &&
    recent.rightOriginClock === rightOriginClock
  ) {
    // It was put here last, and nothing else since: it passed what this would pass, and this passes it.
    last = recent.after
    next = last === NONE ? begin : words[last * ROW_WORDS + RIGHT]!
  }
  for (; next !== right && next !== NONE; next = words[next * ROW_WORDS + RIGHT]!) {
    if (
      halves[next * ROW_HALVES + ORIGIN_CLIENT] !== originClient ||
      (originClient !== NONE && words[next * ROW_WORDS + ORIGIN_CLOCK] !== originClock)
    )
      break
    if (clientIds[halves[next * ROW_HALVES + CLIENT]!]! < clientId) last = next
    else if (
      halves[next * ROW_HALVES + RIGHT_ORIGIN_CLIENT] === rightOriginClient &&
      (rightOriginClient === NONE || words[next * ROW_WORDS + RIGHT_ORIGIN_CLOCK] === rightOriginClock)
    ) {
      isStopped = true
      break
    }
  }
  if (isStopped || next === right || next === NONE || halves[next * ROW_HALVES + ORIGIN_CLIENT] === NONE) {
    if (last !== left) {
      recent.table = rows.serial
      recent.changes = rows.changes
      recent.clientId = clientId
      recent.parent = parent
      recent.left = left
      recent.right = right
      recent.originClient = originClient
      recent.originClock = originClock
      recent.rightOriginClient = rightOriginClient
      recent.rightOriginClock = rightOriginClock
      recent.after = last
    }
    return last
  }
  if (met.length < rows.end) met = new Int32Array(Math.ceil(rows.end * 1.5))
  // A number is below the first of this scan exactly if it is from another one.
  if (clockOfScans > 0x7fffffff - rows.end - 1) {
    met.fill(0)
    clockOfScans = 0
  }
  const stamps = met
  const first = clockOfScans + 1
  let conflictingSince = first
  let now = first
  let after = left
  let other = begin
  while (other !== NONE && other !== right) {
    stamps[other] = now++
    const otherOriginClient = halves[other * ROW_HALVES + ORIGIN_CLIENT]!
    if (
      otherOriginClient === originClient &&
      (originClient === NONE || originClock === words[other * ROW_WORDS + ORIGIN_CLOCK]!)
    ) {
      if (clientIds[halves[other * ROW_HALVES + CLIENT]!]! < clientId) {
        after = other
        conflictingSince = now
      } else if (
        halves[other * ROW_HALVES + RIGHT_ORIGIN_CLIENT] === rightOriginClient &&
        (rightOriginClient === NONE || words[other * ROW_WORDS + RIGHT_ORIGIN_CLOCK] === rightOriginClock)
      ) {
        // The same place exactly: the client ID decides, and this is to the left of the other.
        break
      }
    } else if (otherOriginClient !== NONE) {
      const metAt = stamps[ids.find(otherOriginClient, words[other * ROW_WORDS + ORIGIN_CLOCK]!)]!
      if (metAt < first) break
      if (metAt < conflictingSince) {
        after = other
        conflictingSince = now
      }
    } else break
    other = words[other * ROW_WORDS + RIGHT]!
  }
  clockOfScans = now
  return after
}

/**
 * Puts a row, all of whose columns but those of its neighbours are set, behind `left`, and does what follows: IDs, the value of a key, what the content asks
 * for, what changed. The client must have been touched.
 */
export function place(transaction: Transaction, left: number, row: number): void {
  const { doc } = transaction
  const { tables } = doc
  const { rows, types, clients } = tables
  const kind = rows.kind(row)
  transaction.hasLooseEnds = true
  if (kind === ContentKind.deleted) rows.setFlags(row, rows.flags(row) | Flag.deleted)
  link(tables, left, row)
  const parent = rows.parent(row)
  const isValue = parent < 0 && rows.right(row) === NONE
  // What was the value of the key is not any more.
  if (isValue && left !== NONE) deleteRow(transaction, left)
  tables.ids.append(rows.client(row), row)
  if (kind === ContentKind.deleted) {
    const clock = rows.clock(row)
    transaction.addDeleted(clients.ids[rows.client(row)]!, clock, clock + rows.length(row))
  } else if (kind === ContentKind.format) types.setFormatted(typeOfRow(tables, row))
  else if (kind === ContentKind.document) announce(transaction, row)
  transaction.addChanged(parent)
  const holder = types.item(parent >= 0 ? parent : typeOfRow(tables, row))
  if ((parent < 0 && !isValue) || (holder !== NONE && (holder < 0 || rows.isDeleted(holder)))) {
    deleteRow(transaction, row)
  }
}

/** Adds a GC run at the end of a client's units. The client must have been touched. */
export function placeGc(transaction: Transaction, client: number, clock: number, length: number): void {
  const { tables } = transaction.doc
  const { rows } = tables
  transaction.hasLooseEnds = true
  const row = rows.add(GC_KIND, Flag.deleted, client, clock, length, NONE, 0, NONE, 0, NONE)
  tables.ids.append(client, row)
}

/**
 * A row of this document's own client between two neighbours, its content yet to be set; then it is {@link place}d. `parent` is as in the parent column.
 * Throws a `RangeError` when the client has no clocks left.
 */
export function newLocalRow(
  transaction: Transaction,
  left: number,
  right: number,
  parent: number,
  kind: number,
  length: number,
): number {
  const { doc } = transaction
  const { rows, clients } = doc.tables
  const client = doc.ownClient()
  const clock = clients.state(client)
  if (length > CLOCK_MAX - clock) failNoClocks()
  transaction.touch(client)
  return rows.add(
    kind,
    0,
    client,
    clock,
    length,
    left === NONE ? NONE : rows.client(left),
    left === NONE ? 0 : rows.clockEnd(left) - 1,
    right === NONE ? NONE : rows.client(right),
    right === NONE ? 0 : rows.clock(right),
    parent,
  )
}

/**
 * Whether text that continues a row may be added to it at once, instead of becoming a row that is merged at the end of the transaction. Not in later transactions of a
 * round, since those before it emit what is not merged yet; not behind half a surrogate pair, which is joined only then; and not where a filter is asked, item by item, what to keep.
 */
export function canGrow(transaction: Transaction, row: number): boolean {
  const { doc } = transaction
  const { rows, text } = doc.tables
  const flags = rows.flags(row)
  return (
    rows.kind(row) === ContentKind.string &&
    (flags & (Flag.deleted | Flag.redone)) === 0 &&
    doc.round.length === 1 &&
    doc.gcFilter === null &&
    ((flags & Flag.wide) === 0 || !isHigh(text.wide[rows.content(row) + rows.length(row) - 1]!))
  )
}

/** Adds text that was put last into the buffer to the end of a row of a type's list, the last one of its client. */
export function growRow(transaction: Transaction, row: number, offset: number, units: number): void {
  const { tables } = transaction.doc
  const { rows, types, text, ids } = tables
  const client = rows.client(row)
  transaction.touch(client)
  const length = rows.length(row)
  const isWide = (rows.flags(row) & Flag.wide) !== 0
  rows.setContent(row, text.join(isWide, rows.content(row), length, text.isWide, offset, units))
  if (text.isWide) rows.setFlags(row, rows.flags(row) | Flag.wide)
  rows.setLength(row, length + units)
  ids.extended(client, row, rows.clock(row) + length)
  const parent = rows.parent(row)
  if (parent >= 0) {
    types.setLength(parent, types.length(parent) + units)
    types.tree(parent)?.changed(row, units)
  }
  transaction.addChanged(parent)
}

/** Thrown where a client has no clocks left for an edit. */
export function failNoClocks(): never {
  throw new RangeError(`a client writes at most ${CLOCK_MAX} units`)
}

/** Clocks end below this: columns are 32 bits wide. An update that goes further is refused when it is decoded. */
export const CLOCK_MAX: number = 2 ** 31 - 1

/** Tells of the subdocument that a row holds. */
export function announce(transaction: Transaction, row: number): void {
  const { doc } = transaction
  const { values, rows } = doc.tables
  const { doc: subdoc } = values.get(rows.content(row)) as Subdocument
  attachSubdocument(doc, subdoc, row)
  transaction.subdocsAdded.add(subdoc)
  if (subdoc.shouldLoad) transaction.subdocsLoaded.add(subdoc)
}

/** Tells a subdocument where it is: an ID, since handles change. */
function attachSubdocument(doc: DocCore, subdoc: DocCore, row: number): void {
  const { rows } = doc.tables
  subdoc.holder = { doc, client: rows.client(row), clock: rows.clock(row) }
}
