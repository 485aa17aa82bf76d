/** A document: what apps make, edit through its types, and sync through its updates. The names and the behaviour are those of Yjs's `Doc`. */
import { encodeStateVector } from '../state-vector.ts'
import { applyUpdate } from './apply-update.ts'
import { YArray } from './array.ts'
import { DocCore, type DocEvents, type DocOptions } from './doc-core.ts'
import { encodeStateAsUpdate } from './encode-state.ts'
import { randomGuid } from './entropy.ts'
import { YMap } from './map.ts'
import { SharedType } from './shared-type.ts'
import { YText } from './text.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'
import { YXmlElement, YXmlFragment, YXmlHook, YXmlText } from './xml.ts'
import type { Subdocument } from './subdocument.ts'

/** A class of shared types. */
export type TypeConstructor<Type extends SharedType> = new () => Type

export class Doc extends DocCore {
  isLoaded = false
  isSynced = false
  isDestroyed = false
  /** Made when they are asked for: most documents wait for nobody. */
  #whenLoaded: Promise<Doc> | null = null
  #whenSynced: Promise<void> | null = null
  #share: Map<string, SharedType> | null = null

  constructor(options: DocOptions = {}) {
    super()
    const { guid, collectionid = null, gc = true, gcFilter, meta = null, autoLoad = false, shouldLoad = true } = options
    this.guid = guid ?? randomGuid()
    this.collectionid = collectionid
    this.gc = gc
    this.gcFilter = gcFilter ?? null
    this.meta = meta
    this.autoLoad = autoLoad
    this.shouldLoad = shouldLoad
  }

