/** Which documents rooms have: Yjs's unless `createDoc` makes others, and what an app is told of their types. */
import { Doc as CoreDoc, type YText as CoreText } from '@syncline/core'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { Doc, type Text } from 'yjs'
import { worldOfEachTest, type World } from '../client.fixture.ts'
import { MemoryDeviceStore } from '../device-store/memory-device-store.ts'
import { roomSources } from './document-room.ts'
import type { RoomDoc } from './room-doc.ts'
import type { Room } from './room.ts'
import { Syncline, type SynclineOptions } from '../syncline.ts'

let world: World
worldOfEachTest((entered) => (world = entered))

/** A visit of a new device, with the documents of `createDoc`, or those that a client has by itself. */
function visit<Document extends RoomDoc = Doc>(
  createDoc?: () => Document,
  { store, ...others }: Partial<SynclineOptions<Document>> = {},
): Syncline<Document> {
  const client = new Syncline<Document>({
    url: 'memory:',
    transport: world.relay,
    scheduler: world.scheduler,
    store: store ?? new MemoryDeviceStore(),
    page: undefined,
    ...others,
    ...(createDoc === undefined ? {} : { createDoc }),
  })
  world.closes(client)
  return client
}

test('a room has a document of Yjs, unless the app makes another', () => {
  const room = new Syncline({ url: 'memory:', page: undefined }).room('a')
  expect(room.doc).toBeInstanceOf(Doc)
  expectTypeOf(room).toEqualTypeOf<Room>()
  expectTypeOf(room.doc).toEqualTypeOf<Doc>()
  expectTypeOf(room.doc.getText()).toEqualTypeOf<Text>()
})

test("a room's document is what the app makes, to the type", async () => {
  class Notes extends CoreDoc {
    get title(): string {
      return this.getText('title').toJSON()
    }
  }
  const room = visit(() => new Notes()).room('a')
  await room.loaded
  expect(room.doc).toBeInstanceOf(Notes)
  expectTypeOf(room).toEqualTypeOf<Room<Notes>>()
  expectTypeOf(room.doc.getText()).toEqualTypeOf<CoreText>()
  room.doc.getText('title').insert(0, 'Plans')
  expect(room.doc.title).toBe('Plans')
})

test('what can neither read its updates nor is of Yjs is no document', () => {
  const nothing = { clientID: 1, gc: true, on: () => undefined, off: () => undefined }
  // @ts-expect-error -- it neither applies nor encodes updates
  visit(() => nothing)
})

describe('a document of Yjs and one of the core in a room', () => {
  test('have the same, whoever wrote it, live and from the device', async () => {
    const store = new MemoryDeviceStore()
    const [yjs, core] = [visit().room('a'), visit(() => new CoreDoc(), { store }).room('a')]
    await Promise.all([yjs.loaded, core.loaded])
    yjs.doc.getText('text').insert(0, 'Hello world')
    core.doc.getText('text').insert(0, '\u{1F600}', { bold: true })
    await world.rest()
    core.doc.getText('text').format(3, 4, { italic: true })
    core.doc.getMap('map').set('list', [1, { two: null }])
    yjs.doc.getArray('array').push(['a', 'b', 'c'])
    await world.rest()
    core.doc.getArray('array').delete(1, 1)
    await Promise.all([yjs.whenAcked(), core.whenAcked()])
    await world.rest()
    const shown = {
      text: yjs.doc.getText('text').toDelta() as unknown,
      map: { list: [1, { two: null }] },
      array: ['a', 'c'],
    }
    for (const { doc } of [yjs, core]) {
      expect({
        text: doc.getText('text').toDelta() as unknown,
        map: doc.getMap('map').toJSON(),
        array: doc.getArray('array').toJSON(),
      }).toEqual(shown)
    }
    await core.close()
    const again = visit(undefined, { store }).room('a')
    await again.loaded
    expect(again.doc.getText('text').toDelta()).toEqual(shown.text)
  })

  test('say alike where a change comes from', async () => {
    const [yjs, core] = [visit().room('a'), visit(() => new CoreDoc()).room('a')]
    const sources: unknown[] = []
    yjs.doc.on('update', (_update: Uint8Array, origin: unknown) => sources.push(origin))
    core.doc.on('update', (_update, origin) => sources.push(origin))
    await Promise.all([yjs.loaded, core.loaded])
    yjs.doc.transact(() => yjs.doc.getText('text').insert(0, 'a'), 'here')
    await world.rest()
    core.doc.transact(() => core.doc.getText('text').insert(0, 'b'), 'there')
    await world.rest()
    expect(sources).toEqual(['here', roomSources.relay, 'there', roomSources.relay])
  })

  test('see each other', async () => {
    const [yjs, core] = [visit().room('a'), visit(() => new CoreDoc()).room('a')]
    yjs.awareness.setLocalStateField('name', 'Ada')
    core.awareness.setLocalStateField('name', 'Ben')
    await Promise.all([yjs.loaded, core.loaded])
    await world.rest()
    await world.scheduler.advance(1_000)
    expect(yjs.awareness.getStates().get(core.doc.clientID)).toEqual({ name: 'Ben' })
    expect(core.awareness.getStates().get(yjs.doc.clientID)).toEqual({ name: 'Ada' })
  })
})
