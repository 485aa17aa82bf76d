/** Relative positions beside Yjs: the same bytes and JSON, and the same places after any edits, deletions, undos and updates. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type * as Y from 'yjs'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import {
  compareRelativePositions,
  createAbsolutePositionFromRelativePosition,
  createRelativePositionFromJSON,
  createRelativePositionFromTypeIndex,
  decodeRelativePosition,
  Doc,
  encodeRelativePosition,
  RelativePosition,
  relativePositionToJSON,
  YText,
} from '../index.ts'
import { hexOf, makeTwinEdit, twinEdit, twinsOf, type Twin } from './twin.fixture.ts'

const steps = fc.array(fc.tuple(twinEdit, fc.nat(9), fc.nat(1)), { minLength: 5, maxLength: 60, size: 'max' })

/** A type to have a position in: a root, or something nested. */
function typeAt({ library, doc }: Twin, at: number): Y.AbstractType<unknown> {
  const roots = [doc.getText('text'), doc.getArray('array'), doc.getXmlFragment('xml'), doc.getMap('map')]
  const nested = [...doc.getArray('array'), ...doc.getMap('map').values(), ...doc.getXmlFragment('xml').toArray()]
  const types = [...roots, ...nested.filter((value) => value instanceof library.AbstractType)]
  return types.at(at % types.length) as Y.AbstractType<unknown>
}

test('positions are the same, wherever the document goes', { timeout: FUZZ_TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (history, gc) => {
      const replicas = [2, 2 ** 40].map((clientID) =>
        twinsOf(clientID, gc).map((twin) => ({
          twin,
          undo: new twin.library.UndoManager(twin.doc, { captureTimeout: 0 }),
          encoded: [] as Uint8Array[],
        })),
      )
      for (const [edit, action, replica] of history) {
        const both = replicas.at(replica)!.map(({ twin, undo, encoded }) => {
          const { library, doc } = twin
          if (action < 5) makeTwinEdit(twin, edit)
          else if (action === 5) undo.undo()
          else if (action === 6) undo.redo()
          const type = typeAt(twin, edit.at)
          const { length = 3 } = type as { length?: number }
          const position = library.createRelativePositionFromTypeIndex(type, edit.at % (length + 2), (edit.at % 3) - 1)
          encoded.push(library.encodeRelativePosition(position))
          const json = JSON.stringify(library.relativePositionToJSON(position))
          const places = encoded.map((bytes) => {
            const decoded = library.decodeRelativePosition(bytes)
            return [true, false].map((follow) => {
              const place = library.createAbsolutePositionFromRelativePosition(decoded, doc, follow)
              return place === null ? null : [place.index, place.assoc, place.type === type]
            })
          })
          return { position, hex: encoded.map(hexOf), json, places }
        })
        expect(both.at(1)).toEqual({ ...both.at(0), position: expect.anything() as unknown })
        const { position } = both.at(1)!
        const again = createRelativePositionFromJSON(JSON.parse(JSON.stringify(position)) as RelativePosition)
        expect(compareRelativePositions(again, position as unknown as RelativePosition)).toBe(true)
        if (action < 8) continue
        const { twin } = replicas.at(1 - replica)!.at(0)!
        const update = twin.library.encodeStateAsUpdate(twin.doc)
        for (const { twin: to } of replicas.at(replica)!) to.library.applyUpdate(to.doc, update, 'remote')
      }
    }),
    fuzz(),
  )
})

test('a position in a long text is found by its tree', () => {
  const doc = new Doc()
  const text = doc.getText('text')
  for (let at = 0; at < 400; at++) text.insert(0, String(at % 10))
  for (const index of [0, 1, 57, 399, 400]) {
    for (const assoc of [-1, 0]) {
      const position = createRelativePositionFromTypeIndex(text, index, assoc)
      expect(createAbsolutePositionFromRelativePosition(position, doc)).toEqual({ type: text, index, assoc })
    }
  }
})

test('a type that was deleted and collected still has a name', () => {
  const doc = new Doc()
  doc.clientID = 7
  const list = doc.getArray('array')
  const inner = new YText('inner')
  list.push([inner])
  list.delete(0)
  const position = createRelativePositionFromTypeIndex(inner, 0)
  expect(relativePositionToJSON(position)).toEqual({ type: { client: 7, clock: 0 }, assoc: 0 })
  expect(createAbsolutePositionFromRelativePosition(position, doc)).toBeNull()
})

test('the root without a name survives JSON', () => {
  const doc = new Doc()
  const position = createRelativePositionFromTypeIndex(doc.getText(), 0)
  const json = relativePositionToJSON(position)
  expect(json).toEqual({ tname: '', assoc: 0 })
  expect(createAbsolutePositionFromRelativePosition(createRelativePositionFromJSON(json), doc)?.index).toBe(0)
})

test('what is no position is refused', () => {
  const nowhere = new RelativePosition(null, null, null)
  expect(() => encodeRelativePosition(nowhere)).toThrow(TypeError)
  expect(() => createAbsolutePositionFromRelativePosition(nowhere, new Doc())).toThrow(TypeError)
  expect(() => createRelativePositionFromTypeIndex(new YText('x'), 0)).toThrow(TypeError)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      try {
        const position = decodeRelativePosition(bytes)
        createAbsolutePositionFromRelativePosition(position, new Doc())
        expect(compareRelativePositions(decodeRelativePosition(encodeRelativePosition(position)), position)).toBe(true)
      } catch (error) {
        expect(error).toMatchObject({ name: 'DecodeError' })
      }
    }),
  )
})
