/** What happened to a text. Its delta is text, embeds and attributes, as editors understand them. */
import * as ContentKind from '../content-kind.ts'
import { deleteRow } from './delete-row.ts'
import { TransactionEvent } from './doc-core.ts'
import { YEvent, type Changes, type DeltaStep } from './event.ts'
import { textOfRow, valueInRow } from './row-content.ts'
import { indexOfRow } from './row-list.ts'
import { NONE } from './row-table.ts'
import { applyFormat, formatOfRow, isSameAttribute, type Attributes } from './text-position.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'

/** Emitted for a transaction even if it changed nothing. */
const TRANSACTIONS =
  TransactionEvent.beforeTransaction |
  TransactionEvent.beforeObserverCalls |
  TransactionEvent.afterTransaction |
  TransactionEvent.afterTransactionCleanup |
  TransactionEvent.afterAllTransactions

export class YTextEvent extends YEvent {
  #delta: DeltaStep[] | null = null

  /** Whether the text changed, or only attributes of the type did. */
  get childListChanged(): boolean {
    return this.transaction.keysOf(this.target).has(null)
  }

  /** Attributes of the type that changed. */
  get keysChanged(): Set<string> {
    return new Set([...this.transaction.keysOf(this.target)].filter((key) => key !== null))
  }

  /**
   * The change as steps from the beginning: so much text is kept, deleted or inserted, with attributes. As in Yjs, marks that turn out to be superfluous
   * are deleted on the way, in a transaction. Cost linear in the rows of the text.
   */
  override get delta(): DeltaStep[] {
    if (this.#delta === null) {
      this.assertInTime()
      const { doc } = this.transaction
      const known = this.#deltaOfOneEdit()
      // Yjs makes a transaction in any case, which those can tell who listen for transactions.
      this.#delta =
        known !== null && !doc.isHeard(TRANSACTIONS)
          ? known
          : transact(doc, (transaction) => known ?? this.#computeDelta(transaction))
    }
    return this.#delta
  }

  /** Text has no sets of items here, in Yjs neither. */
  protected override computeChanges(): Changes {
    return { added: new Set(), deleted: new Set(), keys: this.keys, delta: this.delta }
  }

  /**
   * The delta of a text without formats in which one run was inserted or one deleted, as by typing; null if it is anything else. Cost log n: the rest of the text is
   * not looked at.
   */
  #deltaOfOneEdit(): DeltaStep[] | null {
    const { doc, touched, deleted, changes } = this.transaction
    const { tables } = doc
    const { rows, ids, clients, types } = tables
    const { handle } = this.target
    if (doc.round.length > 1 || changes.length !== 2 || changes[0] !== handle || types.isFormatted(handle)) return null
    const isInsertion = touched.length === 2 && deleted.length === 0
    if (!isInsertion && (touched.length > 0 || deleted.length !== 3)) return null
    const client = isInsertion ? touched[0]! : clients.indexOf(deleted[0]!)
    const start = isInsertion ? touched[1]! : deleted[1]!
    const end = isInsertion ? clients.state(client) : deleted[2]!
    const row = ids.find(client, start)
    const offset = start - rows.clock(row)
    const isOneRun = rows.kind(row) === ContentKind.string && end === rows.clock(row) + rows.length(row)
    if (!isOneRun || rows.parent(row) !== handle || rows.isDeleted(row) === isInsertion) return null
    if (!isInsertion && offset > 0) return null
    const index = indexOfRow(tables, row) + offset
    const step = isInsertion ? { insert: textOfRow(tables, row).slice(offset) } : { delete: end - start }
    return index > 0 ? [{ retain: index }, step] : [step]
  }

  #computeDelta(cleanup: Transaction): DeltaStep[] {
    const { doc } = this.transaction
    const { tables } = doc
    const { rows, types } = tables
    const steps = new TextSteps()
    const before = new Map<string, unknown>()
    for (let row = types.head(this.target.handle); row !== NONE; row = rows.right(row)) {
      const kind = rows.kind(row)
      const isString = kind === ContentKind.string
      if (isString && this.#passGrownRow(row, steps)) continue
      if (isString || kind === ContentKind.embed || kind === ContentKind.type) {
        if (this.addsRow(row)) {
          if (this.deletesRow(row)) continue
          if (isString) steps.insertText(textOfRow(tables, row))
          else steps.insertObject(valueInRow(doc, row, 0) as object)
        } else if (this.deletesRow(row)) steps.delete(rows.length(row))
        else if (!rows.isDeleted(row)) steps.retain(rows.length(row))
      } else if (kind === ContentKind.format) this.#passFormat(cleanup, row, steps, before)
    }
    return steps.finish()
  }

