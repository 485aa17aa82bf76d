/**
 * Transactions: edits made together are one change, with one update and one event per type. When the outermost function returns, the transaction is cleaned
 * up, in the order of Yjs: observers are called, what was deleted is collected, runs that are one are merged, the update is emitted. Observers may edit; what they do is a
 * transaction of its own, cleaned up after this one.
 *
 * A deliberate difference: when a listener throws, the rest of the cleanup still happens, and the last error is thrown at its end. In Yjs the document
 * stays in the round forever.
 */
import * as ContentKind from '../content-kind.ts'
import { collectRow } from './delete-row.ts'
import { TransactionEvent, type DocCore } from './doc-core.ts'
import { randomClientId } from './entropy.ts'
import { encodeTransaction, inFormatV2 } from './encode-state.ts'
import { Failures } from './failures.ts'
import { callObservers } from './observers.ts'
import { compactTables } from './compact-tables.ts'
import { mergeIfOne } from './row-list.ts'
import * as Flag from './row-flag.ts'
import { GC_KIND, NONE } from './row-table.ts'
import { cleanAfter } from './text-cleanup.ts'
import { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'

/** What the round of a document is between rounds. */
const noTransactions: Transaction[] = []

/**
 * Runs `body` in a transaction, or in the one that runs already. Returns what it returns. `origin` says who makes the change, and `local` whether it is made
 * here; both are for observers. What `body` or an observer throws is thrown again; the edits made until then stay.
 */
export function transact<Result>(
  doc: DocCore,
  body: (transaction: Transaction) => Result,
  origin: unknown = null,
  local = true,
): Result {
  if (doc.running !== null) return body(doc.running)
  const transaction = beginTransaction(doc, origin, local)
  try {
    return body(transaction)
  } finally {
    endTransaction(transaction)
  }
}

/**
 * Begins a transaction where none runs; {@link endTransaction} has to follow, whatever happens. For edits that are made so often that a function for {@link transact} would be felt.
 * What a listener throws is thrown, and the transaction has ended.
 */
export function beginTransaction(doc: DocCore, origin: unknown, local: boolean): Transaction {
  const transaction = new Transaction(doc, origin, local, ++doc.transactionCount)
  doc.running = transaction
  // Most rounds are one transaction; an array that is pushed to has room for many.
  if (doc.round.length === 0) doc.round = [transaction]
  else doc.round.push(transaction)
  if (doc.isHeard(TransactionEvent.beforeAllTransactions | TransactionEvent.beforeTransaction)) announce(transaction)
  return transaction
}

/** Ends a transaction, and cleans up the round that it is the first of. Throws what listeners throw. */
export function endTransaction(transaction: Transaction): void {
  const { doc } = transaction
  doc.running = null
  if (doc.round[0] === transaction) cleanUpRound(doc)
}

function announce(transaction: Transaction): void {
  const { doc } = transaction
  try {
    if (doc.round[0] === transaction) doc.emit('beforeAllTransactions', [doc])
    doc.emit('beforeTransaction', [transaction, doc])
  } catch (error) {
    endTransaction(transaction)
    throw error
  }
}

/** Cleans up the transactions of a round, one after another; observers may add to it. */
function cleanUpRound(doc: DocCore): void {
  const failures = new Failures()
  for (let at = 0; at < doc.round.length; at++) cleanUp(doc.round[at]!, failures)
  const { round } = doc
  doc.round = noTransactions
  doc.viewed = null
  if (doc.collectedTypes.length > 0) reuseTypes(doc)
  if (doc.isHeard(TransactionEvent.afterAllTransactions)) {
    failures.attempt(() => doc.emit('afterAllTransactions', [doc, round]))
  }
  failures.rethrow()
}

function cleanUp(transaction: Transaction, failures: Failures): void {
  const { doc } = transaction
  transaction.seenTransactions = doc.round.length
  if (doc.isHeard(TransactionEvent.beforeObserverCalls)) {
    failures.attempt(() => doc.emit('beforeObserverCalls', [transaction, doc]))
  }
  const needsCleanup = !transaction.local && !transaction.isRestored && hasFormattedText(transaction)
  if (doc.observers > 0 || doc.isHeard(TransactionEvent.afterTransaction)) callObservers(transaction, failures)
  if (needsCleanup) failures.attempt(() => transact(doc, (cleanup) => cleanAfter(transaction, cleanup)))
  tidy(transaction)
  if (transaction.receivedOwnUnits) doc.clientID = randomClientId()
  emitResults(transaction, failures)
}

/** The numbers of collected types that nobody holds are free again. */
function reuseTypes(doc: DocCore): void {
  const { collectedTypes } = doc
  doc.collectedTypes = []
  for (const type of collectedTypes) {
    if (doc.facadeIfAny(type) === undefined) doc.tables.types.reuse(type)
  }
}

/** Whether a text with formatting changed: marks may have become superfluous by what others did at the same time. */
function hasFormattedText(transaction: Transaction): boolean {
  const { doc, changes } = transaction
  const { types } = doc.tables
  for (let at = 0; at < changes.length; at += 2) {
    const type = changes[at]!
    const kind = types.kind(type)
    if (!types.isFormatted(type) || (kind !== TypeKind.text && kind !== TypeKind.xmlText)) continue
    if (!doc.isTypeDeleted(type)) return true
  }
  return false
}

/** Drops what was deleted, and merges what became one run. */
function tidy(transaction: Transaction): void {
  const { doc } = transaction
  const { deleted } = transaction
  if (!transaction.hasLooseEnds && doc.round.length === 1) {
    // Nothing was collected, cut or placed that is not as it should be already. (What others of the round placed is merged here too.)
    compactTables(doc)
    return
  }
  const collects = doc.gc && transaction.hasCollectable
  if (deleted.length === 3) {
    // One range, as when somebody deletes a word: no set is needed.
    if (collects) collect(transaction, deleted[0]!, deleted[1]!, deleted[2]!)
    mergeRange(transaction, deleted[0]!, deleted[1]!, deleted[2]!)
  } else if (deleted.length > 0 && (transaction.hasCollectable || doc.round.length > 1)) {
    const ranges = transaction.deletedIds.flat()
    if (collects) {
      for (let at = 0; at < ranges.length; at += 3) {
        collect(transaction, ranges[at]!, ranges[at + 1]!, ranges[at + 2]!)
      }
    }
    for (let at = 0; at < ranges.length; at += 3) {
      mergeRange(transaction, ranges[at]!, ranges[at + 1]!, ranges[at + 2]!)
    }
  }
  // What came without content is new, and nothing else was deleted: then this tries all that the ranges would.
  mergeAdded(transaction)
  mergeLoose(transaction)
  compactTables(doc)
}

/** Drops the content of the deleted units `start` … `end − 1` of a client, unless somebody wants to keep it. */
function collect(transaction: Transaction, clientId: number, start: number, end: number): void {
  const { doc } = transaction
  const { rows, ids, clients } = doc.tables
  const client = clients.indexOf(clientId)
  for (let row = ids.find(client, start); row !== NONE && rows.clock(row) < end; row = rows.nextByClock(row)) {
    if (rows.kind(row) === GC_KIND || !rows.isDeleted(row) || (rows.flags(row) & Flag.keep) !== 0) continue
    if (doc.gcFilter !== null && !doc.gcFilter(doc.itemOfRow(row))) continue
    if (rows.kind(row) !== ContentKind.deleted) collectRow(transaction, row)
  }
}

/** Merges the runs of a client that lie in a range, with each other and with their neighbours. */
function mergeRange(transaction: Transaction, clientId: number, start: number, end: number): void {
  const { doc } = transaction
  const { rows, ids, clients } = doc.tables
  const client = clients.indexOf(clientId)
  let row = ids.find(client, start)
  // The first boundary to look at is the one in front of the first run that begins in the range.
  if (rows.clock(row) === start) row = mergeIntoPrevious(doc, client, row)
  for (let clock = rows.clock(row); clock < end;) {
    const next = rows.nextByClock(row)
    if (next === NONE) return
    // The last boundary is the one behind the range; what follows was not changed.
    clock = rows.clock(next)
    if (!mergeIfOne(doc.tables, row, next)) row = next
  }
}

/** Merges new runs with each other, and with what their clients had before. */
function mergeAdded(transaction: Transaction): void {
  const { doc } = transaction
  const { tables } = doc
  const { rows, ids } = tables
  const touched = transaction.touchedSince(transaction.seenTransactions)
  for (let at = 0; at < touched.length; at += 2) {
    const client = touched[at]!
    const before = touched[at + 1]!
    const first = before === 0 ? tables.clients.first(client) : mergeIntoPrevious(doc, client, ids.find(client, before))
    for (let row = rows.firstContinued(first); row !== NONE; row = rows.firstContinued(row)) {
      const next = rows.nextByClock(row)
      if (!mergeIfOne(tables, row, next)) row = next
    }
  }
}

/** Merges rows that were cut, or that lost their parent, with their neighbours. */
function mergeLoose(transaction: Transaction): void {
  const { doc, loose } = transaction
  const { tables } = doc
  const { rows, ids } = tables
  for (let at = loose.length - 2; at >= 0; at -= 2) {
    const client = loose[at]!
    const row = ids.find(client, loose[at + 1]!)
    const next = rows.nextByClock(row)
    if (next !== NONE) mergeIfOne(tables, row, next)
    mergeIntoPrevious(doc, client, row)
  }
}

/** Merges a row into those before it, as long as they are one run. Returns the row that has its units then. */
function mergeIntoPrevious(doc: DocCore, client: number, from: number): number {
  const { tables } = doc
  let row = from
  for (;;) {
    const left = tables.ids.previous(client, row)
    if (left === NONE || !mergeIfOne(tables, left, row)) return row
    row = left
  }
}

/** Emits what came of a transaction. */
function emitResults(transaction: Transaction, failures: Failures): void {
  const { doc } = transaction
  if (doc.isHeard(TransactionEvent.afterTransactionCleanup)) {
    failures.attempt(() => doc.emit('afterTransactionCleanup', [transaction, doc]))
  }
  if (doc.isHeard(TransactionEvent.update)) {
    const update = encodeTransaction(transaction)
    if (update !== null) emitUpdate(transaction, update, failures)
  }
  if (doc.isHeard(TransactionEvent.updateV2)) {
    const update = encodeTransaction(transaction)
    if (update !== null) {
      failures.attempt(() => doc.emit('updateV2', [inFormatV2(update), transaction.origin, doc, transaction]))
    }
  }
  if (transaction.hasSubdocs) failures.attempt(() => emitSubdocs(transaction))
}

/** Apart, since a function is allocated for each attempt, and nearly every edit comes here. */
function emitUpdate(transaction: Transaction, update: Uint8Array, failures: Failures): void {
  const { doc } = transaction
  try {
    for (const listener of doc.listenersOf('update')) listener(update, transaction.origin, doc, transaction)
  } catch (error) {
    failures.add(error)
  }
}

function emitSubdocs(transaction: Transaction): void {
  const { doc, subdocsAdded: added, subdocsRemoved: removed, subdocsLoaded: loaded } = transaction
  for (const subdoc of added) {
    subdoc.clientID = doc.clientID
    subdoc.collectionid ??= doc.collectionid
    doc.subdocs.add(subdoc)
  }
  for (const subdoc of removed) doc.subdocs.delete(subdoc)
  doc.emit('subdocs', [{ loaded, added, removed }, doc, transaction])
  for (const subdoc of removed) subdoc.destroy()
}
