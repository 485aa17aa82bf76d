import { describe, expect, test } from 'vitest'
import { applyUpdate, Doc } from 'yjs'
import { device, letters, text, type, worldOfEachTest, type Device, type World } from './client.fixture.ts'
import type { FaultyDeviceStore } from './device-store/faulty-device-store.fixture.ts'
import { ClientLimits } from './limits.ts'
import type { Room } from './room/room.ts'
import type { Syncline } from './syncline.ts'
import { TabsHub, type HubTabs } from './tabs/tabs-hub.fixture.ts'

let world: World
let hub: TabsHub
let origin: Device

worldOfEachTest((created) => {
  world = created
  hub = new TabsHub()
  origin = device()
})

interface Tab {
  readonly sync: Syncline
  readonly tabs: HubTabs
  readonly store: FaultyDeviceStore
}

function openTab(): Tab {
  const tabs = hub.tab()
  const store = origin.store()
  return { sync: world.visit(store, { tabs }), tabs, store }
}

function present(room: Room): ReadonlySet<number> {
  return new Set(room.awareness.getStates().keys())
}

describe('two tabs of one origin', () => {
  test('share one connection, and see each other and the relay', async () => {
    const [one, two] = [openTab().sync.room('a'), openTab().sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    expect(world.relay.members.size).toBe(1)
    type(one, 'one ')
    await world.rest()
    type(two, 'two ')
    await world.rest()
    expect(text(one)).toBe('one two ')
    expect(text(two)).toBe('one two ')
    expect(world.textAtRelay()).toBe('one two ')
    const other = world.visit().room('a')
    await other.loaded
    await world.rest()
    type(other, 'three')
    await world.rest()
    expect(text(one)).toBe('one two three')
    expect(text(two)).toBe('one two three')
  })

  test('the follower knows where its edits are', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const one = owner.sync.room('a')
    await one.loaded
    const two = follower.sync.room('a')
    await two.loaded
    await world.rest()
    expect(owner.sync.status.owner).toBe(true)
    expect(follower.sync.status).toMatchObject({ owner: false, connection: { state: 'open' } })
    world.relay.holding = true
    type(two, 'x')
    await world.rest()
    expect(two.status).toMatchObject({ sync: 'live', access: 'write', latestEdit: 'device', unacked: 1, unsent: 0 })
    const acked = two.whenAcked()
    world.relay.release()
    await acked
    expect(two.status).toMatchObject({ latestEdit: 'relay', unacked: 0, lastAckedAt: world.scheduler.now() })
  })

  test('lose nothing when both type offline and the owner is closed', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    owner.sync.disconnect()
    type(one, '1')
    type(two, '2')
    await world.rest()
    await owner.sync.close()
    await world.rest()
    expect(follower.sync.status).toMatchObject({ owner: true, offline: true, pendingRooms: ['a'] })
    type(two, '3')
    await world.rest()
    follower.sync.connect()
    await two.whenAcked()
    expect(letters(world.textAtRelay())).toBe('123')
  })

  test('go on when the owner crashes in the middle of a push', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    world.relay.holding = true
    type(one, '1')
    type(two, '2')
    await world.rest()
    // The owner is gone without a word: its writes, its connection and its place among the tabs.
    owner.store.failAll('closed')
    world.relay.cut()
    world.relay.holding = false
    owner.tabs.close()
    await two.whenAcked()
    expect(letters(world.textAtRelay())).toBe('12')
  })

  test('a room that only a follower has open is synced by the owner, and left with it', async () => {
    const [owner, follower] = [openTab(), openTab()]
    owner.sync.open()
    const room = follower.sync.room('a')
    await room.loaded
    type(room, 'x')
    await room.whenAcked()
    expect(world.relay.room('a').members.size).toBe(1)
    await room.close()
    await world.rest()
    expect(world.relay.room('a').members.size).toBe(0)
  })

  test('a follower whose store fails gets its edits to the relay and to the other tab all the same', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    follower.store.failWrites('store-full')
    type(two, 'x')
    await world.rest()
    expect(text(one)).toBe('x')
    await two.whenAcked()
    // The owner could store it, with the position that covers it.
    expect(two.status).toMatchObject({ latestEdit: 'relay', unstored: 0, unacked: 0 })
    const again = openTab().sync.room('a')
    await again.loaded
    expect(text(again)).toBe('x')
  })

  test('a new owner is told of edits that are only in memory', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    owner.sync.disconnect()
    follower.store.failWrites('store-full')
    type(two, 'x')
    await world.rest()
    await owner.sync.close()
    follower.sync.connect()
    await two.whenAcked()
    expect(world.textAtRelay()).toBe('x')
  })

  test('an edit that was announced to nobody is found in the store', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    hub.deaf = true
    type(two, 'unheard ')
    await world.rest()
    hub.deaf = false
    type(two, 'heard')
    await world.rest()
    await world.scheduler.advance(ClientLimits.rowGapMs)
    expect(text(one)).toBe('unheard heard')
    expect(world.textAtRelay()).toBe('unheard heard')
  })

  test('a tab that was frozen reads what it missed', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    hub.deaf = true
    type(one, '1')
    type(two, '2')
    await world.rest()
    hub.deaf = false
    for (const { tabs } of [owner, follower]) tabs.missedListeners.forEach((listener) => listener())
    await world.rest()
    expect(text(one)).toBe(text(two))
    expect(text(one)).toHaveLength(2)
    expect(world.textAtRelay()).toHaveLength(2)
    expect(two.status.unacked).toBe(0)
  })

  test('see each other in awareness, and are seen by other devices until they are gone', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    const far = world.visit().room('a')
    for (const room of [one, two, far]) {
      await room.loaded
      room.awareness.setLocalStateField('user', { name: room.doc.clientID })
    }
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
    const everybody = [one, two, far].map((room) => room.doc.clientID)
    for (const room of [one, two, far]) expect(present(room)).toEqual(new Set(everybody))

    await follower.sync.close()
    await world.rest()
    for (const room of [one, far]) expect(present(room)).toEqual(new Set([one.doc.clientID, far.doc.clientID]))
  })

  test('a tab that crashed is no longer seen', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    const far = world.visit().room('a')
    for (const room of [one, two, far]) {
      await room.loaded
      room.awareness.setLocalStateField('user', { name: 'x' })
    }
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
    expect(far.awareness.getStates().size).toBe(3)
    hub.leave(follower.tabs)
    await world.rest()
    expect(one.awareness.getStates().has(two.doc.clientID)).toBe(false)
    expect(far.awareness.getStates().has(two.doc.clientID)).toBe(false)
  })
})

