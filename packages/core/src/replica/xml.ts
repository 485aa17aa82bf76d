/** Types for documents with a structure: fragments, elements, texts and hooks, with the names of the DOM. */
import { cloned } from './array.ts'
import type { DocCore } from './doc-core.ts'
import { YEvent } from './event.ts'
import { deleteKey, rowOfKey, setKey, valueOfKey, valuesByKey } from './keyed.ts'
import { ListType } from './list-type.ts'
import { YMap } from './map.ts'
import { valueInRow } from './row-content.ts'
import { aliveFrom } from './row-list.ts'
import { NONE } from './row-table.ts'
import { insertBehind } from './sequence.ts'
import type { SharedType } from './shared-type.ts'
import { YText } from './text.ts'
import { typeMapGetAllSnapshot, type Snapshot } from './snapshot.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'
import { YXmlTreeWalker } from './xml-tree-walker.ts'

/** What is needed of a DOM to make one of these types. */
export interface DomDocument {
  createElement(name: string): DomNode
  createTextNode(text: string): DomNode
  createDocumentFragment(): DomNode
}

export interface DomNode {
  appendChild(child: DomNode): unknown
  setAttribute?(name: string, value: string): void
}

/** Makes DOM nodes of hooks, by their name. */
export type DomHooks = Record<string, { createDom(hook: YXmlHook): DomNode }>

/** Told which DOM node was made of which type. */
export interface DomBinding {
  _createAssociation(node: DomNode, type: SharedType): void
}

export class YXmlEvent extends YEvent {
  get childListChanged(): boolean {
    return this.transaction.keysOf(this.target).has(null)
  }

  get attributesChanged(): Set<string> {
    return new Set([...this.transaction.keysOf(this.target)].filter((key) => key !== null))
  }
}

/** Elements and texts one after another, without attributes. */
export class YXmlFragment extends ListType<unknown, YXmlEvent> {
  override get kind(): TypeKind.Kind {
    return TypeKind.xmlFragment
  }

  /** How many children. */
  override get length(): number {
    return this.doc === null ? this.early!.length : this.doc.tables.types.length(this.handle)
  }

  get firstChild(): SharedType | null {
    return (this.get(0) as SharedType | undefined) ?? null
  }

  override clone(): YXmlFragment {
    const copy = new YXmlFragment()
    copy.insert(0, this.toArray().map(cloned))
    return copy
  }

  override _copy(): YXmlFragment {
    return new YXmlFragment()
  }

  /** Inserts children behind a child of this, or in front of all if that is null. */
  insertAfter(child: SharedType | null, children: readonly unknown[]): void {
    const { doc } = this
    if (doc !== null) {
      transact(doc, (transaction) => {
        insertBehind(transaction, this.handle, child === null ? NONE : child.itemRow, children)
      })
      return
    }
    const early = this.early!
    const index = child === null ? 0 : early.indexOf(child) + 1
    if (index === 0 && child !== null) throw new Error('Reference item not found')
    early.splice(index, 0, ...children)
  }

  push(children: readonly unknown[]): void {
    this.insert(this.length, children)
  }

  /** Walks all descendants that `filter` accepts, in document order. */
  createTreeWalker(filter: (type: SharedType) => boolean): YXmlTreeWalker {
    return new YXmlTreeWalker(this, filter)
  }

  /** The first descendant element of that name, or null. */
  querySelector(name: string): SharedType | null {
    for (const type of new YXmlTreeWalker(this, hasName(name))) return type
    return null
  }

  /** All descendant elements of that name. */
  querySelectorAll(name: string): SharedType[] {
    return Array.from(new YXmlTreeWalker(this, hasName(name)))
  }

  override toString(): string {
    return this.toArray().map(String).join('')
  }

  override toJSON(): unknown {
    return this.toString()
  }

  toDOM(document: DomDocument = globalDocument(), hooks: DomHooks = {}, binding?: DomBinding): DomNode {
    const fragment = document.createDocumentFragment()
    binding?._createAssociation(fragment, this)
    this.forEach((child) => fragment.appendChild((child as YXmlElement).toDOM(document, hooks, binding)))
    return fragment
  }

  override createEvent(transaction: Transaction): YEvent {
    return new YXmlEvent(this, transaction)
  }
}

/** An element with a name, attributes and children. */
export class YXmlElement extends YXmlFragment {
  readonly #nodeName: string
  #earlyAttributes: Map<string, unknown> | null = new Map()

  constructor(nodeName = 'UNDEFINED') {
    super()
    this.#nodeName = nodeName
  }

  override get kind(): TypeKind.Kind {
    return TypeKind.xmlElement
  }

  override get nodeName(): string {
    return this.#nodeName
  }

  get nextSibling(): SharedType | null {
    return sibling(this, true)
  }

  get prevSibling(): SharedType | null {
    return sibling(this, false)
  }

