import { describe, expect, test } from 'vitest'
import { Doc } from 'yjs'
import { device, letters, text, type, worldOfEachTest, type World } from './client.fixture.ts'
import { newDoc } from './doc.fixture.ts'
import { ClientLimits } from './limits.ts'
import { Syncline } from './syncline.ts'
import { SimulatedDevice } from './testing/simulated-device.ts'

let world: World

worldOfEachTest((created) => {
  world = created
})

describe('a device store that fails', () => {
  test('leaves the room working in memory: edits reach the relay, and the status says what is wrong', async () => {
    const { store } = device()
    const broken = store()
    broken.failAll('store-unavailable')
    const room = world.visit(broken).room('a')
    await room.loaded
    await world.rest()
    expect(room.status.store).toMatchObject({ state: 'memory-only', error: { code: 'store-unavailable' } })
    type(room, 'x')
    await expect(room.whenStored()).rejects.toMatchObject({ code: 'store-unavailable' })
    await room.whenAcked()
    expect(room.status).toMatchObject({ latestEdit: 'relay', unacked: 0, store: { state: 'memory-only' } })
    // Nothing is left to be tried here, but it is not on this device either.
    await expect(room.whenStored()).rejects.toMatchObject({ code: 'store-unavailable' })
    const other = world.visit().room('a')
    await other.loaded
    await world.rest()
    expect(text(other)).toBe('x')
    type(other, 'y')
    await world.rest()
    expect(text(room)).toBe('xy')
  })

  test('is tried again, and then holds all that was in memory', async () => {
    const { store } = device()
    const broken = store()
    const sync = world.visit(broken)
    const room = sync.room('a')
    await room.loaded
    await world.rest()
    broken.failWrites('store-full')
    type(room, 'acked ')
    await room.whenAcked()
    const other = world.visit().room('a')
    await other.loaded
    type(other, 'remote ')
    await world.rest()
    sync.disconnect()
    type(room, 'unacked')
    await world.rest()
    expect(room.status).toMatchObject({ latestEdit: 'memory', unacked: 1, store: { state: 'memory-only' } })

    broken.heal()
    await world.scheduler.advance(ClientLimits.storeRetryMaxMs)
    expect(room.status).toMatchObject({ latestEdit: 'device', unstored: 0, store: { state: 'durable' } })
    await room.whenStored()
    await sync.close()

    world.relay.reachable = false
    const again = world.visit(store()).room('a')
    await again.loaded
    expect(text(again)).toBe(text(room))
    expect(again.status.unacked).toBe(1)
  })

  test('does not let the stored position run ahead of what is stored', async () => {
    const { store } = device()
    const broken = store()
    const sync = world.visit(broken)
    const room = sync.room('a')
    await room.loaded
    await world.rest()
    // Local rows cannot be stored for a while; then everything can, but nothing is retried before the page crashes.
    broken.failWrites('store-full', 1)
    type(room, 'volatile')
    await room.whenAcked()
    await world.rest()
    const { head, rows } = await store().load('a')
    expect(head.position === undefined || rows.length > 0).toBe(true)

    const again = world.visit(store()).room('a')
    await again.loaded
    await world.rest()
    expect(text(again)).toBe('volatile')
  })

  test('that could not be read at first gives what it holds later, and its outbox is pushed', async () => {
    const { store } = device()
    const first = world.visit(store())
    first.disconnect()
    const room = first.room('a')
    await room.loaded
    type(room, 'kept')
    await room.whenStored()
    await first.close()

    const broken = store()
    broken.failAll('store-blocked')
    const again = world.visit(broken).room('a')
    await again.loaded
    expect(text(again)).toBe('')
    type(again, 'new')
    await world.rest()
    broken.heal()
    await world.scheduler.advance(ClientLimits.storeRetryMaxMs)
    expect(letters(text(again))).toBe(letters('keptnew'))
    expect(again.status).toMatchObject({ unacked: 0, store: { state: 'durable' } })
    expect(world.textAtRelay()).toBe(text(again))
  })

  test('is not spoken of by whenAcked() while it cannot be read', async () => {
    const { store } = device()
    const first = world.visit(store())
    first.disconnect()
    const room = first.room('a')
    await room.loaded
    type(room, 'kept')
    await room.whenStored()
    await first.close()

    const broken = store()
    broken.failAll('store-blocked')
    const again = world.visit(broken).room('a')
    type(again, 'new')
    await again.whenAcked()
    expect(world.textAtRelay()).toBe('new')
    expect(again.status.store.state).toBe('memory-only')
  })

  test('does not hide that the relay lost its disk', async () => {
    const { store } = device()
    const first = world.visit(store())
    const room = first.room('a')
    await room.loaded
    type(room, 'precious')
    await room.whenAcked()
    await first.close()
    world.relay.wipe()

    const broken = store()
    broken.failAll('store-blocked')
    const again = world.visit(broken).room('a')
    await again.loaded
    type(again, '!')
    await again.whenAcked()
    broken.heal()
    await world.scheduler.advance(ClientLimits.storeRetryMaxMs)
    expect(world.textAtRelay()).toContain('precious')
  })
})

