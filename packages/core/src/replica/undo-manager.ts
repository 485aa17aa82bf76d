/**
 * Undo and redo of what was edited here, and not of what came from others: the names, the options, the events and the emitted bytes are those of Yjs.
 *
 * Each tracked transaction becomes a step, or joins the one before if it follows within `captureTimeout`. A step is two sets of IDs, what was inserted and what was
 * deleted; undoing deletes the former and puts the latter back as new items (`redo-row.ts`). So steps stay right whatever others do meanwhile. Content that a step
 * may put back is kept from garbage collection until the step is cleared.
 */
import { deleteRow } from './delete-row.ts'
import { DeleteSet } from './delete-set.ts'
import { DocCore } from './doc-core.ts'
import type { YEvent } from './event.ts'
import { Failures } from './failures.ts'
import type { Item } from './item.ts'
import { Observable } from './observable.ts'
import { keepRow, redoneRow, redoRow } from './redo-row.ts'
import { typeOfRow } from './row-list.ts'
import { forEachRowOf } from './rows-of-ids.ts'
import { GC_KIND, NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'

/** Edits that follow each other faster than this, in milliseconds, are undone together, unless said otherwise. */
export const CAPTURE_TIMEOUT_MS = 500

/** One step: what is undone, or done again, at once. */
export class StackItem {
  /** Units that were inserted. */
  insertions: DeleteSet
  /** Units that were deleted. */
  deletions: DeleteSet
  /** Whatever an app wants back when the step is undone: a selection, say. */
  readonly meta: Map<unknown, unknown> = new Map()

  constructor(deletions: DeleteSet, insertions: DeleteSet) {
    this.insertions = insertions
    this.deletions = deletions
  }
}

export interface UndoManagerOptions {
  /** In milliseconds; with 0 each transaction is a step. {@link CAPTURE_TIMEOUT_MS} unless given. */
  captureTimeout?: number
  /** Whether to track a transaction; all unless given. */
  captureTransaction?: (transaction: Transaction) => boolean
  /** Whether an item, inserted by what is undone, may be deleted; all unless given. */
  deleteFilter?: (item: Item) => boolean
  /** Origins of the transactions to track, or their constructors; null, which means no origin, unless given. The manager adds itself. */
  trackedOrigins?: Set<unknown>
  /** Whether undoing sets a key although others have set it since; false unless given. */
  ignoreRemoteMapChanges?: boolean
  /** The document; needed only if the scope is empty. */
  doc?: DocCore
  /** The time in milliseconds; `Date.now` unless given. */
  now?: () => number
}

/** What a listener is told of a step. */
export interface StackItemEvent {
  readonly stackItem: StackItem
  readonly origin: unknown
  /** What will become of the step, or for `stack-item-popped`, what became of it. */
  readonly type: 'undo' | 'redo'
  /** The types that changed, and those around them, with the events. */
  readonly changedParentTypes: Map<SharedType, YEvent[]>
}

export interface UndoManagerEvents {
  'stack-item-added': (event: StackItemEvent, undoManager: UndoManager) => void
  /** A transaction joined the last step. */
  'stack-item-updated': (event: StackItemEvent, undoManager: UndoManager) => void
  /** A step was undone, or done again. */
  'stack-item-popped': (event: StackItemEvent, undoManager: UndoManager) => void
  'stack-cleared': (event: { undoStackCleared: boolean; redoStackCleared: boolean }) => void
}

export class UndoManager extends Observable<UndoManagerEvents> {
  readonly doc: DocCore
  /** What is tracked: types with all that is inside, or the whole document. */
  scope: (SharedType | DocCore)[] = []
  captureTimeout: number
  captureTransaction: (transaction: Transaction) => boolean
  deleteFilter: (item: Item) => boolean
  trackedOrigins: Set<unknown>
  ignoreRemoteMapChanges: boolean
  undoStack: StackItem[] = []
  redoStack: StackItem[] = []
  /** Whether `undo` runs, or `redo`. */
  undoing = false
  redoing = false
  /** The step that is being undone or done again. */
  currStackItem: StackItem | null = null
  /** When the last transaction was tracked, in milliseconds; 0 after {@link stopCapturing}. */
  lastChange = 0
  /** Called after each transaction of the document. */
  readonly afterTransactionHandler: (transaction: Transaction) => void

  readonly #destroyHandler: () => void
  readonly #now: () => number

  /** Tracks from now on. Throws a `TypeError` if the scope is in no document, and none is given. */
  constructor(
    typeScope: DocCore | SharedType | readonly (SharedType | DocCore)[],
    {
      captureTimeout = CAPTURE_TIMEOUT_MS,
      captureTransaction = () => true,
      deleteFilter = everything,
      trackedOrigins = new Set([null]),
      ignoreRemoteMapChanges = false,
      doc = docOf(typeScope),
      now = Date.now,
    }: UndoManagerOptions = {},
  ) {
    super()
    this.doc = doc
    this.addToScope(typeScope)
    this.deleteFilter = deleteFilter
    this.trackedOrigins = trackedOrigins
    trackedOrigins.add(this)
    this.captureTransaction = captureTransaction
    this.ignoreRemoteMapChanges = ignoreRemoteMapChanges
    this.captureTimeout = captureTimeout
    this.#now = now
    this.afterTransactionHandler = (transaction) => this.#track(transaction)
    this.#destroyHandler = () => this.destroy()
    doc.on('afterTransaction', this.afterTransactionHandler)
    doc.on('destroy', this.#destroyHandler)
  }

  /** Tracks these types too. They must be of the same document; of others nothing is undone. */
  addToScope(types: SharedType | DocCore | readonly (SharedType | DocCore)[]): void {
    for (const type of isList(types) ? types : [types]) if (!this.scope.includes(type)) this.scope.push(type)
  }

  addTrackedOrigin(origin: unknown): void {
    this.trackedOrigins.add(origin)
  }

  removeTrackedOrigin(origin: unknown): void {
    this.trackedOrigins.delete(origin)
  }

  /** The next edit begins a new step, however soon it comes. */
  stopCapturing(): void {
    this.lastChange = 0
  }

  /** Undoes the last step that still has an effect, in one transaction. Returns it, or null if there was none. Cost linear in the step. */
  undo(): StackItem | null {
    this.undoing = true
    try {
      return this.#pop(this.undoStack, 'undo')
    } finally {
      this.undoing = false
    }
  }

  /** Does again what was undone last. Returns that step, or null. */
  redo(): StackItem | null {
    this.redoing = true
    try {
      return this.#pop(this.redoStack, 'redo')
    } finally {
      this.redoing = false
    }
  }

  canUndo(): boolean {
    return this.undoStack.length > 0
  }

  canRedo(): boolean {
    return this.redoStack.length > 0
  }

  /** Forgets steps, and lets go of the content that was kept for them; it is collected with what is deleted around it, not by itself. */
  clear(clearUndoStack = true, clearRedoStack = true): void {
    if (!(clearUndoStack && this.canUndo()) && !(clearRedoStack && this.canRedo())) return
    transact(this.doc, (transaction) => {
      if (clearUndoStack) {
        this.#letGo(transaction, this.undoStack)
        this.undoStack = []
      }
      if (clearRedoStack) {
        this.#letGo(transaction, this.redoStack)
        this.redoStack = []
      }
      this.emit('stack-cleared', [{ undoStackCleared: clearUndoStack, redoStackCleared: clearRedoStack }])
    })
  }

  /** Tracks no more, and forgets its listeners. Steps stay as they are. */
  override destroy(): void {
    this.trackedOrigins.delete(this)
    this.doc.off('afterTransaction', this.afterTransactionHandler)
    this.doc.off('destroy', this.#destroyHandler)
    super.destroy()
  }

  #track(transaction: Transaction): void {
    if (!this.#isTracked(transaction)) return
    const { undoing, redoing } = this
    const stack = undoing ? this.redoStack : this.undoStack
    // What is undone next is a step of its own.
    if (undoing) this.stopCapturing()
    else if (!redoing) this.clear(false, true)
    const insertions = insertionsOf(transaction)
    const deletions = transaction.deleteSet
    const now = this.#now()
    const last = stack.at(-1)
    const joins =
      this.lastChange > 0 && now - this.lastChange < this.captureTimeout && last !== undefined && !undoing && !redoing
    let stackItem: StackItem
    if (joins) {
      stackItem = last
      stackItem.deletions = DeleteSet.union([stackItem.deletions, deletions])
      stackItem.insertions = DeleteSet.union([stackItem.insertions, insertions])
    } else {
      stackItem = new StackItem(deletions, insertions)
      stack.push(stackItem)
    }
    if (!undoing && !redoing) this.lastChange = now
    const { tables } = this.doc
    forEachRowOf(transaction, deletions, (row) => {
      if (tables.rows.kind(row) !== GC_KIND && this.#isInScope(row)) keepRow(tables, row, true)
    })
    const event: StackItemEvent = {
      stackItem,
      origin: transaction.origin,
      type: undoing ? 'redo' : 'undo',
      changedParentTypes: transaction.changedParentTypes,
    }
    this.emit(joins ? 'stack-item-updated' : 'stack-item-added', [event, this])
  }

  #isTracked(transaction: Transaction): boolean {
    const { trackedOrigins, scope, doc } = this
    const { origin } = transaction
    if (!this.captureTransaction(transaction)) return false
    const { changedParentTypes } = transaction
    if (!scope.some((type) => type === doc || changedParentTypes.has(type as SharedType))) return false
    return trackedOrigins.has(origin) || (Boolean(origin) && trackedOrigins.has((origin as object).constructor))
  }

  #pop(stack: StackItem[], type: 'undo' | 'redo'): StackItem | null {
    // What listeners throw must not keep the step: the next one would then not be taken.
    const failures = new Failures()
    let transaction: Transaction | null = null
    failures.attempt(() =>
      transact(
        this.doc,
        (running) => {
          transaction = running
          while (stack.length > 0 && this.currStackItem === null) {
            const stackItem = stack.pop()!
            this.currStackItem = this.#revert(running, stackItem) ? stackItem : null
          }
        },
        this,
      ),
    )
    const popped = this.currStackItem
    if (popped !== null) failures.attempt(() => this.#tellPopped(popped, type, transaction!))
    this.currStackItem = null
    failures.rethrow()
    return popped
  }

  #tellPopped(stackItem: StackItem, type: 'undo' | 'redo', { changedParentTypes }: Transaction): void {
    this.emit('stack-item-popped', [{ stackItem, type, changedParentTypes, origin: this }, this])
  }

  /** Deletes what the step inserted, and puts back what it deleted. Returns whether anything was left to do. */
  #revert(transaction: Transaction, { insertions, deletions }: StackItem): boolean {
    const { doc } = this
    const { rows, clients } = doc.tables
    const toDelete: number[] = []
    forEachRowOf(transaction, insertions, (inserted) => {
      if (rows.kind(inserted) === GC_KIND) return
      let row = inserted
      for (let next = redoneRow(transaction, row); next !== NONE; next = redoneRow(transaction, next)) row = next
      if (!rows.isDeleted(row) && this.#isInScope(row)) toDelete.push(row)
    })
    const toRedo = new Set<number>()
    forEachRowOf(transaction, deletions, (row) => {
      if (rows.kind(row) === GC_KIND || !this.#isInScope(row)) return
      // What was inserted and deleted within the step was never seen.
      if (!insertions.has(clients.ids[rows.client(row)]!, rows.clock(row))) toRedo.add(row)
    })
    const isReplaceable = (client: number, clock: number): boolean =>
      insertions.has(client, clock) || this.#isDeletedByStep(client, clock)
    const redoing = { rows: toRedo, isReplaceable, replacesAnything: this.ignoreRemoteMapChanges }
    let isChanged = false
    for (const row of toRedo) if (redoRow(transaction, row, redoing) !== NONE) isChanged = true
    // Backwards, so that what is inside goes before what holds it: filters see more then.
    for (let row = toDelete.pop(); row !== undefined; row = toDelete.pop()) {
      if (this.deleteFilter !== everything && !this.deleteFilter(doc.itemOfRow(row))) continue
      deleteRow(transaction, row)
      isChanged = true
    }
    return isChanged
  }

  #isDeletedByStep(client: number, clock: number): boolean {
    const isIn = ({ deletions }: StackItem): boolean => deletions.has(client, clock)
    return this.undoStack.some(isIn) || this.redoStack.some(isIn)
  }

  #letGo(transaction: Transaction, stack: readonly StackItem[]): void {
    const { tables } = this.doc
    for (const { deletions } of stack) {
      forEachRowOf(transaction, deletions, (row) => {
        if (tables.rows.kind(row) !== GC_KIND && this.#isInScope(row)) keepRow(tables, row, false)
      })
    }
  }

  #isInScope(row: number): boolean {
    const { doc, scope } = this
    const { types } = doc.tables
    if (scope.includes(doc)) return true
    for (let at = row; at >= 0;) {
      const type = typeOfRow(doc.tables, at)
      const facade = doc.facadeIfAny(type)
      if (facade !== undefined && scope.includes(facade)) return true
      at = types.item(type)
    }
    return false
  }
}

function everything(): boolean {
  return true
}

function docOf(scope: DocCore | SharedType | readonly (SharedType | DocCore)[]): DocCore {
  const first = isList(scope) ? scope[0] : scope
  const doc = first instanceof DocCore ? first : first?.doc
  if (doc === undefined || doc === null) throw new TypeError('what is undone is in a document, or a document is given')
  return doc
}

function isList<Value>(values: Value | readonly Value[]): values is readonly Value[] {
  return Array.isArray(values)
}

/** The units that were inserted between the beginning of a transaction and that of its events; clients in the order of Yjs. */
function insertionsOf(transaction: Transaction): DeleteSet {
  const { doc, seenTransactions } = transaction
  const { clients } = doc.tables
  const touched = transaction.touchedSince(seenTransactions)
  // Observers edited: what they inserted is theirs.
  const after = doc.round.length === seenTransactions ? null : transaction.afterState
  const inserted: { readonly client: number; readonly before: number }[] = []
  for (let at = 0; at < touched.length; at += 2) inserted.push({ client: touched[at]!, before: touched[at + 1]! })
  inserted.sort((a, b) => clients.seniority(a.client) - clients.seniority(b.client))
  const flat: number[] = []
  for (const { client, before } of inserted) {
    const id = clients.ids[client]!
    const end = after === null ? clients.state(client) : (after.get(id) ?? 0)
    if (end > before) flat.push(id, before, end)
  }
  return DeleteSet.ofRanges(flat)
}
