/**
 * Random documents for differential tests: several Yjs replicas edit every shared type there is, sync now and then, undo, and
 * cut surrogate pairs. What they say to each other on the way is recorded. An edit is a few small numbers, read modulo whatever
 * exists at that moment, so that a failing history shrinks to few edits.
 */
import fc from 'fast-check'
import * as Y from 'yjs'

/** One step of a history. What the numbers mean depends on the kind. */
export interface Edit {
  readonly replica: number
  readonly kind: number
  readonly place: number
  readonly amount: number
  readonly value: number
}

/** What several replicas wrote, in causal order, and what they ended with. */
export interface History {
  readonly replicas: readonly Y.Doc[]
  /** Every update that an edit of a replica emitted, each once. Together they are the whole history. */
  readonly authored: readonly Uint8Array[]
  /** Diffs and full states that were exchanged: they repeat what was authored, cut differently and with content dropped. */
  readonly exchanged: readonly Uint8Array[]
  /** Full states that replicas were in on the way, the empty one among them. */
  readonly states: readonly Uint8Array[]
  /** How many of the authored updates undo or redo something. */
  readonly undone: number
}

/** Small, as Yjs draws them, and as large as they may become. */
const clientIds = [1, 4_294_967_295, Number.MAX_SAFE_INTEGER] as const

/** Two of these are a run whose length takes a byte more than that of one. */
const longWord = 'z'.repeat(70)

/** One to four UTF-8 bytes a character; pairs that edits will cut. */
const words = [
  'a',
  'bc ',
  'ö',
  '漢字',
  '😀',
  '👩‍👩‍👧',
  'x😀y😀z',
  '\u0000',
  '\uFFFD',
  '"\\',
  'undefined',
  '€uro',
  '🏳️‍🌈🏳️‍🌈',
  longWord,
] as const

const plainWords = ['a', 'bc ', 'ö', '漢字', longWord] as const

const values: readonly (() => unknown)[] = [
  () => null,
  () => [undefined],
  () => true,
  () => false,
  () => 0,
  () => -1,
  () => 2_147_483_648,
  () => Number.MAX_SAFE_INTEGER,
  () => 0.5,
  () => -0.1,
  () => ({ big: 12n }),
  () => 'text',
  () => '😀',
  () => [1, ['deep', { deeper: [null] }]],
  () => ({ a: 1, b: { c: 'd' }, '': [] }),
  () => new Uint8Array([0, 128, 255]),
  () => new Uint8Array(0),
]

const attributes: readonly Record<string, unknown>[] = [
  { bold: true },
  { bold: null },
  { italic: true, link: { href: 'https://example.org/?q="\\' } },
  { size: 12.5 },
]

/** Which kinds of edits a history may have: formatting makes Yjs's own bytes depend on the order of delivery. */
export interface HistoryOptions {
  readonly formatting: boolean
  /** Whether text has surrogate pairs, which edits then cut: Yjs keeps U+FFFD of what was deleted by halves, not by pairs. */
  readonly pairs: boolean
  /** Whether a replica drops the content of what was deleted; by index. */
  readonly gc: readonly boolean[]
}

export const everything: HistoryOptions = { formatting: true, pairs: true, gc: [true, true, false] }

/** Histories of up to `edits` edits. */
export function editsArbitrary(edits: number): fc.Arbitrary<Edit[]> {
  const number = fc.nat({ max: 1000 })
  const edit = fc.record({ replica: fc.nat({ max: 2 }), kind: number, place: number, amount: number, value: number })
  return fc.array(edit, { maxLength: edits, size: 'max' })
}

/** Plays the edits; then all replicas exchange everything. */
export function playHistory(edits: readonly Edit[], options: HistoryOptions = everything): History {
  const authored: Uint8Array[] = []
  const exchanged: Uint8Array[] = []
  const states: Uint8Array[] = [new Uint8Array(2)]
  let undone = 0
  const replicas = clientIds.map((clientId, index) => {
    const doc = new Y.Doc({ gc: options.gc[index] ?? true, guid: `replica-${index}` })
    doc.clientID = clientId
    doc.on('update', (update: Uint8Array, source: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      // Formatting that Yjs tidies up after a remote change is an edit of the receiver.
      if (transaction.local) authored.push(update)
      if (source instanceof Y.UndoManager) undone++
    })
    return doc
  })
  const undoManagers = replicas.map(
    (doc) => new Y.UndoManager([...rootTypes(doc)], { captureTimeout: 0, doc, trackedOrigins: new Set([null]) }),
  )
  const deliver = (from: Y.Doc, to: Y.Doc): void => {
    const diff = Y.encodeStateAsUpdate(from, Y.encodeStateVector(to))
    exchanged.push(diff)
    states.push(Y.encodeStateAsUpdate(to))
    Y.applyUpdate(to, diff, 'remote')
  }
  for (const edit of edits) {
    const doc = replicas.at(edit.replica % replicas.length)!
    const undo = undoManagers.at(edit.replica % replicas.length)!
    const kind = edit.kind % 20
    if (kind === 0) undo.undo()
    else if (kind === 1) undo.redo()
    else if (kind <= 3) deliver(replicas.at(edit.value % replicas.length)!, doc)
    else if (kind === 4) exchanged.push(Y.encodeStateAsUpdate(doc))
    else if (kind === 5) doc.transact(() => edit.amount % 4 !== 0 && editTwice(doc, edit, options))
    else editOnce(doc, edit, options)
  }
  // More than once, since tidied formatting is news of its own.
  for (let round = 0; round < 3; round++) {
    for (const from of replicas) for (const to of replicas) if (from !== to) deliver(from, to)
  }
  for (const doc of replicas) exchanged.push(Y.encodeStateAsUpdate(doc))
  return { replicas, authored, exchanged, states, undone }
}

