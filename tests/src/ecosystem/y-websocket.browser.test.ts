/** The published y-websocket with the replica, on the relay's `/y`; one of two clients passes all on to a document of Yjs itself. */
import { afterEach, expect, inject, test } from 'vitest'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { link, publishedDoc } from './linked-documents.fixture.ts'

const opened: WebsocketProvider[] = []

afterEach(() => {
  for (const provider of opened.splice(0)) {
    provider.destroy()
    provider.awareness.destroy()
  }
})

function join(room: string, doc: Y.Doc): WebsocketProvider {
  // Otherwise the clients of one page would tell each other, past the relay.
  const provider = new WebsocketProvider(`${inject('relayUrl')}/y`, room, doc, { disableBc: true, maxBackoffTime: 50 })
  opened.push(provider)
  return provider
}

const room = (): string => crypto.randomUUID()

/** A document of Yjs, and one that is linked to it, for a provider: that one reads and writes what it is given with `yjs`. */
function linked(): { published: Y.Doc; doc: Y.Doc } {
  const [published, doc] = [publishedDoc(), new Y.Doc()]
  link(doc, published)
  return { published, doc }
}

test('a replica and a document of Yjs see each other edit, and each other', async () => {
  const name = room()
  const { published, doc } = linked()
  const [ours, theirs] = [join(name, new Y.Doc()), join(name, doc)]
  await expect.poll(() => ours.synced && theirs.synced).toBe(true)
  ours.doc.getText('text').insert(0, 'ours \u{1F600} ')
  published.getText('text').insert(0, 'theirs ')
  ours.awareness.setLocalState({ name: 'Ada' })
  await expect.poll(() => ours.doc.getText('text').length).toBe(15)
  await expect.poll(() => published.getText('text').toJSON()).toBe(ours.doc.getText('text').toJSON())
  await expect.poll(() => theirs.awareness.getStates().get(ours.doc.clientID)).toEqual({ name: 'Ada' })
})

test('who comes late gets everything, and edits made offline arrive', async () => {
  const name = room()
  const { published, doc: passedOn } = linked()
  const first = join(name, passedOn)
  const array = published.getArray<unknown>('array')
  array.push([1, { a: 2 }])
  array.delete(0)
  await expect.poll(() => first.synced).toBe(true)
  const doc = new Y.Doc()
  doc.getMap('map').set('offline', new Y.Text('edit'))
  const late = join(name, doc)
  await expect.poll(() => doc.getArray('array').toArray()).toEqual([{ a: 2 }])
  await expect.poll(() => published.getMap('map').toJSON()).toEqual({ offline: 'edit' })
  late.disconnect()
  array.push(['missed'])
  doc.getArray('array').insert(0, ['offline'])
  late.connect()
  await expect.poll(() => doc.getArray('array').toArray()).toEqual(['offline', { a: 2 }, 'missed'])
  await expect.poll(() => array.toArray()).toEqual(['offline', { a: 2 }, 'missed'])
})
