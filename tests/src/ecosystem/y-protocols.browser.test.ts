/** The published y-protocols, awareness and sync, for replicas; what they say is understood by Yjs itself. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { afterEach, expect, test } from 'vitest'
import {
  applyAwarenessUpdate,
  Awareness,
  encodeAwarenessUpdate,
  modifyAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness'
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import * as Published from 'yjs/src/index.js'
import { publishedDoc } from './linked-documents.fixture.ts'

const opened: Awareness[] = []

afterEach(() => {
  for (const awareness of opened.splice(0)) awareness.destroy()
})

function awarenessOf(doc: Y.Doc): Awareness {
  const awareness = new Awareness(doc)
  opened.push(awareness)
  return awareness
}

/** Sends a message and answers until there is nothing to answer. */
function exchange(from: Y.Doc, to: Y.Doc, message: Uint8Array): void {
  const answer = encoding.createEncoder()
  readSyncMessage(decoding.createDecoder(message), answer, to, from)
  if (encoding.length(answer) > 0) exchange(to, from, encoding.toUint8Array(answer))
}

/** A replica that holds what a document of Yjs has. */
function replicaOf(published: Y.Doc): Y.Doc {
  const replica = new Y.Doc()
  Y.applyUpdate(replica, Published.encodeStateAsUpdate(published))
  return replica
}

test('two steps bring what the other lacks, either way', () => {
  const published = publishedDoc()
  published.getText('text').insert(0, 'theirs ')
  const [ours, theirs] = [new Y.Doc(), replicaOf(published)]
  ours.getText('text').insert(0, 'ours')
  for (const [from, to] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const question = encoding.createEncoder()
    writeSyncStep1(question, from)
    exchange(from, to, encoding.toUint8Array(question))
  }
  expect(ours.getText('text').toJSON()).toHaveLength(11)
  expect(Y.encodeStateAsUpdate(theirs)).toEqual(Y.encodeStateAsUpdate(ours))
  Published.applyUpdate(published, Y.encodeStateAsUpdate(ours))
  expect(Published.encodeStateAsUpdate(published)).toEqual(Y.encodeStateAsUpdate(ours))
})

test('updates are told as they happen, in the bytes of Yjs', () => {
  const [ours, theirs, published] = [new Y.Doc(), new Y.Doc(), publishedDoc()]
  published.clientID = ours.clientID
  const told: Uint8Array[][] = [[], []]
  for (const [at, doc] of [ours, published].entries()) {
    doc.on('update', (update: Uint8Array) => {
      const message = encoding.createEncoder()
      writeUpdate(message, update)
      told.at(at)!.push(encoding.toUint8Array(message))
    })
    doc.getMap('map').set('k', { a: [1, null] })
    doc.getMap('map').delete('k')
    doc.getMap('map').set('k', 2)
  }
  expect(told.at(0)).toEqual(told.at(1))
  for (const message of told.at(1)!) exchange(ours, theirs, message)
  expect(theirs.getMap('map').toJSON()).toEqual({ k: 2 })
})

test('awareness of a replica is known to the other, changes, and leaves', () => {
  const [ours, published] = [awarenessOf(new Y.Doc()), awarenessOf(publishedDoc())]
  const changes: unknown[] = []
  published.on('change', (change: unknown) => changes.push(change))
  ours.setLocalState({ user: { name: 'Ada' }, cursor: null })
  const client = ours.clientID
  expect(client).toBe(ours.doc.clientID)
  applyAwarenessUpdate(published, encodeAwarenessUpdate(ours, [client]), 'wire')
  expect(published.getStates().get(client)).toEqual({ user: { name: 'Ada' }, cursor: null })
  ours.setLocalStateField('cursor', 3)
  const update = modifyAwarenessUpdate(encodeAwarenessUpdate(ours, [client]), (state: object) => ({
    ...state,
    seen: 1,
  }))
  applyAwarenessUpdate(published, update, 'wire')
  expect(published.getStates().get(client)).toEqual({ user: { name: 'Ada' }, cursor: 3, seen: 1 })
  removeAwarenessStates(published, [client], 'timeout')
  expect(published.getStates().has(client)).toBe(false)
  expect(changes).toEqual([
    { added: [client], updated: [], removed: [] },
    { added: [], updated: [client], removed: [] },
    { added: [], updated: [], removed: [client] },
  ])
})

test('who is destroyed is no longer there', () => {
  const doc = new Y.Doc()
  const awareness = awarenessOf(doc)
  awareness.setLocalState({ here: true })
  doc.destroy()
  expect(awareness.getLocalState()).toBeNull()
})
