/**
 * Random histories, brought to a store on every way that there is, against Yjs: whatever was merged, cut, converted, repeated,
 * reordered or compacted on the way, a reader ends with the document that the edits make one by one, and stores with the same bytes.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { diffUpdate } from './diff.ts'
import { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './format-v2/convert.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { IdSet } from './id-set.ts'
import { mergeUpdates } from './merge.ts'
import { editsArbitrary, playHistory, replicaOf, shuffled, visible, type History } from './random-document.fixture.ts'
import { expectSameBytes } from './same-bytes.fixture.ts'
import { areSameUnits, unitsOf } from './unit-model.fixture.ts'
import { UpdateStore } from './update-store.ts'

const draws = fc.infiniteStream(fc.nat())

let histories = 0
let updates = 0

afterAll(() => console.info(`${histories} histories, ${updates} updates brought to stores`))

describe('a history', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('comes to the same bytes, and to the same document, on any way', () => {
    fc.assert(
      fc.property(editsArbitrary(40), draws, fc.nat(), (edits, random, choice) => {
        const history = playHistory(edits)
        const { authored, exchanged } = history
        const all = [...authored, ...exchanged, ...disguised(history, choice)]
        histories++
        updates += 2 * all.length
        const store = UpdateStore.of(shuffled(all, random))
        const encoded = store.encode()
        const halfway = choice % all.length
        const others = [mergeUpdates(all.slice(halfway)), ...all.slice(0, halfway).reverse()]
        expectSameBytes(UpdateStore.of(others).encode(), encoded)
        expectSameBytes(mergeUpdates(all), encoded)
        const expected = replicaOf(authored)
        for (const gc of [true, false]) expectSameDocument(replicaOf([encoded], gc), expected)
        expectSameDocument(replicaOf([convertUpdateFormatV1ToV2(encoded)].map(Y.convertUpdateFormatV2ToV1)), expected)
        // What was authored is all there is; the rest repeats it, and tells of formatting that Yjs tidied up.
        expect(areSameUnits(unitsOf(mergeUpdates(authored))!, unitsOf(encoded)!)).toBe(true)
      }),
      fuzz(),
    )
  })

  test('is completed by a diff for whoever is at any earlier state, and for whoever has it with gaps', () => {
    fc.assert(
      fc.property(editsArbitrary(40), draws, (edits, random) => {
        const { authored, states } = playHistory(edits)
        histories++
        updates += authored.length
        const store = UpdateStore.of(authored)
        const expected = replicaOf(authored)
        for (const state of shuffled(states, random).slice(0, 4)) {
          const replica = replicaOf([state])
          const diff = store.diff(Y.decodeStateVector(Y.encodeStateVector(replica)))
          expectSameDocument(replicaOf([state, diff]), expected)
          expectSameDocument(replicaOf([mergeUpdates([diff, state])], false), expected)
        }
        const part = UpdateStore.of(shuffled(authored, random).slice(0, authored.length >> 1))
        const rest = store.diff(part.stateVector())
        expectSameDocument(replicaOf([part.encode(), rest]), expected)
        part.ingest(rest)
        expectSameBytes(part.encode(), store.encode())
      }),
      fuzz(),
    )
  })

  test('merges commutatively, associatively and idempotently', () => {
    fc.assert(
      fc.property(editsArbitrary(40), draws, fc.nat(), (edits, random, choice) => {
        const history = playHistory(edits)
        const all = shuffled([...history.authored, ...history.exchanged, ...disguised(history, choice)], random)
        histories++
        updates += 8 * all.length
        const third = Math.ceil(all.length / 3)
        const [a, b, c] = [all.slice(0, third), all.slice(third, 2 * third), all.slice(2 * third)].map((part) =>
          mergeUpdates(part),
        ) as [Uint8Array, Uint8Array, Uint8Array]
        const merged = mergeUpdates(all)
        expectSameBytes(mergeUpdates([a, b]), mergeUpdates([b, a]))
        expectSameBytes(mergeUpdates([mergeUpdates([a, b]), c]), merged)
        expectSameBytes(mergeUpdates([a, mergeUpdates([b, c])]), merged)
        expectSameBytes(mergeUpdates([a, a]), a)
        expectSameBytes(mergeUpdates([c, b, a, c, merged, b]), merged)
      }),
      fuzz(),
    )
  })

  test('keeps its document when it is compacted, before its end or after, and whoever reads it', () => {
    fc.assert(
      fc.property(editsArbitrary(40), draws, fc.nat(), (edits, random, choice) => {
        const { authored, exchanged, states } = playHistory(edits)
        const all = shuffled([...authored, ...exchanged], random)
        histories++
        updates += 3 * all.length
        const expected = replicaOf(authored)
        const whole = mergeUpdates(all)
        // Compacted on the way: what comes later was written beside content that is no longer there.
        const halfway = choice % all.length
        const store = UpdateStore.of(all.slice(0, halfway))
        store.compact()
        for (const update of all.slice(halfway)) store.ingest(update)
        expectSameDocument(replicaOf([store.encode()]), expected)
        store.compact({ keep: someOf(store.deletes(), choice) })
        for (const gc of [true, false]) expectSameDocument(replicaOf([store.encode()], gc), expected)
        store.compact()
        const compacted = store.encode()
        for (const gc of [true, false]) expectSameDocument(replicaOf([compacted], gc), expected)
        const state = states.at(choice % states.length)!
        const diff = store.diff(Y.decodeStateVector(Y.encodeStateVector(replicaOf([state]))))
        expectSameDocument(replicaOf([state, diff]), expected)
        const fresh = UpdateStore.of([whole])
        fresh.compact()
        expectSameBytes(fresh.encode(), compacted)
        expectSameBytes(mergeUpdates([compacted, whole]), whole)
        fresh.ingest(whole)
        expectSameBytes(fresh.encode(), whole)
        fresh.compact({ keep: fresh.deletes() })
        expectSameBytes(fresh.encode(), whole)
      }),
      fuzz(),
    )
  })
})

/** What was exchanged and authored, as others may pass it on: merged and cut by Yjs or by the core, through format v2 and back. */
function disguised({ authored, exchanged, states, replicas }: History, choice: number): Uint8Array[] {
  const state = states.at(choice % states.length)!
  const stateVector = Y.encodeStateVectorFromUpdate(state)
  const from = choice % exchanged.length
  const some = exchanged.slice(from, from + 4)
  const replica = replicas.at(choice % replicas.length)!
  return [
    Y.mergeUpdates([...some, state]),
    mergeUpdates(authored.filter((_, at) => (at + choice) % 3 !== 0)),
    ...some.map((update) => Y.diffUpdate(update, stateVector)),
    ...some.map((update) => diffUpdate(update, stateVector)),
    ...authored.slice(from, from + 4).map((update) => Y.convertUpdateFormatV2ToV1(convertUpdateFormatV1ToV2(update))),
    convertUpdateFormatV2ToV1(Y.encodeStateAsUpdateV2(replica)),
    convertUpdateFormatV2ToV1(Y.mergeUpdatesV2([...authored, state].map(Y.convertUpdateFormatV1ToV2))),
  ]
}

function expectSameDocument(actual: Y.Doc, expected: Y.Doc): void {
  expect(visible(actual)).toEqual(visible(expected))
  expectSameBytes(Y.encodeStateVector(actual), Y.encodeStateVector(expected))
}

/** About half of the units of a set. */
function someOf(set: IdSet, choice: number): IdSet {
  const some = new IdSet()
  for (const { client, start, end } of set) some.add(client, start + ((choice + start) % (end - start)), end)
  return some
}
