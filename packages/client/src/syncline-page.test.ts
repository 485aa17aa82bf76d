import { UpdateStore } from '@syncline/core'
import { Doc, applyUpdate, encodeStateAsUpdate } from 'yjs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { device, type, World } from './client.fixture.ts'
import { newDoc } from './doc.fixture.ts'
import { ClientLimits } from './limits.ts'
import type { DeviceStore } from './device-store/device-store.ts'
import type { Page } from './page.ts'
import type { Room } from './room/room.ts'
import type { Syncline } from './syncline.ts'

let world: World
let hide: () => void
let wake: () => void
let listeners: number
let page: Page

beforeEach(() => {
  world = new World()
  listeners = 0
  const listen = (set: (listener: () => void) => void) => (listener: () => void) => {
    set(listener)
    listeners += 1
    return () => {
      listeners -= 1
    }
  }
  page = { onHide: listen((listener) => (hide = listener)), onWake: listen((listener) => (wake = listener)) }
})

afterEach(async () => {
  await world.close()
  expect(listeners).toBe(0)
})

describe('the page', () => {
  test('that is hidden makes the store be tried at once, though it failed a moment ago', async () => {
    const store = device().store()
    const room = world.visit(store, { page }).room('a')
    await room.loaded
    store.failWrites('store-full')
    type(room, 'x')
    await world.rest()
    expect(room.status.store.state).toBe('memory-only')
    store.heal()
    hide()
    await world.rest()
    expect(room.status).toMatchObject({ store: { state: 'durable' }, unstored: 0 })
  })

  test('that wakes up connects at once, and finds a connection that died unnoticed', async () => {
    world.relay.reachable = false
    const sync = world.visit(undefined, { page })
    sync.open()
    await world.scheduler.advance(5 * ClientLimits.reconnectMaxMs)
    world.relay.reachable = true
    expect(sync.status.connection.state).toBe('waiting')
    wake()
    await world.rest()
    expect(sync.status.connection.state).toBe('open')

    world.relay.silent = true
    wake()
    await world.scheduler.advance(ClientLimits.probeTimeoutMs)
    expect(sync.status.connection.state).toBe('waiting')
  })
})

test('rows of a busy room are folded when it is quiet, and nothing is missing', async () => {
  const { store } = device()
  const sync = world.visit(store())
  const room = sync.room('a')
  await room.loaded
  for (let key = 0; key < ClientLimits.foldRowsMin + 20; key += 1) {
    type(room, 'x')
    await world.rest()
  }
  expect((await store().load('a')).rows.length).toBeGreaterThan(ClientLimits.foldRowsMin)
  await world.scheduler.advance(ClientLimits.foldIdleMs * 2)
  expect((await store().load('a')).rows.length).toBeLessThan(10)
  await sync.close()
  const again = world.visit(store()).room('a')
  await again.loaded
  expect(again.doc.getText('text').length).toBe(ClientLimits.foldRowsMin + 20)
})

test('a damaged row is left as it is when the others are folded, and is not called a failure of the store', async () => {
  const { store } = device()
  const seeded = store()
  await seeded.appendRemote('a', Uint8Array.of(255, 255, 1), { epoch: 1, seq: 0 })
  const room = world.visit(store()).room('a')
  await room.loaded
  for (let key = 0; key < ClientLimits.foldRowsMin + 20; key += 1) {
    type(room, 'x')
    await world.rest()
  }
  await world.scheduler.advance(ClientLimits.foldIdleMs * 2)
  expect(room.status).toMatchObject({ latestEdit: 'relay', store: { state: 'durable' } })
  const { rows } = await store().load('a')
  expect(rows.length).toBeLessThan(10)
  expect(rows[0]?.update).toEqual(Uint8Array.of(255, 255, 1))
})

describe('folding', () => {
  /** A room that is typed in until its rows are folded. */
  async function folded(sync: Syncline, edit: (room: Room) => void): Promise<void> {
    const room = sync.room('a')
    await room.loaded
    edit(room)
    for (let key = 0; key < ClientLimits.foldRowsMin + 20; key += 1) {
      type(room, 'x')
      await world.rest()
    }
    await world.scheduler.advance(ClientLimits.foldIdleMs * 2)
  }

  async function stored(store: () => DeviceStore): Promise<string> {
    const { rows } = await store().load('a')
    expect(rows.length).toBeLessThan(10)
    return rows.map(({ update }) => new TextDecoder().decode(update)).join()
  }

  function typeAndDelete(room: Room): void {
    type(room, 'secret')
    room.doc.getText('text').delete(0, 6)
  }

  test('drops what is deleted', async () => {
    const { store } = device()
    await folded(world.visit(store()), typeAndDelete)
    expect(await stored(store)).not.toContain('secret')
  })

  test('keeps what is deleted where a document keeps it', async () => {
    const { store } = device()
    await folded(world.visit(store(), { createDoc: () => newDoc({ gc: false }) }), typeAndDelete)
    expect(await stored(store)).toContain('secret')
  })

  test('loses nothing where rows contradict each other', async () => {
    const { store } = device()
    const contradicting = ['mine', 'ours'].map((word) => {
      const doc = new Doc()
      doc.clientID = 1
      doc.getText('text').insert(0, word)
      return encodeStateAsUpdate(doc)
    })
    const seeded = store()
    for (const update of contradicting) await seeded.appendRemote('a', update, { epoch: 1, seq: 0 })
    await folded(world.visit(store()), () => undefined)
    const { rows } = await store().load('a')
    expect(rows.length).toBeLessThan(10)
    const texts = rows.map(({ update }) => {
      const doc = new Doc()
      applyUpdate(doc, update)
      return doc.getText('text').toJSON().replaceAll('x', '')
    })
    expect(texts.sort()).toEqual(['mine', 'ours'])
  })

  test('keeps what waits behind a gap', async () => {
    const { store } = device()
    const doc = new Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => updates.push(update))
    for (const letter of 'abc') doc.getText('text').insert(0, letter)
    const seeded = store()
    const [first, , third] = updates
    for (const update of [first, third]) await seeded.appendRemote('a', update, { epoch: 1, seq: 0 })
    await folded(world.visit(store()), () => undefined)
    const { rows } = await store().load('a')
    expect(rows.length).toBeLessThan(10)
    const missing = [...UpdateStore.of(rows.map(({ update }) => update)).missing()]
    expect(missing).toEqual([{ client: doc.clientID, start: 1, end: 2 }])
  })
})
