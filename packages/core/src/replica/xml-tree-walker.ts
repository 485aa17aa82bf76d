/** Walks the descendants of a fragment in document order, those that a filter accepts. */
import * as ContentKind from '../content-kind.ts'
import { NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'
import * as TypeKind from './type-kind.ts'

export class YXmlTreeWalker implements IterableIterator<SharedType> {
  readonly #root: SharedType
  readonly #filter: (type: SharedType) => boolean
  /** The type that was returned last; its children come next. */
  #current: SharedType

  constructor(root: SharedType, filter: (type: SharedType) => boolean = () => true) {
    this.#root = root
    this.#filter = filter
    this.#current = root
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<SharedType> {
    for (let type = this.#after(this.#current); type !== null; type = this.#after(type)) {
      this.#current = type
      if (this.#filter(type)) return { value: type, done: false }
    }
    return { value: undefined, done: true }
  }

  /** The first child, else the next sibling of it or of what it is in. */
  #after(type: SharedType): SharedType | null {
    const { doc } = this.#root
    if (doc === null) return null
    const { rows, types } = doc.tables
    const isParent = type === this.#root || type.kind === TypeKind.xmlElement || type.kind === TypeKind.xmlFragment
    const child = isParent ? this.#typeFrom(types.head(type.handle)) : null
    if (child !== null) return child
    for (let at: SharedType | null = type; at !== null && at !== this.#root; at = at.parent) {
      const next = at.itemRow < 0 ? null : this.#typeFrom(rows.right(at.itemRow))
      if (next !== null) return next
    }
    return null
  }

  /** The first type in a list from a row on. */
  #typeFrom(from: number): SharedType | null {
    const doc = this.#root.doc!
    const { rows } = doc.tables
    for (let row = from; row !== NONE; row = rows.right(row)) {
      if (!rows.isDeleted(row) && rows.kind(row) === ContentKind.type) return doc.facade(rows.content(row))
    }
    return null
  }
}
