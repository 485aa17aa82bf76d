/** A document behind the replica port. It borrows the document: whoever made it destroys it. */
import { applyUpdate, encodeStateAsUpdate, encodeStateVector, type Doc as YjsDoc } from 'yjs'
import type { Replica, Source } from './replica.ts'
import type { DocUpdates, RoomDoc, SyncedDoc } from './room-doc.ts'

export class DocReplica<Document extends RoomDoc = RoomDoc> implements Replica {
  readonly doc: Document
  /** The same document, as far as any has it. */
  readonly #synced: SyncedDoc
  readonly #updates: DocUpdates

  constructor(doc: Document) {
    this.doc = doc
    this.#synced = doc
    this.#updates = updatesOf(doc)
  }

  get clientID(): number {
    return this.#synced.clientID
  }

  /** Not so for `new Doc({ gc: false })`. A `gcFilter` is not asked. */
  get forgets(): boolean {
    return this.#synced.gc
  }

  renewClientID(clientID: number): void {
    this.#synced.clientID = clientID
  }

  applyUpdate(update: Uint8Array, source: Source): void {
    this.#updates.applyUpdate(update, source)
  }

  encodeStateVector(): Uint8Array {
    return this.#updates.encodeStateVector()
  }

  encodeDiff(stateVector?: Uint8Array): Uint8Array {
    return this.#updates.encodeStateAsUpdate(stateVector)
  }

  onUpdate(listener: (update: Uint8Array, source: unknown) => void): () => void {
    this.#synced.on('update', listener)
    return () => this.#synced.off('update', listener)
  }

  onDestroy(listener: () => void): () => void {
    this.#synced.on('destroy', listener)
    return () => this.#synced.off('destroy', listener)
  }
}

/** By what it can do, not by its class: an app of Yjs should not have to download another implementation to tell that it is not used. */
function updatesOf(doc: RoomDoc): DocUpdates {
  return 'applyUpdate' in doc ? doc : updatesOfYjs(doc)
}

function updatesOfYjs(doc: YjsDoc): DocUpdates {
  return {
    applyUpdate: (update, origin) => applyUpdate(doc, update, origin),
    encodeStateVector: () => encodeStateVector(doc),
    encodeStateAsUpdate: (stateVector) => encodeStateAsUpdate(doc, stateVector),
  }
}
