/** A list of values and shared types. */
import { YEvent } from './event.ts'
import type { DocCore } from './doc-core.ts'
import { deleteAt, insertAt, iterate, push, sliceOf, valueAt, valuesOf } from './sequence.ts'
import { SharedType, type Observer } from './shared-type.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'

export class YArrayEvent extends YEvent<YArray> {}

export class YArray<Value = unknown> extends SharedType {
  /** What was inserted before it was in a document; null since. */
  #early: unknown[] | null = []

  /** An array of these values. */
  static from<Value>(values: Value[]): YArray<Value> {
    const array = new YArray<Value>()
    array.push(values)
    return array
  }

  override get kind(): TypeKind.Kind {
    return TypeKind.array
  }

  /** How many values. 0 while it is in no document. */
  get length(): number {
    return this.doc === null ? 0 : this.doc.tables.types.length[this.handle]!
  }

  override observe(observer: Observer<YArrayEvent>): void {
    super.observe(observer)
  }

  override unobserve(observer: Observer<YArrayEvent>): void {
    super.unobserve(observer)
  }

  override clone(): YArray<Value> {
    const copy = new YArray<Value>()
    copy.insert(0, this.toArray().map(cloned))
    return copy
  }

  override _copy(): YArray<Value> {
    return new YArray()
  }

  /** Inserts values. Throws when `index` is beyond the length. */
  insert(index: number, values: Value[]): void {
    const { doc } = this
    if (doc === null) this.#early!.splice(index, 0, ...values)
    else transact(doc, (transaction) => insertAt(transaction, this.handle, index, values))
  }

  /** Adds values behind everything that was ever there. */
  push(values: Value[]): void {
    const { doc } = this
    if (doc === null) this.#early!.push(...values)
    else transact(doc, (transaction) => push(transaction, this.handle, values))
  }

  /** Adds values at the beginning. */
  unshift(values: Value[]): void {
    this.insert(0, values)
  }

  /** Deletes values. Throws when there are fewer; those are deleted then. */
  delete(index: number, length = 1): void {
    const { doc } = this
    if (doc === null) this.#early!.splice(index, length)
    else transact(doc, (transaction) => deleteAt(transaction, this.handle, index, length))
  }

  get(index: number): Value {
    return (this.doc === null ? undefined : valueAt(this.doc, this.handle, index)) as Value
  }

  toArray(): Value[] {
    return (this.doc === null ? [] : valuesOf(this.doc, this.handle)) as Value[]
  }

  /** The values from `start` up to `end`; below 0 they count from the end. */
  slice(start = 0, end: number = this.length): Value[] {
    return (this.doc === null ? [] : sliceOf(this.doc, this.handle, start, end)) as Value[]
  }

  override toJSON(): unknown[] {
    return this.map((value) => (value instanceof SharedType ? value.toJSON() : value))
  }

  map<Result>(call: (value: Value, index: number, array: this) => Result): Result[] {
    return this.toArray().map((value, index) => call(value, index, this))
  }

  forEach(call: (value: Value, index: number, array: this) => void): void {
    let index = 0
    for (const value of this) call(value, index++, this)
  }

  *[Symbol.iterator](): IterableIterator<Value> {
    if (this.doc !== null) yield* iterate(this.doc, this.handle) as IterableIterator<Value>
  }

  override attach(doc: DocCore, handle: number): void {
    super.attach(doc, handle)
    const values = this.#early
    this.#early = null
    if (values !== null && values.length > 0) this.insert(0, values as Value[])
  }

  override createEvent(transaction: Transaction): YArrayEvent {
    return new YArrayEvent(this, transaction)
  }
}

/** A value for a copy: shared types are in one place alone, so they are copied too. */
export function cloned<Value>(value: Value): Value {
  return value instanceof SharedType ? (value.clone() as Value) : value
}
