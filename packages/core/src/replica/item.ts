/**
 * An item as apps of Yjs see it: named by the ID of its first unit, it reads what the tables hold of that unit now. Rows are merged and cut, so nothing here is
 * remembered but the ID.
 */
import * as ContentKind from '../content-kind.ts'
import { deleteRow } from './delete-row.ts'
import type { DocCore } from './doc-core.ts'
import { rowBeginningWith, rowEndingWith } from './integrate.ts'
import { ContentFormat, ContentString, ContentType, ItemContent } from './item-content.ts'
import { textOfRow, valuesOfRow } from './row-content.ts'
import { aliveFrom, entryOfRow, typeOfRow } from './row-list.ts'
import { GC_KIND, NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'
import { formatOfRow } from './text-position.ts'
import type { Transaction } from './transaction.ts'

/** The name of a unit, in the shape of Yjs. */
export class ID {
  readonly client: number
  readonly clock: number

  constructor(client: number, clock: number) {
    this.client = client
    this.clock = clock
  }
}

export function createID(client: number, clock: number): ID {
  return new ID(client, clock)
}

export class Item {
  readonly #doc: DocCore
  readonly #client: number
  readonly #length: number
  readonly id: ID

  constructor(doc: DocCore, row: number) {
    const { rows, clients } = doc.tables
    this.#doc = doc
    this.#client = rows.client(row)
    this.#length = rows.length(row)
    this.id = new ID(clients.ids[this.#client]!, rows.clock(row))
  }

  /** The row that holds its first unit now. */
  get row(): number {
    return this.#doc.tables.ids.find(this.#client, this.id.clock)
  }

  /** In units, when it was made. */
  get length(): number {
    return this.#length
  }

  get lastId(): ID {
    return new ID(this.id.client, this.id.clock + this.#length - 1)
  }

  get deleted(): boolean {
    return this.#doc.tables.rows.isDeleted(this.row)
  }

  get countable(): boolean {
    const { rows } = this.#doc.tables
    const kind = rows.kind(this.row)
    return kind !== GC_KIND && kind !== 1 && kind !== 6
  }

  get origin(): ID | null {
    const { rows, clients } = this.#doc.tables
    const { row } = this
    if (rows.clock(row) < this.id.clock) return new ID(this.id.client, this.id.clock - 1)
    const client = rows.originClient(row)
    return client === NONE ? null : new ID(clients.ids[client]!, rows.originClock(row))
  }

  get rightOrigin(): ID | null {
    const { rows, clients } = this.#doc.tables
    const client = rows.rightOriginClient(this.row)
    return client === NONE ? null : new ID(clients.ids[client]!, rows.rightOriginClock(this.row))
  }

  get left(): Item | null {
    return itemOrNull(this.#doc, this.#doc.tables.rows.left(this.row))
  }

  get right(): Item | null {
    return itemOrNull(this.#doc, this.#doc.tables.rows.right(this.row))
  }

  /** The next item that is not deleted. */
  get next(): Item | null {
    const { tables } = this.#doc
    return itemOrNull(this.#doc, aliveFrom(tables, tables.rows.right(this.row), true))
  }

  /** The previous item that is not deleted. */
  get prev(): Item | null {
    const { tables } = this.#doc
    return itemOrNull(this.#doc, aliveFrom(tables, tables.rows.left(this.row), false))
  }

  get parent(): SharedType | null {
    const type = typeOfRow(this.#doc.tables, this.row)
    return type < 0 ? null : this.#doc.facade(type)
  }

  get parentSub(): string | null {
    const entry = entryOfRow(this.#doc.tables, this.row)
    return entry === NONE ? null : this.#doc.tables.entries.keyOf(entry)
  }

  /** What it holds, as far as apps ask an item for it. */
  get content(): ItemContent {
    const { row } = this
    const { rows } = this.#doc.tables
    const kind = rows.kind(row)
    if (kind === ContentKind.type) return new ContentType(kind, this.#doc.facade(rows.content(row)))
    if (kind === ContentKind.format) {
      const { key, value } = formatOfRow(this.#doc.tables, row)
      return new ContentFormat(kind, key, value)
    }
    const skipped = this.id.clock - rows.clock(row)
    if (kind === ContentKind.string) {
      return new ContentString(kind, textOfRow(this.#doc.tables, row).slice(skipped, skipped + this.#length))
    }
    return new ItemContent(kind, valuesOfRow(this.#doc, row).slice(skipped, skipped + this.#length), this.#length)
  }

  /** Deletes it, with everything inside. Nothing if it is deleted already. */
  delete(transaction: Transaction): void {
    const { rows } = this.#doc.tables
    let row = rowBeginningWith(transaction, this.#client, this.id.clock)
    const end = this.id.clock + this.#length
    if (this.#length > 1) rowEndingWith(transaction, this.#client, end - 1)
    for (; row !== NONE && rows.clock(row) < end; row = rows.nextByClock(row)) {
      if (rows.kind(row) !== GC_KIND) deleteRow(transaction, row)
    }
  }
}

function itemOrNull(doc: DocCore, row: number): Item | null {
  return row === NONE ? null : doc.itemOfRow(row)
}
