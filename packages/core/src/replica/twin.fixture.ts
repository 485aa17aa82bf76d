/**
 * A replica that exists twice, as Yjs and as ours, under the same client ID: both make the same edits and get the same updates, and whatever they tell is kept to be
 * compared. Documents are typed as those of Yjs, whose names ours have.
 */
import fc from 'fast-check'
import * as Y from 'yjs'
import * as ours from '../yjs.ts'

/** What both libraries have, under the types of Yjs. */
export type Shared = Pick<typeof Y, keyof typeof ours & keyof typeof Y>

/** One of the two. */
export interface Twin {
  readonly library: Shared
  readonly doc: Y.Doc
  /** What it emitted since it was last asked. */
  readonly told: unknown[]
}

/** Both, Yjs first. */
export type Twins = readonly [yjs: Twin, ours: Twin]

export function twinsOf(clientID: number, gc: boolean): Twins {
  return [twinOf(Y, clientID, gc), twinOf(ours as unknown as Shared, clientID, gc)]
}

function twinOf(library: Shared, clientID: number, gc: boolean): Twin {
  const doc = new library.Doc({ gc, guid: String(clientID) })
  doc.clientID = clientID
  const told: unknown[] = []
  doc.on('update', (update) => told.push(hexOf(update)))
  doc.getText('text')
  doc.getArray('array')
  doc.getMap('map')
  doc.getXmlFragment('xml')
  return { library, doc, told }
}

/** One edit; what the numbers mean depends on the kind. */
export interface TwinEdit {
  readonly kind: number
  readonly at: number
  readonly length: number
  readonly word: string
  readonly key: string
}

export const twinEdit: fc.Arbitrary<TwinEdit> = fc.record({
  kind: fc.nat(17),
  at: fc.nat(1000),
  length: fc.nat(6),
  // No surrogate pairs: where an update that is known in part cuts one, Yjs damages what it has, and we do not.
  word: fc.constantFrom('a', 'bc', 'é', '\n', 'a longer text'),
  key: fc.constantFrom('k', 'l', 'm'),
})

/** Makes an edit at the root, or inside of what is nested there. */
export function makeTwinEdit({ library, doc }: Twin, { kind, at, length, word, key }: TwinEdit): void {
  const text = doc.getText('text')
  const list = doc.getArray<unknown>('array')
  const map = doc.getMap<unknown>('map')
  const xml = doc.getXmlFragment('xml')
  const textAt = at % (text.length + 1)
  const listAt = at % (list.length + 1)
  switch (kind) {
    case 0:
    case 1:
      return text.insert(textAt, word)
    case 2:
      return text.insert(textAt, word, at % 2 === 0 ? { bold: true } : {})
    case 3:
    case 4:
      return text.delete(textAt, Math.min(length, text.length - textAt))
    case 5:
      return text.format(textAt, length, { [key]: at % 3 === 0 ? null : true })
    case 6:
      return text.insertEmbed(textAt, { [key]: word })
    case 7:
      return list.insert(listAt, [word, length, { [key]: null }, Uint8Array.of(at % 256)])
    case 8:
      return list.insert(listAt, [new library.Text(word), new library.Map([[key, new library.Array()]])])
    case 9:
    case 10:
      return list.delete(listAt, Math.min(length, list.length - listAt))
    case 11:
      map.set(key, at)
      return
    case 12:
      map.set(key, at % 2 === 0 ? new library.Map([['in', word]]) : library.Array.from([word, length]))
      return
    case 13:
      return map.delete(key)
    case 14:
      return insideOf(map.get(key), library, word, at)
    case 15:
      return insideOf(list.get(listAt), library, word, at)
    case 16: {
      const element = new library.XmlElement(key)
      element.setAttribute(key, word)
      element.insert(0, [new library.XmlText(word), new library.XmlElement('in')])
      return xml.insert(at % (xml.length + 1), [element])
    }
    default: {
      const child = xml.get(at % Math.max(1, xml.length)) as unknown
      if (length > 3 && xml.length > 0) xml.delete(at % xml.length, 1)
      else if (child instanceof library.XmlElement) child.setAttribute(key, word)
    }
  }
}

function insideOf(type: unknown, library: Shared, word: string, at: number): void {
  if (type instanceof library.Map) {
    const inner = type.get('in')
    if (inner instanceof library.Text) inner.insert(at % (inner.length + 1), word)
    else if (at % 3 === 0) type.set('in', new library.Text(word))
    else type.set('in', word)
  } else if (type instanceof library.Text) {
    if (at % 3 === 0) type.delete(0, Math.min(type.length, 2))
    else type.insert(at % (type.length + 1), word)
  } else if (type instanceof library.Array) {
    if (at % 3 === 0) type.delete(0, Math.min(type.length, 1))
    else type.push([word, new library.Map()])
  }
}

/** All that the document shows, for comparison. */
export function shownBy({ doc }: Twin): unknown {
  return [
    doc.getText('text').toDelta(),
    doc.getArray('array').toJSON(),
    doc.getMap('map').toJSON(),
    shownXml(doc.getXmlFragment('xml')),
  ]
}

function shownXml(xml: { toString: () => string }): string {
  return xml.toString()
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
