/** Replicas of any library with the surface of yjs 13.6: yjs itself, and ours. */
import type { Encoding, Fields, Json, Replica, SnapshotCodec, Subject } from './subject.ts'

/** What is used of the surface. */
export interface YjsShape {
  readonly Doc: new () => ShapedDoc
  readonly Map: new () => ShapedMap
  /** Of its own documents. */
  applyUpdate(doc: never, update: Uint8Array): void
  encodeStateAsUpdate(doc: never): Uint8Array
}

export interface ShapedDoc {
  clientID: number
  getText(name: string): ShapedText
  getArray(name: string): ShapedArray
  getMap(name: string): ShapedMap
  transact(edits: () => void): void
  on(event: 'update', listener: (update: Uint8Array) => void): unknown
  destroy(): void
}

interface ShapedText {
  insert(index: number, text: string): void
  delete(index: number, length: number): void
  toString(): string
  observe(listener: (event: unknown) => void): void
}

interface ShapedArray {
  insert(index: number, values: unknown[]): void
  delete(index: number, length: number): void
  toJSON(): unknown[]
}

interface ShapedMap {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  toJSON(): Record<string, unknown>
}

/** The subject of a library in this shape. */
export function yjsShaped(
  name: string,
  library: YjsShape,
  particular: { readonly encoding: Encoding; readonly snapshot?: SnapshotCodec },
): Subject {
  return {
    name,
    ...particular,
    create(clientId) {
      const doc = new library.Doc()
      doc.clientID = clientId
      return new YjsReplica(library, doc)
    },
    load(state) {
      const doc = new library.Doc()
      library.applyUpdate(doc as never, state)
      return new YjsReplica(library, doc)
    },
  }
}

/** Roots are asked for when they are first used: an empty document has none. */
export class YjsReplica implements Replica {
  readonly doc: ShapedDoc
  readonly #library: YjsShape
  #text: ShapedText | undefined
  #array: ShapedArray | undefined
  #map: ShapedMap | undefined
  #records: ShapedMap | undefined
  /** The library tells of what it gets from others, too. */
  #isReading = false

  constructor(library: YjsShape, doc: ShapedDoc) {
    this.#library = library
    this.doc = doc
  }

  transact(edits: () => void): void {
    this.doc.transact(edits)
  }

  onUpdate(listener: (update: Uint8Array) => void): void {
    this.doc.on('update', (update) => {
      if (!this.#isReading) listener(update)
    })
  }

  applyUpdate(update: Uint8Array): void {
    this.#isReading = true
    this.#library.applyUpdate(this.doc as never, update)
    this.#isReading = false
  }

  applyUpdates(updates: readonly Uint8Array[]): void {
    this.#isReading = true
    this.doc.transact(() => {
      for (const update of updates) this.#library.applyUpdate(this.doc as never, update)
    })
    this.#isReading = false
  }

  encode(): Uint8Array {
    return this.#library.encodeStateAsUpdate(this.doc as never)
  }

  insertText(position: number, text: string): void {
    this.#textRoot().insert(position, text)
  }

  deleteText(position: number, length: number): void {
    this.#textRoot().delete(position, length)
  }

  text(): string {
    return this.#textRoot().toString()
  }

  onTextChange(listener: (event: unknown) => void): void {
    this.#textRoot().observe(listener)
  }

  insertValues(index: number, values: readonly Json[]): void {
    this.#arrayRoot().insert(index, values as Json[])
  }

  deleteValues(index: number, count: number): void {
    this.#arrayRoot().delete(index, count)
  }

  values(): readonly unknown[] {
    return this.#arrayRoot().toJSON()
  }

  setKey(key: string, value: Json): void {
    this.#mapRoot().set(key, value)
  }

  keys(): Readonly<Record<string, unknown>> {
    return this.#mapRoot().toJSON()
  }

  putRecord(key: string, fields: Fields): void {
    this.doc.transact(() => {
      const record = new this.#library.Map()
      this.#recordsRoot().set(key, record)
      for (const field of Object.keys(fields)) record.set(field, fields[field])
    })
  }

  setField(key: string, field: string, value: Json): void {
    ;(this.#recordsRoot().get(key) as ShapedMap).set(field, value)
  }

  records(): Readonly<Record<string, unknown>> {
    return this.#recordsRoot().toJSON()
  }

  free(): void {
    this.doc.destroy()
  }

  #textRoot(): ShapedText {
    return (this.#text ??= this.doc.getText('text'))
  }

  #arrayRoot(): ShapedArray {
    return (this.#array ??= this.doc.getArray('values'))
  }

  #mapRoot(): ShapedMap {
    return (this.#map ??= this.doc.getMap('keys'))
  }

  #recordsRoot(): ShapedMap {
    return (this.#records ??= this.doc.getMap('records'))
  }
}
