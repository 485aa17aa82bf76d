/**
 * The shared types of a document, by small numbers. A type that nobody reads has no object: here is what an update needs to find its place, and what its
 * object (its facade, made when somebody asks) reads and writes through.
 */
import { grown, NONE } from './row-table.ts'
import type { PositionTree } from './position-tree.ts'

/** Kinds of shared types by the number that stands for them on the wire; a root that only updates have named has none yet. */
export const TypeKind = {
  array: 0,
  map: 1,
  text: 2,
  xmlElement: 3,
  xmlFragment: 4,
  xmlHook: 5,
  xmlText: 6,
  unknown: 7,
} as const
export type TypeKind = (typeof TypeKind)[keyof typeof TypeKind]

export class TypeTable {
  count = 0
  #free: number[] = []

  kind: Uint8Array = new Uint8Array(2)
  /** 1 once a format was ever placed inside. */
  formatted: Uint8Array = new Uint8Array(2)
  /** The row that holds the type; NONE for a root, and for a type that was collected. */
  item: Int32Array = new Int32Array(2)
  /** The first and last row of its list, or NONE. */
  head: Int32Array = new Int32Array(2)
  tail: Int32Array = new Int32Array(2)
  /** Visible units of its list. */
  length: Int32Array = new Int32Array(2)
  /** Rows of its list. */
  rows: Int32Array = new Int32Array(2)
  /** The first and last entry, in the order in which keys were first set; or NONE. */
  firstEntry: Int32Array = new Int32Array(2)
  lastEntry: Int32Array = new Int32Array(2)
  /** The transaction that changed its list last. */
  changedBy: Int32Array = new Int32Array(2)
  /** Trees of the types that are long, and were asked for an index. */
  readonly trees: (PositionTree | undefined)[] = []
  /** Names of roots and of XML elements and hooks. */
  readonly names: Map<number, string> = new Map()
  /** Roots by name. */
  readonly roots: Map<string, number> = new Map()

  add(kind: TypeKind, item: number): number {
    let type = this.#free.pop()
    if (type === undefined) {
      type = this.count++
      if (type === this.kind.length) this.#resize(type * 2)
    }
    this.kind[type] = kind
    this.formatted[type] = 0
    this.item[type] = item
    this.head[type] = NONE
    this.tail[type] = NONE
    this.length[type] = 0
    this.rows[type] = 0
    this.firstEntry[type] = NONE
    this.lastEntry[type] = NONE
    this.changedBy[type] = 0
    return type
  }

  /** The root of this name, which is added if there is none. */
  root(name: string): number {
    let type = this.roots.get(name)
    if (type === undefined) {
      type = this.add(TypeKind.unknown, NONE)
      this.roots.set(name, type)
      this.names.set(type, name)
    }
    return type
  }

  isRoot(type: number): boolean {
    return this.item[type] === NONE
  }

  /** Gives the number of a collected type to the next one; nothing may refer to it any more. */
  reuse(type: number): void {
    this.names.delete(type)
    this.#free.push(type)
  }

  #resize(capacity: number): void {
    const kind = new Uint8Array(capacity)
    kind.set(this.kind)
    this.kind = kind
    const formatted = new Uint8Array(capacity)
    formatted.set(this.formatted)
    this.formatted = formatted
    this.item = grown(this.item, capacity)
    this.head = grown(this.head, capacity)
    this.tail = grown(this.tail, capacity)
    this.length = grown(this.length, capacity)
    this.rows = grown(this.rows, capacity)
    this.firstEntry = grown(this.firstEntry, capacity)
    this.lastEntry = grown(this.lastEntry, capacity)
    this.changedBy = grown(this.changedBy, capacity)
  }
}
