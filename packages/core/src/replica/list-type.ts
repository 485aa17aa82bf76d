/** What arrays and XML fragments have in common: values one after another, edited by their index. */
import type { DocCore } from './doc-core.ts'
import type { YEvent } from './event.ts'
import { deleteAt, insertAt, iterate, sliceOf, valueAt, valuesOf } from './sequence.ts'
import { SharedType } from './shared-type.ts'
import { transact } from './transact.ts'

export abstract class ListType<Value, Event extends YEvent> extends SharedType<Event> {
  /** What was inserted before it was in a document; null since. */
  protected early: unknown[] | null = []

  abstract get length(): number

  /** Inserts values. Throws when `index` is beyond the length. */
  insert(index: number, values: readonly Value[]): void {
    const { doc } = this
    if (doc === null) this.early!.splice(index, 0, ...values)
    else transact(doc, (transaction) => insertAt(transaction, this.handle, index, values))
  }

  /** Adds values at the beginning. */
  unshift(values: readonly Value[]): void {
    this.insert(0, values)
  }

  /** Deletes values. Throws when there are fewer; those are deleted then. */
  delete(index: number, length = 1): void {
    const { doc } = this
    if (doc === null) this.early!.splice(index, length)
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

  forEach(call: (value: Value, index: number, list: this) => void): void {
    if (this.doc === null) return
    let index = 0
    for (const value of iterate(this.doc, this.handle)) call(value as Value, index++, this)
  }

  override attach(doc: DocCore, handle: number): void {
    super.attach(doc, handle)
    const values = this.early
    this.early = null
    if (values !== null && values.length > 0) this.insert(0, values as Value[])
  }
}
