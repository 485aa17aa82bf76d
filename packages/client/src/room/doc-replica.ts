/** A document behind the replica port. It borrows the document: whoever made it destroys it. */
import { emptyUpdate } from '@syncline/core'
import { applyUpdate, encodeStateAsUpdate, encodeStateVector, type Doc as YjsDoc } from 'yjs'
import type { Replica, Source } from './replica.ts'
import type { DocUpdates, RoomDoc, SyncedDoc } from './room-doc.ts'

/** What documents like Yjs's tell of besides. */
interface TransactionEvents {
  /** A transaction has ended; its observers, then its update, are next. */
  on(name: 'beforeObserverCalls', listener: () => void): unknown
  off(name: 'beforeObserverCalls', listener: () => void): unknown
}

/** The source of the empty update. */
const ASKING: Source = { source: 'nobody' }

type UpdateListener = (update: Uint8Array, source: unknown) => void

export class DocReplica<Document extends RoomDoc = RoomDoc> implements Replica {
  readonly doc: Document
  /** The same document, as far as any has it. */
  readonly #synced: SyncedDoc
  readonly #updates: DocUpdates
  readonly #listeners = new Set<UpdateListener>()
  #told: boolean | undefined

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
    if (this.#listeners.size > 0 && this.#tellsOfTransactions) this.#applyUnheard(update, source)
    else this.#updates.applyUpdate(update, source)
  }

  applyEdit(update: Uint8Array, source: Source): void {
    this.#updates.applyUpdate(update, source)
  }

  /**
   * A document writes what a transaction has changed as an update if anybody hears of updates. For the bytes of this one that is a third of the
   * work of applying it, and nobody here wants to have them again. An observer that edits does so in a transaction of its own, which ends later.
   */
  #applyUnheard(update: Uint8Array, source: Source): void {
    let transactions = 0
    const stop = this.#onTransaction(() => {
      transactions += 1
      if (transactions > 1) this.#hear()
    })
    this.#synced.off('update', this.#tell)
    try {
      this.#updates.applyUpdate(update, source)
    } finally {
      stop()
      this.#hear()
    }
  }

  /** Whether the document tells when a transaction ends, before it tells of its update. Yjs's and the core's do; others are asked, once. */
  get #tellsOfTransactions(): boolean {
    return (this.#told ??= !('applyUpdate' in this.doc) || this.#tellsWhenAsked())
  }

  #tellsWhenAsked(): boolean {
    let told = false
    try {
      const stop = this.#onTransaction(() => (told = true))
      try {
        this.#updates.applyUpdate(emptyUpdate(), ASKING)
      } finally {
        stop()
      }
    } catch {
      // It knows no such event: then it does not tell.
      return false
    }
    return told
  }

  #onTransaction(listener: () => void): () => void {
    const events: TransactionEvents = this.#synced as SyncedDoc & TransactionEvents
    events.on('beforeObserverCalls', listener)
    return () => events.off('beforeObserverCalls', listener)
  }

  /** Has the document tell of updates, if anybody listens by now. */
  #hear(): void {
    if (this.#listeners.size > 0) this.#synced.on('update', this.#tell)
  }

  readonly #tell: UpdateListener = (update, source) => {
    for (const listener of this.#listeners) listener(update, source)
  }

  encodeStateVector(): Uint8Array {
    return this.#updates.encodeStateVector()
  }

  encodeDiff(stateVector?: Uint8Array): Uint8Array {
    return this.#updates.encodeStateAsUpdate(stateVector)
  }

  onUpdate(listener: UpdateListener): () => void {
    this.#listeners.add(listener)
    this.#hear()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#synced.off('update', this.#tell)
    }
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