  override clone(): YXmlElement {
    const copy = new YXmlElement(this.#nodeName)
    for (const [name, value] of Object.entries(this.getAttributes())) copy.setAttribute(name, value)
    copy.insert(0, this.toArray().map(cloned))
    return copy
  }

  override _copy(): YXmlElement {
    return new YXmlElement(this.#nodeName)
  }

  setAttribute(name: string, value: unknown): void {
    const { doc } = this
    if (doc === null) this.#earlyAttributes!.set(name, value)
    else transact(doc, (transaction) => setKey(transaction, this.handle, name, value))
  }

  removeAttribute(name: string): void {
    const { doc } = this
    if (doc === null) this.#earlyAttributes!.delete(name)
    else transact(doc, (transaction) => deleteKey(transaction, this.handle, name))
  }

  getAttribute(name: string): unknown {
    return this.doc === null ? undefined : valueOfKey(this.doc, this.handle, name)
  }

  hasAttribute(name: string): boolean {
    return this.doc !== null && rowOfKey(this.doc, this.handle, name) !== NONE
  }

  /** All attributes: of now, or as a snapshot has them. */
  getAttributes(snapshot?: Snapshot): Record<string, unknown> {
    if (snapshot !== undefined) return typeMapGetAllSnapshot(this, snapshot)
    return this.doc === null ? {} : valuesByKey(this.doc, this.handle)
  }

  override toString(): string {
    const attributes = this.getAttributes()
    const written = Object.keys(attributes)
      .sort()
      .map((name) => ` ${name}="${String(attributes[name])}"`)
    const name = this.#nodeName.toLocaleLowerCase()
    return `<${name}${written.join('')}>${super.toString()}</${name}>`
  }

  override toDOM(document: DomDocument = globalDocument(), hooks: DomHooks = {}, binding?: DomBinding): DomNode {
    const element = document.createElement(this.#nodeName)
    for (const [name, value] of Object.entries(this.getAttributes())) {
      if (typeof value === 'string') element.setAttribute!(name, value)
    }
    this.forEach((child) => element.appendChild((child as YXmlElement).toDOM(document, hooks, binding)))
    binding?._createAssociation(element, this)
    return element
  }

  override attach(doc: DocCore, handle: number): void {
    super.attach(doc, handle)
    const attributes = this.#earlyAttributes
    this.#earlyAttributes = null
    for (const [name, value] of attributes ?? []) this.setAttribute(name, value)
  }
}

/** Text inside of elements; its formatting is written as elements. */
export class YXmlText extends YText {
  override get kind(): TypeKind.Kind {
    return TypeKind.xmlText
  }

  get nextSibling(): SharedType | null {
    return sibling(this, true)
  }

  get prevSibling(): SharedType | null {
    return sibling(this, false)
  }

  override clone(): YXmlText {
    return super.clone() as YXmlText
  }

  override _copy(): YText {
    return new YXmlText()
  }

  override toString(): string {
    return this.toDelta()
      .map(({ insert, attributes = {} }) => {
        // What is not text has a string form of its own, as a type has.
        const content = insert as string
        // Sorted, so that the same text is the same string everywhere.
        const names = Object.keys(attributes).sort()
        const opened = names.map((name) => `<${name}${writtenAttributes(attributes[name])}>`)
        const closed = names.reverse().map((name) => `</${name}>`)
        return `${opened.join('')}${content}${closed.join('')}`
      })
      .join('')
  }

  toDOM(document: DomDocument = globalDocument(), _hooks?: DomHooks, binding?: DomBinding): DomNode {
    const node = document.createTextNode(this.toString())
    binding?._createAssociation(node, this)
    return node
  }
}

/** A place for something that others render. */
export class YXmlHook extends YMap {
  readonly hookName: string

  constructor(hookName: string) {
    super()
    this.hookName = hookName
  }

  override get kind(): TypeKind.Kind {
    return TypeKind.xmlHook
  }

  override get nodeName(): string {
    return this.hookName
  }

  override clone(): YXmlHook {
    const copy = new YXmlHook(this.hookName)
    this.forEach((value, key) => copy.set(key, value))
    return copy
  }

  override _copy(): YXmlHook {
    return new YXmlHook(this.hookName)
  }

  toDOM(document: DomDocument = globalDocument(), hooks: DomHooks = {}, binding?: DomBinding): DomNode {
    const hook = hooks[this.hookName]
    const node = hook === undefined ? document.createElement(this.hookName) : hook.createDom(this)
    node.setAttribute!('data-yjs-hook', this.hookName)
    binding?._createAssociation(node, this)
    return node
  }
}

function hasName(name: string): (type: SharedType) => boolean {
  const wanted = name.toUpperCase()
  return ({ nodeName }) => nodeName !== null && nodeName.toUpperCase() === wanted
}

/** The neighbour of a type in the list of its parent, or null. */
function sibling(type: SharedType, isNext: boolean): SharedType | null {
  const { doc, itemRow } = type
  if (doc === null || itemRow < 0) return null
  const { rows } = doc.tables
  const row = aliveFrom(doc.tables, isNext ? rows.right(itemRow) : rows.left(itemRow), isNext)
  return row === NONE ? null : (valueInRow(doc, row, 0) as SharedType)
}

function writtenAttributes(attributes: unknown): string {
  // As in Yjs, a string is an object of its characters here.
  const named = Object(attributes ?? {}) as Record<string, unknown>
  return Object.keys(named)
    .sort()
    .map((key) => ` ${key}="${String(named[key])}"`)
    .join('')
}

function globalDocument(): DomDocument {
  return (globalThis as unknown as { document: DomDocument }).document
}
