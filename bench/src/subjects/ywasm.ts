/** ywasm: the Rust port of Yjs, compiled to WebAssembly. */
import * as W from 'ywasm'
import type { Fields, Json, Replica, Subject } from './subject.ts'

export const subject: Subject = {
  name: 'ywasm',
  // It joins runs at other moments, and writes every number as a float.
  encoding: 'readable by yjs',
  create: (clientId) => new YwasmReplica(new W.YDoc({ clientID: clientId })),
  load(state) {
    const doc = new W.YDoc({})
    W.applyUpdate(doc, state, undefined)
    return new YwasmReplica(doc)
  },
}

class YwasmReplica implements Replica {
  readonly #doc: W.YDoc
  readonly #text: W.YText
  readonly #array: W.YArray
  readonly #map: W.YMap
  readonly #records: W.YMap
  /** Of the `transact` that is under way; without one, a call begins and commits its own. */
  #transaction: W.YTransaction | undefined
  /** The library tells of what it gets from others, too. */
  #isReading = false

  constructor(doc: W.YDoc) {
    this.#doc = doc
    this.#text = doc.getText('text')
    this.#array = doc.getArray('values')
    this.#map = doc.getMap('keys')
    this.#records = doc.getMap('records')
  }

  transact(edits: () => void): void {
    const transaction = this.#doc.beginTransaction(undefined)
    this.#transaction = transaction
    edits()
    this.#transaction = undefined
    transaction.commit()
    transaction.free()
  }

  onUpdate(listener: (update: Uint8Array) => void): void {
    this.#doc.onUpdate((update: Uint8Array) => this.#isReading || listener(update))
  }

  applyUpdate(update: Uint8Array): void {
    this.#isReading = true
    W.applyUpdate(this.#doc, update, undefined)
    this.#isReading = false
  }

  applyUpdates(updates: readonly Uint8Array[]): void {
    this.#isReading = true
    for (const update of updates) W.applyUpdate(this.#doc, update, undefined)
    this.#isReading = false
  }

  encode(): Uint8Array {
    return W.encodeStateAsUpdate(this.#doc, undefined)
  }

  insertText(position: number, text: string): void {
    this.#text.insert(position, text, undefined, this.#transaction)
  }

  deleteText(position: number, length: number): void {
    this.#text.delete(position, length, this.#transaction)
  }

  text(): string {
    return this.#text.toString(undefined)
  }

  onTextChange(listener: (event: unknown) => void): void {
    this.#text.observe(listener)
  }

  insertValues(index: number, values: readonly Json[]): void {
    this.#array.insert(index, values as Json[], this.#transaction)
  }

  deleteValues(index: number, count: number): void {
    this.#array.delete(index, count, this.#transaction)
  }

  values(): readonly unknown[] {
    return this.#array.toJson(undefined) as unknown[]
  }

  setKey(key: string, value: Json): void {
    this.#map.set(key, value, this.#transaction)
  }

  keys(): Readonly<Record<string, unknown>> {
    return this.#map.toJson(undefined) as Record<string, unknown>
  }

  putRecord(key: string, fields: Fields): void {
    this.#records.set(key, new W.YMap({ ...fields }), this.#transaction)
  }

  setField(key: string, field: string, value: Json): void {
    const record = this.#records.get(key, this.#transaction) as W.YMap
    record.set(field, value, this.#transaction)
    record.free()
  }

  records(): Readonly<Record<string, unknown>> {
    return this.#records.toJson(undefined) as Record<string, unknown>
  }

  free(): void {
    for (const handle of [this.#text, this.#array, this.#map, this.#records, this.#doc]) handle.free()
  }
}
