import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { ByteWriter } from './byte-writer.ts'
import { diffUpdate } from './diff.ts'
import { ConflictError, DecodeError } from './errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { gapsOf } from './gaps.fixture.ts'
import { IdSet, type IdRange } from './id-set.ts'
import { mergeUpdates } from './merge.ts'
import { damageArbitrary, damaged } from './mutated-update.fixture.ts'
import { editsArbitrary, everything, playHistory, replicaOf, shuffled, visible } from './random-document.fixture.ts'
import { decodeUpdate } from './update.ts'
import { updateIds } from './update-ids.ts'
import { UpdateStore, type Added } from './update-store.ts'

const random = fc.infiniteStream(fc.nat())

describe('UpdateStore', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('encodes what merging the updates gives, to the byte, after every update and in any order of them', () => {
    fc.assert(
      fc.property(editsArbitrary(40), random, fc.nat(), (edits, draws, cut) => {
        const { authored, exchanged, states } = playHistory(edits)
        const vector = Y.encodeStateVectorFromUpdate(states.at(cut % states.length)!)
        const updates = [...authored, ...exchanged, ...exchanged.map((update) => diffUpdate(update, vector))]
        updates.push(Y.mergeUpdates([...exchanged]), Y.diffUpdate(exchanged.at(cut % exchanged.length)!, vector))
        const order = shuffled(updates, draws)
        const store = new UpdateStore()
        const known = new IdSet()
        const deletes = new IdSet()
        order.forEach((update, at) => {
          const before = store.encode()
          const ids = updateIds(update)
          const added = store.ingest(update)
          expect(rangesOf(added.structs)).toEqual(rangesOf(ids.structs.difference(known)))
          expect(rangesOf(added.deletes)).toEqual(rangesOf(ids.deletes.difference(deletes)))
          known.addAll(ids.structs)
          deletes.addAll(ids.deletes)
          const encoded = store.encode()
          if (at % 8 === 0 || at === order.length - 1) expect(encoded).toEqual(mergeUpdates(order.slice(0, at + 1)))
          if (isNothing(added)) expect(encoded).toEqual(before)
          expect(store.byteLength).toBe(encoded.length)
          expect(store.stateVector()).toEqual(known.stateVector())
          expect(store.missing().equals(gapsOf(known))).toBe(true)
          for (const gap of added.gaps) expect(gapsOf(known).hasRange(gap.client, gap.start, gap.end)).toBe(true)
        })
        expect(store.encode()).toEqual(mergeUpdates(updates))
      }),
      fuzz(),
    )
  })

  test('gives a fresh replica the document that the updates give it one by one', () => {
    fc.assert(
      fc.property(editsArbitrary(60), random, (edits, draws) => {
        const { authored, exchanged } = playHistory(edits)
        const expected = replicaOf(authored)
        const actual = replicaOf([UpdateStore.of(shuffled([...authored, ...exchanged], draws)).encode()])
        expect(visible(actual)).toEqual(visible(expected))
        expect(Y.encodeStateVector(actual)).toEqual(Y.encodeStateVector(expected))
      }),
      fuzz(),
    )
  })

  test('completes a replica that is at any earlier state', () => {
    fc.assert(
      fc.property(editsArbitrary(60), (edits) => {
        const { authored, states } = playHistory(edits)
        const store = UpdateStore.of(authored)
        const expected = replicaOf(authored)
        for (const state of new Set([states.at(0)!, states.at(states.length >> 1)!, states.at(states.length - 1)!])) {
          const stateVector = Y.decodeStateVector(Y.encodeStateVector(replicaOf([state])))
          const completed = replicaOf([state, store.diff(stateVector)])
          expect(visible(completed)).toEqual(visible(expected))
          expect(Y.encodeStateVector(completed)).toEqual(Y.encodeStateVector(expected))
        }
      }),
      fuzz(),
    )
  })

  test('diffs as diffUpdate does, for every clock, while updates are missing too', () => {
    fc.assert(
      fc.property(
        editsArbitrary(40),
        random,
        fc.array(fc.nat({ max: 60 }), { minLength: 3, maxLength: 3 }),
        (edits, draws, clocks) => {
          const { authored } = playHistory(edits)
          for (const updates of [authored, shuffled(authored, draws).slice(0, authored.length >> 1)]) {
            const store = UpdateStore.of(updates)
            const encoded = store.encode()
            const known = new Map(decodeUpdate(encoded).clients.map(({ client }, at) => [client, clocks.at(at)!]))
            expect(store.diff(known)).toEqual(diffUpdate(encoded, known))
          }
        },
      ),
      fuzz(2),
    )
  })

  test('takes in any damage, or refuses it and stays as it was', () => {
    fc.assert(
      fc.property(editsArbitrary(20), random, fc.array(damageArbitrary, { maxLength: 20 }), (edits, draws, damages) => {
        const { authored, exchanged } = playHistory(edits)
        const updates = shuffled([...authored, ...exchanged], draws)
        const store = new UpdateStore()
        const taken: Uint8Array[] = []
        const ingest = (update: Uint8Array): void => {
          const before = store.encode()
          try {
            store.ingest(update)
            taken.push(update)
          } catch (error) {
            if (!(error instanceof DecodeError || error instanceof ConflictError)) throw error
            expect(store.encode()).toEqual(before)
          }
          expect(store.byteLength).toBe(store.encode().length)
        }
        updates.forEach((update, at) => {
          ingest(update)
          if (at < damages.length) ingest(damaged(update, damages.at(at)!))
        })
        expect(store.encode()).toEqual(mergeUpdates(taken))
      }),
      fuzz(),
    )
  })

  test('an append to the longest run of a client costs it no other struct', () => {
    const store = UpdateStore.of(keystrokes('to be or not to be, that is the question'))
    expect(decodeUpdate(store.encode()).clients.map(({ structs }) => structs.length)).toEqual([1])
  })

  test('says what an update was: new, nothing new, deletions alone, or ahead of what it builds on', () => {
    const updates = keystrokes('abc')
    const store = UpdateStore.of([updates.at(0)!])
    expect(store.ingest(updates.at(2)!)).toEqual({
      structs: [{ client: 1, start: 2, end: 3 }],
      deletes: [],
      restored: [],
      gaps: [{ client: 1, start: 1, end: 2 }],
    })
    expect([...store.missing()]).toEqual([{ client: 1, start: 1, end: 2 }])
    expect(isNothing(store.ingest(updates.at(0)!))).toBe(true)
    expect(store.ingest(updates.at(1)!).structs).toEqual([{ client: 1, start: 1, end: 2 }])
    expect(store.missing().isEmpty).toBe(true)
    // Client 1 deletes 1 … 2.
    const deletion = Uint8Array.of(0, 1, 1, 1, 1, 2)
    expect(store.ingest(deletion)).toEqual({ ...nothing, deletes: [{ client: 1, start: 1, end: 3 }] })
    expect(isNothing(store.ingest(deletion))).toBe(true)
  })

  test('names as gaps only what an update leaves missing, in whatever order its stretches are taken in', () => {
    const store = UpdateStore.of([gcUnit(2)])
    // Units 0, 2 and 3: of the two stretches the second is taken in first, since it overlaps what is known.
    expect(store.ingest(mergeUpdates([gcUnit(0), gcUnit(2), gcUnit(3)]))).toEqual({
      ...nothing,
      structs: [
        { client: 7, start: 0, end: 1 },
        { client: 7, start: 3, end: 4 },
      ],
      gaps: [{ client: 7, start: 1, end: 2 }],
    })
  })

  test('thousands of stretches in one update are taken in as they would be one by one', () => {
    // GC runs of client 7, one unit each: at the even clocks, and then at most of the odd ones.
    const stretches = (from: number, to: number): Uint8Array =>
      mergeUpdates(Array.from({ length: (to - from) >> 1 }, (_, at) => gcUnit(from + at * 2)))
    const [even, odd] = [stretches(0, 6000), stretches(1, 5001)]
    const store = UpdateStore.of([even])
    expect(store.missing().rangeCount).toBe(2999)
    const before = updateIds(even).structs
    const added = store.ingest(odd)
    expect(rangesOf(added.structs)).toEqual(rangesOf(updateIds(odd).structs.difference(before)))
    expect(added.gaps).toHaveLength(499)
    expect(store.encode()).toEqual(mergeUpdates([odd, even]))
    expect(store.stateVector()).toEqual(new Map([[7, 5001]]))
    expect(isNothing(store.ingest(even)) && isNothing(store.ingest(odd))).toBe(true)
    expect(store.ingest(gcUnit(5001)).structs).toEqual([{ client: 7, start: 5001, end: 5002 }])
    expect(store.byteLength).toBe(store.encode().length)
  })

  test('content that was dropped is restored by whoever still has it', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.getArray('array').push([new Y.Text('gone'), 'kept'])
    const alive = Y.encodeStateAsUpdate(doc)
    doc.getArray('array').delete(0)
    const store = UpdateStore.of([Y.encodeStateAsUpdate(doc)])
    expect(store.ingest(alive)).toEqual({ ...nothing, restored: [{ client: 1, start: 0, end: 5 }] })
    expect(isNothing(store.ingest(alive))).toBe(true)
    expect(isNothing(store.ingest(Y.encodeStateAsUpdate(doc)))).toBe(true)
  })
})

