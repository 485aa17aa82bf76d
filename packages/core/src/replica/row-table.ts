/**
 * The rows of a document. A row is one run of units: an item of Yjs, or a GC run. A handle (the number of a row) stays valid until the row is merged into its
 * neighbour or released; to remember a place for longer, remember an ID and ask `IdIndex`.
 *
 * All rows lie in two arrays, in records of nine words and four halves: two things to the garbage collector, whatever the number of rows, and little in a small
 * document, where an array of its own for each field costs more than what is in it. Records are read and written by the methods here, which V8 inlines; only
 * where it has too many of them to inline, the arrays are read directly.
 */
import * as Flag from './row-flag.ts'
import * as ContentKind from '../content-kind.ts'
import * as RowRecord from './row-record.ts'

/** No row, no type, no client: what a field holds where there is nothing. */
export const NONE = -1

/** The kind of a GC run; other kinds are those of `ContentKind`. */
export const GC_KIND = 0

/** A row that lives under a key of its type has its entry in the place of its parent, as a negative number. */
export function parentOfEntry(entry: number): number {
  return -2 - entry
}

/** The opposite of {@link parentOfEntry}; for a row of the type's list it is below 0. */
export function entryOfParent(parent: number): number {
  return -2 - parent
}

/** Indices of clients take two bytes, until there are more clients than that. */
export const NARROW_CLIENTS_MAX = 0x8000

// Constants of this module: V8 knows what they are, and reads those of other modules from memory each time.
const ROW_WORDS = RowRecord.words
const CLOCK = RowRecord.clock
const LENGTH = RowRecord.length
const ORIGIN_CLOCK = RowRecord.originClock
const RIGHT_ORIGIN_CLOCK = RowRecord.rightOriginClock
const CONTENT = RowRecord.content
const LEFT = RowRecord.left
const RIGHT = RowRecord.right
const NEXT_BY_CLOCK = RowRecord.nextByClock
const PARENT = RowRecord.parent
const ROW_HALVES = RowRecord.halves
const CLIENT = RowRecord.client
const ORIGIN_CLIENT = RowRecord.originClient
const RIGHT_ORIGIN_CLIENT = RowRecord.rightOriginClient
const TRAITS = RowRecord.traits
const KIND_BITS = RowRecord.kindBits
const FLAGS_SHIFT = RowRecord.flagsShift

const deletedTrait: number = Flag.deleted << FLAGS_SHIFT

/** A bit for each kind whose units have an index in their type; formats, tombstones without content and GC runs have none. */
const countableKinds: number = 0x3ff & ~((1 << GC_KIND) | (1 << ContentKind.deleted) | (1 << ContentKind.format))

const noWords = new Int32Array(0)
const noHalves = new Int16Array(0)

let tableCount = 0

export class RowTable {
  /** Handles in use are below this. */
  end = 0
  /** Rows in use. */
  live = 0
  #free: number = NONE
  /** No other table has the same number. */
  readonly serial: number = ++tableCount
  /** Rises whenever a row is put into a list or released, or gets another origin: who remembers the order of rows asks whether it still holds. */
  changes = 0
  /** Rows for which the arrays have room. */
  capacity = 0
  /** The records, one after another. Growing the table replaces both arrays: who reads them reads them again after an insertion. */
  words: Int32Array = noWords
  /** Of 32 bits each, once there are many clients. */
  halves: Int16Array | Int32Array = noHalves
  /** Where rows are in the position trees of their types, by handle; empty until there is a tree. */
  leaves: Int32Array = noWords

  // Fields by themselves. Their places are plain numbers here, those of `row-record.ts`: with names, each of these methods is one byte of bytecode too long for V8 to
  // inline it whatever else it inlines, and typing takes 15 % more time.

  /** Index in the client table. */
  client(row: number): number {
    return this.halves[row * 4]!
  }

  clock(row: number): number {
    return this.words[row * 9]!
  }

  /** In units, at least 1. */
  length(row: number): number {
    return this.words[row * 9 + 1]!
  }

  /** The clock behind the last unit. */
  clockEnd(row: number): number {
    const at = row * 9
    return this.words[at]! + this.words[at + 1]!
  }

  kind(row: number): number {
    return this.halves[row * 4 + 3]! & 0x0f
  }

  /** Bits of `row-flag.ts`. */
  flags(row: number): number {
    return this.halves[row * 4 + 3]! >> 4
  }

  /** Index in the client table, or NONE; the clock beside it is of the last unit to the left at insertion. */
  originClient(row: number): number {
    return this.halves[row * 4 + 1]!
  }

  originClock(row: number): number {
    return this.words[row * 9 + 2]!
  }

  rightOriginClient(row: number): number {
    return this.halves[row * 4 + 2]!
  }

  rightOriginClock(row: number): number {
    return this.words[row * 9 + 3]!
  }

  /** Where the content is: an offset into a text buffer or the values, or a type, depending on the kind. */
  content(row: number): number {
    return this.words[row * 9 + 4]!
  }

