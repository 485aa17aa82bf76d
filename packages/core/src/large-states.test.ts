/** Documents of thousands of structs, for which the core has short cuts that small random histories hardly reach. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { diffUpdate } from './diff.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { mergeUpdates } from './merge.ts'
import { damageArbitrary, damaged, isUpdate } from './mutated-update.fixture.ts'
import { encodeStateVectorFromUpdate, updateIds } from './update-ids.ts'
import { UpdateStore } from './update-store.ts'
import { decodeUpdate } from './update.ts'
import { unitsOf } from './update-values.ts'
import { mergeUpdates as mergeStructByStruct } from './yjs-updates.ts'

/** Draws that decide where and what is typed. */
const typing = fc.array(fc.nat(), { minLength: 700, maxLength: 1000, size: 'max' })
const clientId = fc.constantFrom(1, 300, 70_000, 2 ** 32 - 5, 2 ** 53 - 1)

/** The states of two replicas, and one between, that began with the same history and went apart. */
const states = fc
  .record({
    shared: typing,
    left: typing,
    right: typing,
    ids: fc.tuple(clientId, clientId),
    apart: fc.nat({ max: 400 }),
  })
  .map(({ shared, left, right, ids, apart }) => {
    const base = typed(null, ids[0], shared)
    const ours = typed(base, ids[1] === ids[0] ? 7 : ids[1], left.slice(0, apart))
    const theirs = typed(base, 9, right.slice(0, apart))
    return [ours, theirs, base, typed(ours, 11, right.slice(0, 20))] as const
  })

describe('large states', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('are merged to the bytes that merging struct by struct gives, whole or damaged, by a store as well', () => {
    fc.assert(
      fc.property(states, fc.array(damageArbitrary, { maxLength: 8 }), ([ours, theirs, base, later], damages) => {
        const updates = [ours, theirs, base, later, mergeUpdates([ours, base])]
        for (const damage of damages) {
          const hurt = damaged(ours, damage)
          if (isUpdate(hurt)) updates.push(hurt)
        }
        const [one, two] = [updates.at(-1)!, updates.at(0)!]
        for (const list of [updates, [ours, theirs], [base, later], [theirs], [one, two], [two, one]]) {
          expect(mergeUpdates(list)).toEqual(mergeStructByStruct(list))
        }
        const store = UpdateStore.of([theirs, ours, later])
        expect(store.encode()).toEqual(mergeStructByStruct([ours, theirs, later]))
        const vector = Y.encodeStateVectorFromUpdate(base)
        expect(store.diff(decodedVector(vector))).toEqual(mergeUpdates([diffUpdate(store.encode(), vector)]))
      }),
      fuzz(0.1),
    )
  })

  test('have the IDs and the state vector that their structs have, and are refused as decoding refuses them', () => {
    fc.assert(
      fc.property(states, fc.array(damageArbitrary, { minLength: 10, maxLength: 10 }), ([ours, theirs], damages) => {
        expect(encodeStateVectorFromUpdate(theirs)).toEqual(Y.encodeStateVectorFromUpdate(theirs))
        for (const update of [ours, theirs, ...damages.map((damage) => damaged(ours, damage))]) {
          // What was decoded has no order of its own.
          const areDeletesInOrder = expect.any(Boolean) as boolean
          const decoded = outcome(() => {
            const value = decodeUpdate(update)
            return { structs: unitsOf(value), deletes: value.deletes, areDeletesInOrder }
          })
          expect(outcome(() => updateIds(update))).toEqual(decoded)
          // A state whose beginning was checked with that of another is refused for what comes behind.
          expect(outcome(() => void mergeUpdates([ours, update]))).toEqual(outcome(() => void decodeUpdate(update)))
        }
      }),
      fuzz(0.2),
    )
  })
})

/** A state with more typed into it: words in many places, deletions, keys of a map. */
function typed(state: Uint8Array | null, clientID: number, draws: readonly number[]): Uint8Array {
  const doc = new Y.Doc()
  if (state !== null) Y.applyUpdate(doc, state)
  doc.clientID = clientID
  const text = doc.getText('text')
  const map = doc.getMap('map')
  for (const draw of draws) {
    const at = (draw >> 4) % (text.length + 1)
    if (draw % 16 === 0) map.set(`key ${draw % 7}`, draw)
    else if (draw % 4 === 0) text.delete(at, Math.min(text.length - at, draw % 5))
    else if (draw % 4 === 1) text.insert(text.length, 'a')
    else text.insert(at, words.at(draw % words.length)!)
  }
  const encoded = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return encoded
}

const words = [
  'a',
  'bc',
  'def ghi',
  'ö',
  '漢字',
  'a longer text that goes on for a while, with € in it',
  'xyz',
] as const

function decodedVector(vector: Uint8Array): Map<number, number> {
  return Y.decodeStateVector(vector)
}

/** What is returned, or what the error says. */
function outcome(attempt: () => unknown): unknown {
  try {
    return attempt()
  } catch (error) {
    return String(error)
  }
}
