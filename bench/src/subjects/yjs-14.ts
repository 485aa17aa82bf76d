/** The release candidate of yjs 14: one kind of type for texts, arrays and maps. */
import * as Y from '@y/y'
import type { Fields, Json, Replica, Subject } from './subject.ts'

export const subject: Subject = {
  name: 'yjs 14 rc',
  // Roots have no kind there, and a nested type is written as another kind than in 13.6.
  encoding: 'its own',
  create(clientId) {
    const doc = new Y.Doc()
    doc.clientID = clientId
    return new Yjs14Replica(doc)
  },
  load(state) {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, state)
    return new Yjs14Replica(doc)
  },
}

class Yjs14Replica implements Replica {
  readonly #doc: Y.Doc
  /** The library tells of what it gets from others, too. */
  #isReading = false

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  transact(edits: () => void): void {
    this.#doc.transact(edits)
  }

  onUpdate(listener: (update: Uint8Array) => void): void {
    this.#doc.on('update', (update) => {
      if (!this.#isReading) listener(update)
    })
  }

  applyUpdate(update: Uint8Array): void {
    this.#isReading = true
    Y.applyUpdate(this.#doc, update)
    this.#isReading = false
  }

  applyUpdates(updates: readonly Uint8Array[]): void {
    this.#isReading = true
    this.#doc.transact(() => {
      for (const update of updates) Y.applyUpdate(this.#doc, update)
    })
    this.#isReading = false
  }

  encode(): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc)
  }

  insertText(position: number, text: string): void {
    this.#root('text').insert(position, text)
  }

  deleteText(position: number, length: number): void {
    this.#root('text').delete(position, length)
  }

  text(): string {
    return this.#root('text').toString()
  }

  onTextChange(listener: (event: unknown) => void): void {
    this.#root('text').observe(listener)
  }

  insertValues(index: number, values: readonly Json[]): void {
    this.#root('values').insert(index, values as Json[])
  }

  deleteValues(index: number, count: number): void {
    this.#root('values').delete(index, count)
  }

  values(): readonly unknown[] {
    return this.#root('values').toArray()
  }

  setKey(key: string, value: Json): void {
    this.#root('keys').setAttr(key, value)
  }

  keys(): Readonly<Record<string, unknown>> {
    return this.#root('keys').getAttrs()
  }

  putRecord(key: string, fields: Fields): void {
    this.#doc.transact(() => {
      const record: Y.Type = new Y.Type()
      this.#root('records').setAttr(key, record)
      for (const field of Object.keys(fields)) record.setAttr(field, fields[field])
    })
  }

  setField(key: string, field: string, value: Json): void {
    ;(this.#root('records').getAttr(key) as Y.Type).setAttr(field, value)
  }

  records(): Readonly<Record<string, unknown>> {
    const records = this.#root('records').getAttrs() as Record<string, Y.Type>
    return Object.fromEntries(Object.entries(records).map(([key, record]) => [key, record.getAttrs()]))
  }

  free(): void {
    this.#doc.destroy()
  }

  #root(name: string): Y.Type {
    return this.#doc.get(name)
  }
}
