/** loro-crdt: Rust compiled to WebAssembly. Its snapshot is its fastest form to load, and what it recommends to store. */
import { LoroDoc, LoroMap, type LoroList, type LoroText } from 'loro-crdt'
import type { Fields, Json, Replica, Subject } from './subject.ts'

export const subject: Subject = {
  name: 'loro',
  encoding: 'its own',
  create(clientId) {
    const doc = new LoroDoc()
    doc.setPeerId(BigInt(clientId))
    return new LoroReplica(doc)
  },
  load: (state) => new LoroReplica(LoroDoc.fromSnapshot(state)),
}

class LoroReplica implements Replica {
  readonly #doc: LoroDoc
  readonly #text: LoroText
  readonly #array: LoroList
  readonly #map: LoroMap
  readonly #records: LoroMap
  #isInTransaction = false

  constructor(doc: LoroDoc) {
    this.#doc = doc
    this.#text = doc.getText('text')
    this.#array = doc.getList('values')
    this.#map = doc.getMap('keys')
    this.#records = doc.getMap('records')
  }

  transact(edits: () => void): void {
    if (this.#isInTransaction) return edits()
    this.#isInTransaction = true
    edits()
    this.#isInTransaction = false
    this.#doc.commit()
  }

  onUpdate(listener: (update: Uint8Array) => void): void {
    this.#doc.subscribeLocalUpdates(listener)
  }

  applyUpdate(update: Uint8Array): void {
    this.#doc.import(update)
  }

  applyUpdates(updates: readonly Uint8Array[]): void {
    this.#doc.importBatch([...updates])
  }

  encode(): Uint8Array {
    return this.#doc.export({ mode: 'snapshot' })
  }

  insertText(position: number, text: string): void {
    this.#text.insert(position, text)
    this.#edited()
  }

  deleteText(position: number, length: number): void {
    this.#text.delete(position, length)
    this.#edited()
  }

  text(): string {
    return this.#text.toString()
  }

  onTextChange(listener: (event: unknown) => void): void {
    this.#text.subscribe(listener)
  }

  insertValues(index: number, values: readonly Json[]): void {
    values.forEach((value, offset) => this.#array.insert(index + offset, value))
    this.#edited()
  }

  deleteValues(index: number, count: number): void {
    this.#array.delete(index, count)
    this.#edited()
  }

  values(): readonly unknown[] {
    return this.#array.toJSON() as unknown[]
  }

  setKey(key: string, value: Json): void {
    this.#map.set(key, value)
    this.#edited()
  }

  keys(): Readonly<Record<string, unknown>> {
    return this.#map.toJSON() as Record<string, unknown>
  }

  putRecord(key: string, fields: Fields): void {
    const record = this.#records.setContainer(key, new LoroMap())
    for (const field of Object.keys(fields)) record.set(field, fields[field])
    this.#edited()
  }

  setField(key: string, field: string, value: Json): void {
    ;(this.#records.get(key) as LoroMap).set(field, value)
    this.#edited()
  }

  records(): Readonly<Record<string, unknown>> {
    return this.#records.toJSON() as Record<string, unknown>
  }

  free(): void {
    for (const handle of [this.#text, this.#array, this.#map, this.#records, this.#doc]) handle.free()
  }

  #edited(): void {
    if (!this.#isInTransaction) this.#doc.commit()
  }
}