describe('a device store that is cleared under the page', () => {
  test('is no receipt: whenAcked() goes on waiting for what was stored, and all of it is sent', async () => {
    const simulated = new SimulatedDevice({ scheduler: world.scheduler })
    const sync = world.visit(simulated.openStore(world.scheduler))
    sync.disconnect()
    const room = sync.room('a')
    void room.open()
    await world.scheduler.advance(10)
    type(room, 'x')
    await world.scheduler.advance(10)
    expect(room.status).toMatchObject({ latestEdit: 'device', unacked: 1 })
    let acked = false
    const wait = room.whenAcked().then(() => (acked = true))
    simulated.wipe()
    await world.scheduler.advance(1_000)
    expect(room.status).toMatchObject({ latestEdit: 'device', unstored: 0, unacked: 1 })
    expect(acked).toBe(false)
    sync.connect()
    await world.scheduler.advance(1_000)
    await wait
    expect(world.textAtRelay()).toBe('x')
    expect(room.status).toMatchObject({ latestEdit: 'relay', unacked: 0 })
  })

  test('loses no edit of somebody who may only read by now, and has edits that were never sent', async () => {
    const simulated = new SimulatedDevice({ scheduler: world.scheduler })
    const sync = world.visit(simulated.openStore(world.scheduler))
    world.relay.access = 'read'
    const room = sync.room('a')
    void room.open()
    await world.scheduler.advance(1_000)
    type(room, 'x')
    await world.scheduler.advance(10)
    expect(room.status).toMatchObject({ access: 'read', latestEdit: 'device', unacked: 1 })
    simulated.wipe()
    await world.scheduler.advance(1_000)
    expect((await simulated.contents.load('a')).rows).toHaveLength(1)
    expect(room.status).toMatchObject({ latestEdit: 'device', unstored: 0, unacked: 1 })
  })
})

