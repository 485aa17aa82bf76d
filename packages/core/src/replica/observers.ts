/**
 * Telling observers what a transaction did: first those of each type that changed, then those that look deep, then whoever waits for the transaction. Types of which no
 * observer can know are passed over, so that no object is made for them.
 */
import { TransactionEvent, type DocCore } from './doc-core.ts'
import type { YEvent } from './event.ts'
import type { Failures } from './failures.ts'
import { entryOfParent, NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'
import type { Transaction } from './transaction.ts'

/** Calls all observers. What one throws goes to `failures`, and the others are called nevertheless. */
export function callObservers(transaction: Transaction, failures: Failures): void {
  const { doc, changes } = transaction
  const isAwaited = doc.isHeard(TransactionEvent.afterTransaction)
  if (changes.length === 2) callObserversOfOne(transaction, changes[0]!, failures)
  else if (changes.length > 0 && (doc.observers > 0 || isAwaited)) callObserversOf(transaction, failures)
  if (isAwaited) failures.attempt(() => doc.emit('afterTransaction', [transaction, doc]))
}

/** One list or one key, as nearly always. */
function callObserversOfOne(transaction: Transaction, type: number, failures: Failures): void {
  const { doc } = transaction
  const isGone = doc.isTypeDeleted(type)
  transaction.told = isGone ? [] : transaction.changes
  if (isGone) return
  if (doc.observers === 0 || !isObserved(doc, type, null)) return
  const deep = callOwnObservers(transaction, type, null, failures)
  if (deep !== null) for (const [root, events] of deep) callDeepObservers(transaction, root, events, failures)
}

function callObserversOf(transaction: Transaction, failures: Failures): void {
  const { doc, changes } = transaction
  const heard = new Map<number, boolean>()
  const told: number[] = []
  transaction.told = told
  let deep: Deep | null = null
  for (const type of new Set(changes.filter((_, at) => at % 2 === 0))) {
    // Observers that were called before may have deleted it.
    if (doc.isTypeDeleted(type)) continue
    told.push(type, NONE)
    if (doc.observers > 0 && isObserved(doc, type, heard)) deep = callOwnObservers(transaction, type, deep, failures)
  }
  if (deep !== null) for (const [type, events] of deep) callDeepObservers(transaction, type, events, failures)
}

/** Who looks deep, and the events that they are told of. */
type Deep = Map<SharedType, YEvent[]>

/** Calls the observers of one type, and notes who looks deep. */
function callOwnObservers(transaction: Transaction, type: number, known: Deep | null, failures: Failures): Deep | null {
  let deep = known
  const facade = transaction.doc.facade(type)
  transaction.view()
  const event = transaction.eventOf(facade)
  for (let at: SharedType | null = facade; at !== null; at = at.parent) {
    if (at.deepObservers.length === 0) continue
    deep ??= new Map()
    const events = deep.get(at)
    if (events === undefined) deep.set(at, [event])
    else events.push(event)
  }
  for (const observer of facade.observers) {
    try {
      observer(event, transaction)
    } catch (error) {
      failures.add(error)
    }
  }
  return deep
}

function callDeepObservers(transaction: Transaction, type: SharedType, events: YEvent[], failures: Failures): void {
  const { doc } = transaction
  if (doc.isTypeDeleted(type.handle)) return
  const alive = events.filter(({ target }) => !doc.isTypeDeleted(target.handle))
  for (const event of alive) {
    event.currentTarget = type
    event._path = null
  }
  // What is further out comes first.
  alive.sort((a, b) => a.path.length - b.path.length)
  for (const observer of type.deepObservers) failures.attempt(() => observer(alive, transaction))
}

/** Whether a type has observers, or something around it looks deep. */
function isObserved(doc: DocCore, type: number, known: Map<number, boolean> | null): boolean {
  const { rows, types, entries } = doc.tables
  const facade = doc.facadeIfAny(type)
  if (facade !== undefined && facade.observers.length > 0) return true
  if (types.item(type) === NONE) return facade !== undefined && facade.deepObservers.length > 0
  const path: number[] = []
  let isHeard = false
  for (let at = type; ;) {
    const before = known?.get(at)
    if (before !== undefined) {
      isHeard = before
      break
    }
    path.push(at)
    if ((doc.facadeIfAny(at)?.deepObservers.length ?? 0) > 0) {
      isHeard = true
      break
    }
    const item = types.item(at)
    if (item < 0) break
    const parent = rows.parent(item)
    at = parent >= 0 ? parent : entries.type(entryOfParent(parent))
  }
  if (known !== null) for (const passed of path) known.set(passed, isHeard)
  return isHeard
}