/** The same values in an order that `random` decides; some of them twice. */
export function shuffled<T>(given: readonly T[], random: fc.Stream<number>): T[] {
  const left = [...given]
  const order: T[] = []
  for (const draw of random.take(given.length)) {
    const [value] = left.splice(draw % left.length, 1) as [T]
    order.push(value)
    if (draw % 16 === 0) order.push(value)
  }
  return order
}

/**
 * A fresh replica that has applied these updates, in this order. In one transaction: after each transaction that brings
 * formatting, Yjs tidies up what it finds superfluous, by deletions of its own, and so what a reader ends with would depend on
 * how the updates were grouped.
 */
export function replicaOf(updates: Iterable<Uint8Array>, gc = true): Y.Doc {
  const doc = new Y.Doc({ gc, guid: 'reader' })
  doc.clientID = 77
  const apply = (): void => {
    for (const update of updates) Y.applyUpdate(doc, update, 'remote')
  }
  Y.transact(doc, apply, 'remote', false)
  return doc
}

/** Everything that a reader of the document can see, as plain values that can be compared. */
export function visible(doc: Y.Doc): unknown {
  return [...rootTypes(doc)].map(describe)
}

function rootTypes(doc: Y.Doc): [Y.Text, Y.Array<unknown>, Y.Map<unknown>, Y.XmlFragment] {
  return [doc.getText('text'), doc.getArray('array'), doc.getMap('map'), doc.getXmlFragment('xml')]
}

function describe(value: unknown): unknown {
  if (value instanceof Y.XmlHook) return ['hook', value.hookName, describeMap(value)]
  if (value instanceof Y.XmlElement) {
    return ['element', value.nodeName, sorted(value.getAttributes()), value.toArray().map(describe)]
  }
  if (value instanceof Y.XmlFragment) return ['fragment', value.toArray().map(describe)]
  if (value instanceof Y.Text) {
    const delta = value.toDelta() as { insert: unknown; attributes?: Record<string, unknown> }[]
    const parts = delta.map((part) => [describe(part.insert), sorted(part.attributes ?? {})])
    return [value instanceof Y.XmlText ? 'xml text' : 'text', sorted(value.getAttributes()), parts]
  }
  if (value instanceof Y.Array) return ['array', value.toArray().map(describe)]
  if (value instanceof Y.Map) return ['map', describeMap(value)]
  if (value instanceof Y.Doc) return ['document', value.guid, value.autoLoad, value.meta]
  if (value instanceof Uint8Array) return ['bytes', ...value]
  return value
}

function describeMap(map: Y.Map<unknown>): unknown {
  return sorted(Object.fromEntries([...map.entries()].map(([key, value]) => [key, describe(value)])))
}

