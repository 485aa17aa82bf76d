/**
 * The rows of a document, column by column. A row is one run of units: an item of Yjs, or a GC run. A handle (an index into the columns) stays valid until
 * the row is merged into its neighbour or released; to remember a place for longer, remember an ID and ask `IdIndex`.
 *
 * Columns and no objects: a document of ten thousand rows is a dozen arrays to the garbage collector, and half the memory. Whoever allocates a row must
 * read the columns again, since growing replaces them.
 */
import * as Flag from './row-flag.ts'
import * as ContentKind from '../content-kind.ts'
import { grownColumns, noBytes, noHalves, noNumbers } from './columns.ts'

/** No row, no type, no client: what a column holds where there is nothing. */
export const NONE = -1

/** The kind of a GC run; other kinds are those of `ContentKind`. */
export const GC_KIND = 0

/** A row that lives under a key of its type has its entry in the parent column, as a negative number. */
export function parentOfEntry(entry: number): number {
  return -2 - entry
}

/** The opposite of {@link parentOfEntry}; for a row of the type's list it is below 0. */
export function entryOfParent(parent: number): number {
  return -2 - parent
}

/** Indices of clients take two bytes, until there are more clients than that. */
export const NARROW_CLIENTS_MAX = 0x8000

export type ClientColumn = Int16Array | Int32Array

export class RowTable {
  /** Handles in use are below this. */
  end = 0
  /** Rows in use. */
  live = 0
  #free = NONE

  kind: Uint8Array = noBytes
  flags: Uint8Array = noBytes
  /** Index in the client table. */
  client: ClientColumn = noHalves
  clock: Int32Array = noNumbers
  /** In units, at least 1. */
  length: Int32Array = noNumbers
  /** Index in the client table, or NONE; the clock beside it is of the last unit to the left at insertion. */
  originClient: ClientColumn = noHalves
  originClock: Int32Array = noNumbers
  rightOriginClient: ClientColumn = noHalves
  rightOriginClock: Int32Array = noNumbers
  /** Where the content is: an offset into a text buffer or the values, or a type, depending on the kind. */
  content: Int32Array = noNumbers
  /** Neighbours in the list of the type, or of the key, tombstones included. */
  left: Int32Array = noNumbers
  right: Int32Array = noNumbers
  /** The row of the same client whose clock follows. */
  nextByClock: Int32Array = noNumbers
  /** The type, for a row of its list; for a row under a key see {@link parentOfEntry}; NONE for GC runs. */
  parent: Int32Array = noNumbers
  /** Where the row is in the position tree of its type; empty until there is a tree. */
  leaf: Int32Array = noNumbers

  /** A row with nothing in it. Columns that were read before may be out of date afterwards. */
  allocate(): number {
    this.live++
    const free = this.#free
    if (free !== NONE) {
      this.#free = this.right[free]!
      return free
    }
    if (this.end === this.clock.length) this.#resize(Math.ceil(this.end * 1.5) + 4)
    return this.end++
  }

  /** Gives a handle back; nothing may refer to it any more. */
  release(row: number): void {
    this.kind[row] = GC_KIND
    this.flags[row] = 0
    this.length[row] = 0
    this.right[row] = this.#free
    this.#free = row
    this.live--
  }

  /** Makes room for so many rows more, and no further: what is loaded once is not over-allocated. */
  reserve(rows: number): void {
    const needed = this.end + rows
    if (needed > this.clock.length) this.#resize(needed)
  }

  /** Becomes what `loaded` is: a table in which the first `rows` are in use, and which nobody uses after. */
  take(loaded: RowTable, rows: number): void {
    this.kind = loaded.kind
    this.flags = loaded.flags
    this.client = loaded.client
    this.clock = loaded.clock
    this.length = loaded.length
    this.originClient = loaded.originClient
    this.originClock = loaded.originClock
    this.rightOriginClient = loaded.rightOriginClient
    this.rightOriginClock = loaded.rightOriginClock
    this.content = loaded.content
    this.left = loaded.left
    this.right = loaded.right
    this.nextByClock = loaded.nextByClock
    this.parent = loaded.parent
    this.leaf = loaded.leaf
    this.#free = NONE
    this.end = rows
    this.live = rows
  }

  /** From now on clients of any index fit: there are more than {@link NARROW_CLIENTS_MAX}. */
  widenClients(): void {
    this.client = Int32Array.from(this.client)
    this.originClient = Int32Array.from(this.originClient)
    this.rightOriginClient = Int32Array.from(this.rightOriginClient)
  }

  /** From now on rows have a place for their leaf. */
  withLeaves(): void {
    if (this.leaf.length === 0) this.leaf = new Int32Array(this.clock.length)
  }

  /** Whether the row counts in the length of its type. */
  isVisible(row: number): boolean {
    return (this.flags[row]! & Flag.deleted) === 0 && isCountable(this.kind[row]!)
  }

  /** Units that count in the length of the type: all or none. */
  visibleLength(row: number): number {
    return this.isVisible(row) ? this.length[row]! : 0
  }

  isDeleted(row: number): boolean {
    return (this.flags[row]! & Flag.deleted) !== 0
  }

  #resize(capacity: number): void {
    ;[
      this.clock,
      this.length,
      this.originClock,
      this.rightOriginClock,
      this.content,
      this.left,
      this.right,
      this.nextByClock,
      this.parent,
      this.client,
      this.originClient,
      this.rightOriginClient,
      this.kind,
      this.flags,
    ] = grownColumns(capacity, [
      this.clock,
      this.length,
      this.originClock,
      this.rightOriginClock,
      this.content,
      this.left,
      this.right,
      this.nextByClock,
      this.parent,
      this.client,
      this.originClient,
      this.rightOriginClient,
      this.kind,
      this.flags,
    ])
    if (this.leaf.length > 0) this.leaf = grown(this.leaf, capacity)
  }
}

/** Whether units of this kind have an index in their type; formats, tombstones without content and GC runs have none. */
export function isCountable(kind: number): boolean {
  return kind !== GC_KIND && kind !== ContentKind.deleted && kind !== ContentKind.format
}

/** A longer array with the same beginning. */
export function grown(column: Int32Array, capacity: number): Int32Array {
  const longer = new Int32Array(capacity)
  longer.set(column)
  return longer
}
