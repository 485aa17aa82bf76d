/**
 * Each replica exists twice, as Yjs and as ours, under the same client ID. Both make the same random edits and get the same updates; they must emit the same bytes,
 * tell their observers the same, and hold the same bytes in the end.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import * as ours from '../index.ts'

/** What both kinds of text have. */
interface TextLike {
  readonly length: number
  insert(index: number, text: string, attributes?: object): void
  delete(index: number, length: number): void
  format(index: number, length: number, attributes: object): void
  observe(observer: (event: { delta: unknown }) => void): void
  toDelta(): unknown
}

interface ListLike {
  readonly length: number
  insert(index: number, values: unknown[]): void
  delete(index: number, length: number): void
  get(index: number): unknown
  toJSON(): unknown
}

interface MapLike {
  set(key: string, value: unknown): unknown
  get(key: string): unknown
  delete(key: string): void
  toJSON(): unknown
}

interface DocLike {
  clientID: number
  getText(name: string): TextLike
  getArray(name: string): ListLike
  getMap(name: string): MapLike
  on(name: 'update', listener: (update: Uint8Array) => void): unknown
  transact(body: () => void): void
}

/** One of the two of a replica, with how to make types for it, and what it told. */
interface Twin {
  readonly doc: DocLike
  readonly newMap: () => object
  readonly newText: (text: string) => object
  readonly encode: () => Uint8Array
  readonly apply: (update: Uint8Array) => void
  readonly told: unknown[]
}

interface Edit {
  readonly replica: number
  readonly kind: number
  readonly at: number
  readonly length: number
  readonly word: string
  readonly attributes: object | undefined
  readonly key: string
}

const attributes = fc.constantFrom({ bold: true }, { bold: null }, { color: 'red' }, { color: null, bold: true })

const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    replica: fc.nat(2),
    kind: fc.nat(13),
    at: fc.nat(1000),
    length: fc.nat(6),
    // No surrogate pairs: Yjs cuts what it has already at the edges of a redundant update, which damages pairs. We do not.
    word: fc.constantFrom('a', 'bc', 'é', '\n', 'a longer text'),
    attributes: fc.option(attributes, { nil: undefined }),
    key: fc.constantFrom('k', 'l', 'm'),
  }),
  { minLength: 5, maxLength: 60 },
)

function yjsTwin(clientID: number, gc: boolean): Twin {
  const doc = new Y.Doc({ gc })
  doc.clientID = clientID
  return watched({
    doc: doc,
    newMap: () => new Y.Map(),
    newText: (text) => new Y.Text(text),
    encode: () => Y.encodeStateAsUpdate(doc),
    apply: (update) => Y.applyUpdate(doc, update),
    told: [],
  })
}

function ourTwin(clientID: number, gc: boolean): Twin {
  const doc = new ours.Doc({ gc })
  doc.clientID = clientID
  return watched({
    doc: doc,
    newMap: () => new ours.YMap(),
    newText: (text) => new ours.YText(text),
    encode: () => ours.encodeStateAsUpdate(doc),
    apply: (update) => ours.applyUpdate(doc, update),
    told: [],
  })
}

function watched(twin: Twin): Twin {
  twin.doc.on('update', (update) => twin.told.push(['update', Buffer.from(update).toString('hex')]))
  twin.doc.getText('text').observe((event) => twin.told.push(['delta', event.delta]))
  twin.doc.getArray('array')
  twin.doc.getMap('map')
  return twin
}

function makeEdit({ doc, newMap, newText }: Twin, edit: Edit): void {
  const { at, length, word, key } = edit
  const text = doc.getText('text')
  const list = doc.getArray('array')
  const map = doc.getMap('map')
  const textAt = at % (text.length + 1)
  const listAt = at % (list.length + 1)
  switch (edit.kind) {
    case 0:
    case 1:
    case 2:
      return text.insert(textAt, word)
    case 3:
      return text.insert(textAt, word, edit.attributes === undefined ? undefined : { ...edit.attributes })
    case 4:
    case 5:
      return text.delete(textAt, Math.min(length, text.length - textAt))
    case 6:
      return text.format(textAt, length, { ...edit.attributes })
    case 7:
      return list.insert(listAt, [word, length, { [key]: null }])
    case 8:
      return list.insert(listAt, [newText(word), newMap()])
    case 9:
      return list.delete(listAt, Math.min(length, list.length - listAt))
    case 10:
      map.set(key, at)
      return
    case 11:
      map.set(key, newMap())
      return
    case 12: {
      const inner = map.get(key)
      if (typeof inner === 'object') (inner as MapLike).set('in', word)
      return
    }
    default:
      map.delete(key)
  }
}

