/**
 * Random edits of every shared type, the same with any library. An edit is a few small numbers, read modulo whatever exists at that
 * moment, so that a failing history shrinks to few edits, and each edit can say what it did as code.
 */
import fc from 'fast-check'
import type * as Y from 'yjs'
import type { Library } from './library.fixture.ts'
import { rootTypes } from './plain.fixture.ts'

/** What the numbers mean depends on the kind. */
export interface Edit {
  readonly kind: number
  readonly place: number
  readonly amount: number
  readonly value: number
}

export const editArbitrary = (): fc.Arbitrary<Edit> => {
  const number = fc.nat({ max: 1000 })
  return fc.record({ kind: number, place: number, amount: number, value: number })
}

/** What edits may be of. */
export interface Features {
  /** Of the roots text, array, map and xml. */
  readonly roots: readonly ('text' | 'array' | 'map' | 'xml')[]
  /** Shared types in shared types. */
  readonly nested: boolean
  /** Attributes of text: `format`, `applyDelta`, attributes of what is inserted. */
  readonly formatting: boolean
  readonly embeds: boolean
  /** Surrogate pairs, which edits then cut. */
  readonly pairs: boolean
  readonly subdocuments: boolean
}

/** Who edits, and where it is told as code; `tell` costs nothing unless somebody listens. */
export interface Hand {
  readonly library: Library
  readonly doc: Y.Doc
  readonly features: Features
  readonly tell: (line: () => string) => void
}

type Place = readonly [name: string, type: Y.AbstractType<unknown>]

const TYPES_EDITED_MAX = 24

/** Shared types in the document with the code that reaches them, roots first. */
export function sharedTypes({ library, doc, features }: Hand): Place[] {
  const places: Place[] = rootTypes(doc)
    .filter(([name]) => features.roots.some((root) => name.includes(`'${root}'`)))
    .map(([name, type]) => [`doc.${name}`, type])
  if (!features.nested) return places
  for (let at = 0; at < places.length && places.length < TYPES_EDITED_MAX; at++) {
    const [name, type] = places.at(at)!
    for (const [step, child] of childrenOf(library, type)) {
      if (child instanceof library.AbstractType) places.push([name + step, child as Y.AbstractType<unknown>])
    }
  }
  return places
}

function childrenOf(library: Library, type: Y.AbstractType<unknown>): [string, unknown][] {
  if (type instanceof library.XmlFragment || type instanceof library.Array) {
    return (type.toArray() as unknown[]).map((child, at) => [`.get(${at})`, child])
  }
  if (type instanceof library.Map) {
    return [...(type as unknown as Y.Map<unknown>).entries()].map(([key, child]) => [`.get(${literal(key)})`, child])
  }
  if (type instanceof library.Text) {
    return (type.toDelta() as { insert: unknown }[]).map(({ insert }, at) => [`.toDelta()[${at}].insert`, insert])
  }
  return []
}

/** One edit of one type. Changes nothing where the numbers say so, or where there is nothing to change. */
export function editOnce(hand: Hand, edit: Edit): void {
  const { library } = hand
  const places = sharedTypes(hand)
  const [name, type] = places.at(edit.kind % places.length)!
  const call = (code: string, work: () => void): void => {
    hand.tell(() => `${name}.${code}`)
    work()
  }
  if (type instanceof library.Text) editText(hand, type, edit, call)
  else if (type instanceof library.Map) editMap(hand, type, edit, call)
  else if (type instanceof library.XmlFragment) editXml(hand, type, edit, call)
  else if (type instanceof library.Array) editArray(hand, type, edit, call)
}

type Call = (code: string, work: () => void) => void

const wideWords = [
  'a',
  'bc ',
  '\u00F6',
  '\u6F22\u5B57',
  '\u{1F600}',
  'x\u{1F600}y\u{1F600}z',
  '\u0000',
  '\uFFFD',
  '"\\',
  'z'.repeat(70),
]
const plainWords = ['a', 'bc ', '\u00F6', '\u6F22\u5B57', 'd', 'z'.repeat(70)]
const keys = ['k', 'key', '\u{1F511}', '']

const attributesOf: readonly Record<string, unknown>[] = [
  { bold: true },
  { bold: null },
  { italic: true, link: { href: 'https://example.org/?q="' } },
  { italic: null },
  { size: 12.5 },
  { bold: false, size: null },
]

/** Each time anew, as code, so that no two replicas share a value. */
const values: readonly (readonly [code: string, make: () => unknown])[] = [
  ['null', () => null],
  ['[undefined]', () => [undefined]],
  ['true', () => true],
  ['0', () => 0],
  ['-1', () => -1],
  ['2147483648', () => 2_147_483_648],
  ['9007199254740991', () => Number.MAX_SAFE_INTEGER],
  ['0.5', () => 0.5],
  ['-0.1', () => -0.1],
  ['{ big: 12n }', () => ({ big: 12n })],
  [`'text'`, () => 'text'],
  [`'\u{1F600}'`, () => '\u{1F600}'],
  [`[1, ['deep', { deeper: [null] }]]`, () => [1, ['deep', { deeper: [null] }]]],
  [`{ a: 1, b: { c: 'd' }, '': [] }`, () => ({ a: 1, b: { c: 'd' }, '': [] })],
  ['Uint8Array.of(0, 128, 255)', () => Uint8Array.of(0, 128, 255)],
  ['new Uint8Array(0)', () => new Uint8Array(0)],
]