describe('an ID that is claimed twice', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const ours = written(1, 'abcdef')
  const theirs = written(1, 'abXdef')

  test('with other content is refused, with both ranges, and nothing of the update is taken in', () => {
    const store = UpdateStore.of([written(2, 'other'), ours])
    const before = store.encode()
    const both = mergeUpdates([theirs, written(3, 'innocent')])
    const error = refusal(() => store.ingest(both))
    expect(error).toBeInstanceOf(ConflictError)
    expect((error as ConflictError).conflicts).toEqual([
      { client: 1, start: 0, end: 6, known: { start: 0, end: 6 }, incoming: { start: 0, end: 6 } },
    ])
    expect(store.encode()).toEqual(before)
    expect(store.stateVector().has(3)).toBe(false)
  })

  test('is no conflict where the known part is the same, or content was dropped, or a surrogate pair was cut', () => {
    const store = UpdateStore.of([ours])
    expect(store.ingest(written(1, 'abcdefgh')).structs).toEqual([{ client: 1, start: 6, end: 8 }])
    const pair = written(4, 'a😀b')
    const half = Y.diffUpdate(pair, Y.encodeStateVector(new Map([[4, 2]])))
    expect(store.ingest(half).structs).toEqual([{ client: 4, start: 2, end: 4 }])
    expect(store.ingest(pair).structs).toEqual([{ client: 4, start: 0, end: 2 }])
    expect(isNothing(store.ingest(pair))).toBe(true)
    expect(store.encode()).toEqual(mergeUpdates([written(1, 'abcdefgh'), pair]))
  })

  test('at another place in the document is refused', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.getText('elsewhere').insert(0, 'abcdef')
    expect(refusal(() => UpdateStore.of([ours, Y.encodeStateAsUpdate(doc)]))).toBeInstanceOf(ConflictError)
  })

  test('is found wherever two histories of one client ID part', () => {
    fc.assert(
      fc.property(editsArbitrary(20), fc.nat(), (edits, at) => {
        const { authored } = playHistory(edits)
        const changed = authored.at(at % Math.max(1, authored.length))
        const letter = changed?.findIndex((byte) => byte === 0x61) ?? -1
        if (changed === undefined || letter < 0) return
        const forged = Uint8Array.from(changed)
        forged[letter] = 0x62
        const store = UpdateStore.of(authored)
        const before = store.encode()
        const error = refusal(() => store.ingest(forged))
        expect(error instanceof ConflictError || error instanceof DecodeError).toBe(true)
        expect(store.encode()).toEqual(before)
      }),
      fuzz(),
    )
  })
})