describe('a tab that crashed between storing an edit and telling of it', () => {
  function stored(): Promise<unknown> {
    const doc = new Doc()
    let update: Uint8Array = new Uint8Array()
    doc.on('update', (made: Uint8Array) => {
      update = made
    })
    doc.getText('text').insert(0, 'untold')
    return origin.store().appendLocal('a', update)
  }

  test('has its edit pushed by the owner, and shown by all', async () => {
    const [owner, follower, third] = [openTab(), openTab(), openTab()]
    const [one, two, three] = [owner.sync.room('a'), follower.sync.room('a'), third.sync.room('a')]
    await Promise.all([one.loaded, two.loaded, three.loaded])
    await world.rest()
    await stored()
    hub.leave(follower.tabs)
    await world.rest()
    expect(world.textAtRelay()).toBe('untold')
    expect(text(one)).toBe('untold')
    expect(text(three)).toBe('untold')
  })

  test('has its edit pushed also where nobody else has the room open', async () => {
    const [owner, follower] = [openTab(), openTab()]
    owner.sync.open()
    await follower.sync.room('a').loaded
    await world.rest()
    await stored()
    hub.leave(follower.tabs)
    await world.rest()
    expect(world.textAtRelay()).toBe('untold')
  })

  test('has its edit shown by a tab that was just reading the store, too', async () => {
    const [owner, follower, third] = [openTab(), openTab(), openTab()]
    await Promise.all([owner.sync.room('a').loaded, follower.sync.room('a').loaded])
    await world.rest()
    const room = third.sync.room('a')
    third.store.holdAnswers()
    const loaded = room.open()
    await world.rest()
    await stored()
    hub.leave(follower.tabs)
    await world.rest()
    third.store.answer()
    await loaded
    await world.rest()
    expect(text(room)).toBe('untold')
  })

  test('has its edit shown by a tab that was reading the store for another reason, too', async () => {
    const [owner, follower, third] = [openTab(), openTab(), openTab()]
    const room = third.sync.room('a')
    await Promise.all([owner.sync.room('a').loaded, follower.sync.room('a').loaded, room.loaded])
    await world.rest()
    third.store.holdAnswers()
    third.tabs.missedListeners.forEach((listener) => listener())
    await world.rest()
    await stored()
    hub.leave(follower.tabs)
    await world.rest()
    third.store.answer()
    await world.rest()
    expect(text(room)).toBe('untold')
  })

  test('and owned the connection, has its edit shown by the tab that inherits', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    await stored()
    hub.leave(owner.tabs)
    await world.rest()
    expect(world.textAtRelay()).toBe('untold')
    expect(text(two)).toBe('untold')
  })
})

