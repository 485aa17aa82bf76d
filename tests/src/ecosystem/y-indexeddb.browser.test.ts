/** The published y-indexeddb keeps a replica on the device, and its rows are Yjs's. */
import { expect, test } from 'vitest'
import { clearDocument, fetchUpdates, IndexeddbPersistence, storeState } from 'y-indexeddb'
import * as Y from 'yjs'
import * as Published from 'yjs/src/index.js'

const nameOf = (name: string): string => `${name} ${crypto.randomUUID()}`

async function opened(name: string, doc = new Y.Doc()): Promise<IndexeddbPersistence> {
  const store = new IndexeddbPersistence(name, doc)
  await store.whenSynced
  return store
}

test('a document comes back after it was closed', async () => {
  const name = nameOf('back')
  const first = await opened(name)
  first.doc.getText('text').insert(0, 'kept \u{1F600}')
  first.doc.getMap('map').set('nested', new Y.Array())
  first.doc.getMap<Y.Array<number>>('map').get('nested')!.push([1, 2])
  first.doc.getText('text').delete(0, 1)
  await first.destroy()
  const second = await opened(name)
  expect(second.doc.getText('text').toJSON()).toBe('ept \u{1F600}')
  expect(second.doc.getMap('map').toJSON()).toEqual({ nested: [1, 2] })
  expect(Y.encodeStateAsUpdate(second.doc)).toEqual(Y.encodeStateAsUpdate(first.doc))
  await second.clearData()
  await clearDocument(name)
})

test('rows that are folded into one are the same document, to Yjs as well', async () => {
  const name = nameOf('folded')
  const store = await opened(name)
  const text = store.doc.getText('text')
  for (let at = 0; at < 30; at++) text.insert(at, String(at % 10))
  await storeState(store)
  text.insert(30, '!')
  await store.destroy()
  const reader = await opened(name)
  expect(reader.doc.getText('text').toJSON()).toBe('012345678901234567890123456789!')
  const rows = await fetchUpdates(reader)
  const published = new Published.Doc()
  await new Promise<void>((resolve, reject) => {
    const all = rows.getAll() as IDBRequest<Uint8Array[]>
    all.addEventListener('success', () => {
      for (const row of all.result) Published.applyUpdate(published, row)
      resolve()
    })
    all.addEventListener('error', () => reject(all.error!))
  })
  expect(published.getText('text').toJSON()).toBe(reader.doc.getText('text').toJSON())
  await reader.clearData()
})

test('what a document has before it is opened is stored as well, and custom values are kept', async () => {
  const name = nameOf('before')
  const doc = new Y.Doc()
  doc.getArray('array').push(['early'])
  const store = await opened(name, doc)
  await store.set('key', 'value')
  await store.destroy()
  const again = await opened(name)
  expect(again.doc.getArray('array').toArray()).toEqual(['early'])
  expect(await again.get('key')).toBe('value')
  await again.clearData()
})

test('a document that is destroyed closes its store', async () => {
  const store = await opened(nameOf('destroyed'))
  store.doc.destroy()
  expect(store._destroyed).toBe(true)
})
