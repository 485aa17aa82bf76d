/**
 * The object of a shared type: what apps hold, observe and edit. It is a facade over the tables, made when somebody asks for it, and always the same one for the same
 * type. Before it is put into a document it is on its own, and keeps what is written to it until then.
 */
import type { DocCore } from './doc-core.ts'
import { YEvent } from './event.ts'
import type { Item } from './item.ts'
import { aliveFrom, entryOfRow, typeOfRow } from './row-list.ts'
import { NONE } from './row-table.ts'
import type { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'

/** Called with what happened to a type, while its transaction is cleaned up. */
export type Observer<Event> = (event: Event, transaction: Transaction) => void

/** Each kind of type has events of its own. */
// eslint-disable-next-line typescript/no-explicit-any -- an observer of a special event is no observer of any event
type AnyObserver = Observer<any>

const nobody: readonly never[] = []

// eslint-disable-next-line typescript/no-explicit-any -- as above
export class SharedType<Event = any> {
  /** The document that it is in, or null. */
  doc: DocCore | null = null
  /** Its number in the document's type table; NONE while it is in none. */
  handle: number = NONE
  #observers: readonly AnyObserver[] = nobody
  #deepObservers: readonly Observer<YEvent[]>[] = nobody

  /** Which of the types it is, as on the wire. */
  get kind(): TypeKind.Kind {
    return TypeKind.unknown
  }

  /** The name of an XML element or hook; null for others. */
  get nodeName(): string | null {
    return null
  }

  /** The type that it stands in; null for a root, and on its own. */
  get parent(): SharedType | null {
    const { doc } = this
    const item = this.itemRow
    return doc === null || item < 0 ? null : doc.facade(typeOfRow(doc.tables, item))
  }

  /** The item that holds it, as Yjs names it; null for a root. */
  get _item(): Item | null {
    const { doc } = this
    if (doc === null) return null
    return doc.itemOfType(this.handle)
  }

  /** Its length in a document, as Yjs names it for types of any kind; 0 on its own. */
  get _length(): number {
    return this.doc === null ? 0 : this.doc.tables.types.length(this.handle)
  }

  /** Its first item, deleted or not, as Yjs names it; null if there is none. */
  get _start(): Item | null {
    const { doc } = this
    const row = doc === null ? NONE : doc.tables.types.head(this.handle)
    return row === NONE ? null : doc!.itemOfRow(row)
  }

  /** Its first item that is not deleted, as Yjs names it; null if there is none. Cost linear in the deleted ones before it. */
  get _first(): Item | null {
    const { doc } = this
    if (doc === null) return null
    const row = aliveFrom(doc.tables, doc.tables.types.head(this.handle), true)
    return row === NONE ? null : doc.itemOfRow(row)
  }

  /** The row that holds it; NONE for a root and on its own, `COLLECTED` once that row has lost its content. */
  get itemRow(): number {
    return this.doc === null ? NONE : this.doc.tables.types.item(this.handle)
  }

  /** The key under which it stands in its parent, or null. */
  get parentKey(): string | null {
    const { doc } = this
    const row = this.itemRow
    if (doc === null || row < 0) return null
    const entry = entryOfRow(doc.tables, row)
    return entry === NONE ? null : doc.tables.entries.keyOf(entry)
  }

  get observers(): readonly AnyObserver[] {
    return this.#observers
  }

  get deepObservers(): readonly Observer<YEvent[]>[] {
    return this.#deepObservers
  }

  /** Calls `observer` with an event after each transaction that changed this type. */
  observe(observer: Observer<Event>): void {
    this.#observers = added(this.#observers, observer)
    if (this.doc !== null) this.doc.observers++
  }

  unobserve(observer: Observer<Event>): void {
    const before = this.#observers.length
    this.#observers = this.#observers.filter((other) => other !== observer)
    if (this.doc !== null) this.doc.observers -= before - this.#observers.length
  }

  /** Calls `observer` with all events of this type and of what is inside, after each transaction that changed any. */
  observeDeep(observer: Observer<YEvent[]>): void {
    this.#deepObservers = added(this.#deepObservers, observer)
    if (this.doc !== null) this.doc.observers++
  }

  unobserveDeep(observer: Observer<YEvent[]>): void {
    const before = this.#deepObservers.length
    this.#deepObservers = this.#deepObservers.filter((other) => other !== observer)
    if (this.doc !== null) this.doc.observers -= before - this.#deepObservers.length
  }

  /** A copy of it, and of all that is inside, that is in no document. */
  clone(): SharedType {
    return this._copy()
  }

  /** An empty one of the same kind. */
  _copy(): SharedType {
    return new SharedType()
  }

  /** Its value as plain data. */
  toJSON(): unknown {
    return undefined
  }

  /** It is in a document from now on; what was written to it before is written there, in the running transaction. */
  attach(doc: DocCore, handle: number): void {
    this.doc = doc
    this.handle = handle
    doc.observers += this.#observers.length + this.#deepObservers.length
  }

  /** The event that tells of a change of its list or of keys. */
  createEvent(transaction: Transaction): YEvent {
    return new YEvent(this, transaction)
  }
}

/** The list with an observer more. As in Yjs it is the same list, unless it is empty: who comes while others are called is called with them. */
function added<Of>(list: readonly Of[], observer: Of): readonly Of[] {
  if (list.length === 0) return [observer]
  ;(list as Of[]).push(observer)
  return list
}
