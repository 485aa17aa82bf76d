import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { diffUpdate, withDeletesInOrder } from './diff.ts'
import { DecodeError } from './errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { mergeUpdates } from './merge.ts'
import { damageArbitrary, damaged, isUpdate } from './mutated-update.fixture.ts'
import { editsArbitrary, playHistory, replicaOf, visible } from './random-document.fixture.ts'
import { decodeStateVector, encodeStateVector } from './state-vector.ts'
import { decodeUpdate, isEmptyUpdate } from './update.ts'
import { diffUpdate as diffStructByStruct } from './yjs-updates.ts'

describe('diffUpdate', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('completes a replica that is at any earlier state', () => {
    fc.assert(
      fc.property(editsArbitrary(60), (edits) => {
        const { authored, states } = playHistory(edits)
        const merged = mergeUpdates(authored)
        const expected = replicaOf(authored)
        for (const state of new Set([states.at(0)!, states.at(states.length >> 1)!, states.at(states.length - 1)!])) {
          const vector = Y.encodeStateVector(replicaOf([state]))
          const completed = replicaOf([state, diffUpdate(merged, vector)])
          expect(visible(completed)).toEqual(visible(expected))
          expect(Y.encodeStateVector(completed)).toEqual(Y.encodeStateVector(expected))
        }
      }),
      fuzz(),
    )
  })

  test('says what Y.diffUpdate says, for every clock of the state vector', () => {
    fc.assert(
      fc.property(
        editsArbitrary(40),
        fc.array(fc.nat({ max: 30 }), { minLength: 3, maxLength: 3 }),
        (edits, clocks) => {
          const { exchanged } = playHistory(edits)
          const update = exchanged.at(exchanged.length - 1)!
          const known = new Map(decodeUpdate(update).clients.map(({ client }, at) => [client, clocks.at(at)!]))
          const ours = Y.decodeUpdate(diffUpdate(update, known))
          const theirs = Y.decodeUpdate(Y.diffUpdate(update, Y.encodeStateVector(known)))
          // Yjs forgets the parentSub bit where it need not be read; merging brings both into one form.
          expect(plain(ours)).toEqual(plain(theirs))
        },
      ),
      fuzz(),
    )
  })

  test('gives the bytes that cutting decoded structs gives, and the same units for damaged updates', () => {
    fc.assert(
      fc.property(
        editsArbitrary(40),
        fc.array(fc.nat({ max: 40 }), { minLength: 3, maxLength: 3 }),
        fc.array(damageArbitrary, { maxLength: 8 }),
        (edits, clocks, damages) => {
          const { authored, exchanged } = playHistory(edits)
          const knownOf = (update: Uint8Array): Map<number, number> =>
            new Map(decodeUpdate(update).clients.map(({ client }, at) => [client, clocks.at(at % 3)!]))
          const updates = [...authored, ...exchanged, mergeUpdates(authored.filter((_, at) => at % 3 !== 1))]
          for (const update of updates) {
            const known = knownOf(update)
            expect(diffUpdate(update, known)).toEqual(diffStructByStruct(update, encodeStateVector(known)))
          }
          damages.forEach((damage, at) => {
            const update = damaged(updates.at(-1 - at)!, damage)
            if (!isUpdate(update)) return
            const known = knownOf(update)
            expect(mergeUpdates([diffUpdate(update, known)])).toEqual(
              mergeUpdates([diffStructByStruct(update, encodeStateVector(known))]),
            )
          })
        },
      ),
      fuzz(),
    )
  })

  test('is nothing for a replica that has everything, but for the deletions', () => {
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'abc')
    expect(isEmptyUpdate(diffUpdate(Y.encodeStateAsUpdate(doc), Y.encodeStateVector(doc)))).toBe(true)
    doc.getText('text').delete(1, 1)
    const diff = decodeUpdate(diffUpdate(Y.encodeStateAsUpdate(doc), Y.encodeStateVector(doc)))
    expect(diff.clients).toEqual([])
    expect([...diff.deletes]).toEqual([{ client: doc.clientID, start: 1, end: 2 }])
  })

  test('replaces half a surrogate pair by U+FFFD, as Yjs does', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.getText('text').insert(0, 'a😀b')
    const update = Y.encodeStateAsUpdate(doc)
    const known = new Map([[1, 2]])
    expect(diffUpdate(update, known)).toEqual(Y.diffUpdate(update, Y.encodeStateVector(known)))
    expect(mergeUpdates([update, diffUpdate(update, known)])).toEqual(update)
  })

  test('does not begin or end with a skip', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    for (let at = 0; at < 5; at++) doc.getText('text').insert(at, 'x')
    const gapped = mergeUpdates([updates.at(0)!, updates.at(2)!, updates.at(4)!])
    const types = (clock: number) =>
      decodeUpdate(diffUpdate(gapped, new Map([[1, clock]]))).clients.map(({ structs }) =>
        structs.map(({ type }) => type),
      )
    expect(types(0)).toEqual([['item', 'skip', 'item', 'skip', 'item']])
    expect(types(1)).toEqual([['item', 'skip', 'item']])
    expect(types(2)).toEqual([['item', 'skip', 'item']])
    expect(types(3)).toEqual([['item']])
    expect(types(5)).toEqual([])
  })

  test('takes a state vector encoded or decoded', () => {
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'abc')
    const update = Y.encodeStateAsUpdate(doc)
    const vector = Y.encodeStateVector(new Map([[doc.clientID, 2]]))
    expect(diffUpdate(update, decodeStateVector(vector))).toEqual(diffUpdate(update, vector))
  })
})

describe('withDeletesInOrder', () => {
  test('gives back what is in order, and puts in order what is not', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.getText('text').insert(0, 'abc')
    doc.getText('text').delete(1, 1)
    const update = Y.encodeStateAsUpdate(doc)
    expect(withDeletesInOrder(update)).toBe(update)
    // Its structs, with two ranges that descend and overlap, and the client listed twice.
    const structs = update.subarray(0, update.length - 5)
    expect(update.subarray(update.length - 5)).toEqual(Uint8Array.of(1, 1, 1, 1, 1))
    const forged = Uint8Array.of(...structs, 2, 1, 2, 1, 2, 0, 2, 1, 1, 2, 1)
    expect(withDeletesInOrder(forged)).toEqual(Uint8Array.of(...structs, 1, 1, 1, 0, 3))
    expect(() => withDeletesInOrder(forged.subarray(0, -1))).toThrow(DecodeError)
  })
})

/** Structs and deletions as plain values, without what Yjs does not write. */
function plain({ structs, ds }: ReturnType<typeof Y.decodeUpdate>): unknown {
  return {
    structs: structs.map((struct) => {
      if (!(struct instanceof Y.Item)) return [struct.constructor.name, struct.id, struct.length]
      const { id, length, origin, rightOrigin, parent, parentSub, content } = struct
      return [id, length, origin, rightOrigin, parent, parentSub, content.getRef(), contentOf(content)]
    }),
    ds: [...ds.clients].map(([client, ranges]) => [client, ranges.map(({ clock, len }) => [clock, len])]),
  }
}

function contentOf(content: Y.Item['content']): unknown {
  if (content instanceof Y.ContentType) return content.type.constructor.name
  if (content instanceof Y.ContentDoc) return content.doc.guid
  if (content instanceof Y.ContentFormat) return [content.key, content.value]
  return content.getContent()
}