function editText(hand: Hand, text: Y.Text, { place, amount, value }: Edit, call: Call): void {
  const { formatting, pairs } = hand.features
  const words = pairs ? wideWords : plainWords
  const at = place % (text.length + 1)
  const length = Math.min(text.length - at, amount % 9)
  const word = words.at(amount % words.length)!
  const attributes = attributesOf.at(place % attributesOf.length)!
  switch (value % 12) {
    case 0:
    case 1:
    case 2:
    case 3:
      return call(`insert(${at}, ${literal(word)})`, () => text.insert(at, word))
    case 4:
    case 5:
    case 6:
      return call(`delete(${at}, ${length})`, () => text.delete(at, length))
    case 7: {
      if (!formatting) return
      const [start, end] = pairs ? wholePairs(text, at, at + length) : [at, at + length]
      return call(`format(${start}, ${end - start}, ${literal(attributes)})`, () =>
        text.format(start, end - start, { ...attributes }),
      )
    }
    case 8:
      if (!formatting) return
      return call(`insert(${at}, ${literal(word)}, ${literal(attributes)})`, () =>
        text.insert(at, word, { ...attributes }),
      )
    case 9: {
      if (!formatting || pairs) return
      const delta = randomDelta(text.length, place, amount, word)
      return call(`applyDelta(${literal(delta)})`, () => text.applyDelta(delta))
    }
    case 10:
      return insertEmbed(hand, text, at, { place, amount, value, kind: 0 }, call)
    default: {
      if (!(text instanceof hand.library.XmlText)) return
      const key = keys.at(place % 2)!
      if (amount % 3 === 0) return call(`removeAttribute('${key}')`, () => text.removeAttribute(key))
      return call(`setAttribute('${key}', ${literal(word)})`, () => text.setAttribute(key, word))
    }
  }
}

function insertEmbed(hand: Hand, text: Y.Text, at: number, { amount, place }: Edit, call: Call): void {
  const { embeds, nested, formatting } = hand.features
  if (!embeds) return
  const attributes = formatting && place % 3 === 0 ? { bold: true } : undefined
  if (nested && amount % 2 === 0) {
    const [code, make] = newType(hand, amount)
    return call(`insertEmbed(${at}, ${code}, ${literal(attributes)})`, () =>
      text.insertEmbed(at, make() as object, attributes),
    )
  }
  call(`insertEmbed(${at}, { image: 'a.png' }, ${literal(attributes)})`, () =>
    text.insertEmbed(at, { image: 'a.png' }, attributes),
  )
}

/** Retains, deletions and insertions, as an editor would send them. */
function randomDelta(length: number, place: number, amount: number, word: string): Record<string, unknown>[] {
  const delta: Record<string, unknown>[] = []
  let left = length
  for (let draw = place * 31 + amount, step = 0; step < 1 + (amount % 4); step++, draw = (draw * 7 + 13) % 1009) {
    const attributes = attributesOf.at(draw % attributesOf.length)!
    const count = Math.min(left, draw % 5)
    if (draw % 3 === 0) delta.push({ insert: word, ...(draw % 2 === 0 ? { attributes } : {}) })
    else if (count > 0) {
      delta.push(draw % 3 === 1 ? { retain: count, ...(draw % 2 === 0 ? { attributes } : {}) } : { delete: count })
      left -= count
    }
  }
  return delta
}

/**
 * A range that cuts no surrogate pair. Formatting splits items at the ends of a range even where it then finds nothing to write, and
 * no update tells the others.
 */
function wholePairs(text: Y.Text, start: number, end: number): [number, number] {
  const units = (text.toDelta() as { insert: unknown }[])
    .map(({ insert }) => (typeof insert === 'string' ? insert : '-'))
    .join('')
  const outside = (at: number): number => (/^[\uDC00-\uDFFF]/.test(units.slice(at)) ? at + 1 : at)
  return [outside(start), outside(end)]
}

