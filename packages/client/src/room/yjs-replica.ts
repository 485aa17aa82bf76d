/** A `Y.Doc` behind the replica port. It borrows the document: whoever made it destroys it. */
import { applyUpdate, encodeStateAsUpdate, encodeStateVector, type Doc } from 'yjs'
import type { Replica, Source } from './replica.ts'

export class YjsReplica implements Replica {
  readonly doc: Doc

  constructor(doc: Doc) {
    this.doc = doc
  }

  get clientID(): number {
    return this.doc.clientID
  }

  /** Not so for `new Doc({ gc: false })`. A `gcFilter` is not asked. */
  get forgets(): boolean {
    return this.doc.gc
  }

  renewClientID(clientID: number): void {
    this.doc.clientID = clientID
  }

  applyUpdate(update: Uint8Array, source: Source): void {
    applyUpdate(this.doc, update, source)
  }

  encodeStateVector(): Uint8Array {
    return encodeStateVector(this.doc)
  }

  encodeDiff(stateVector?: Uint8Array): Uint8Array {
    return encodeStateAsUpdate(this.doc, stateVector)
  }

  onUpdate(listener: (update: Uint8Array, source: unknown) => void): () => void {
    this.doc.on('update', listener)
    return () => this.doc.off('update', listener)
  }

  onDestroy(listener: () => void): () => void {
    this.doc.on('destroy', listener)
    return () => this.doc.off('destroy', listener)
  }
}
