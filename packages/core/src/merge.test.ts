import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { ByteWriter } from './byte-writer.ts'
import * as ContentKind from './content-kind.ts'
import { diffUpdate } from './diff.ts'
import { ConflictError } from './errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { mergeUpdates } from './merge.ts'
import { damageArbitrary, damaged, isUpdate } from './mutated-update.fixture.ts'
import { editsArbitrary, playHistory, replicaOf, shuffled, visible } from './random-document.fixture.ts'
import { UpdateStore } from './update-store.ts'
import { decodeUpdate } from './update.ts'
import { mergeUpdates as mergeStructByStruct } from './yjs-updates.ts'

const random = fc.infiniteStream(fc.nat())

describe('mergeUpdates', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('gives a fresh replica the document that the updates give it one by one', () => {
    fc.assert(
      fc.property(editsArbitrary(60), random, (edits, draws) => {
        const { authored, exchanged } = playHistory(edits)
        const expected = replicaOf(authored)
        const actual = replicaOf([mergeUpdates(shuffled([...authored, ...exchanged], draws))])
        expect(visible(actual)).toEqual(visible(expected))
        expect(Y.encodeStateVector(actual)).toEqual(Y.encodeStateVector(expected))
      }),
      fuzz(),
    )
  })

  test('gives a replica the very bytes that the updates give it, where those do not depend on the order of delivery', () => {
    // Yjs tidies formatting by edits of the receiver, drops content at different times, and cuts deleted pairs or does not.
    const options = { formatting: false, pairs: false, gc: [false, false, false] }
    fc.assert(
      fc.property(editsArbitrary(60), random, (edits, draws) => {
        const { authored } = playHistory(edits, options)
        const expected = replicaOf(authored, false)
        const actual = replicaOf([mergeUpdates(shuffled(authored, draws))], false)
        expect(Y.encodeStateAsUpdate(actual)).toEqual(Y.encodeStateAsUpdate(expected))
      }),
      fuzz(),
    )
  })

  test('gives the same bytes for any order, grouping and repetition of its inputs', () => {
    fc.assert(
      fc.property(editsArbitrary(40), random, fc.nat(), (edits, draws, cut) => {
        const { authored, exchanged, states } = playHistory(edits)
        const vector = Y.encodeStateVectorFromUpdate(states.at(cut % states.length)!)
        const updates = [...authored, ...exchanged, ...exchanged.map((update) => diffUpdate(update, vector))]
        updates.push(Y.mergeUpdates([...exchanged]), Y.diffUpdate(exchanged.at(cut % exchanged.length)!, vector))
        const merged = mergeUpdates(updates)
        const order = shuffled(updates, draws)
        const middle = cut % (order.length + 1)
        const left = mergeUpdates(order.slice(0, middle))
        const right = mergeUpdates(order.slice(middle))
        expect(mergeUpdates(order)).toEqual(merged)
        expect(mergeUpdates([left, right])).toEqual(merged)
        expect(mergeUpdates([right, left])).toEqual(merged)
        expect(mergeUpdates([merged, merged])).toEqual(merged)
        expect(mergeUpdates([merged, ...order.slice(0, middle)])).toEqual(merged)
      }),
      fuzz(),
    )
  })

  test('is idempotent and commutative even for updates that claim the same IDs with different content', () => {
    fc.assert(
      fc.property(editsArbitrary(20), editsArbitrary(20), random, (edits, others, draws) => {
        const updates = [...playHistory(edits).authored, ...playHistory(others).authored]
        const merged = mergeUpdates(updates)
        expect(mergeUpdates(shuffled(updates, draws))).toEqual(merged)
        expect(mergeUpdates([merged])).toEqual(merged)
        expect(mergeUpdates([merged, merged])).toEqual(merged)
      }),
      fuzz(0.5),
    )
  })

  test('gives the bytes that merging struct by struct gives: honest updates, cut ones, damaged ones, in any order', () => {
    fc.assert(
      fc.property(
        editsArbitrary(30),
        random,
        fc.array(fc.record({ damage: damageArbitrary, at: fc.nat(), clock: fc.nat({ max: 30 }) }), { maxLength: 6 }),
        (edits, draws, damages) => {
          const { authored, exchanged } = playHistory(edits)
          const updates = [...authored, ...exchanged]
          for (const { damage, at, clock } of damages) {
            const update = updates.at(at % updates.length)!
            const known = new Map(decodeUpdate(update).clients.map(({ client }) => [client, clock]))
            updates.push(diffUpdate(update, known))
            const hurt = damaged(update, damage)
            if (isUpdate(hurt)) updates.push(hurt)
          }
          const order = shuffled(updates, draws)
          const some = order.slice(0, order.length >> 1)
          expect(mergeUpdates(order)).toEqual(mergeStructByStruct(order))
          expect(mergeUpdates(some)).toEqual(mergeStructByStruct(some))
          expect(mergeUpdates(authored)).toEqual(mergeStructByStruct(authored))
        },
      ),
      fuzz(2),
    )
  })

  test('takes no time for the units that a run without content claims, even where two of them contradict each other', () => {
    // Deleted content of client 1 in two root types: as many units as there are integers.
    const claimOf = (name: string, units: number): Uint8Array => {
      const writer = new ByteWriter()
      for (const value of [1, 1, 1, 0, ContentKind.deleted, 1]) writer.varUint(value)
      writer.string(name)
      for (const value of [units, 0]) writer.varUint(value)
      return writer.finish()
    }
    const [one, other] = [claimOf('a', 2 ** 50), claimOf('b', 2 ** 50 + 7)]
    const merged = mergeUpdates([one, other])
    expect(mergeUpdates([other, one, merged])).toEqual(merged)
    expect(
      decodeUpdate(merged)
        .clients.at(0)!
        .structs.map(({ length }) => length),
    ).toEqual([2 ** 50 + 7])
    expect(() => UpdateStore.of([one, other])).toThrow(ConflictError)
  })

  test('leaves values of one key apart, since each deletes the one before it, and their deletion may travel alone', () => {
    const { updates, later } = setTwiceByObserver()
    for (const joined of [mergeUpdates(updates), UpdateStore.of(updates).encode(), mergeStructByStruct(updates)]) {
      expect(Y.encodeStateAsUpdate(replicaOf([joined]))).toEqual(Y.encodeStateAsUpdate(replicaOf(updates)))
      expect(Y.encodeStateAsUpdate(replicaOf([joined, later]))).toEqual(
        Y.encodeStateAsUpdate(replicaOf([...updates, later])),
      )
    }
  })

  test('a run of values of one key, which Yjs writes if all are deleted and it keeps them, is cut only where others have it cut', () => {
    const doc = new Y.Doc({ gc: false })
    doc.clientID = 1
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    const map = doc.getMap('map')
    for (const value of ['a', 'b', 'c', 'd']) map.set('key', value)
    map.delete('key')
    const state = Y.encodeStateAsUpdate(doc)
    const cut = Y.diffUpdate(state, Y.encodeStateVector(new Map([[1, 2]])))
    const lengthsOf = (update: Uint8Array): number[] =>
      decodeUpdate(update)
        .clients.at(0)!
        .structs.map(({ length }) => length)
    const given: readonly (readonly [lengths: readonly number[], inputs: readonly Uint8Array[]])[] = [
      [[4], [state]],
      [
        [2, 2],
        [state, cut],
      ],
      [
        [1, 3],
        [state, updates.at(1)!],
      ],
      [
        [1, 1, 2],
        [state, updates.at(1)!, cut],
      ],
      [
        [1, 1, 1, 1],
        [state, ...updates],
      ],
      [[1, 1, 1, 1], updates],
    ]
    for (const [lengths, inputs] of given) {
      const merged = mergeUpdates(inputs)
      expect(lengthsOf(merged)).toEqual(lengths)
      const folded = inputs.reduce((left, right) => mergeUpdates([right, left]))
      for (const other of [
        mergeUpdates(inputs.toReversed()),
        mergeStructByStruct(inputs),
        folded,
        mergeUpdates([merged]),
      ]) {
        expect(other).toEqual(merged)
      }
      expect(UpdateStore.of(inputs).encode()).toEqual(merged)
      expect(UpdateStore.of(inputs.toReversed()).encode()).toEqual(merged)
      expect(Y.encodeStateAsUpdate(replicaOf([merged], false))).toEqual(state)
    }
    // What is left of them is one run.
    const store = UpdateStore.of(updates)
    store.compact()
    expect(lengthsOf(store.encode())).toEqual([4])
  })

  test('makes one struct of a burst of keystrokes', () => {
    const doc = new Y.Doc()
    doc.clientID = 5
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    const text = doc.getText('text')
    for (let at = 0; at < 1000; at++) text.insert(text.length, at % 10 === 0 ? '😀' : 'x')
    const merged = decodeUpdate(mergeUpdates(updates.reverse()))
    expect(merged.clients.map(({ structs }) => structs.length)).toEqual([1])
  })
})

/** A key that an observer sets again twice: the first update has all three values, and the deletions come with the later ones. */
function setTwiceByObserver(): { updates: Uint8Array[]; later: Uint8Array } {
  const doc = new Y.Doc()
  doc.clientID = 1
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const map = doc.getMap('map')
  const again = ['b', 'c']
  map.observe(() => {
    for (const value of again.splice(0)) map.set('key', value)
  })
  doc.getText('text').insert(0, 'before')
  map.set('key', 'a')
  return { updates: updates.slice(0, 2), later: Y.mergeUpdates(updates.slice(2)) }
}
