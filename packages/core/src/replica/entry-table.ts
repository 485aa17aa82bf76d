/**
 * What stands under the keys of all types of a document, in one hash table: (type, key) → the list of rows that were set there, of which the last one counts.
 * Entries of a type are chained in the order in which its keys were first set, which is the order in which Yjs lists them.
 */
import { grownColumns, noNumbers } from './columns.ts'
import { NONE } from './row-table.ts'
import type { TypeTable } from './type-table.ts'

const EMPTY = 0
const REMOVED = -1

/** Of a table without entries, for all of them: one slot, which stays empty. */
const noSlots: Int32Array = new Int32Array(1)

export class EntryTable {
  readonly #types: TypeTable
  /** Keys are shared by all types: records have the same few. */
  readonly keys: string[] = []
  /** Made for the first key. */
  #keyIndices: Map<string, number> | null = null

  #count = 0
  #free: number = NONE
  type: Int32Array = noNumbers
  key: Int32Array = noNumbers
  /** The first and last row; the last holds the value. */
  head: Int32Array = noNumbers
  tail: Int32Array = noNumbers
  /** The entry of the same type that came next. */
  next: Int32Array = noNumbers
  /** The transaction that changed it last. */
  changedBy: Int32Array = noNumbers

  /** Entry + 1, open addressing with linear probing. */
  #slots: Int32Array = noSlots
  /** Slots that are not empty, removed ones included. */
  #used = 0

  constructor(types: TypeTable) {
    this.#types = types
  }

  keyIndex(key: string): number {
    this.#keyIndices ??= new Map()
    let index = this.#keyIndices.get(key)
    if (index === undefined) {
      index = this.keys.length
      this.keys.push(key)
      this.#keyIndices.set(key, index)
    }
    return index
  }

  /** The key of an entry. */
  keyOf(entry: number): string {
    return this.keys[this.key[entry]!]!
  }

  /** The entry of a key that was ever set in the type, or NONE. */
  find(type: number, key: string): number {
    const keyIndex = this.#keyIndices?.get(key)
    return keyIndex === undefined ? NONE : this.#find(type, keyIndex)
  }

  /** The entry of a key, which is added without rows if there is none. */
  findOrAdd(type: number, key: string): number {
    const keyIndex = this.keyIndex(key)
    const found = this.#find(type, keyIndex)
    return found === NONE ? this.#add(type, keyIndex) : found
  }

  /** Forgets all entries of a type that was collected. */
  removeAll(type: number): void {
    for (let entry = this.#types.firstEntry[type]!; entry !== NONE;) {
      const next = this.next[entry]!
      const slots = this.#slots
      let slot = this.#slotOf(type, this.key[entry]!)
      while (slots[slot] !== entry + 1) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = REMOVED
      this.next[entry] = this.#free
      this.#free = entry
      entry = next
    }
    this.#types.firstEntry[type] = NONE
    this.#types.lastEntry[type] = NONE
  }

  #find(type: number, key: number): number {
    const slots = this.#slots
    for (let slot = this.#slotOf(type, key); ; slot = (slot + 1) & (slots.length - 1)) {
      const entry = slots[slot]! - 1
      if (entry === EMPTY - 1) return NONE
      if (entry >= 0 && this.type[entry] === type && this.key[entry] === key) return entry
    }
  }

  #add(type: number, key: number): number {
    if ((this.#used + 1) * 4 > this.#slots.length * 3) this.#rehash()
    let entry = this.#free
    if (entry === NONE) {
      entry = this.#count++
      if (entry === this.type.length) this.#resize(Math.ceil(entry * 1.5) + 4)
    } else this.#free = this.next[entry]!
    this.type[entry] = type
    this.key[entry] = key
    this.head[entry] = NONE
    this.tail[entry] = NONE
    this.next[entry] = NONE
    this.changedBy[entry] = 0
    const types = this.#types
    const last = types.lastEntry[type]!
    if (last === NONE) types.firstEntry[type] = entry
    else this.next[last] = entry
    types.lastEntry[type] = entry
    this.#place(entry)
    this.#used++
    return entry
  }

  #place(entry: number): void {
    const slots = this.#slots
    let slot = this.#slotOf(this.type[entry]!, this.key[entry]!)
    while (slots[slot] !== EMPTY) slot = (slot + 1) & (slots.length - 1)
    slots[slot] = entry + 1
  }

  #slotOf(type: number, key: number): number {
    const mixed = Math.imul(type, 0x9e3779b1) ^ Math.imul(key + 1, 0x85ebca6b)
    return (mixed ^ (mixed >>> 15)) & (this.#slots.length - 1)
  }

  /** Room for as many again as there are; slots of removed entries are free afterwards. */
  #rehash(): void {
    const entries: number[] = []
    for (const slot of this.#slots) if (slot > 0) entries.push(slot - 1)
    let size = 4
    while (size < (entries.length + 1) * 2) size *= 2
    this.#slots = new Int32Array(size)
    this.#used = entries.length
    for (const entry of entries) this.#place(entry)
  }

  #resize(capacity: number): void {
    ;[this.type, this.key, this.head, this.tail, this.next, this.changedBy] = grownColumns(capacity, [
      this.type,
      this.key,
      this.head,
      this.tail,
      this.next,
      this.changedBy,
    ])
  }
}
