/**
 * Automerge 3: Rust compiled to WebAssembly. All replicas start from the same first change, which makes the roots. Plain values are documents'
 * objects there, as it has no other.
 */
import * as Automerge from '@automerge/automerge'
import type { Fields, Json, Replica, Subject } from './subject.ts'

/** As its types have it, mutable. */
type Value = Automerge.AutomergeValue

interface Roots extends Record<string, unknown> {
  text: string
  values: Value[]
  keys: Record<string, Value>
  records: Record<string, Record<string, Value>>
}

type Document = Automerge.Doc<Roots>

const empty: Roots = { text: '', values: [], keys: {}, records: {} }

/** The same change in every process: the actor that made the roots, at the beginning of time. */
const base: Uint8Array = Automerge.save(
  Automerge.change(Automerge.init<Roots>({ actor: '00000000' }), { time: 0 }, (draft) => {
    Object.assign(draft, empty)
  }),
)

export const subject: Subject = {
  name: 'automerge',
  encoding: 'its own',
  create: (clientId) =>
    new AutomergeReplica(Automerge.load<Roots>(base, { actor: clientId.toString(16).padStart(8, '0') })),
  load: (state) => new AutomergeReplica(Automerge.load<Roots>(state)),
}

class AutomergeReplica implements Replica {
  #doc: Document
  /** What `transact` edits while it is under way. */
  #draft: Roots | undefined
  #onUpdate: ((update: Uint8Array) => void) | undefined
  #onTextChange: ((event: unknown) => void) | undefined

  constructor(doc: Document) {
    this.#doc = doc
  }

  transact(edits: () => void): void {
    if (this.#draft !== undefined) return edits()
    this.#doc = Automerge.change(this.#doc, (draft) => {
      this.#draft = draft
      edits()
      this.#draft = undefined
    })
    if (this.#onUpdate === undefined) return
    const change = Automerge.getLastLocalChange(this.#doc)
    if (change !== undefined) this.#onUpdate(change)
  }

  onUpdate(listener: (update: Uint8Array) => void): void {
    this.#onUpdate = listener
  }

  applyUpdate(update: Uint8Array): void {
    ;[this.#doc] = Automerge.applyChanges(this.#doc, [update], this.#applyOptions())
  }

  applyUpdates(updates: readonly Uint8Array[]): void {
    ;[this.#doc] = Automerge.applyChanges(this.#doc, [...updates], this.#applyOptions())
  }

  encode(): Uint8Array {
    return Automerge.save(this.#doc)
  }

  insertText(position: number, text: string): void {
    this.#edit((draft) => Automerge.splice(draft, ['text'], position, 0, text))
  }

  deleteText(position: number, length: number): void {
    this.#edit((draft) => Automerge.splice(draft, ['text'], position, length))
  }

  text(): string {
    return this.#doc.text
  }

  onTextChange(listener: (event: unknown) => void): void {
    this.#onTextChange = listener
  }

  insertValues(index: number, values: readonly Json[]): void {
    this.#edit((draft) => Automerge.insertAt(draft.values, index, ...(values as Value[])))
  }

  deleteValues(index: number, count: number): void {
    this.#edit((draft) => Automerge.deleteAt(draft.values, index, count))
  }

  values(): readonly unknown[] {
    return this.#doc.values
  }

  setKey(key: string, value: Json): void {
    this.#edit((draft) => {
      draft.keys[key] = value as Value
    })
  }

  keys(): Readonly<Record<string, unknown>> {
    return this.#doc.keys
  }

  putRecord(key: string, fields: Fields): void {
    this.#edit((draft) => {
      draft.records[key] = { ...(fields as Record<string, Value>) }
    })
  }

  setField(key: string, field: string, value: Json): void {
    this.#edit((draft) => {
      draft.records[key]![field] = value as Value
    })
  }

  records(): Readonly<Record<string, unknown>> {
    return this.#doc.records
  }

  free(): void {
    Automerge.free(this.#doc)
  }

  #applyOptions(): Automerge.ApplyOptions<Roots> {
    const onTextChange = this.#onTextChange
    if (onTextChange === undefined) return {}
    return { patchCallback: (patches) => patches.some(({ path }) => path[0] === 'text') && onTextChange(patches) }
  }

  #edit(edit: (draft: Roots) => void): void {
    if (this.#draft === undefined) this.transact(() => edit(this.#draft!))
    else edit(this.#draft)
  }
}