function expectSame([yjs, our]: readonly [Twin, Twin]): void {
  expect(our.told.splice(0)).toEqual(yjs.told.splice(0))
}

test('twins emit the same bytes, tell the same, and end with the same bytes', { timeout: FUZZ_TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(edits, fc.boolean(), fc.nat(2 ** 20), (history, gc, shift) => {
      const replicas = [3 + shift, 2, 2 ** 40 + shift].map(
        (clientID) => [yjsTwin(clientID, gc), ourTwin(clientID, gc)] as const,
      )
      for (const edit of history) {
        const twins = replicas.at(edit.replica)!
        for (const twin of twins) {
          if (edit.length === 0) twin.doc.transact(() => [edit, edit].forEach((again) => makeEdit(twin, again)))
          else makeEdit(twin, edit)
        }
        expectSame(twins)
        if (edit.at % 3 > 0) continue
        const update = twins[0].encode()
        for (const twin of replicas.at(edit.at % 2)!) twin.apply(update)
        expectSame(replicas.at(edit.at % 2)!)
      }
      for (let round = 0; round < 2; round++) {
        for (const from of replicas) {
          const update = from[1].encode()
          for (const to of replicas) for (const twin of to) twin.apply(update)
        }
      }
      replicas.forEach(expectSame)
      for (const [yjs, our] of replicas) {
        expect(Buffer.from(our.encode()).equals(Buffer.from(yjs.encode()))).toBe(true)
        expect(our.doc.getText('text').toDelta()).toEqual(yjs.doc.getText('text').toDelta())
        expect(our.doc.getArray('array').toJSON()).toEqual(yjs.doc.getArray('array').toJSON())
        expect(our.doc.getMap('map').toJSON()).toEqual(yjs.doc.getMap('map').toJSON())
      }
    }),
    fuzz(),
  )
})

test('an update that is none leaves the document as it was', () => {
  const doc = new ours.Doc()
  doc.getText('text').insert(0, 'kept')
  const before = ours.encodeStateAsUpdate(doc)
  const other = new ours.Doc()
  other.getMap('elsewhere').set('key', 'value')
  const update = ours.encodeStateAsUpdate(other)
  for (let end = 0; end < update.length; end++) {
    expect(() => ours.applyUpdate(doc, update.subarray(0, end))).toThrow(
      expect.objectContaining({ name: 'DecodeError' }),
    )
  }
  expect(ours.encodeStateAsUpdate(doc)).toEqual(before)
  expect([...doc.share.keys()]).toEqual(['text'])
})

test('what builds on something unknown waits for it, and is passed on meanwhile', () => {
  const writer = new ours.Doc()
  const updates: Uint8Array[] = []
  writer.on('update', (update) => updates.push(update))
  const text = writer.getText('text')
  text.insert(0, 'one')
  text.insert(3, 'two')
  text.delete(1, 4)
  const reader = new ours.Doc()
  ours.applyUpdate(reader, updates.at(2)!)
  ours.applyUpdate(reader, updates.at(1)!)
  expect(reader.getText('text').toString()).toBe('')
  const passedOn = new ours.Doc()
  ours.applyUpdate(passedOn, updates.at(0)!)
  ours.applyUpdate(passedOn, ours.encodeStateAsUpdate(reader))
  ours.applyUpdate(reader, updates.at(0)!)
  for (const doc of [reader, passedOn]) {
    expect(doc.getText('text').toString()).toBe('oo')
    expect(ours.encodeStateAsUpdate(doc)).toEqual(ours.encodeStateAsUpdate(writer))
  }
})