  /** Neighbours in the list of the type, or of the key, tombstones included. */
  left(row: number): number {
    return this.words[row * 9 + 5]!
  }

  right(row: number): number {
    return this.words[row * 9 + 6]!
  }

  /** The row of the same client whose clock follows. */
  nextByClock(row: number): number {
    return this.words[row * 9 + 7]!
  }

  /** The type, for a row of its list; for a row under a key see {@link parentOfEntry}; NONE for GC runs. */
  parent(row: number): number {
    return this.words[row * 9 + 8]!
  }

  setClient(row: number, client: number): void {
    this.halves[row * 4] = client
  }

  setClock(row: number, clock: number): void {
    this.words[row * 9] = clock
  }

  setLength(row: number, length: number): void {
    this.words[row * 9 + 1] = length
  }

  setKind(row: number, kind: number): void {
    const at = row * 4 + 3
    this.halves[at] = (this.halves[at]! & ~0x0f) | kind
  }

  setFlags(row: number, flags: number): void {
    const at = row * 4 + 3
    this.halves[at] = (this.halves[at]! & 0x0f) | (flags << 4)
  }

  setOrigin(row: number, client: number, clock: number): void {
    this.changes = (this.changes + 1) | 0
    this.halves[row * 4 + 1] = client
    this.words[row * 9 + 2] = clock
  }

  setRightOrigin(row: number, client: number, clock: number): void {
    this.halves[row * 4 + 2] = client
    this.words[row * 9 + 3] = clock
  }

  setContent(row: number, content: number): void {
    this.words[row * 9 + 4] = content
  }

  setLeft(row: number, left: number): void {
    this.words[row * 9 + 5] = left
  }

  setRight(row: number, right: number): void {
    this.words[row * 9 + 6] = right
  }

  setNextByClock(row: number, next: number): void {
    this.words[row * 9 + 7] = next
  }

  setParent(row: number, parent: number): void {
    this.words[row * 9 + 8] = parent
  }

  /** Whether the row counts in the length of its type. */
  isVisible(row: number): boolean {
    // A bit for each kind, as in `countableKinds`, and above them none for those that are deleted.
    return ((0x3bc >> (this.halves[row * 4 + 3]! & 0x1f)) & 1) > 0
  }

  /** Units that count in the length of the type: all or none. */
  visibleLength(row: number): number {
    return this.words[row * 9 + 1]! * ((0x3bc >> (this.halves[row * 4 + 3]! & 0x1f)) & 1)
  }

  isDeleted(row: number): boolean {
    return (this.halves[row * 4 + 3]! & 0x10) > 0
  }

  /** Whether its text, if it has any, is in the buffer of 16-bit units. */
  isWide(row: number): boolean {
    return (this.halves[row * 4 + 3]! & 0x40) > 0
  }

  /** Whether both rows have the same right origin. */
  haveSameRightOrigin(row: number, other: number): boolean {
    const halves = this.halves
    const words = this.words
    return (
      halves[row * ROW_HALVES + RIGHT_ORIGIN_CLIENT] === halves[other * ROW_HALVES + RIGHT_ORIGIN_CLIENT] &&
      words[row * ROW_WORDS + RIGHT_ORIGIN_CLOCK] === words[other * ROW_WORDS + RIGHT_ORIGIN_CLOCK]
    )
  }

  /** Whether the origin of a row is the unit before its first one. */
  continuesItsClient(row: number): boolean {
    const half = row * ROW_HALVES
    const word = row * ROW_WORDS
    return (
      this.words[word + ORIGIN_CLOCK] === this.words[word + CLOCK]! - 1 &&
      this.halves[half + ORIGIN_CLIENT] === this.halves[half + CLIENT]
    )
  }

  /** From a row on by clock, the first that is deleted; or NONE. */
  firstDeleted(row: number): number {
    const { words, halves } = this
    let at = row
    while (at !== NONE && (halves[at * ROW_HALVES + TRAITS]! & deletedTrait) === 0) {
      at = words[at * ROW_WORDS + NEXT_BY_CLOCK]!
    }
    return at
  }

  /** From a row on by clock, the first that is not deleted and begins before `clock`; or NONE. */
  firstAlive(row: number, clock: number): number {
    const { words, halves } = this
    let at = row
    while (at !== NONE && words[at * ROW_WORDS + CLOCK]! < clock) {
      if ((halves[at * ROW_HALVES + TRAITS]! & deletedTrait) === 0) return at
      at = words[at * ROW_WORDS + NEXT_BY_CLOCK]!
    }
    return NONE
  }

  /** From a row on by clock, the first that may be one run with the row that follows by clock, which stands beside it or is a GC run like it; or NONE. */
  firstContinued(row: number): number {
    const { words, halves } = this
    for (let at = row; ;) {
      const next = words[at * ROW_WORDS + NEXT_BY_CLOCK]!
      if (next === NONE) return NONE
      if (words[at * ROW_WORDS + RIGHT] === next || (halves[at * ROW_HALVES + TRAITS]! & KIND_BITS) === GC_KIND)
        return at
      at = next
    }
  }