describe('waits', () => {
  test('whenStored and whenAcked resolve at once when nothing waits', async () => {
    const room = world.visit().room('a')
    await room.whenStored()
    await room.whenAcked()
  })

  test('whenStored covers the edits up to the call, and no later ones', async () => {
    const { store } = device()
    const disk = store()
    const room = world.visit(disk).room('a')
    await room.loaded
    disk.hold()
    type(room, 'x')
    const stored = room.whenStored()
    await world.rest()
    type(room, 'y')
    disk.release()
    disk.hold()
    await stored
    expect(room.status.unstored).toBe(1)
    disk.release()
    await room.whenStored()
  })

  test('whenAcked covers edits of earlier visits', async () => {
    const { store } = device()
    const first = world.visit(store())
    first.disconnect()
    const room = first.room('a')
    await room.loaded
    type(room, 'x')
    await room.whenStored()
    await first.close()
    world.relay.holding = true
    const again = world.visit(store()).room('a')
    let acked = false
    const wait = again.whenAcked().then(() => (acked = true))
    await world.rest()
    expect(acked).toBe(false)
    world.relay.release()
    await wait
  })

  test('are given up through their signal, alone', async () => {
    const sync = world.visit()
    sync.disconnect()
    const room = sync.room('a')
    await room.loaded
    type(room, 'x')
    const controller = new AbortController()
    const wait = room.whenAcked({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(wait).rejects.toMatchObject({ code: 'aborted', cause: new Error('enough') })
    await expect(room.whenAcked({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    expect(room.status.state).toBe('open')
  })

  test('are settled by close', async () => {
    const { store } = device()
    const disk = store()
    const sync = world.visit(disk)
    sync.disconnect()
    const room = sync.room('a')
    await room.loaded
    type(room, 'x')
    const acked = room.whenAcked()
    const stored = room.whenStored()
    const never = sync.room('b')
    const loaded = never.loaded
    const closed = sync.close()
    await expect(acked).rejects.toMatchObject({ code: 'closed' })
    await expect(loaded).rejects.toMatchObject({ code: 'closed' })
    await stored
    await closed
    await expect(room.whenAcked()).rejects.toMatchObject({ code: 'closed' })
    await expect(room.loaded).rejects.toMatchObject({ code: 'closed' })
  })

  test('edits made just before close are stored', async () => {
    const { store } = device()
    const room = world.visit(store()).room('a')
    await room.loaded
    type(room, 'last words')
    await room.close()
    const again = world.visit(store()).room('a')
    await again.loaded
    expect(text(again)).toBe('last words')
  })
})

describe('a client that has nowhere to keep things', () => {
  function homeless(): Syncline {
    const { relay, scheduler } = world
    return new Syncline({ url: 'memory:', transport: relay, scheduler, page: undefined, createDoc: () => newDoc() })
  }

  test('says so: an edit is in memory until it is at the relay, and a wait for the device rejects', async () => {
    await using sync = homeless()
    world.relay.holding = true
    const room = sync.room('a')
    await room.loaded
    const store = { state: 'memory-only', error: expect.objectContaining({ code: 'store-unavailable' }) }
    type(room, 'x')
    await world.rest()
    expect(room.status).toMatchObject({ latestEdit: 'memory', unstored: 1, unsent: 0, unacked: 1, store })
    await expect(room.whenStored()).rejects.toMatchObject({ code: 'store-unavailable' })
    const acked = room.whenAcked()
    world.relay.release()
    await acked
    expect(room.status).toMatchObject({ latestEdit: 'relay', unstored: 0, unacked: 0, store })
  })

  test('works in a page that may not even look for storage', async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB')
    Object.defineProperty(globalThis, 'indexedDB', {
      configurable: true,
      get: () => {
        throw new DOMException('The operation is insecure', 'SecurityError')
      },
    })
    try {
      await using sync = homeless()
      const room = sync.room('a')
      await room.loaded
      expect(room.status.store).toMatchObject({ state: 'memory-only', error: { code: 'store-unavailable' } })
    } finally {
      if (before === undefined) Reflect.deleteProperty(globalThis, 'indexedDB')
      else Object.defineProperty(globalThis, 'indexedDB', before)
    }
  })
})

test('edits go to the relay at once, however many the device store does not take', async () => {
  const store = device().store()
  const room = world.visit(store).room('a')
  await room.loaded
  await world.rest()
  store.failAll('store-full')
  const edits = 2 * ClientLimits.editsWaitingMax + 50
  for (let edit = 0; edit < edits; edit += 1) {
    type(room, 'x')
    await world.rest()
  }
  expect(world.textAtRelay()).toHaveLength(edits)
  expect(room.status).toMatchObject({ latestEdit: 'relay', unstored: edits, unacked: 0 })
  store.heal()
  await world.scheduler.advance(2 * ClientLimits.storeRetryMaxMs)
  expect(room.status).toMatchObject({ unstored: 0, store: { state: 'durable' } })
})

test('what is behind a gap is kept, refilled, and shown when the gap closes', async () => {
  const doc = new Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const letter of ['a', 'b', 'c']) doc.getText('text').insert(doc.getText('text').length, letter)
  const [first, second, third] = updates as [Uint8Array, Uint8Array, Uint8Array]
  const { store } = device()
  const seeded = store()
  for (const update of [first, third]) await seeded.appendRemote('a', update, { epoch: 7, seq: 3 })

  // The relay has lost what it had, so that all of it comes from here.
  const room = world.visit(store()).room('a')
  await room.loaded
  await world.rest()
  expect(text(room)).toBe('a')
  const elsewhere = device().store()
  await elsewhere.appendLocal('a', second)
  const other = world.visit(elsewhere).room('a')
  await other.loaded
  await other.whenAcked()
  await world.rest()
  expect([text(room), text(other), world.textAtRelay()]).toEqual(['abc', 'abc', 'abc'])
})
