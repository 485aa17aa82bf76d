/** json-joy's JSON CRDT: the fastest of the libraries in plain JavaScript. All replicas start from the same first patch, which makes the roots. */
import { Model, type ArrApi, type ObjApi, type StrApi } from 'json-joy/lib/json-crdt/index.js'
import { Patch, s } from 'json-joy/lib/json-crdt-patch/index.js'
import type { Fields, Json, Replica, Subject } from './subject.ts'

/** Session that made the roots. Smaller numbers mean something else there. */
const BASE_SESSION = 0x1_0000

const base: Uint8Array = Model.create(
  s.obj({ text: s.str(''), values: s.arr([]), keys: s.obj({}), records: s.obj({}) }),
  BASE_SESSION,
).toBinary()

export const subject: Subject = {
  name: 'json-joy',
  encoding: 'its own',
  create: (clientId) => new JsonJoyReplica(Model.load(base, clientId)),
  load: (state) => new JsonJoyReplica(Model.load(state)),
}

class JsonJoyReplica implements Replica {
  readonly #model: Model
  readonly #text: StrApi
  readonly #array: ArrApi
  readonly #map: ObjApi
  readonly #records: ObjApi
  #isInTransaction = false
  #onUpdate: ((update: Uint8Array) => void) | undefined

  constructor(model: Model) {
    this.#model = model
    this.#text = model.api.str(['text'])
    this.#array = model.api.arr(['values'])
    this.#map = model.api.obj(['keys'])
    this.#records = model.api.obj(['records'])
  }

  transact(edits: () => void): void {
    if (this.#isInTransaction) return edits()
    this.#isInTransaction = true
    edits()
    this.#isInTransaction = false
    this.#edited()
  }

  onUpdate(listener: (update: Uint8Array) => void): void {
    this.#onUpdate = listener
  }

  applyUpdate(update: Uint8Array): void {
    this.#model.applyPatch(Patch.fromBinary(update))
  }

  applyUpdates(updates: readonly Uint8Array[]): void {
    for (const update of updates) this.applyUpdate(update)
  }

  encode(): Uint8Array {
    return this.#model.toBinary()
  }

  insertText(position: number, text: string): void {
    this.#text.ins(position, text)
    this.#edited()
  }

  deleteText(position: number, length: number): void {
    this.#text.del(position, length)
    this.#edited()
  }

  text(): string {
    return this.#text.view()
  }

  /** Of a text by itself it tells in a microtask, of many changes at once; of the document, change by change. */
  onTextChange(listener: (event: unknown) => void): void {
    this.#model.api.onPatch.listen(listener)
  }

  insertValues(index: number, values: readonly Json[]): void {
    this.#array.ins(
      index,
      values.map((value) => s.con(value)),
    )
    this.#edited()
  }

  deleteValues(index: number, count: number): void {
    this.#array.del(index, count)
    this.#edited()
  }

  values(): readonly unknown[] {
    return this.#array.view()
  }

  setKey(key: string, value: Json): void {
    this.#map.set({ [key]: s.con(value) })
    this.#edited()
  }

  keys(): Readonly<Record<string, unknown>> {
    return this.#map.view() as Record<string, unknown>
  }

  putRecord(key: string, fields: Fields): void {
    this.#records.set({
      [key]: s.obj(Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, s.con(value)]))),
    })
    this.#edited()
  }

  setField(key: string, field: string, value: Json): void {
    this.#records.obj([key]).set({ [field]: s.con(value) })
    this.#edited()
  }

  records(): Readonly<Record<string, unknown>> {
    return this.#records.view() as Record<string, unknown>
  }

  free(): void {}

  #edited(): void {
    if (this.#isInTransaction) return
    const patch = this.#model.api.flush()
    this.#onUpdate?.(patch.toBinary())
  }
}