function editArray(hand: Hand, array: Y.Array<unknown>, { place, amount, value }: Edit, call: Call): void {
  const at = place % (array.length + 1)
  switch (value % 8) {
    case 0:
    case 1: {
      const length = Math.min(array.length - at, amount % 5)
      return call(`delete(${at}, ${length})`, () => array.delete(at, length))
    }
    case 2:
    case 3: {
      const [code, make] = newValue(hand, amount)
      return call(`insert(${at}, [${code}])`, () => array.insert(at, [make()]))
    }
    case 4: {
      const [code, make] = anyValue(amount)
      return call(`push([${code}])`, () => array.push([make()]))
    }
    case 5: {
      const [code, make] = anyValue(amount)
      return call(`unshift([${code}])`, () => array.unshift([make()]))
    }
    default: {
      const many = [amount, amount + 1, place].map(anyValue)
      const code = many.map(([it]) => it).join(', ')
      return call(`insert(${at}, [${code}])`, () =>
        array.insert(
          at,
          many.map(([, make]) => make()),
        ),
      )
    }
  }
}

function editMap(hand: Hand, map: Y.Map<unknown>, { place, amount, value }: Edit, call: Call): void {
  const key = keys.at(place % keys.length)!
  switch (value % 8) {
    case 0:
    case 1:
      return call(`delete(${literal(key)})`, () => map.delete(key))
    case 2:
    case 3: {
      const [code, make] = newValue(hand, amount)
      return call(`set(${literal(key)}, ${code})`, () => void map.set(key, make()))
    }
    case 4:
      if (amount % 4 !== 0) return
      return call('clear()', () => map.clear())
    default: {
      const [code, make] = anyValue(amount)
      return call(`set(${literal(key)}, ${code})`, () => void map.set(key, make()))
    }
  }
}

function editXml(hand: Hand, xml: Y.XmlFragment, { place, amount, value }: Edit, call: Call): void {
  const { library } = hand
  const at = place % (xml.length + 1)
  const element = xml instanceof library.XmlElement ? xml : null
  const key = keys.at(amount % keys.length)!
  switch (value % 9) {
    case 0:
    case 1: {
      const length = Math.min(xml.length - at, amount % 3)
      return call(`delete(${at}, ${length})`, () => xml.delete(at, length))
    }
    case 2:
      return call(`insert(${at}, [new Y.XmlText('xml')])`, () => xml.insert(at, [new library.XmlText('xml')]))
    case 3:
      if (amount % 4 !== 0) return
      return call(`insert(${at}, [new Y.XmlHook('hook')])`, () =>
        xml.insert(at, [new library.XmlHook('hook') as unknown as Y.XmlElement]),
      )
    case 4:
      if (element === null) return
      return call(`setAttribute(${literal(key)}, ${literal(String(place))})`, () =>
        element.setAttribute(key, String(place)),
      )
    case 5:
      if (element === null) return
      return call(`removeAttribute(${literal(key)})`, () => element.removeAttribute(key))
    case 6: {
      const after = xml.length === 0 ? null : xml.get(place % xml.length)
      const code = after === null ? 'null' : `it.get(${place % xml.length})`
      return call(`insertAfter(${code}, [new Y.XmlElement('p')])`, () =>
        xml.insertAfter(after, [new library.XmlElement('p')]),
      )
    }
    default:
      return call(`insert(${at}, [new Y.XmlElement('h'), new Y.XmlText()])`, () =>
        xml.insert(at, [new library.XmlElement('h'), new library.XmlText()]),
      )
  }
}

type Value = readonly [code: string, make: () => unknown]

/** A shared type where types may be nested, a subdocument where those may be, else any value. */
function newValue(hand: Hand, choice: number): Value {
  const { nested, subdocuments } = hand.features
  if (subdocuments && choice % 9 === 0) {
    const options = { guid: `sub-${choice}`, autoLoad: choice % 2 === 0, gc: choice % 4 !== 1, meta: { a: choice } }
    return [`new Y.Doc(${literal(options)})`, () => new hand.library.Doc(options)]
  }
  return nested ? newType(hand, choice) : anyValue(choice)
}

function newType({ library, features }: Hand, choice: number): Value {
  const word = features.pairs ? 'nested \u{1F600}' : 'nested'
  switch (choice % 10) {
    case 0:
    case 1:
      return [`new Y.Map([['k', 1], ['key', [2]]])`, () => new library.Map([['k', 1], ['key', [2]]])] // prettier-ignore
    case 2:
      return [`Y.Array.from(['a', 'b', 3])`, () => library.Array.from(['a', 'b', 3])]
    case 3:
    case 4:
      return [`new Y.Text(${literal(word)})`, () => new library.Text(word)]
    case 5:
      return [`new Y.XmlElement('div')`, () => new library.XmlElement('div')]
    case 6:
      return [`new Y.XmlText('xml')`, () => new library.XmlText('xml')]
    case 7:
      return [`new Y.XmlFragment()`, () => new library.XmlFragment()]
    case 8:
      return [
        `Y.Array.from([new Y.Map([['k', new Y.Text('deep')]]), 1])`,
        () => library.Array.from([new library.Map([['k', new library.Text('deep')]]), 1]),
      ]
    default:
      return ['new Y.Array()', () => new library.Array()]
  }
}

function anyValue(choice: number): Value {
  return values.at(choice % values.length)!
}

/** As code: JSON is enough for what is told. */
export function literal(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value)
}
