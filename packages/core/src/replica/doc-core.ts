/**
 * What the parts of a replica know of the document: its tables, the running transaction, and the objects of its types. `Doc` is this with the methods that apps call; it is
 * apart so that types and transactions need not import it.
 */
import { assert } from '../errors.ts'
import { isTypeDeleted } from './delete-row.ts'
import { randomClientId } from './entropy.ts'
import { Item } from './item.ts'
import { Observable } from './observable.ts'
import type { PendingUpdates } from './pending.ts'
import { NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'
import { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'
import type * as TypeKind from './type-kind.ts'

/** What documents emit, by name. */
export interface DocEvents {
  load: (doc: DocCore) => void
  sync: (isSynced: boolean | undefined, doc: DocCore) => void
  /** A transaction changed something: the change in format v1. */
  update: (update: Uint8Array, origin: unknown, doc: DocCore, transaction: Transaction) => void
  updateV2: (update: Uint8Array, origin: unknown, doc: DocCore, transaction: Transaction) => void
  beforeAllTransactions: (doc: DocCore) => void
  beforeTransaction: (transaction: Transaction, doc: DocCore) => void
  beforeObserverCalls: (transaction: Transaction, doc: DocCore) => void
  afterTransaction: (transaction: Transaction, doc: DocCore) => void
  afterTransactionCleanup: (transaction: Transaction, doc: DocCore) => void
  afterAllTransactions: (doc: DocCore, transactions: Transaction[]) => void
  subdocs: (
    changes: { loaded: Set<DocCore>; added: Set<DocCore>; removed: Set<DocCore> },
    doc: DocCore,
    transaction: Transaction,
  ) => void
  destroy: (doc: DocCore) => void
  destroyed: (isDestroyed: boolean) => void
}

/** Options of a document; those of Yjs. */
export interface DocOptions {
  /** Globally unique name; random unless given. */
  guid?: string
  collectionid?: string | null
  /** Whether content of deleted items is dropped; true unless given. */
  gc?: boolean
  /** Asked before the content of a deleted item is dropped, if garbage is collected. */
  gcFilter?: GcFilter
  /** Anything that can be sent; subdocuments carry it along. */
  meta?: unknown
  /** Whether a subdocument is loaded by those who receive it. */
  autoLoad?: boolean
  /** Whether the document is to be synced now. */
  shouldLoad?: boolean
}

/** Decides whether the content of a deleted item, named by its ID, may be dropped. */
export type GcFilter = (item: { readonly id: { client: number; clock: number }; readonly length: number }) => boolean

/** Where a subdocument stands in its parent document. */
export interface Holder {
  readonly doc: DocCore
  readonly client: number
  readonly clock: number
}

/** What transactions emit, a bit each: every edit asks for all of them. */
export const TransactionEvent = {
  beforeAllTransactions: 1,
  beforeTransaction: 2,
  beforeObserverCalls: 4,
  afterTransaction: 8,
  afterTransactionCleanup: 16,
  update: 32,
  updateV2: 64,
  afterAllTransactions: 128,
} as const

const noTypes: readonly number[] = []

export abstract class DocCore extends Observable<DocEvents> {
  readonly tables: Tables = new Tables()
  gc = true
  gcFilter: GcFilter | null = null
  guid = ''
  meta: unknown = null
  autoLoad = false
  shouldLoad = true
  collectionid: string | null = null
  /** Where it stands in a parent document, or null. */
  holder: Holder | null = null

  /** The transaction whose function runs. */
  running: Transaction | null = null
  /** Transactions of which not all events have been emitted, oldest first. */
  round: Transaction[] = []
  transactionCount = 0
  /** What `Transaction.view` last showed, and how many transactions there were. */
  viewed: Transaction | null = null
  viewedTransactions = 0
  /** Updates that wait for others. */
  pending: PendingUpdates | null = null
  /** Types that were collected in this round; their numbers are used again after it. */
  collectedTypes: readonly number[] = noTypes
  /** Listeners on types of the document, whether or not they are interested in what changes. */
  observers = 0

  #subdocs: Set<DocCore> | null = null
  /** Of the first type, which in most documents is the only one; and of all others. */
  #firstFacade: SharedType | undefined = undefined
  #facades: Map<number, SharedType> | null = null
  /** No number until the constructor has drawn one: why, see `ClientTable`. */
  #clientID: number = null as unknown as number
  #ownClient: number = NONE
  #heard = 0

  constructor() {
    super()
    this.#clientID = randomClientId()
  }

  /** The client ID under which this document writes. Must not be shared with another that writes. */
  get clientID(): number {
    return this.#clientID
  }

  set clientID(id: number) {
    this.#clientID = id
    this.#ownClient = NONE
  }

  /** The documents inside of this one. */
  get subdocs(): Set<DocCore> {
    return (this.#subdocs ??= new Set())
  }

  /** Client → the clock that is expected next. A new map. */
  get stateVector(): Map<number, number> {
    return this.tables.clients.stateVector()
  }

  /** Root types by name, as objects. */
  abstract get share(): Map<string, SharedType>

  /** The root of this name, as what it was asked for before; if nobody did, as a type of no kind. */
  abstract rootNamed(name: string): SharedType

  /** The object of a type that has none yet. */
  protected abstract createFacade(type: number, kind: TypeKind.Kind): SharedType

  /** A document that somebody put into this one. */
  abstract createSubdocument(options: DocOptions): DocCore

  /** Its index in the client table. */
  ownClient(): number {
    if (this.#ownClient === NONE) {
      assert(Number.isSafeInteger(this.#clientID) && this.#clientID >= 0, 'a client ID is an integer in 0 … 2^53 − 1')
      this.#ownClient = this.tables.clients.intern(this.#clientID)
    }
    return this.#ownClient
  }

  /** The same, or NONE while nothing of that client is known. */
  ownClientIfAny(): number {
    if (this.#ownClient === NONE) this.#ownClient = this.tables.clients.indexOf(this.#clientID)
    return this.#ownClient
  }

  /** A row as an item of Yjs. */
  itemOfRow(row: number): Item {
    return new Item(this, row)
  }

  /** The item that holds a type; null for a root. */
  itemOfType(type: number): Item | null {
    const row = this.tables.types.item(type)
    return row < 0 ? null : this.itemOfRow(row)
  }

  /** The object of a type: the same one each time. */
  facade(type: number): SharedType {
    let facade = this.facadeIfAny(type)
    if (facade === undefined) {
      facade = this.createFacade(type, this.tables.types.kind(type))
      this.setFacade(type, facade)
    }
    return facade
  }

  /** The object of a type, if anybody ever asked for it. */
  facadeIfAny(type: number): SharedType | undefined {
    return type === 0 ? this.#firstFacade : this.#facades?.get(type)
  }

  setFacade(type: number, facade: SharedType): void {
    if (type === 0) this.#firstFacade = facade
    else (this.#facades ??= new Map()).set(type, facade)
  }

  /** Whether a type was deleted, or collected since. */
  isTypeDeleted(type: number): boolean {
    return isTypeDeleted(this.tables, type)
  }

  override on<Name extends keyof DocEvents>(name: Name, listener: DocEvents[Name]): DocEvents[Name] {
    super.on(name, listener)
    this.#hear()
    return listener
  }

  override off<Name extends keyof DocEvents>(name: Name, listener: DocEvents[Name]): void {
    super.off(name, listener)
    this.#hear()
  }

  override destroy(): void {
    super.destroy()
    this.#hear()
  }

  /** Whether anybody listens to what transactions emit; `event` is of `TransactionEvent`. */
  isHeard(event: number): boolean {
    return (this.#heard & event) !== 0
  }

  #hear(): void {
    this.#heard = 0
    for (const name of Object.keys(TransactionEvent) as (keyof typeof TransactionEvent)[]) {
      if (this.hasListeners(name)) this.#heard |= TransactionEvent[name]
    }
  }
}