  get share(): Map<string, SharedType> {
    return (this.#share ??= new Map())
  }

  /** Resolves with the document once a provider has loaded it. */
  get whenLoaded(): Promise<Doc> {
    this.#whenLoaded ??= this.isLoaded
      ? Promise.resolve(this)
      : new Promise((resolve) => this.once('load', () => resolve(this)))
    return this.#whenLoaded
  }

  /** Resolves once a provider has synced it; made anew when sync is lost. */
  get whenSynced(): Promise<void> {
    return (this.#whenSynced ??= this.isSynced ? Promise.resolve() : this.#nextSync())
  }

  /** What is emitted as `load` or `sync` is true of the document before anybody else hears of it. */
  override emit<Name extends keyof DocEvents>(name: Name, args: Parameters<DocEvents[Name]>): void {
    if (name === 'load' && !this.isDestroyed) this.isLoaded = true
    else if (name === 'sync' && !this.isDestroyed) this.#setSynced(args[0] as boolean | undefined)
    super.emit(name, args)
  }

  /** Runs `body` in a transaction: one update, and one event per type. Returns what it returns. */
  transact<Result>(body: (transaction: Transaction) => Result, origin: unknown = null): Result {
    return transact(this, body, origin)
  }

  // What Yjs has as functions alone: whoever syncs a document need not know which implementation made it.

  /** As the function `applyUpdate`. */
  applyUpdate(update: Uint8Array, origin: unknown = null): void {
    applyUpdate(this, update, origin)
  }

  /** As the function `encodeStateVector`. */
  encodeStateVector(): Uint8Array {
    return encodeStateVector(this)
  }

  /** As the function `encodeStateAsUpdate`. */
  encodeStateAsUpdate(stateVector?: Uint8Array): Uint8Array {
    return encodeStateAsUpdate(this, stateVector)
  }

  /** The root type of a name, as this class. Throws if it was asked for as another. */
  get<Type extends SharedType = SharedType>(
    name: string,
    constructor: TypeConstructor<Type> = SharedType as TypeConstructor<Type>,
  ): Type {
    const known = this.share.get(name)
    const isAny = (constructor as unknown) === SharedType
    if (known !== undefined && (isAny || known.constructor === constructor)) return known as Type
    if (known !== undefined && known.constructor !== SharedType) {
      throw new Error(`Type with the name ${name} has already been defined with a different constructor`)
    }
    const facade = new constructor()
    const type = this.tables.types.root(name)
    this.tables.types.setKind(type, facade.kind)
    this.setFacade(type, facade)
    this.share.set(name, facade)
    facade.attach(this, type)
    return facade
  }

  getText(name = ''): YText {
    return this.get(name, YText)
  }

  getArray<Value = unknown>(name = ''): YArray<Value> {
    return this.get(name, YArray) as YArray<Value>
  }

  getMap<Value = unknown>(name = ''): YMap<Value> {
    return this.get(name, YMap) as YMap<Value>
  }

  getXmlFragment(name = ''): YXmlFragment {
    return this.get(name, YXmlFragment)
  }

  getXmlElement(name = ''): YXmlElement {
    return this.get(name, YXmlElement)
  }

  /** All root types as plain data. */
  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = {}
    for (const [name, type] of this.share) json[name] = type.toJSON()
    return json
  }

  /** Asks the providers of the parent document to load this one. */
  load(): void {
    const { holder } = this
    if (holder !== null && !this.shouldLoad) {
      transact(holder.doc, (transaction) => {
        transaction.subdocsLoaded.add(this)
      })
    }
    this.shouldLoad = true
  }

  getSubdocs(): Set<DocCore> {
    return this.subdocs
  }

  getSubdocGuids(): Set<string> {
    return new Set(Array.from(this.subdocs, ({ guid }) => guid))
  }

  /** Tells listeners, and forgets them. In its place, a parent document gets an empty one that can be loaded again. */
  override destroy(): void {
    this.isDestroyed = true
    for (const subdoc of Array.from(this.subdocs)) subdoc.destroy()
    const { holder } = this
    if (holder !== null) {
      this.holder = null
      this.#replaceIn(holder.doc, holder.doc.tables.ids.find(holder.client, holder.clock))
    }
    this.emit('destroyed', [true])
    this.emit('destroy', [this])
    super.destroy()
  }

  override rootNamed(name: string): SharedType {
    return this.share.get(name) ?? this.get(name)
  }

  override createSubdocument(options: DocOptions): DocCore {
    return new Doc(options)
  }

  protected override createFacade(type: number, kind: TypeKind.Kind): SharedType {
    const facade = this.#emptyFacade(kind, this.tables.types.nameOf(type))
    facade.attach(this, type)
    return facade
  }

  #emptyFacade(kind: TypeKind.Kind, name: string | undefined): SharedType {
    switch (kind) {
      case TypeKind.array:
        return new YArray()
      case TypeKind.map:
        return new YMap()
      case TypeKind.text:
        return new YText()
      case TypeKind.xmlElement:
        return new YXmlElement(name)
      case TypeKind.xmlFragment:
        return new YXmlFragment()
      case TypeKind.xmlHook:
        return new YXmlHook(name!)
      case TypeKind.xmlText:
        return new YXmlText()
      case TypeKind.unknown:
        return new SharedType()
      default:
        return kind satisfies never
    }
  }

  #replaceIn(parent: DocCore, row: number): void {
    const { rows, values } = parent.tables
    transact(parent, (transaction) => {
      if (!rows.isDeleted(row)) {
        const subdocument = values.get(rows.content(row)) as Subdocument
        const next = new Doc({ guid: this.guid, ...subdocument.options, shouldLoad: false })
        subdocument.doc = next
        next.holder = { doc: parent, client: rows.client(row), clock: rows.clock(row) }
        transaction.subdocsAdded.add(next)
      }
      transaction.subdocsRemoved.add(this)
    })
  }

  #setSynced(isSynced: boolean | undefined): void {
    if (isSynced === false && this.isSynced) this.#whenSynced = null
    this.isSynced = isSynced === undefined || isSynced
    if (this.isSynced && !this.isLoaded) this.emit('load', [this])
  }

  #nextSync(): Promise<void> {
    return new Promise((resolve) => {
      const listener = (isSynced: boolean | undefined): void => {
        if (isSynced === false) return
        this.off('sync', listener)
        resolve()
      }
      this.on('sync', listener)
    })
  }
}
