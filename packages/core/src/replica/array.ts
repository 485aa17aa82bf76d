/** A list of values and shared types. */
import { YEvent } from './event.ts'
import { ListType } from './list-type.ts'
import { iterate, push } from './sequence.ts'
import { SharedType } from './shared-type.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'

export class YArrayEvent extends YEvent<YArray> {}

export class YArray<Value = unknown> extends ListType<Value, YArrayEvent> {
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
  override get length(): number {
    return this.doc === null ? 0 : this.doc.tables.types.length(this.handle)
  }

  override clone(): YArray<Value> {
    const copy = new YArray<Value>()
    copy.insert(0, this.toArray().map(cloned))
    return copy
  }

  override _copy(): YArray<Value> {
    return new YArray()
  }

  /** Adds values behind everything that was ever there. */
  push(values: Value[]): void {
    const { doc } = this
    if (doc === null) this.early!.push(...values)
    else transact(doc, (transaction) => push(transaction, this.handle, values))
  }

  override toJSON(): unknown[] {
    const values: unknown[] = this.toArray()
    for (let at = 0; at < values.length; at++) {
      const value = values[at]
      if (value instanceof SharedType) values[at] = value.toJSON()
    }
    return values
  }

  map<Result>(call: (value: Value, index: number, array: this) => Result): Result[] {
    return this.toArray().map((value, index) => call(value, index, this))
  }

  *[Symbol.iterator](): IterableIterator<Value> {
    if (this.doc !== null) yield* iterate(this.doc, this.handle) as IterableIterator<Value>
  }

  override createEvent(transaction: Transaction): YArrayEvent {
    return new YArrayEvent(this, transaction)
  }
}

/** A value for a copy: shared types are in one place alone, so they are copied too. */
export function cloned<Value>(value: Value): Value {
  return value instanceof SharedType ? (value.clone() as Value) : value
}
