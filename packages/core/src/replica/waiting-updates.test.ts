import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { mergeUpdates } from '../merge.ts'
import { applyUpdate } from './apply-update.ts'
import { Doc } from './doc.ts'
import { encodeStateAsUpdate } from './encode-state.ts'

test('what waits takes the place of nothing that is there, whatever it says of the same units', () => {
  const honest = new Y.Doc()
  honest.clientID = 7
  honest.getText('text').insert(0, 'abcd')
  const stranger = new Y.Doc()
  stranger.clientID = 9
  stranger.getText('text').insert(0, '-')
  // With the copied client ID 7, units 0 … 5, behind a unit that never comes.
  const copied = new Y.Doc()
  copied.clientID = 7
  Y.applyUpdate(copied, Y.encodeStateAsUpdate(stranger))
  copied.getText('text').insert(1, 'forged')
  const forged = Y.encodeStateAsUpdate(copied, Y.encodeStateVector(stranger))

  for (const updates of [
    [forged, Y.encodeStateAsUpdate(honest)],
    [Y.encodeStateAsUpdate(honest), forged],
  ]) {
    const doc = new Doc()
    for (const update of updates) applyUpdate(doc, update)
    expect(doc.getText('text').toJSON()).toBe('abcd')
    const loaded = new Doc()
    applyUpdate(loaded, encodeStateAsUpdate(doc))
    expect(loaded.getText('text').toJSON().slice(0, 4)).toBe('abcd')
  }
})

test('values of one key that wait together delete each other as they do one by one, as in Yjs', () => {
  const stranger = new Y.Doc()
  stranger.clientID = 9
  stranger.getText('text').insert(0, '-')
  const first = Y.encodeStateAsUpdate(stranger)

  const author = new Y.Doc()
  author.clientID = 7
  Y.applyUpdate(author, first)
  const updates: Uint8Array[] = []
  author.on('update', (update: Uint8Array) => updates.push(update))
  const map = author.getMap('map')
  author.getText('text').insert(1, 'behind it')
  map.set('key', 0)
  // The deletions of what the observer overwrites travel in updates of their own.
  const overwriting = [2, 1, 0]
  map.observe(() => {
    for (const value of overwriting.splice(0)) map.set('key', value)
  })
  map.set('key', 'again')
  author.getText('text').insert(0, 'later')

  // As they were written, and without the hints of their keys, which Yjs loses when it merges.
  const [behind, set, again, , , , later] = updates as [Uint8Array, Uint8Array, Uint8Array, 0, 0, 0, Uint8Array]
  const withoutHints = Y.mergeUpdates([set, again])
  for (const waiting of [
    [behind, set, again],
    [set, again, behind],
    [again, behind, again, set],
    [withoutHints, behind],
    [later, withoutHints, behind],
  ]) {
    const [theirs, ours] = [new Y.Doc(), new Doc()]
    const told: [Uint8Array[], Uint8Array[]] = [[], []]
    theirs.on('update', (update: Uint8Array) => told[0].push(update))
    ours.on('update', (update: Uint8Array) => told[1].push(update))
    for (const update of [...waiting, first]) {
      Y.applyUpdate(theirs, update)
      applyUpdate(ours, update)
    }
    expect(told[1]).toEqual(told[0])
    expect(encodeStateAsUpdate(ours)).toEqual(Y.encodeStateAsUpdate(theirs))
    expect(ours.getMap('map').get('key')).toBe(0)
  }
})

test('what waited apart is one run for the transactions before it, a deliberate difference: it says the same', () => {
  const author = new Y.Doc()
  author.clientID = 7
  const letters: Uint8Array[] = []
  author.on('update', (update: Uint8Array) => letters.push(update))
  for (const [at, letter] of ['a', 'b', 'c'].entries()) author.getText('text').insert(at, letter)
  const [first, second, third] = letters as [Uint8Array, Uint8Array, Uint8Array]
  const stranger = new Y.Doc()
  stranger.clientID = 9
  stranger.getText('text').insert(0, '-')

  const [theirs, ours] = [new Y.Doc(), new Doc()]
  const told: [Uint8Array[], Uint8Array[]] = [[], []]
  theirs.on('update', (update: Uint8Array) => told[0].push(update))
  ours.on('update', (update: Uint8Array) => told[1].push(update))
  for (const update of [second, third]) {
    Y.applyUpdate(theirs, update)
    applyUpdate(ours, update)
  }
  theirs.once('afterTransaction', () => Y.applyUpdate(theirs, first))
  ours.once('afterTransaction', () => applyUpdate(ours, first))
  Y.applyUpdate(theirs, Y.encodeStateAsUpdate(stranger))
  applyUpdate(ours, Y.encodeStateAsUpdate(stranger))

  const structs = (updates: Uint8Array[]): number[] => updates.map((update) => Y.decodeUpdate(update).structs.length)
  expect([structs(told[0]), structs(told[1])]).toEqual([
    [4, 1],
    [3, 1],
  ])
  expect(told[1].map((update) => mergeUpdates([update]))).toEqual(told[0].map((update) => mergeUpdates([update])))
  expect(encodeStateAsUpdate(ours)).toEqual(Y.encodeStateAsUpdate(theirs))
})
