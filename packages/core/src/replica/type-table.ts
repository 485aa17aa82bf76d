/**
 * The shared types of a document, by small numbers. A type that nobody reads has no object: here is what an update needs to find its place, and what its
 * object (its facade, made when somebody asks) reads and writes through.
 */
import * as TypeKind from './type-kind.ts'
import type { Id } from '../id.ts'
import { grown, NONE } from './row-table.ts'
import type { PositionTree } from './position-tree.ts'

/** Numbers of a type, and where among them each is. Methods that read or write one have its place as a number, as in `row-table.ts`. */
const TYPE_CELLS = 9
/** The kind, and {@link FORMATTED} once a format was ever placed inside. */
const TRAITS = 0
const ITEM = 1
const HEAD = 2
const TAIL = 3
const LENGTH = 4
const ROWS = 5
const FIRST_ENTRY = 6
const LAST_ENTRY = 7
const CHANGED_BY = 8

const KIND_BITS = 0x0f
const FORMATTED = 0x10

const noCells = new Int32Array(0)

export class TypeTable {
  count = 0
  #cells: Int32Array = noCells
  /** Types whose numbers are free are chained by their heads. */
  #free: number = NONE
  /** Names of roots and of XML elements and hooks, by type; and roots, by name: a map of its own for either costs two hundred bytes. */
  #names: Map<number | string, string | number> | null = null
  /** The IDs of the items that held types which were collected while somebody held their objects. */
  #collected: Map<number, Id> | null = null
  /** Trees of the types that are long, and were asked for an index; made with the first one. */
  #trees: (PositionTree | undefined)[] | null = null

  kind(type: number): TypeKind.Kind {
    return (this.#cells[type * 9]! & KIND_BITS) as TypeKind.Kind
  }

  /** Whether a format was ever placed inside. */
  isFormatted(type: number): boolean {
    return (this.#cells[type * 9]! & 0x10) > 0
  }

  /** The row that holds the type; NONE for a root, and for a type that was collected. */
  item(type: number): number {
    return this.#cells[type * 9 + 1]!
  }

  /** The first row of its list, or NONE. */
  head(type: number): number {
    return this.#cells[type * 9 + 2]!
  }

  /** The last row of its list, or NONE. */
  tail(type: number): number {
    return this.#cells[type * 9 + 3]!
  }

  /** Visible units of its list. */
  length(type: number): number {
    return this.#cells[type * 9 + 4]!
  }

  /** Rows of its list. */
  rows(type: number): number {
    return this.#cells[type * 9 + 5]!
  }

  /** The first entry, in the order in which keys were first set; or NONE. */
  firstEntry(type: number): number {
    return this.#cells[type * 9 + 6]!
  }

  lastEntry(type: number): number {
    return this.#cells[type * 9 + 7]!
  }

  /** The position tree of its list, if it has one. */
  tree(type: number): PositionTree | undefined {
    return this.#trees === null ? undefined : this.#trees[type]
  }

  /** The transaction that changed its list last. */
  changedBy(type: number): number {
    return this.#cells[type * 9 + 8]!
  }

  setKind(type: number, kind: TypeKind.Kind): void {
    const at = type * TYPE_CELLS + TRAITS
    this.#cells[at] = (this.#cells[at]! & FORMATTED) | kind
  }

  setFormatted(type: number): void {
    this.#cells[type * 9]! |= FORMATTED
  }

  setItem(type: number, row: number): void {
    this.#cells[type * 9 + 1] = row
  }

  setHead(type: number, row: number): void {
    this.#cells[type * 9 + 2] = row
  }

  setTail(type: number, row: number): void {
    this.#cells[type * 9 + 3] = row
  }

  setLength(type: number, units: number): void {
    this.#cells[type * 9 + 4] = units
  }

  setRows(type: number, count: number): void {
    this.#cells[type * 9 + 5] = count
  }

  setFirstEntry(type: number, entry: number): void {
    this.#cells[type * 9 + 6] = entry
  }

  setLastEntry(type: number, entry: number): void {
    this.#cells[type * 9 + 7] = entry
  }

  setTree(type: number, tree: PositionTree): void {
    this.#trees ??= []
    this.#trees[type] = tree
  }

  dropTree(type: number): void {
    if (this.#trees !== null) this.#trees[type] = undefined
  }

  setChangedBy(type: number, serial: number): void {
    this.#cells[type * 9 + 8] = serial
  }

  /** A row with so many visible units is new in the list of a type, between two others or NONE. */
  listed(type: number, left: number, row: number, right: number, units: number): void {
    const cells = this.#cells
    const at = type * TYPE_CELLS
    if (left === NONE) cells[at + HEAD] = row
    if (right === NONE) cells[at + TAIL] = row
    cells[at + ROWS]!++
    cells[at + LENGTH]! += units
  }

  add(kind: TypeKind.Kind, item: number): number {
    let type = this.#free
    if (type === NONE) {
      type = this.count++
      const end = type * TYPE_CELLS
      if (end === this.#cells.length) this.#cells = grown(this.#cells, end === 0 ? TYPE_CELLS : end * 2)
    } else this.#free = this.head(type)
    const cells = this.#cells
    const at = type * TYPE_CELLS
    cells[at + TRAITS] = kind
    cells[at + ITEM] = item
    cells[at + HEAD] = NONE
    cells[at + TAIL] = NONE
    cells[at + LENGTH] = 0
    cells[at + ROWS] = 0
    cells[at + FIRST_ENTRY] = NONE
    cells[at + LAST_ENTRY] = NONE
    cells[at + CHANGED_BY] = 0
    return type
  }

  /** The root of this name, which is added if there is none. */
  root(name: string): number {
    let type = this.#names?.get(name) as number | undefined
    if (type === undefined) {
      type = this.add(TypeKind.unknown, NONE)
      this.setName(type, name)
      this.#names!.set(name, type)
    }
    return type
  }

  /** All roots, in the order in which they became known. */
  roots(): [name: string, type: number][] {
    const roots: [string, number][] = []
    for (const [key, value] of this.#names ?? []) if (typeof key === 'string') roots.push([key, value as number])
    return roots
  }

  isRoot(type: number): boolean {
    return this.item(type) === NONE
  }

  /** The name of a root, or of an XML element or hook; others have none. */
  nameOf(type: number): string | undefined {
    return this.#names?.get(type) as string | undefined
  }

  setName(type: number, name: string): void {
    this.#names ??= new Map()
    this.#names.set(type, name)
  }

  /** The ID of the item that held a type which was collected while somebody held its object. */
  collectedItem(type: number): Id | undefined {
    return this.#collected?.get(type)
  }

  setCollectedItem(type: number, id: Id): void {
    this.#collected ??= new Map()
    this.#collected.set(type, id)
  }

  /** Gives the number of a collected type to the next one; nothing may refer to it any more. */
  reuse(type: number): void {
    this.#names?.delete(type)
    this.setHead(type, this.#free)
    this.#free = type
  }
}
