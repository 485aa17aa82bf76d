/** Values and shared types under keys; of those who set the same key at the same time one wins, the same everywhere. */
import { cloned } from './array.ts'
import type { DocCore } from './doc-core.ts'
import { YEvent } from './event.ts'
import { deleteKey, entriesOf, keysOf, rowOfKey, setKey, valueOfEntry, valueOfKey } from './keyed.ts'
import { NONE } from './row-table.ts'
import { SharedType } from './shared-type.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'

export class YMapEvent extends YEvent<YMap> {
  /** The keys that were set or deleted. */
  get keysChanged(): ReadonlySet<string | null> {
    return this.transaction.keysOf(this.target)
  }
}

export class YMap<Value = unknown> extends SharedType<YMapEvent> {
  /** What was set before it was in a document; null since. */
  #early: Map<string, unknown> | null

  constructor(entries?: Iterable<readonly [string, Value]>) {
    super()
    this.#early = new Map(entries)
  }

  override get kind(): TypeKind.Kind {
    return TypeKind.map
  }

  /** How many keys are set. Cost linear in the keys that ever were. */
  get size(): number {
    let size = 0
    for (const _ of this.#entries()) size++
    return size
  }

  override clone(): YMap<Value> {
    const copy = new YMap<Value>()
    this.forEach((value, key) => {
      copy.set(key, cloned(value))
    })
    return copy
  }

  override _copy(): YMap<Value> {
    return new YMap()
  }

  /** Sets a key, and returns the value. Throws for values that cannot be kept. */
  set<Given extends Value>(key: string, value: Given): Given {
    const { doc } = this
    if (doc === null) this.#early!.set(key, value)
    else transact(doc, (transaction) => setKey(transaction, this.handle, key, value))
    return value
  }

  get(key: string): Value | undefined {
    return (this.doc === null ? undefined : valueOfKey(this.doc, this.handle, key)) as Value | undefined
  }

  has(key: string): boolean {
    return this.doc !== null && rowOfKey(this.doc, this.handle, key) !== NONE
  }

  delete(key: string): void {
    const { doc } = this
    if (doc === null) this.#early!.delete(key)
    else transact(doc, (transaction) => deleteKey(transaction, this.handle, key))
  }

  /** Deletes all keys. */
  clear(): void {
    const { doc } = this
    if (doc === null) this.#early!.clear()
    else {
      transact(doc, (transaction) => {
        for (const key of Array.from(this.keys())) deleteKey(transaction, this.handle, key)
      })
    }
  }

  *keys(): IterableIterator<string> {
    if (this.doc !== null) yield* keysOf(this.doc, this.handle)
  }

  *values(): IterableIterator<Value> {
    for (const entry of this.#entries()) yield valueOfEntry(this.doc!, entry) as Value
  }

  *entries(): IterableIterator<[string, Value]> {
    for (const entry of this.#entries()) {
      yield [this.doc!.tables.entries.keyOf(entry), valueOfEntry(this.doc!, entry) as Value]
    }
  }

  [Symbol.iterator](): IterableIterator<[string, Value]> {
    return this.entries()
  }

  forEach(call: (value: Value, key: string, map: this) => void): void {
    for (const [key, value] of this.entries()) call(value, key, this)
  }

  override toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = {}
    for (const [key, value] of this.entries()) json[key] = value instanceof SharedType ? value.toJSON() : value
    return json
  }

  override attach(doc: DocCore, handle: number): void {
    super.attach(doc, handle)
    const entries = this.#early
    this.#early = null
    if (entries !== null) for (const [key, value] of entries) this.set(key, value as Value)
  }

  override createEvent(transaction: Transaction): YEvent {
    return new YMapEvent(this, transaction)
  }

  #entries(): Iterable<number> {
    return this.doc === null ? [] : entriesOf(this.doc, this.handle)
  }
}
