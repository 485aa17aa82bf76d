/**
 * Where Yjs 13.6 disagrees with itself: the same updates give different documents, depending on how they arrive. Each case is as
 * small as it gets, and says what the core does instead. When one of these fails, a newer Yjs may have mended it.
 */
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { ByteWriter } from './byte-writer.ts'
import { diffUpdate, withDeletesInOrder } from './diff.ts'
import { DecodeError } from './errors.ts'
import { mergeUpdates } from './merge.ts'
import { replicaOf } from './random-document.fixture.ts'
import { decodeUpdate } from './update.ts'
import { updateIds } from './update-ids.ts'

describe('surrogate pairs', () => {
  const whole = stateOf(1, (doc) => doc.getText('text').insert(0, 'a😀b'))
  const half = Y.diffUpdate(whole, Y.encodeStateVector(new Map([[1, 2]])))

  test('a redundant diff that starts inside a pair destroys the pair in a Yjs replica; merging heals it', () => {
    // Yjs looks up the origin, and splits what it has there, before it finds that it has all of it.
    expect(replicaOf([whole, half]).getText('text').toJSON()).toBe('a\uFFFD\uFFFDb')
    expect(replicaOf([half, whole]).getText('text').toJSON()).toBe('a\uFFFD\uFFFDb')
    expect(mergeUpdates([whole, half])).toEqual(whole)
    expect(mergeUpdates([half, whole])).toEqual(whole)
  })

  test('formatting that finds nothing to do cuts a pair in one replica, and no update tells the others', () => {
    const doc = replicaOf([whole])
    let updates = 0
    doc.on('update', () => updates++)
    doc.getText('text').format(2, 1, { bold: null })
    expect(updates).toBe(0)
    expect(doc.getText('text').toJSON()).toBe('a\uFFFD\uFFFDb')
    expect(mergeUpdates([Y.encodeStateAsUpdate(doc), whole])).toEqual(whole)
  })
})

test('whoever receives formatting tidies it up, so how updates are grouped shows in the document', () => {
  const writer = new Y.Doc()
  writer.clientID = 1
  const updates: Uint8Array[] = []
  writer.on('update', (update: Uint8Array) => updates.push(update))
  writer.getText('text').insert(0, 'abc')
  const formatter = new Y.Doc()
  formatter.clientID = 2
  Y.applyUpdate(formatter, updates.at(0)!)
  formatter.on('update', (update: Uint8Array) => updates.push(update))
  formatter.getText('text').format(1, 2, { bold: true })
  writer.getText('text').delete(0, 3)
  writer.getText('text').insert(0, 'd')

  const oneByOne = new Y.Doc()
  const text = oneByOne.getText('text')
  for (const update of updates) Y.applyUpdate(oneByOne, update)
  // Between the third and the fourth update nothing stood between the marks, and this reader deleted them.
  expect(text.toDelta()).toEqual([{ insert: 'd' }])
  const bold = [{ insert: 'd', attributes: { bold: true } }]
  expect(replicaOf(updates).getText('text').toDelta()).toEqual(bold)
  expect(
    replicaOf([Y.mergeUpdates(updates)])
      .getText('text')
      .toDelta(),
  ).toEqual(bold)
  expect(
    replicaOf([mergeUpdates(updates)])
      .getText('text')
      .toDelta(),
  ).toEqual(bold)
})

test('a client listed twice: Yjs applies its last list, and merges both; the core refuses it', () => {
  // Two GC runs of client 1, at clocks 0 and 1, each in a list of its own.
  const twice = Uint8Array.from([2, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0])
  expect(replicaOf([twice]).store.clients.size).toBe(0)
  const merged = Y.mergeUpdates([twice, Uint8Array.of(0, 0)])
  expect(Y.decodeStateVector(Y.encodeStateVector(replicaOf([merged])))).toEqual(new Map([[1, 2]]))
  expect(() => decodeUpdate(twice)).toThrow(DecodeError)
})

test('deletions that overlap, of units to come: Yjs deletes others as well; the core writes them in order', () => {
  // Units 0 … 1 of client 1, twice. Yjs keeps them in format v2 until their structs come, where a range cannot begin before the last ended.
  const overlapping = Uint8Array.of(0, 1, 1, 2, 0, 2, 0, 2)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, overlapping)
  expect(deletedRanges(Y.encodeStateAsUpdate(doc))).toEqual([
    [0, 2],
    [128, 130],
  ])
  expect(deletedRanges(mergeUpdates([overlapping]))).toEqual([[0, 2]])
  expect(deletedRanges(diffUpdate(overlapping, new Map()))).toEqual([[0, 2]])
  expect(withDeletesInOrder(overlapping)).toEqual(mergeUpdates([overlapping]))
})

