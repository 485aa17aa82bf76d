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
  const { doc } = transaction
  if (doc.observers > 0 && transaction.changes.length > 0) callTypeObservers(transaction, failures)
  if (doc.isHeard(TransactionEvent.afterTransaction)) {
    failures.attempt(() => doc.emit('afterTransaction', [transaction, doc]))
  }
}

function callTypeObservers(transaction: Transaction, failures: Failures): void {
  const { changes } = transaction
  if (changes.length === 2) {
    // One list or one key, as nearly always.
    if (isObserved(transaction.doc, changes[0]!, null)) callObserversOf(transaction, [changes[0]!], failures)
    return
  }
  const heard = new Map<number, boolean>()
  const types: number[] = []
  for (const type of new Set(changes.filter((_, at) => at % 2 === 0))) {
    if (isObserved(transaction.doc, type, heard)) types.push(type)
  }
  callObserversOf(transaction, types, failures)
}

function callObserversOf(transaction: Transaction, types: readonly number[], failures: Failures): void {
  const { doc } = transaction
  let deep: Map<SharedType, YEvent[]> | null = null
  for (const type of types) {
    // Observers that were called before may have deleted it.
    if (doc.isTypeDeleted(type)) continue
    const facade = doc.facade(type)
    transaction.view()
    const event = transaction.eventOf(facade)
    for (let at: SharedType | null = facade; at !== null; at = at.parent) {
      if (at.deepObservers.length === 0) continue
      deep ??= new Map()
      const known = deep.get(at)
      if (known === undefined) deep.set(at, [event])
      else known.push(event)
    }
    for (const observer of facade.observers) {
      try {
        observer(event, transaction)
      } catch (error) {
        failures.add(error)
      }
    }
  }
  if (deep === null) return
  for (const [type, events] of deep) callDeepObservers(transaction, type, events, failures)
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
