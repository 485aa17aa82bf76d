/** Text that several people edit at once, with formatting and embeds. Indices and lengths are UTF-16 code units. */
import { deleteText } from './delete-text.ts'
import type { DocCore } from './doc-core.ts'
import { cut } from './integrate.ts'
import type { YEvent, DeltaStep } from './event.ts'
import { deleteKey, setKey, valueOfKey, valuesByKey } from './keyed.ts'
import { insertString } from './local-content.ts'
import { findIndex, Found, treeOf } from './row-list.ts'
import { NONE } from './row-table.ts'
import { SharedType } from './shared-type.ts'
import { deleteRange, formatRange, insertFormatted } from './text-edit.ts'
import { YTextEvent } from './text-event.ts'
import { positionAt, TextPosition, type Attributes } from './text-position.ts'
import { beginTransaction, endTransaction, transact } from './transact.ts'
import { TextPieces } from './text-pieces.ts'
import type { Transaction } from './transaction.ts'
import type { Snapshot } from './snapshot.ts'
import { deltaOf, type ComputeYChange } from './text-delta.ts'
import * as TypeKind from './type-kind.ts'

const found = new Found()

export class YText extends SharedType<YTextEvent> {
  /** Edits from before it was in a document; null since. */
  #early: ((text: YText) => void)[] | null = []

  constructor(text?: string) {
    super()
    if (text !== undefined) this.#early!.push((self) => self.insert(0, text))
  }

  override get kind(): TypeKind.Kind {
    return TypeKind.text
  }

  /** In UTF-16 code units; embeds count one. 0 while it is in no document. */
  get length(): number {
    return this.doc === null ? 0 : this.doc.tables.types.length(this.handle)
  }

  override clone(): YText {
    const copy = this._copy()
    copy.applyDelta(this.toDelta())
    return copy
  }

  override _copy(): YText {
    return new YText()
  }

