import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { IdSet } from './id-set.ts'
import { mergeUpdates } from './merge.ts'
import { editsArbitrary, playHistory, replicaOf, shuffled } from './random-document.fixture.ts'
import { decodeStateVector } from './state-vector.ts'
import { decodeUpdate } from './update.ts'
import { unitsOf } from './update-values.ts'
import { encodeStateVectorFromUpdate, updateIds, updateRanges } from './update-ids.ts'

describe('encodeStateVectorFromUpdate', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('gives the bytes that Yjs gives, for whole histories and for parts with gaps', () => {
    fc.assert(
      fc.property(editsArbitrary(40), fc.infiniteStream(fc.nat()), (edits, draws) => {
        const { authored, exchanged } = playHistory(edits)
        const some = shuffled(authored, draws).slice(0, authored.length >> 1)
        for (const update of [...authored, ...exchanged, mergeUpdates(some), mergeUpdates(authored)]) {
          expect(encodeStateVectorFromUpdate(update)).toEqual(Y.encodeStateVectorFromUpdate(update))
        }
        const replica = replicaOf(authored)
        expect(encodeStateVectorFromUpdate(mergeUpdates(authored))).toEqual(Y.encodeStateVector(replica))
      }),
      fuzz(),
    )
  })

  test('does not count a skip at the very beginning, which Yjs takes for known units', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.getText('text').insert(0, 'ab')
    const whole = Y.encodeStateAsUpdate(doc)
    // Client 1: a skip of two units, then the GC run 2 … 2.
    const update = Uint8Array.from([1, 2, 1, 0, 10, 2, 0, 1, 0])
    expect(Y.decodeStateVector(Y.encodeStateVectorFromUpdate(update))).toEqual(new Map([[1, 2]]))
    expect(decodeStateVector(encodeStateVectorFromUpdate(update))).toEqual(new Map())
    expect(decodeStateVector(encodeStateVectorFromUpdate(mergeUpdates([update, whole])))).toEqual(new Map([[1, 3]]))
  })
})

describe('updateIds', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('names exactly the units that Yjs reads and deletes', () => {
    fc.assert(
      fc.property(editsArbitrary(40), fc.infiniteStream(fc.nat()), (edits, draws) => {
        const { authored } = playHistory(edits)
        const update = mergeUpdates(shuffled(authored, draws).slice(0, authored.length >> 1))
        const { structs, ds } = Y.decodeUpdate(update)
        const [expectedStructs, expectedDeletes] = [new IdSet(), new IdSet()]
        for (const { id, length, constructor } of structs) {
          if (constructor !== Y.Skip) expectedStructs.add(id.client, id.clock, id.clock + length)
        }
        for (const [client, ranges] of ds.clients) {
          for (const { clock, len } of ranges) expectedDeletes.add(client, clock, clock + len)
        }
        const ids = updateIds(update)
        expect(ids.structs.equals(expectedStructs)).toBe(true)
        expect(ids.deletes.equals(expectedDeletes)).toBe(true)
        expect(ids.areDeletesInOrder).toBe(true)
        expect(unitsOf(decodeUpdate(update)).equals(ids.structs)).toBe(true)
      }),
      fuzz(),
    )
  })

  test('an update adds nothing to who has its units and its deletions', () => {
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'abc')
    const before = updateIds(Y.encodeStateAsUpdate(doc))
    doc.getText('text').delete(0, 1)
    const after = updateIds(Y.encodeStateAsUpdate(doc))
    expect(before.structs.hasAll(after.structs)).toBe(true)
    expect(before.deletes.hasAll(after.deletes)).toBe(false)
  })
})

describe('updateRanges', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const flat = (ids: IdSet): number[] => [...ids].flatMap(({ client, start, end }) => [client, start, end])

  test('says in numbers what updateIds says, of single edits and of whole histories', () => {
    fc.assert(
      fc.property(editsArbitrary(40), fc.infiniteStream(fc.nat()), (edits, draws) => {
        const { authored, exchanged } = playHistory(edits)
        const some = mergeUpdates(shuffled(authored, draws).slice(0, authored.length >> 1))
        for (const update of [...authored, ...exchanged, some]) {
          const { structs, deletes, areDeletesInOrder } = updateIds(update)
          expect(updateRanges(update)).toEqual({ structs: flat(structs), deletes: flat(deletes), areDeletesInOrder })
        }
      }),
      fuzz(),
    )
  })

  test('a letter typed is one range, and so is a letter deleted', () => {
    const doc = new Y.Doc()
    doc.clientID = 5
    const edits: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => edits.push(update))
    doc.getText('text').insert(0, 'a')
    doc.getText('text').delete(0, 1)
    expect(edits.map((edit) => updateRanges(edit))).toEqual([
      { structs: [5, 0, 1], deletes: [], areDeletesInOrder: true },
      { structs: [], deletes: [5, 0, 1], areDeletesInOrder: true },
    ])
  })

  test.each([
    ['nothing', []],
    ['a struct that is cut short', [1, 1, 5, 0, 4, 1, 1]],
    ['a deletion of no units', [0, 1, 5, 1, 0, 0]],
    ['more than an update', [0, 0, 0]],
  ])('throws what updateIds throws for %s', (_, bytes) => {
    const thrown = (read: () => unknown): unknown => {
      try {
        return read()
      } catch (error) {
        return error
      }
    }
    const update = Uint8Array.from(bytes)
    const expected = thrown(() => updateIds(update))
    expect(expected).toMatchObject({ name: 'DecodeError' })
    expect(thrown(() => updateRanges(update))).toEqual(expected)
  })
})
