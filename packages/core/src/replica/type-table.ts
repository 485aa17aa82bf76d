/**
 * The shared types of a document, by small numbers. A type that nobody reads has no object: here is what an update needs to find its place, and what its
 * object (its facade, made when somebody asks) reads and writes through.
 */
import * as TypeKind from './type-kind.ts'
import type { Id } from '../id.ts'
import { grownColumns, noBytes, noNumbers } from './columns.ts'
import { NONE } from './row-table.ts'
import type { PositionTree } from './position-tree.ts'

export class TypeTable {
  count = 0
  #free: number[] = []

  kind: Uint8Array = noBytes
  /** 1 once a format was ever placed inside. */
  formatted: Uint8Array = noBytes
  /** The row that holds the type; NONE for a root, and for a type that was collected. */
  item: Int32Array = noNumbers
  /** The first and last row of its list, or NONE. */
  head: Int32Array = noNumbers
  tail: Int32Array = noNumbers
  /** Visible units of its list. */
  length: Int32Array = noNumbers
  /** Rows of its list. */
  rows: Int32Array = noNumbers
  /** The first and last entry, in the order in which keys were first set; or NONE. */
  firstEntry: Int32Array = noNumbers
  lastEntry: Int32Array = noNumbers
  /** The transaction that changed its list last. */
  changedBy: Int32Array = noNumbers
  /** Trees of the types that are long, and were asked for an index. */
  readonly trees: (PositionTree | undefined)[] = []
  /** Names of roots and of XML elements and hooks. */
  readonly names: Map<number, string> = new Map()
  /** The IDs of the items that held types which were collected while somebody held their objects. */
  readonly collected: Map<number, Id> = new Map()
  /** Roots by name. */
  readonly roots: Map<string, number> = new Map()

  add(kind: TypeKind.Kind, item: number): number {
    let type = this.#free.pop()
    if (type === undefined) {
      type = this.count++
      if (type === this.kind.length) this.#resize(type === 0 ? 1 : type * 2)
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
    ;[
      this.item,
      this.head,
      this.tail,
      this.length,
      this.rows,
      this.firstEntry,
      this.lastEntry,
      this.changedBy,
      this.kind,
      this.formatted,
    ] = grownColumns(capacity, [
      this.item,
      this.head,
      this.tail,
      this.length,
      this.rows,
      this.firstEntry,
      this.lastEntry,
      this.changedBy,
      this.kind,
      this.formatted,
    ])
  }
}