function sorted(entries: Record<string, unknown>): unknown {
  return Object.entries(entries)
    .map(([key, value]) => [key, describe(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function editTwice(doc: Y.Doc, edit: Edit, options: HistoryOptions): void {
  editOnce(doc, edit, options)
  editOnce(doc, { ...edit, kind: edit.kind + edit.value, place: edit.place + 1 }, options)
}

/** All shared types in the document, roots first. */
function sharedTypes(doc: Y.Doc): Y.AbstractType<unknown>[] {
  const types: Y.AbstractType<unknown>[] = [...rootTypes(doc)] as unknown as Y.AbstractType<unknown>[]
  for (let at = 0; at < types.length && types.length < 40; at++) {
    for (const child of childrenOf(types.at(at)!)) {
      if (child instanceof Y.AbstractType) types.push(child as Y.AbstractType<unknown>)
    }
  }
  return types
}

function childrenOf(type: unknown): unknown[] {
  if (type instanceof Y.XmlFragment || type instanceof Y.Array) return type.toArray() as unknown[]
  if (type instanceof Y.Map) return [...type.values()]
  if (type instanceof Y.Text) return (type.toDelta() as { insert: unknown }[]).map(({ insert }) => insert)
  return []
}

function editOnce(doc: Y.Doc, edit: Edit, options: HistoryOptions): void {
  const types = sharedTypes(doc)
  const type = types.at(edit.kind % types.length)!
  if (type instanceof Y.Text) editText(type, edit, options)
  else if (type instanceof Y.XmlHook || type instanceof Y.Map) editMap(type, edit, options)
  else if (type instanceof Y.XmlFragment) editXml(type, edit)
  else if (type instanceof Y.Array) editArray(type, edit, options)
}

function editText(text: Y.Text, { place, amount, value }: Edit, { formatting, pairs }: HistoryOptions): void {
  const at = place % (text.length + 1)
  const length = Math.min(text.length - at, amount % 9)
  const kind = value % 8
  const texts = pairs ? words : plainWords
  const word = texts.at(amount % texts.length)!
  if (kind < 4 && word === longWord) for (const part of [word, word]) text.insert(text.length, part)
  else if (kind < 4) text.insert(at, word)
  else if (kind < 6) text.delete(at, length)
  else if (kind === 6 && formatting) formatWhole(text, at, length, attributes.at(amount % attributes.length)!)
  else if (amount % 3 === 0) text.insertEmbed(at, amount % 2 === 0 ? { image: '😀.png' } : new Y.Map([['in', 'text']]))
  else if (formatting && amount % 3 === 1) text.insert(at, texts.at(place % texts.length)!, { bold: true })
  else if (text instanceof Y.XmlText) text.setAttribute('lang', words.at(amount % words.length)!)
}

/**
 * Formats a range that cuts no surrogate pair. Yjs splits items at the ends of a range even where it then finds nothing to
 * write: the pair becomes two U+FFFD on that replica alone, and no update tells the others.
 */
function formatWhole(text: Y.Text, at: number, length: number, attribute: Record<string, unknown>): void {
  const units = (text.toDelta() as { insert: unknown }[]).map(({ insert }) =>
    typeof insert === 'string' ? insert : '-',
  )
  const outside = (place: number) => (/^[\uDC00-\uDFFF]/.test(units.join('').slice(place)) ? place + 1 : place)
  const start = outside(at)
  text.format(start, outside(at + length) - start, attribute)
}

function editArray(array: Y.Array<unknown>, { place, amount, value }: Edit, options: HistoryOptions): void {
  const at = place % (array.length + 1)
  if (value % 4 === 0) array.delete(at, Math.min(array.length - at, amount % 5))
  else if (value % 4 === 1) array.insert(at, [newType(amount, options)])
  else array.insert(at, [amount, amount + 1, place, value].slice(0, 1 + (value % 3)).map(anyValue))
}

function editMap(map: Y.Map<unknown>, { place, amount, value }: Edit, options: HistoryOptions): void {
  const key = words.at(place % 4)!
  if (value % 5 === 0) map.delete(key)
  else if (value % 5 === 1) map.set(key, newType(amount, options))
  else map.set(key, anyValue(amount))
}

function editXml(xml: Y.XmlFragment, { place, amount, value }: Edit): void {
  const at = place % (xml.length + 1)
  const kind = value % 6
  if (kind === 0) xml.delete(at, Math.min(xml.length - at, amount % 3))
  else if (kind === 1) xml.insert(at, [new Y.XmlText('xml')])
  else if (kind === 2) xml.insert(at, [new Y.XmlHook('hook😀') as unknown as Y.XmlElement])
  else if (kind === 3 && xml instanceof Y.XmlElement)
    xml.setAttribute(words.at(amount % 3)!, words.at(place % words.length)!)
  else if (kind === 4 && xml instanceof Y.XmlElement) xml.removeAttribute(words.at(amount % 3)!)
  else xml.insert(at, [new Y.XmlElement(amount % 2 === 0 ? 'p' : 'heading'), new Y.XmlElement()])
}

function newType(choice: number, { formatting, pairs }: HistoryOptions): unknown {
  switch (choice % 8) {
    case 0:
      return new Y.Map([['key', 1]])
    case 1:
      return Y.Array.from(['a', 'b', 3])
    case 2:
      return new Y.Text(pairs ? 'nested 😀' : 'nested')
    case 3:
      return new Y.XmlElement('div')
    case 4:
      return new Y.XmlText('xml')
    case 5:
      return new Y.XmlFragment()
    case 6:
      return new Y.Doc({ guid: `sub-${choice}`, autoLoad: choice % 2 === 0, meta: formatting ? { title: '😀' } : null })
    default:
      return new Y.Array()
  }
}

function anyValue(choice: number): unknown {
  return values.at(choice % values.length)!()
}
