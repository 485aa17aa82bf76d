/**
 * What stands under the keys of all types of a document, in one hash table: (type, key) → the list of rows that were set there, of which the last one counts.
 * Entries of a type are chained in the order in which its keys were first set, which is the order in which Yjs lists them.
 */
import { grown, NONE } from './row-table.ts'
import type { TypeTable } from './type-table.ts'

const EMPTY = 0
const REMOVED = -1

/** Numbers of an entry, and where among them each is. Methods that read or write one have its place as a number, as in `row-table.ts`. */
const ENTRY_CELLS = 6
const TYPE = 0
const KEY = 1
const HEAD = 2
const TAIL = 3
const NEXT = 4
const CHANGED_BY = 5

const noCells = new Int32Array(0)

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
  #cells: Int32Array = noCells

  /** Entry + 1, open addressing with linear probing. */
  #slots: Int32Array = noSlots
  /** Slots that are not empty, removed ones included. */
  #used = 0

  constructor(types: TypeTable) {
    this.#types = types
  }

  type(entry: number): number {
    return this.#cells[entry * 6]!
  }

  key(entry: number): number {
    return this.#cells[entry * 6 + 1]!
  }

  /** The first row, or NONE. */
  head(entry: number): number {
    return this.#cells[entry * 6 + 2]!
  }

  /** The last row, which holds the value; or NONE. */
  tail(entry: number): number {
    return this.#cells[entry * 6 + 3]!
  }

  /** The entry of the same type that came next, or NONE. */
  next(entry: number): number {
    return this.#cells[entry * 6 + 4]!
  }

  /** The transaction that changed it last. */
  changedBy(entry: number): number {
    return this.#cells[entry * 6 + 5]!
  }

  setHead(entry: number, row: number): void {
    this.#cells[entry * 6 + 2] = row
  }

  setTail(entry: number, row: number): void {
    this.#cells[entry * 6 + 3] = row
  }

  setChangedBy(entry: number, serial: number): void {
    this.#cells[entry * 6 + 5] = serial
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
    return this.keys[this.key(entry)]!
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
    for (let entry = this.#types.firstEntry(type); entry !== NONE;) {
      const next = this.next(entry)
      const slots = this.#slots
      let slot = this.#slotOf(type, this.key(entry))
      while (slots[slot] !== entry + 1) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = REMOVED
      this.#setNext(entry, this.#free)
      this.#free = entry
      entry = next
    }
    this.#types.setFirstEntry(type, NONE)
    this.#types.setLastEntry(type, NONE)
  }

  #find(type: number, key: number): number {
    const slots = this.#slots
    for (let slot = this.#slotOf(type, key); ; slot = (slot + 1) & (slots.length - 1)) {
      const entry = slots[slot]! - 1
      if (entry === EMPTY - 1) return NONE
      if (entry >= 0 && this.type(entry) === type && this.key(entry) === key) return entry
    }
  }

  #add(type: number, key: number): number {
    if ((this.#used + 1) * 4 > this.#slots.length * 3) this.#rehash()
    let entry = this.#free
    if (entry === NONE) {
      entry = this.#count++
      const end = entry * ENTRY_CELLS
      if (end === this.#cells.length) {
        this.#cells = grown(this.#cells, (entry + (entry >> 1) + 4) * ENTRY_CELLS)
      }
    } else this.#free = this.next(entry)
    const cells = this.#cells
    const at = entry * ENTRY_CELLS
    cells[at + TYPE] = type
    cells[at + KEY] = key
    cells[at + HEAD] = NONE
    cells[at + TAIL] = NONE
    cells[at + NEXT] = NONE
    cells[at + CHANGED_BY] = 0
    const types = this.#types
    const last = types.lastEntry(type)
    if (last === NONE) types.setFirstEntry(type, entry)
    else this.#setNext(last, entry)
    types.setLastEntry(type, entry)
    this.#place(entry)
    this.#used++
    return entry
  }

  #place(entry: number): void {
    const slots = this.#slots
    let slot = this.#slotOf(this.type(entry), this.key(entry))
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

  #setNext(entry: number, next: number): void {
    this.#cells[entry * 6 + 4] = next
  }
}
