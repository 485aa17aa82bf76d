/** Snapshots beside Yjs: the same bytes, the same documents made of them, the same texts and differences. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type * as Y from 'yjs'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import {
  createDocFromSnapshot,
  decodeSnapshot,
  decodeSnapshotV2,
  Doc,
  emptySnapshot,
  encodeSnapshot,
  encodeSnapshotV2,
  encodeStateAsUpdate,
  equalSnapshots,
  snapshot,
  Snapshot,
  snapshotContainsUpdate,
  typeListToArraySnapshot,
  typeMapGetAllSnapshot,
  typeMapGetSnapshot,
} from '../index.ts'
import { hexOf, makeTwinEdit, shownBy, twinEdit, twinsOf, type Twin } from './twin.fixture.ts'

const steps = fc.array(fc.tuple(twinEdit, fc.nat(9), fc.nat(1)), { minLength: 5, maxLength: 50, size: 'max' })

interface Replica {
  readonly twin: Twin
  readonly taken: Y.Snapshot[]
}

function withSnapshots(twin: Twin): Replica {
  return { twin, taken: [] }
}

/** What a replica says of the snapshots that it took. */
function shownSnapshots({ library, doc }: Twin, taken: readonly Y.Snapshot[]): unknown {
  const text = doc.getText('text')
  return taken.map((each, at) => {
    const copy = library.createDocFromSnapshot(doc, each)
    const before = taken.at(Math.max(0, at - 2))!
    const xml = doc.getXmlFragment('xml').get(0) as unknown
    return {
      bytes: [library.encodeSnapshot(each), library.encodeSnapshotV2(each)].map(hexOf),
      copy: [shownBy({ library, doc: copy, told: [] }), hexOf(library.encodeStateAsUpdate(copy))],
      text: text.toDelta(each),
      since: text.toDelta(each, before),
      until: text.toDelta(before, each, (type, { client, clock }) => ({ type, user: client, clock })),
      isNow: library.snapshotContainsUpdate(each, library.encodeStateAsUpdate(doc)),
      isAsBefore: library.equalSnapshots(each, before),
      attributes: xml instanceof library.XmlElement ? xml.getAttributes(each) : null,
    }
  })
}

test('snapshots are the same, and the same is made of them', { timeout: FUZZ_TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(steps, (history) => {
      const replicas = [2, 2 ** 40].map((clientID) => {
        const [yjs, our] = twinsOf(clientID, false)
        return [withSnapshots(yjs), withSnapshots(our)] as const
      })
      for (const [edit, action, replica] of history) {
        for (const { twin, taken } of replicas.at(replica)!) {
          makeTwinEdit(twin, edit)
          if (action < 2) taken.push(twin.library.snapshot(twin.doc))
        }
        if (action < 8) continue
        const { twin } = replicas.at(1 - replica)![0]
        const update = twin.library.encodeStateAsUpdate(twin.doc)
        for (const { twin: to } of replicas.at(replica)!) to.library.applyUpdate(to.doc, update, 'remote')
      }
      for (const [yjs, our] of replicas) {
        expect(shownSnapshots(our.twin, our.taken)).toEqual(shownSnapshots(yjs.twin, yjs.taken))
        expect(our.twin.told).toEqual(yjs.twin.told)
        const doc = our.twin.doc as unknown as Doc
        for (const each of our.taken as unknown as Snapshot[]) {
          expect(equalSnapshots(decodeSnapshot(encodeSnapshot(each)), each)).toBe(true)
          expect(equalSnapshots(decodeSnapshotV2(encodeSnapshotV2(each)), each)).toBe(true)
          const copy = createDocFromSnapshot(doc, each) as Doc
          const [map, then] = [doc.getMap('map'), copy.getMap('map')]
          expect(Object.keys(typeMapGetAllSnapshot(map, each)).sort()).toEqual([...then.keys()].sort())
          for (const [key, value] of then) {
            if (typeof value !== 'object') expect(typeMapGetSnapshot(map, key, each)).toBe(value)
          }
          const values = typeListToArraySnapshot(doc.getArray('array'), each)
          const plain = (value: unknown): boolean => typeof value !== 'object'
          expect(values.filter(plain)).toEqual(copy.getArray('array').toArray().filter(plain))
          expect(values.length).toBe(copy.getArray('array').length)
        }
      }
    }),
    fuzz(0.5),
  )
})

test('what was set and overwritten since is read as it was then', () => {
  const doc = new Doc({ gc: false })
  const map = doc.getMap('map')
  const list = doc.getArray('array')
  const taken = [1, 2, 3].map((value) => {
    map.set('key', value)
    list.push([value])
    return snapshot(doc)
  })
  expect(taken.map((each) => typeMapGetSnapshot(map, 'key', each))).toEqual([1, 2, 3])
  expect(taken.map((each) => typeListToArraySnapshot(list, each))).toEqual([[1], [1, 2], [1, 2, 3]])
  expect(typeMapGetSnapshot(map, 'key', emptySnapshot)).toBeUndefined()
})

test('a snapshot that ends inside of a surrogate pair damages nothing', () => {
  const doc = new Doc({ gc: false })
  doc.clientID = 1
  const text = doc.getText('text')
  text.insert(0, 'a😀b')
  const inside = new Snapshot(emptySnapshot.ds, new Map([[1, 2]]))
  const before = encodeStateAsUpdate(doc)
  text.toDelta(inside)
  createDocFromSnapshot(doc, inside)
  expect(text.toJSON()).toBe('a😀b')
  expect(encodeStateAsUpdate(doc)).toEqual(before)
})

test('a snapshot of more than the document has is refused, and so are bytes that are none', () => {
  const doc = new Doc({ gc: false })
  expect(() => createDocFromSnapshot(doc, new Snapshot(emptySnapshot.ds, new Map([[1, 1]])))).toThrow(RangeError)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      for (const decode of [decodeSnapshot, decodeSnapshotV2]) {
        try {
          encodeSnapshot(decode(bytes))
        } catch (error) {
          expect(error).toMatchObject({ name: 'DecodeError' })
        }
      }
    }),
  )
  expect(() => snapshotContainsUpdate(emptySnapshot, Uint8Array.of(1))).toThrow(
    expect.objectContaining({ name: 'DecodeError' }),
  )
})