  /** Text may have been added to a row that was there before: its beginning is old, its end is new. Whether it was. */
  #passGrownRow(row: number, steps: TextSteps): boolean {
    const { tables, round } = this.transaction.doc
    // Only then rows grow, see `canGrow`; what later transactions of a round added has been merged in Yjs too.
    if (round[0] !== this.transaction) return false
    const { rows } = tables
    const old = this.transaction.clockBefore(rows.client(row)) - rows.clock(row)
    if (old <= 0 || old >= rows.length(row)) return false
    if (rows.isDeleted(row)) {
      if (this.deletesRow(row)) steps.delete(old)
    } else {
      steps.retain(old)
      steps.insertText(textOfRow(tables, row).slice(old))
    }
    return true
  }

  /** `before` are the attributes that held here before the transaction, the attributes of `steps` what holds now. */
  #passFormat(cleanup: Transaction, row: number, steps: TextSteps, before: Map<string, unknown>): void {
    const { tables } = this.transaction.doc
    const { rows } = tables
    const format = formatOfRow(tables, row)
    const { key, value } = format
    const current = steps.attributes.get(key) ?? null
    if (this.addsRow(row)) {
      if (!this.deletesRow(row)) {
        if (!isSameAttribute(current, value)) {
          steps.endRetain()
          if (isSameAttribute(value, before.get(key) ?? null)) delete steps.changed[key]
          else steps.changed[key] = value
        } else if (value !== null) deleteRow(cleanup, row)
      }
    } else if (this.deletesRow(row)) {
      before.set(key, value)
      if (!isSameAttribute(current, value)) {
        steps.endRetain()
        steps.changed[key] = current
      }
    } else if (!rows.isDeleted(row)) {
      before.set(key, value)
      const changed = steps.changed[key]
      if (changed !== undefined) {
        if (!isSameAttribute(changed, value)) {
          steps.endRetain()
          if (value === null) delete steps.changed[key]
          else steps.changed[key] = value
        } else if (changed !== null) deleteRow(cleanup, row)
      }
    }
    if (rows.isDeleted(row)) return
    steps.endInsert()
    applyFormat(steps.attributes, format)
  }
}

/** Steps in the making: what is of one kind and follows each other becomes one. */
class TextSteps {
  readonly #steps: DeltaStep[] = []
  /** What holds at this place, for what is inserted. */
  readonly attributes: Map<string, unknown> = new Map()
  /** Which attributes what is kept got or lost. */
  readonly changed: Attributes = {}
  #text = ''
  #retained = 0
  #deleted = 0

  insertText(text: string): void {
    this.endRetain()
    this.#endDelete()
    this.#text += text
  }

  insertObject(object: object): void {
    this.endRetain()
    this.#endDelete()
    this.endInsert()
    this.#insert(object)
  }

  retain(units: number): void {
    this.endInsert()
    this.#endDelete()
    this.#retained += units
  }

  delete(units: number): void {
    this.endInsert()
    this.endRetain()
    this.#deleted += units
  }

  endInsert(): void {
    if (this.#text.length === 0) return
    this.#insert(this.#text)
    this.#text = ''
  }

  endRetain(): void {
    if (this.#retained === 0) return
    const step: DeltaStep = { retain: this.#retained }
    if (Object.keys(this.changed).length > 0) step.attributes = { ...this.changed }
    this.#steps.push(step)
    this.#retained = 0
  }

  /** What is kept at the end without a change of attributes is left out. */
  finish(): DeltaStep[] {
    this.endInsert()
    this.endRetain()
    this.#endDelete()
    const steps = this.#steps
    while (steps.length > 0) {
      const last = steps[steps.length - 1]!
      if (last.retain === undefined || last.attributes !== undefined) break
      steps.pop()
    }
    return steps
  }

  #endDelete(): void {
    if (this.#deleted === 0) return
    this.#steps.push({ delete: this.#deleted })
    this.#deleted = 0
  }

  #insert(insert: string | object): void {
    const step: DeltaStep = { insert }
    if (this.attributes.size > 0) {
      step.attributes = {}
      for (const [key, value] of this.attributes) if (value !== null) step.attributes[key] = value
    }
    this.#steps.push(step)
  }
}
