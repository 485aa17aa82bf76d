/**
 * What happened to a type in a transaction. Nothing is computed before it is asked for, and what was asked for is kept; it has to be asked while the events of the
 * round are emitted, since afterwards rows are merged and collected.
 */
import { valueInRow, valuesOfRow } from './row-content.ts'
import { entryOfRow, indexOfRow, typeOfRow } from './row-list.ts'
import { NONE } from './row-table.ts'
import type { Item } from './item.ts'
import type { SharedType } from './shared-type.ts'
import type { Transaction } from './transaction.ts'

/** A step through a list: keep so many, delete so many, or insert these. Text has strings and objects, other lists arrays of values. */
export interface DeltaStep {
  insert?: string | object | unknown[]
  delete?: number
  retain?: number
  attributes?: Record<string, unknown>
}

/** What became of a key. */
export interface KeyChange {
  action: 'add' | 'update' | 'delete'
  oldValue: unknown
}

export interface Changes {
  added: Set<Item>
  deleted: Set<Item>
  keys: Map<string, KeyChange>
  delta: DeltaStep[]
}

export class YEvent<Target extends SharedType = SharedType> {
  /** The type that changed. */
  readonly target: Target
  /** The type whose observer is called; the target, or something around it. */
  currentTarget: SharedType
  readonly transaction: Transaction
  /** Forgotten whenever the current target changes. */
  _path: (string | number)[] | null = null
  #keys: Map<string, KeyChange> | null = null
  #changes: Changes | null = null

  constructor(target: Target, transaction: Transaction) {
    this.target = target
    this.currentTarget = target
    this.transaction = transaction
  }

  /** Keys and indices that lead from the current target to the target. */
  get path(): (string | number)[] {
    return (this._path ??= pathBetween(this.currentTarget, this.target))
  }

  /** The keys that changed. A key that came and went in the same transaction did not. */
  get keys(): Map<string, KeyChange> {
    return (this.#keys ??= this.#keyChanges())
  }

  /** The change of the list, as steps from its beginning. */
  get delta(): DeltaStep[] {
    return this.changes.delta
  }

  /** All of it. */
  get changes(): Changes {
    return (this.#changes ??= this.computeChanges())
  }

  /** Whether the transaction inserted an item. */
  adds(item: { readonly id: { client: number; clock: number } }): boolean {
    return item.id.clock >= (this.transaction.beforeState.get(item.id.client) ?? 0)
  }

  /** Whether the transaction deleted an item. */
  deletes(item: { readonly id: { client: number; clock: number } }): boolean {
    return this.transaction.deletedIds.has(item.id.client, item.id.clock)
  }

  protected computeChanges(): Changes {
    this.assertInTime()
    const changes: Changes = { added: new Set(), deleted: new Set(), keys: this.keys, delta: [] }
    const { doc } = this.transaction
    if (!this.transaction.keysOf(this.target).has(null)) return changes
    const { rows, types } = doc.tables
    let step: DeltaStep | null = null
    for (let row = types.head(this.target.handle); row !== NONE; row = rows.right(row)) {
      const isNew = this.addsRow(row)
      if (rows.isDeleted(row)) {
        if (isNew || !this.deletesRow(row)) continue
        if (step?.delete === undefined) changes.delta.push((step = { delete: 0 }))
        step.delete! += rows.length(row)
        changes.deleted.add(doc.itemOfRow(row))
      } else if (isNew) {
        if (step?.insert === undefined) changes.delta.push((step = { insert: [] }))
        for (const value of valuesOfRow(doc, row)) (step.insert as unknown[]).push(value)
        changes.added.add(doc.itemOfRow(row))
      } else {
        if (step?.retain === undefined) changes.delta.push((step = { retain: 0 }))
        step.retain! += rows.length(row)
      }
    }
    if (step?.retain !== undefined) changes.delta.pop()
    return changes
  }

  /** Whether the transaction inserted a row; the transaction must be in view, see {@link assertInTime}. */
  protected addsRow(row: number): boolean {
    const { rows } = this.transaction.doc.tables
    return this.transaction.adds(rows.client(row), rows.clock(row))
  }

  protected deletesRow(row: number): boolean {
    const { rows } = this.transaction.doc.tables
    return rows.isDeleted(row) && this.transaction.deletes(rows.client(row), rows.clock(row))
  }

  /** Throws when the round is over, as Yjs does. Rows speak of this transaction afterwards. */
  protected assertInTime(): void {
    if (this.transaction.doc.round.length === 0) {
      throw new Error('You must not compute changes after the event-handler fired.')
    }
    this.transaction.view()
  }

  #keyChanges(): Map<string, KeyChange> {
    this.assertInTime()
    const changes = new Map<string, KeyChange>()
    for (const key of this.transaction.keysOf(this.target)) {
      const change = key === null ? null : this.#keyChange(key)
      if (change !== null) changes.set(key!, change)
    }
    return changes
  }

  #keyChange(key: string): KeyChange | null {
    const { doc } = this.transaction
    const { rows, entries } = doc.tables
    const row = entries.tail(entries.find(this.target.handle, key))
    const lastValue = (of: number): unknown => valueInRow(doc, of, rows.length(of) - 1)
    if (!this.addsRow(row)) return this.deletesRow(row) ? { action: 'delete', oldValue: lastValue(row) } : null
    let before = rows.left(row)
    while (before !== NONE && this.addsRow(before)) before = rows.left(before)
    const hadValue = before !== NONE && this.deletesRow(before)
    if (this.deletesRow(row)) return hadValue ? { action: 'delete', oldValue: lastValue(before) } : null
    return hadValue ? { action: 'update', oldValue: lastValue(before) } : { action: 'add', oldValue: undefined }
  }
}

function pathBetween(from: SharedType, to: SharedType): (string | number)[] {
  const path: (string | number)[] = []
  for (let type = to; type !== from;) {
    const { doc, itemRow } = type
    if (doc === null || itemRow < 0) break
    const entry = entryOfRow(doc.tables, itemRow)
    path.push(entry === NONE ? indexOfRow(doc.tables, itemRow) : doc.tables.entries.keyOf(entry))
    type = doc.facade(typeOfRow(doc.tables, itemRow))
  }
  return path.reverse()
}
