/**
 * Column snapshots: a document that was loaded from one cannot be told from the one that wrote it, by what it shows, encodes, and does next; and bytes that are none
 * are refused, or load as a document that works.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import { checksumOf, Word } from './column-layout.ts'
import {
  applyUpdate,
  Doc,
  encodeColumns,
  encodeStateAsUpdate,
  loadColumns,
  UndoManager,
  YArray,
  YMap,
  YText,
  YXmlElement,
} from '../index.ts'
import { hexOf, makeTwinEdit, shownBy, twinEdit, twinsOf, type Twin } from './twin.fixture.ts'

const steps = fc.array(fc.tuple(twinEdit, fc.nat(9), fc.nat(2)), { minLength: 1, maxLength: 60, size: 'max' })

/** A document of ours under the names of Yjs, to be edited as twins are. */
function asTwin(twin: Twin, doc: Doc): Twin {
  return { library: twin.library, doc: doc as unknown as Y.Doc, told: [] }
}

function loaded(bytes: Uint8Array, gc = true): Doc {
  const doc = new Doc({ gc })
  loadColumns(doc, bytes)
  return doc
}

test('a loaded document shows, encodes and does what the original does', { timeout: FUZZ_TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(steps, fc.boolean(), fc.nat(1), (history, gc, named) => {
      const twins = [3, 2, 2 ** 40].map((clientID) => twinsOf(clientID, gc)[1])
      const updates: Uint8Array[] = []
      for (const { doc } of twins) doc.on('update', (update) => updates.push(update))
      history.forEach(([edit, action, replica], number) => {
        const twin = twins.at(replica)!
        makeTwinEdit(twin, edit)
        if (action < 6 || updates.length === 0) return
        // One update alone, often too early: it waits, and is carried along.
        const one = updates.at(edit.at % updates.length)!
        twin.library.applyUpdate(
          twin.doc,
          action < 8 ? one : twin.library.encodeStateAsUpdate(twins.at(edit.at % 3)!.doc),
        )
        if (number % 4 > 0) return
        const doc = twin.doc as unknown as Doc
        const columns = encodeColumns(doc)
        const copy = new Doc({ gc })
        if (named > 0) {
          // What asked for types before, or for a client, must not matter.
          copy.getArray('first')
          copy.getText('text')
          copy.ownClient()
        }
        loadColumns(copy, columns)
        expect(hexOf(encodeStateAsUpdate(copy))).toBe(hexOf(encodeStateAsUpdate(doc)))
        const again = asTwin(twin, copy)
        expect(shownBy(again)).toEqual(shownBy(twin))
        if (named === 0) expect(hexOf(encodeColumns(copy))).toBe(hexOf(columns))
        copy.clientID = doc.clientID
        const emitted: string[][] = [[], []]
        ;[doc, copy].forEach((each, at) => each.on('update', (update) => emitted.at(at)!.push(hexOf(update))))
        for (const [next] of history.slice(0, 12)) for (const each of [twin, again]) makeTwinEdit(each, next)
        for (const update of updates.slice(-20)) for (const each of [doc, copy]) applyUpdate(each, update)
        expect(emitted[1]).toEqual(emitted[0])
        expect(hexOf(encodeStateAsUpdate(copy))).toBe(hexOf(encodeStateAsUpdate(doc)))
      })
    }),
    fuzz(),
  )
})

test('every kind of content is loaded, and subdocuments are told of', () => {
  const doc = new Doc()
  const text = doc.getText('text')
  text.insert(0, 'plain, wide: 😀é')
  text.format(0, 5, { bold: true })
  text.insertEmbed(3, { image: 'x' })
  const map = doc.getMap('map')
  map.set('values', [1, 2.5, null, 'text', true, { deep: [undefined] }, 2n ** 40n])
  map.set('bytes', Uint8Array.of(1, 2, 3))
  map.set('document', new Doc({ guid: 'inner', meta: { some: 'meta' }, autoLoad: true }))
  map.set('type', new YMap([['inside', new YArray()]]))
  const element = new YXmlElement('p')
  element.setAttribute('class', 'c')
  doc.getXmlFragment('xml').insert(0, [element])
  doc.getArray('array').push([1, 2, 3, new YText('in')])
  const copy = new Doc()
  const subdocs: string[] = []
  copy.on('subdocs', ({ added }) => subdocs.push(...Array.from(added, ({ guid }) => guid)))
  loadColumns(copy, encodeColumns(doc))
  expect(subdocs).toEqual(['inner'])
  expect(copy.getText('text').toDelta()).toEqual(text.toDelta())
  const plainOf = (each: Doc): unknown =>
    Object.entries(each.getMap('map').toJSON()).filter(([key]) => key !== 'document')
  expect(plainOf(copy)).toEqual(plainOf(doc))
  expect(copy.getXmlFragment('xml').toString()).toBe(doc.getXmlFragment('xml').toString())
  expect(copy.getArray('array').toJSON()).toEqual(doc.getArray('array').toJSON())
  expect(encodeStateAsUpdate(copy)).toEqual(encodeStateAsUpdate(doc))
  const yjs = new Y.Doc()
  Y.applyUpdate(yjs, encodeStateAsUpdate(copy))
  expect(yjs.getText('text').toDelta()).toEqual(text.toDelta())
})