  /**
   * Inserts text. Without attributes it takes on those that hold at `index`; with them it has these alone. An index beyond the end is the end. Cost log n; near
   * the last edit constant, in formatted text linear.
   */
  insert(index: number, text: string, attributes?: Attributes): void {
    if (text.length <= 0) return
    const { doc, handle } = this
    if (doc !== null && attributes === undefined && !doc.tables.types.isFormatted(handle)) {
      // Typing; see `beginTransaction`.
      const running = doc.running
      const transaction = running ?? beginTransaction(doc, null, true)
      try {
        insertPlain(transaction, handle, index, text)
      } finally {
        if (running === null) endTransaction(transaction)
      }
      return
    }
    this.#edit(
      (transaction) => {
        const position = positionAt(transaction, this.handle, index)
        const given = attributes ?? Object.fromEntries(position.attributes)
        insertFormatted(transaction, this.handle, position, text, given)
      },
      (self) => self.insert(index, text, attributes),
    )
  }

  /** Inserts an object, or a shared type. */
  insertEmbed(index: number, embed: object, attributes?: Attributes): void {
    this.#edit(
      (transaction) => {
        const position = positionAt(transaction, this.handle, index)
        insertFormatted(transaction, this.handle, position, embed, attributes ?? {})
      },
      (self) => self.insertEmbed(index, embed, attributes ?? {}),
    )
  }

  /** Deletes text, as much as there is. Cost log n, in formatted text linear. */
  delete(index: number, length: number): void {
    if (length === 0) return
    const { doc, handle } = this
    if (doc !== null && !doc.tables.types.isFormatted(handle)) {
      const running = doc.running
      const transaction = running ?? beginTransaction(doc, null, true)
      try {
        if (index < doc.tables.types.length(handle)) deleteText(transaction, handle, index, length)
      } finally {
        if (running === null) endTransaction(transaction)
      }
      return
    }
    this.#edit(
      (transaction) => deleteRange(transaction, positionAt(transaction, this.handle, index), length),
      (self) => self.delete(index, length),
    )
  }

  /** Gives a range attributes; null ends one. Cost linear. */
  format(index: number, length: number, attributes: Attributes): void {
    if (length === 0) return
    this.#edit(
      (transaction) => {
        const position = positionAt(transaction, this.handle, index)
        if (position.right !== NONE) formatRange(transaction, this.handle, position, length, attributes)
      },
      (self) => self.format(index, length, attributes),
    )
  }

  /**
   * Applies steps from the beginning of the text: insert, keep (with attributes: format), delete. Without `sanitize`, the newline with which editors end every
   * text is left out.
   */
  applyDelta(delta: readonly DeltaStep[], { sanitize = true }: { sanitize?: boolean } = {}): void {
    this.#edit(
      (transaction) => {
        const { types } = transaction.doc.tables
        const position = new TextPosition(NONE, types.head(this.handle))
        delta.forEach((step, at) => {
          const attributes = step.attributes ?? {}
          if (step.insert !== undefined) {
            const isEnd = !sanitize && at === delta.length - 1 && position.right === NONE
            const { insert } = step
            const content = isEnd && typeof insert === 'string' && insert.endsWith('\n') ? insert.slice(0, -1) : insert
            if (content !== '') insertFormatted(transaction, this.handle, position, content, attributes)
          } else if (step.retain !== undefined) {
            formatRange(transaction, this.handle, position, step.retain, attributes)
          } else if (step.delete !== undefined) deleteRange(transaction, position, step.delete)
        })
      },
      (self) => self.applyDelta(delta),
    )
  }

  /**
   * The text as inserts with attributes: of now, or as a snapshot has it, in a document that collects no garbage. With a snapshot from before as well, what was
   * removed since then is in it too; that, and what was added, has an attribute `ychange`, which is what `computeYChange` makes of it.
   */
  toDelta(snapshot?: Snapshot, before?: Snapshot, computeYChange?: ComputeYChange): DeltaStep[] {
    const { doc } = this
    return doc === null ? [] : deltaOf(doc, this.handle, snapshot, before, computeYChange)
  }

  /** The text without formatting and embeds. */
  override toString(): string {
    const { doc } = this
    if (doc === null) return ''
    const { rows, types, text } = doc.tables
    const pieces = new TextPieces()
    // Text that lies side by side is read at once: all of it, in a document that was loaded from columns.
    let isWide = false
    let from = 0
    let to = 0
    for (let row = rows.firstText(types.head(this.handle)); row !== NONE; row = rows.firstText(rows.right(row))) {
      const content = rows.content(row)
      if (content !== to || isWide !== rows.isWide(row)) {
        if (to > from) pieces.add(text, isWide, from, to - from)
        isWide = rows.isWide(row)
        from = content
      }
      to = content + rows.length(row)
    }
    if (to > from) pieces.add(text, isWide, from, to - from)
    return pieces.finish()
  }

  override toJSON(): string {
    return this.toString()
  }

  /** Sets an attribute of the text as a whole. */
  setAttribute(name: string, value: unknown): void {
    this.#edit(
      (transaction) => setKey(transaction, this.handle, name, value),
      (self) => self.setAttribute(name, value),
    )
  }

  removeAttribute(name: string): void {
    this.#edit(
      (transaction) => deleteKey(transaction, this.handle, name),
      (self) => self.removeAttribute(name),
    )
  }

  getAttribute(name: string): unknown {
    return this.doc === null ? undefined : valueOfKey(this.doc, this.handle, name)
  }

  getAttributes(): Record<string, unknown> {
    return this.doc === null ? {} : valuesByKey(this.doc, this.handle)
  }

  override attach(doc: DocCore, handle: number): void {
    super.attach(doc, handle)
    const early = this.#early
    this.#early = null
    for (const edit of early ?? []) edit(this)
  }

  override createEvent(transaction: Transaction): YEvent {
    return new YTextEvent(this, transaction)
  }

  /** Edits in a transaction, or later once it is in a document. */
  #edit(edit: (transaction: Transaction) => void, later: (self: YText) => void): void {
    if (this.doc === null) this.#early!.push(later)
    else transact(this.doc, edit)
  }
}

/**
 * Inserts into a text without formatting: behind tombstones, right before the visible unit at `index`. That is where Yjs comes to, and it spares a lookup: who types
 * goes on behind the row where the last edit was.
 */
function insertPlain(transaction: Transaction, type: number, index: number, text: string): void {
  const { tables } = transaction.doc
  const { rows, types } = tables
  const at = Math.max(0, Math.min(index, types.length(type)))
  let left = treeOf(tables, type)?.rowEndingAt(at) ?? NONE
  let right = left === NONE ? NONE : rows.right(left)
  if (left === NONE || (right !== NONE && rows.isDeleted(right))) {
    if (at === types.length(type)) {
      left = types.tail(type)
      right = NONE
    } else {
      findIndex(tables, type, at, found)
      right = found.offset > 0 ? cut(transaction, found.row, found.offset) : found.row
      left = rows.left(right)
    }
  }
  const row = insertString(transaction, left, right, type, text)
  types.tree(type)?.pointTo(row, at + text.length - rows.length(row))
}