describe('what a tab did not hear', () => {
  function mark(room: Room, key: string): void {
    room.doc.getMap('marks').set(key, true)
  }

  function marksAtRelay(): readonly string[] {
    const doc = new Doc()
    applyUpdate(doc, world.relay.content('a'))
    return [...doc.getMap('marks').keys()].sort()
  }

  test('while it was reading the store is read after that', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await one.loaded
    await world.rest()
    follower.store.holdAnswers()
    const loaded = two.open()
    await world.rest()
    hub.deaf = true
    type(one, 'unheard')
    await world.rest()
    hub.deaf = false
    follower.tabs.missedListeners.forEach((listener) => listener())
    await world.rest()
    follower.store.answer()
    await loaded
    await world.rest()
    expect(text(two)).toBe('unheard')
    expect(two.status).toMatchObject({ sync: 'live', latestEdit: 'relay', unacked: 0 })
  })

  test('an edit in memory that the owner did not hear of is not taken for settled', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    follower.store.failAll('store-full')
    hub.deaf = true
    mark(two, 'x')
    await world.rest()
    hub.deaf = false
    mark(two, 'y')
    await world.rest()
    expect(two.status).toMatchObject({ latestEdit: 'memory' })
    expect(two.status.unacked).toBeGreaterThan(0)
    owner.tabs.missedListeners.forEach((listener) => listener())
    await world.rest()
    expect(marksAtRelay()).toEqual(['x', 'y'])
    expect(two.status).toMatchObject({ latestEdit: 'relay', unacked: 0 })
  })

  test('an edit in memory that is refused does not keep the next ones from being told stored', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    owner.sync.disconnect()
    follower.store.failWrites('store-full')
    mark(two, 'bad')
    await world.rest()
    mark(two, 'good')
    await world.rest()
    world.relay.rejectPush = (update) =>
      new TextDecoder().decode(update).includes('bad') ? { code: 'malformed-update', retryable: false } : undefined
    owner.sync.connect()
    await world.rest()
    // The owner stored the good one; only the bad one is left in memory.
    expect(two.status).toMatchObject({ unstored: 1, unacked: 0, rejected: 1 })
  })

  test('edits in memory of a room that is opened again are new edits', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    await Promise.all([one.loaded, two.loaded])
    await world.rest()
    follower.store.failWrites('store-full')
    mark(two, 'x')
    await two.whenAcked()
    await two.close()
    const again = follower.sync.room('a')
    await again.loaded
    mark(again, 'y')
    await again.whenAcked()
    expect(marksAtRelay()).toEqual(['x', 'y'])
  })

  test('a room that is not opened yet does not take a row for read', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two] = [owner.sync.room('a'), follower.sync.room('a')]
    follower.sync.open()
    await one.loaded
    type(one, 'x')
    await world.rest()
    await two.loaded
    expect(text(two)).toBe('x')
  })

  test('a tab that opens later sees what the device store could not take', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, far] = [owner.sync.room('a'), world.visit().room('a')]
    await Promise.all([one.loaded, far.loaded])
    await world.rest()
    owner.store.failWrites('store-full')
    type(far, 'far ')
    await world.rest()
    type(one, 'near')
    await world.rest()
    const two = follower.sync.room('a')
    await two.loaded
    await world.rest()
    expect(text(two)).toBe('far near')
  })

  test('a room that is opened again sees its edits that the device store could not take', async () => {
    const { sync, store } = openTab()
    const room = sync.room('a')
    await room.loaded
    sync.disconnect()
    store.failWrites('store-full')
    type(room, 'x')
    await room.close()
    const again = sync.room('a')
    await again.loaded
    expect(text(again)).toBe('x')
    await sync.close()
  })

  test('the owner pushes what it hears of, also in a room that it does not know to be open', async () => {
    const [owner, follower] = [openTab(), openTab()]
    owner.sync.open()
    hub.deaf = true
    const room = follower.sync.room('a')
    await room.loaded
    hub.deaf = false
    type(room, 'x')
    await world.rest()
    expect(world.textAtRelay()).toBe('x')
  })

  test('an acknowledged edit stays acknowledged when the next owner knows less', async () => {
    const [owner, follower] = [openTab(), openTab()]
    const [one, two, far] = [owner.sync.room('a'), follower.sync.room('a'), world.visit().room('a')]
    await Promise.all([one.loaded, two.loaded, far.loaded])
    await world.rest()
    world.relay.setLagging(true)
    type(far, 'far')
    await far.whenAcked()
    type(two, 'mine')
    await two.whenAcked()
    world.relay.reachable = false
    world.relay.cut()
    owner.store.failAll('closed')
    owner.tabs.close()
    await world.rest()
    expect(follower.sync.status.owner).toBe(true)
    expect(two.status).toMatchObject({ latestEdit: 'relay', unacked: 0 })
    world.relay.setLagging(false)
  })
})