test('events tell of all that is loaded', () => {
  const doc = new Doc()
  doc.getText('text').insert(0, 'some text')
  doc.getText('text').delete(0, 5)
  doc.getMap('map').set('key', new YMap([['k', 1]]))
  const copy = new Doc()
  const told: unknown[] = []
  copy.on('update', (update, origin) => told.push([hexOf(update), origin]))
  copy.getText('text').observe(({ delta }) => told.push(delta))
  copy.getMap('map').observe(({ keysChanged }) => told.push([...keysChanged]))
  loadColumns(copy, encodeColumns(doc), 'device')
  expect(told).toEqual([[{ insert: 'text' }], ['key'], [hexOf(encodeStateAsUpdate(doc)), 'device']])
})

test('what undo kept is collected by whoever loads it and collects', () => {
  const doc = new Doc()
  doc.clientID = 1
  const list = doc.getArray('array')
  const undo = new UndoManager(list, { captureTimeout: 0 })
  list.push([new YText('kept'), 1, 2, 3])
  list.delete(0, 2)
  expect(undo.canUndo()).toBe(true)
  expect(encodeStateAsUpdate(loaded(encodeColumns(doc), false))).toEqual(encodeStateAsUpdate(doc))
  const collected = loaded(encodeColumns(doc))
  const viaUpdate = new Doc()
  applyUpdate(viaUpdate, encodeStateAsUpdate(doc))
  expect(encodeStateAsUpdate(collected)).toEqual(encodeStateAsUpdate(viaUpdate))
})

test('many clients take wider columns', () => {
  const doc = new Doc()
  const other = new Doc()
  for (let client = 0; client < 0x8000 + 10; client++) {
    other.clientID = client + 1
    if (client % 4000 === 0) other.getText('text').insert(0, 'x')
    else if (client > 0x8000) other.getText('text').insert(0, 'y')
    other.ownClient()
  }
  applyUpdate(doc, encodeStateAsUpdate(other))
  expect(loaded(encodeColumns(other)).getText('text').toJSON()).toBe(doc.getText('text').toJSON())
})

test('only an empty document is filled, and a refusal leaves it as it was', () => {
  const doc = new Doc()
  const columns = encodeColumns(doc)
  expect(columns.length).toBeLessThan(80)
  loadColumns(doc, columns)
  doc.getText('text').insert(0, 'kept')
  const before = encodeStateAsUpdate(doc)
  expect(() => loadColumns(doc, encodeColumns(doc))).toThrow('an empty document')
  expect(encodeStateAsUpdate(doc)).toEqual(before)
})

test('a snapshot may lie anywhere in its buffer', () => {
  const doc = new Doc()
  doc.getText('text').insert(0, 'text')
  const columns = encodeColumns(doc)
  const shifted = new Uint8Array(columns.length + 1)
  shifted.set(columns, 1)
  expect(loaded(shifted.subarray(1)).getText('text').toJSON()).toBe('text')
})

/** A document with a little of everything. */
function someDoc(): Doc {
  const doc = new Doc({ gc: false })
  doc.clientID = 5
  const text = doc.getText('text')
  text.insert(0, 'some text, and 😀')
  text.delete(2, 3)
  text.format(1, 4, { bold: true })
  const map = doc.getMap('map')
  for (const value of [1, new YMap([['in', new YArray()]]), 'last']) map.set('key', value)
  doc.getArray('array').push([new YXmlElement('p'), 1, Uint8Array.of(1)])
  const other = new Doc()
  other.clientID = 2 ** 40
  applyUpdate(other, encodeStateAsUpdate(doc))
  other.getText('text').insert(3, 'é')
  other.getArray('array').delete(1)
  applyUpdate(doc, encodeStateAsUpdate(other))
  return doc
}

test('damage is noticed, wherever it is', () => {
  const columns = encodeColumns(someDoc())
  for (let at = 0; at < columns.length; at++) {
    for (const flipped of [1, 0x80]) {
      const damaged = columns.slice()
      damaged[at] = columns.at(at)! ^ flipped
      expect(() => loaded(damaged), `byte ${at}`).toThrow(expect.objectContaining({ name: 'DecodeError' }))
    }
    expect(() => loaded(columns.subarray(0, at))).toThrow(expect.objectContaining({ name: 'DecodeError' }))
  }
})

test('who forges the checksum too gets a refusal, or a document that works', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const columns = encodeColumns(someDoc())
  let taken = 0
  const changes = fc.array(fc.tuple(fc.nat(columns.length - 1), fc.integer({ min: -3, max: 255 })), {
    minLength: 1,
    maxLength: 3,
  })
  fc.assert(
    fc.property(changes, twinEdit, fc.nat(3), (forged, edit, isWord) => {
      const bytes = columns.slice()
      const words = new Int32Array(bytes.buffer)
      for (const [at, value] of forged) {
        if (isWord > 0) words[at % words.length] = value
        else bytes[at] = value
      }
      const [low, high] = checksumOf(words)
      words[Word.checksum] = low
      words[Word.checksum + 1] = high
      const doc = new Doc()
      doc.clientID = 77
      const before = hexOf(encodeStateAsUpdate(doc))
      try {
        loadColumns(doc, bytes)
      } catch (error) {
        expect(error).toMatchObject({ name: 'DecodeError' })
        expect(hexOf(encodeStateAsUpdate(doc))).toBe(before)
        return
      }
      taken++
      const update = encodeStateAsUpdate(doc)
      applyUpdate(new Doc(), update)
      const twin = asTwin(twinsOf(1, true)[1], doc)
      shownBy(twin)
      makeTwinEdit(twin, edit)
      makeTwinEdit(twin, { ...edit, kind: 10 })
      loaded(encodeColumns(doc))
    }),
    fuzz(20),
  )
  console.info(`${taken} forged column snapshots were taken, and worked`)
})