describe('compact', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('keeps the document, and drops the content of what was deleted', () => {
    fc.assert(
      fc.property(editsArbitrary(60), random, (edits, draws) => {
        const { authored, exchanged } = playHistory(edits)
        const store = UpdateStore.of(shuffled([...authored, ...exchanged], draws))
        const expected = replicaOf([store.encode()])
        const [stateVector, before] = [store.stateVector(), store.byteLength]
        store.compact()
        expect(visible(replicaOf([store.encode()]))).toEqual(visible(expected))
        expect(store.stateVector()).toEqual(stateVector)
        expect(store.byteLength).toBe(store.encode().length)
        expect(mergeUpdates([store.encode()])).toEqual(store.encode())
        const compacted = store.encode()
        store.compact()
        expect(store.encode()).toEqual(compacted)
        expect(before).toBeGreaterThan(0)
      }),
      fuzz(),
    )
  })

  test('goes on as if nothing had happened: updates from before it bring their content back', () => {
    fc.assert(
      fc.property(editsArbitrary(40), random, fc.nat(), (edits, draws, cut) => {
        const { authored, exchanged } = playHistory(edits)
        const order = shuffled([...authored, ...exchanged], draws)
        const store = UpdateStore.of(order.slice(0, cut % (order.length + 1)))
        store.compact()
        for (const update of order.slice(cut % (order.length + 1))) store.ingest(update)
        expect(visible(replicaOf([store.encode()]))).toEqual(visible(replicaOf(authored)))
        for (const update of order) store.ingest(update)
        expect(store.encode()).toEqual(mergeUpdates(order))
      }),
      fuzz(),
    )
  })

  test('takes no more bytes than Yjs takes for the same document with its garbage collected', () => {
    fc.assert(
      fc.property(editsArbitrary(80), random, (edits, draws) => {
        const { authored, exchanged } = playHistory(edits, { ...everything, gc: [false, false, false] })
        const collected = Y.encodeStateAsUpdate(replicaOf(exchanged))
        const store = UpdateStore.of([...shuffled([...authored, ...exchanged], draws), collected])
        store.compact()
        expect(store.byteLength).toBeLessThanOrEqual(collected.length)
        expect(visible(replicaOf([store.encode()]))).toEqual(visible(replicaOf([collected])))
      }),
      fuzz(2),
    )
  })

  test('leaves GC of what stood in deleted types, for which later edits of a replica that has it all make no difference', () => {
    fc.assert(
      fc.property(editsArbitrary(60), editsArbitrary(20), (edits, later) => {
        const options = { ...everything, formatting: false, gc: [false, false, false] }
        const store = UpdateStore.of(playHistory(edits, options).authored)
        store.compact()
        // The same replicas, who know all content, go on.
        const { authored } = playHistory([...edits, ...later], options)
        for (const update of authored) store.ingest(update)
        expect(visible(replicaOf([store.encode()]))).toEqual(visible(replicaOf(authored)))
        store.compact()
        expect(visible(replicaOf([store.encode()]))).toEqual(visible(replicaOf(authored)))
        expect(visible(replicaOf(authored.concat(store.encode())))).toEqual(visible(replicaOf(authored)))
      }),
      fuzz(),
    )
  })

  test('leaves one run of what was typed and removed', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    const store = new UpdateStore()
    doc.on('update', (update: Uint8Array) => store.ingest(update))
    const text = doc.getText('text')
    for (let at = 0; at < 100; at++) text.insert(text.length, 'x')
    for (let at = 0; at < 60; at++) text.delete(20, 1)
    store.compact()
    const structs = decodeUpdate(store.encode()).clients.at(0)!.structs
    expect(structs.map(({ length }) => length)).toEqual([20, 60, 20])
    expect(store.byteLength).toBeLessThan(80)
  })

  test('keeps content that is asked for', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.gc = false
    doc.getText('text').insert(0, 'abcdef')
    doc.getText('text').delete(1, 4)
    const store = UpdateStore.of([Y.encodeStateAsUpdate(doc)])
    const keep = new IdSet()
    keep.add(1, 1, 3)
    store.compact({ keep })
    const structs = decodeUpdate(store.encode()).clients.at(0)!.structs
    expect(structs.map((struct) => (struct.type === 'item' ? [struct.content.kind, struct.length] : []))).toEqual([
      [4, 3],
      [1, 2],
      [4, 1],
    ])
  })
})

const nothing: Added = { structs: [], deletes: [], restored: [], gaps: [] }

function isNothing({ structs, deletes, restored }: Added): boolean {
  return structs.length + deletes.length + restored.length === 0
}

function rangesOf(ranges: Iterable<IdRange>): unknown[] {
  const set = new IdSet()
  for (const { client, start, end } of ranges) set.add(client, start, end)
  return [...set]
}

function gcUnit(clock: number): Uint8Array {
  const writer = new ByteWriter()
  for (const value of [1, 1, 7, clock, 0, 1, 0]) writer.varUint(value)
  return writer.finish()
}

function keystrokes(text: string): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = 1
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const character of text) doc.getText('text').insert(doc.getText('text').length, character)
  return updates
}

function written(client: number, text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = client
  doc.getText('text').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

function refusal(attempt: () => unknown): unknown {
  try {
    attempt()
    return undefined
  } catch (error) {
    return error
  }
}