  /** From a row on in its list, the first that is text and not deleted; or NONE. */
  firstText(row: number): number {
    const { words, halves } = this
    let at = row
    while (at !== NONE && (halves[at * ROW_HALVES + TRAITS]! & (KIND_BITS | deletedTrait)) !== ContentKind.string) {
      at = words[at * ROW_WORDS + RIGHT]!
    }
    return at
  }

  /** Makes a row without content and neighbours, and returns its handle. */
  add(
    kind: number,
    flags: number,
    client: number,
    clock: number,
    length: number,
    originClient: number,
    originClock: number,
    rightOriginClient: number,
    rightOriginClock: number,
    parent: number,
  ): number {
    const row = this.#allocate()
    const halves = this.halves
    const half = row * ROW_HALVES
    halves[half + CLIENT] = client
    halves[half + ORIGIN_CLIENT] = originClient
    halves[half + RIGHT_ORIGIN_CLIENT] = rightOriginClient
    halves[half + TRAITS] = kind | (flags << FLAGS_SHIFT)
    const words = this.words
    const word = row * ROW_WORDS
    words[word + CLOCK] = clock
    words[word + LENGTH] = length
    words[word + ORIGIN_CLOCK] = originClock
    words[word + RIGHT_ORIGIN_CLOCK] = rightOriginClock
    words[word + CONTENT] = NONE
    words[word + LEFT] = NONE
    words[word + RIGHT] = NONE
    words[word + NEXT_BY_CLOCK] = NONE
    words[word + PARENT] = parent
    return row
  }

  /** Puts a row between two rows, either of which may be NONE. */
  link(left: number, row: number, right: number): void {
    this.changes = (this.changes + 1) | 0
    const { words } = this
    const at = row * ROW_WORDS
    words[at + LEFT] = left
    words[at + RIGHT] = right
    if (left !== NONE) words[left * ROW_WORDS + RIGHT] = row
    if (right !== NONE) words[right * ROW_WORDS + LEFT] = row
  }

  /** Gives a handle back; nothing may refer to it any more. */
  release(row: number): void {
    this.halves[row * ROW_HALVES + TRAITS] = GC_KIND
    const at = row * ROW_WORDS
    this.words[at + LENGTH] = 0
    this.words[at + RIGHT] = this.#free
    this.#free = row
    this.live--
    this.changes = (this.changes + 1) | 0
  }

  /** Makes room for so many rows more, and no further: what is loaded once is not over-allocated. */
  reserve(rows: number): void {
    const needed = this.end + rows
    if (needed > this.capacity) this.#resize(needed)
  }

  /** Becomes what `loaded` is: a table in which no handle was released, and which nobody uses after. */
  take(loaded: RowTable): void {
    this.words = loaded.words
    this.halves = loaded.halves
    this.leaves = loaded.leaves
    this.capacity = loaded.capacity
    this.#free = NONE
    this.end = loaded.end
    this.live = loaded.end
    this.changes = (this.changes + 1) | 0
  }

  /** From now on clients of any index fit: there are more than {@link NARROW_CLIENTS_MAX}. */
  widenClients(): void {
    this.halves = Int32Array.from(this.halves)
  }

  /** Whether clients of any index fit. */
  get hasWideClients(): boolean {
    return this.halves instanceof Int32Array
  }

  /** Gives each client the index that stands in `indices` at the one it has. */
  renumberClients(indices: readonly number[]): void {
    this.changes = (this.changes + 1) | 0
    const halves = this.halves
    for (let half = 0; half < this.end * ROW_HALVES; half += ROW_HALVES) {
      for (let at = half + CLIENT; at <= half + RIGHT_ORIGIN_CLIENT; at++) {
        if (halves[at] !== NONE) halves[at] = indices[halves[at]!]!
      }
    }
  }

  /** From now on rows have a place for their leaf. */
  withLeaves(): void {
    if (this.leaves.length === 0) this.leaves = new Int32Array(this.capacity)
  }

  #allocate(): number {
    this.live++
    const free = this.#free
    if (free !== NONE) {
      this.#free = this.words[free * ROW_WORDS + RIGHT]!
      return free
    }
    const { end } = this
    if (end === this.capacity) this.#resize(end === 0 ? 1 : end + (end >> 1) + 2)
    this.end = end + 1
    return end
  }

  #resize(capacity: number): void {
    this.words = grown(this.words, capacity * ROW_WORDS)
    const halves = this.halves
    this.halves = new (halves.constructor as new (length: number) => Int16Array | Int32Array)(capacity * ROW_HALVES)
    this.halves.set(halves)
    if (this.leaves.length > 0) this.leaves = grown(this.leaves, capacity)
    this.capacity = capacity
  }
}

/** Whether units of this kind have an index in their type; formats, tombstones without content and GC runs have none. */
export function isCountable(kind: number): boolean {
  return ((countableKinds >> kind) & 1) !== 0
}

/** A longer array with the same beginning. */
export function grown(column: Int32Array, capacity: number): Int32Array {
  const longer = new Int32Array(capacity)
  longer.set(column)
  return longer
}