test('the same with large numbers: a Yjs replica can no longer say what it has; the core writes them in order', () => {
  const writer = new ByteWriter()
  for (const value of [0, 1, 1, 20]) writer.varUint(value)
  for (let range = 0; range < 20; range++) for (const value of [0, 2 ** 52]) writer.varUint(value)
  const overlapping = writer.finish()
  const [broken, ordered] = [new Y.Doc(), new Y.Doc()]
  Y.applyUpdate(broken, overlapping)
  expect(() => Y.encodeStateAsUpdate(broken)).toThrow('Integer out of Range')
  Y.applyUpdate(ordered, withDeletesInOrder(overlapping))
  expect(deletedRanges(Y.encodeStateAsUpdate(ordered))).toEqual([[0, 2 ** 52]])
})

test('a GC run of units whose content comes later: Yjs throws if it has to cut the content; merging keeps it', () => {
  // What an honest replica says of a deleted type's units, anybody can claim of units to come.
  const forged = Uint8Array.from([1, 1, 1, 0, 0, 2, 0])
  const honest = stateOf(1, (doc) => doc.getArray('array').push([1, 2, 3]))
  expect(() => replicaOf([forged, honest])).toThrow(TypeError)
  expect(mergeUpdates([forged, honest])).toEqual(honest)
  expect(replicaOf([diffUpdate(honest, new Map([[1, 2]])), forged]).getArray('array').length).toBe(0)
})

test('several units under one key, cut, in a deleted map: Yjs throws when it collects them', () => {
  // Client 1: a map; two values at once under its key k; another behind the first of them. Then the map alone is deleted. Who sets a key
  // twice deletes the first value in the same update, so Yjs deletes a map's last value only, and takes the others for deleted.
  const writer = new ByteWriter()
  for (const value of [1, 3, 1, 0, 7, 1, 1, 97, 1]) writer.varUint(value)
  for (const value of [0x28, 0, 1, 0, 1, 107, 2, 126, 126]) writer.uint8(value)
  for (const value of [0x88, 1, 1, 1, 126]) writer.uint8(value)
  for (const value of [1, 1, 1, 0, 1]) writer.varUint(value)
  const forged = writer.finish()
  expect(mergeUpdates([forged])).toEqual(forged)
  expect(() => replicaOf([forged])).toThrow('Unexpected case')
  expect(replicaOf([forged], false).getArray('a').length).toBe(0)
})

describe('one unit, in several states of decay', () => {
  const doc = new Y.Doc()
  doc.clientID = 1
  doc.getArray('array').push([new Y.Text('gone'), 'kept'])
  const alive = Y.encodeStateAsUpdate(doc)
  doc.getArray('array').delete(0)
  const collected = Y.encodeStateAsUpdate(doc)

  test('Yjs keeps whichever came first when it merges; the core keeps what says most, in any order', () => {
    const kinds = (update: Uint8Array): string[] =>
      Y.decodeUpdate(update).structs.map((struct) => struct.constructor.name)
    expect(kinds(Y.mergeUpdates([alive, collected]))).not.toEqual(kinds(Y.mergeUpdates([collected, alive])))
    const merged = mergeUpdates([alive, collected])
    expect(mergeUpdates([collected, alive])).toEqual(merged)
    expect(kinds(merged)).toEqual(kinds(alive))
  })

  test('content that is kept stays deleted: the delete sets are united', () => {
    const merged = mergeUpdates([alive, collected])
    expect(updateIds(merged).deletes.equals(updateIds(collected).deletes)).toBe(true)
    expect(replicaOf([merged]).getArray('array').toArray()).toEqual(['kept'])
    expect(Y.encodeStateAsUpdate(replicaOf([merged]))).toEqual(collected)
  })

  test('a forged GC run erases nothing of what others have written', () => {
    const forged = Uint8Array.from([1, 1, 1, 0, 0, 6, 0])
    expect(mergeUpdates([forged, alive])).toEqual(alive)
    expect(replicaOf([mergeUpdates([alive, forged])]).getArray('array').length).toBe(2)
  })

  test('a skip never wins over what it skips', () => {
    const gapped = mergeUpdates([diffUpdate(alive, new Map([[1, 5]]))])
    expect(mergeUpdates([gapped, alive])).toEqual(alive)
  })
})

/** First and end, of one client. */
function deletedRanges(update: Uint8Array): [number, number][] {
  return [...decodeUpdate(update).deletes].map(({ start, end }) => [start, end])
}

function stateOf(clientId: number, edit: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = clientId
  edit(doc)
  return Y.encodeStateAsUpdate(doc)
}
