/**
 * Random edits of every kind that Yjs documents have: text with formatting, embeds and surrogate pairs, maps, arrays, nested
 * types, XML, binary values, deletions. One call is one transaction, so one update, as an app would emit.
 */
import * as Y from 'yjs'
import type { Random } from './random.ts'

/** The most units that one edit deletes, so that documents grow. */
const DELETED_MAX = 5

/** The types of a library that has Yjs's surface. */
export type Types = Pick<typeof Y, 'Map' | 'Text' | 'XmlElement' | 'XmlText'>

/**
 * Does one random edit of `doc`, its size bounded. What it may do does not depend on the replica, only on its content. `types` are those of the
 * document's own library; Yjs's, unless given.
 */
export function editRandomly(doc: Y.Doc, random: Random, types: Types = Y): void {
  // Prose is what documents are mostly made of.
  const kinds = [editText, editText, editText, formatText, editMap, editArray, editNested, editXml]
  const edit = random.pick(kinds)
  doc.transact(() => edit(doc, random, types))
}

/** Everything that a reader of the document sees. Two replicas that converged give the same text. */
export function visibleContent(doc: Y.Doc): string {
  const { text, map, array, xml } = rootsOf(doc)
  // oxlint-disable-next-line typescript/no-base-to-string -- the string of XML is its markup
  return JSON.stringify(sortedKeys([text.toDelta(), map.toJSON(), array.toJSON(), xml.toString()]))
}

function rootsOf(doc: Y.Doc) {
  return {
    text: doc.getText('text'),
    map: doc.getMap('map'),
    array: doc.getArray('array'),
    xml: doc.getXmlFragment('xml'),
  }
}

function editText(doc: Y.Doc, random: Random): void {
  const { text } = rootsOf(doc)
  if (random.chance(0.25)) deleteFrom(text, random)
  else text.insert(placeIn(text, random), word(random))
}

function formatText(doc: Y.Doc, random: Random): void {
  const { text } = rootsOf(doc)
  const place = placeIn(text, random)
  if (random.chance(0.1)) {
    text.insertEmbed(place, { image: random.below(10) })
    return
  }
  const end = wholeCharacters(text, Math.min(text.length, place + 1 + random.below(12)))
  if (end > place) text.format(place, end - place, { [random.pick(['bold', 'italic'])]: random.pick([true, null]) })
}

function editMap(doc: Y.Doc, random: Random): void {
  const { map } = rootsOf(doc)
  const key = random.pick(['a', 'b', 'c', 'd'])
  if (random.chance(0.2)) map.delete(key)
  else map.set(key, value(random))
}

function editArray(doc: Y.Doc, random: Random): void {
  const { array } = rootsOf(doc)
  if (random.chance(0.3)) deleteFrom(array, random)
  else
    array.insert(
      placeIn(array, random),
      Array.from({ length: 1 + random.below(3) }, () => value(random)),
    )
}

/** Edits a type inside the array, or puts one there. */
function editNested(doc: Y.Doc, random: Random, types: Types): void {
  const { array } = rootsOf(doc)
  const nested = array.length === 0 ? undefined : array.get(random.below(array.length))
  if (nested instanceof types.Map) nested.set(random.pick(['x', 'y']), value(random))
  else if (nested instanceof types.Text) nested.insert(placeIn(nested, random), word(random))
  else array.insert(placeIn(array, random), [random.chance(0.5) ? new types.Map() : new types.Text(word(random))])
}

function editXml(doc: Y.Doc, random: Random, types: Types): void {
  const { xml } = rootsOf(doc)
  if (random.chance(0.2)) {
    deleteFrom(xml, random)
    return
  }
  const first = xml.length === 0 ? undefined : xml.get(random.below(xml.length))
  if (first instanceof types.XmlElement && random.chance(0.5)) {
    first.setAttribute(random.pick(['id', 'class']), word(random))
  } else {
    xml.insert(placeIn(xml, random), [random.chance(0.5) ? new types.XmlElement('p') : new types.XmlText(word(random))])
  }
}

/** A value of every kind that Yjs stores. */
function value(random: Random): unknown {
  switch (random.below(7)) {
    case 0:
      return null
    case 1:
      return random.chance(0.5)
    case 2:
      return random.below(1000) - 500
    case 3:
      return random.fraction()
    case 4:
      return word(random)
    case 5:
      return { list: [random.below(10), word(random)] }
    default:
      return new Uint8Array([random.below(256), random.below(256)])
  }
}

function word(random: Random): string {
  return random.pick([
    'a',
    'b ',
    'the ',
    'quick ',
    'wörter ',
    '日本 ',
    '🙂',
    '👩‍🚀 ',
    '\n',
    'a longer stretch of prose. ',
  ])
}

/** A place where something can be inserted. Not inside a surrogate pair: no editor does that, and Yjs would break the pair. */
function placeIn(type: { readonly length: number }, random: Random): number {
  return wholeCharacters(type, random.below(type.length + 1))
}

function deleteFrom(
  type: { readonly length: number; delete(index: number, length: number): void },
  random: Random,
): void {
  const start = placeIn(type, random)
  const end = wholeCharacters(type, Math.min(type.length, start + 1 + random.below(DELETED_MAX)))
  if (end > start) type.delete(start, end - start)
}

/** `index`, moved past the second half of a surrogate pair. */
function wholeCharacters(type: { readonly length: number }, index: number): number {
  if (!isText(type) || index === 0) return index
  const [before, after] = [codeUnit(type, index - 1), codeUnit(type, index)]
  return isHighSurrogate(before) && after !== undefined ? index + 1 : index
}

function isText(type: object): type is Y.Text {
  return 'toDelta' in type
}

/** The UTF-16 code unit at an index of a text; undefined for an embed and past the end. */
function codeUnit(text: Y.Text, index: number): number | undefined {
  let start = 0
  for (const { insert } of text.toDelta() as { readonly insert: unknown }[]) {
    const length = typeof insert === 'string' ? insert.length : 1
    if (index < start + length) return typeof insert === 'string' ? insert.charCodeAt(index - start) : undefined
    start += length
  }
  return undefined
}

function isHighSurrogate(unit: number | undefined): boolean {
  return unit !== undefined && unit >= 0xd800 && unit < 0xdc00
}

/** The same object for the same content: the order of a Y.Map's keys is the order of their arrival. */
function sortedKeys(content: unknown): unknown {
  if (content === null || typeof content !== 'object' || content instanceof Uint8Array) return content
  if (Array.isArray(content)) return content.map(sortedKeys)
  return Object.fromEntries(
    Object.entries(content)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortedKeys(inner)]),
  )
}
