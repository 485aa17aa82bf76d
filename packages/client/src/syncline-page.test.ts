import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { device, type, World } from './client.fixture.ts'
import { ClientLimits } from './limits.ts'
import type { Page } from './page.ts'

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

test('a damaged row stops the folding of its room, and is not called a failure of the store', async () => {
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
  expect((await store().load('a')).rows.length).toBeGreaterThan(ClientLimits.foldRowsMin)
})