describe('awareness', () => {
  test('a tab that opens later sees everybody at once, and does not lose them with the owner', async () => {
    const [owner, follower, late] = [openTab(), openTab(), openTab()]
    // The owner itself has not opened the room.
    owner.sync.open()
    const [two, far] = [follower.sync.room('a'), world.visit().room('a')]
    for (const room of [two, far]) {
      await room.loaded
      room.awareness.setLocalStateField('user', { name: 'x' })
    }
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
    const three = late.sync.room('a')
    await three.loaded
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
    const everybody = new Set([two, far, three].map((room) => room.doc.clientID))
    expect(present(three)).toEqual(everybody)
    await owner.sync.close()
    await world.rest()
    for (const room of [two, far, three]) expect(present(room)).toEqual(everybody)
  })

  test('of others outlives a short loss of the connection, and ends with a long one', async () => {
    const sync = world.visit()
    const [one, far] = [sync.room('a'), world.visit().room('a')]
    for (const room of [one, far]) {
      await room.loaded
      room.awareness.setLocalStateField('user', { name: 'x' })
    }
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
    expect(one.awareness.getStates().size).toBe(2)
    sync.disconnect()
    await world.scheduler.advance(ClientLimits.awarenessLostMs - 1)
    expect(one.awareness.getStates().size).toBe(2)
    await world.scheduler.advance(1)
    expect([...one.awareness.getStates().keys()]).toEqual([one.doc.clientID])
    sync.connect()
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
  })

  test('is announced again, as news, after the connection was lost', async () => {
    const [one, far] = [world.visit().room('a'), world.visit().room('a')]
    for (const room of [one, far]) await room.loaded
    one.awareness.setLocalStateField('user', { name: 'Ada' })
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
    world.relay.cut()
    await world.scheduler.advance(ClientLimits.awarenessLostMs + ClientLimits.reconnectMaxMs)
    expect(far.awareness.getStates().get(one.doc.clientID)).toEqual({ user: { name: 'Ada' } })
  })

  test('sends the latest state at most once in a while', async () => {
    const one = world.visit().room('a')
    await one.loaded
    one.awareness.setLocalStateField('cursor', 0)
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
    world.relay.received.length = 0
    for (let cursor = 1; cursor <= 20; cursor += 1) one.awareness.setLocalStateField('cursor', cursor)
    await world.scheduler.advance(ClientLimits.awarenessIntervalMs * 2)
    expect(world.relay.received.filter(({ type: sent }) => sent === 'awareness').length).toBeLessThanOrEqual(2)
  })
})
