/** Pages that go away with edits that the device store has not taken: what the next visit finds. */
import { expect, test } from 'vitest'
import { device, text, type, worldOfEachTest, type Device, type World } from './client.fixture.ts'
import type { FaultyDeviceStore } from './device-store/faulty-device-store.fixture.ts'
import { StringLastWords } from './device-store/last-words.ts'
import { MemoryStrings } from './device-store/memory-strings.fixture.ts'
import { ClientLimits } from './limits.ts'
import type { Room } from './room/room.ts'
import type { Syncline } from './syncline.ts'

let world: World
worldOfEachTest((entered) => (world = entered))

interface PageVisit {
  readonly sync: Syncline
  readonly room: Room
  readonly store: FaultyDeviceStore
  readonly lastWords: StringLastWords
  /** What the browser tells a page that it hides, and one that it is about to end. */
  hide(): void
}

/** A page on this device, offline, so that nothing gets away by way of the relay. */
async function visit(on: Device, strings: MemoryStrings, name = 'a'): Promise<PageVisit> {
  const store = on.store()
  const lastWords = new StringLastWords(strings, 'default')
  const hidden: (() => void)[] = []
  const page = {
    onHide: (listener: () => void) => (hidden.push(listener), () => undefined),
    onWake: () => () => undefined,
  }
  const sync = world.visit(store, { page, lastWords })
  sync.disconnect()
  const room = sync.room(name)
  await room.loaded
  await world.rest()
  return { sync, room, store, lastWords, hide: () => hidden.forEach((listener) => listener()) }
}

test('edits that a page did not live to store are there at the next visit, and on their way to the relay', async () => {
  const [here, strings] = [device(), new MemoryStrings()]
  const dying = await visit(here, strings)
  type(dying.room, 'stored ')
  await dying.room.whenStored()
  dying.store.hold()
  type(dying.room, 'on its way ')
  await world.rest()
  type(dying.room, 'waiting')
  expect(dying.room.status).toMatchObject({ unstored: 2, latestEdit: 'memory' })
  dying.hide()

  const next = await visit(here, strings)
  expect(text(next.room)).toBe('stored on its way waiting')
  await next.room.whenStored()
  expect(next.room.status).toMatchObject({ unstored: 0, latestEdit: 'device' })
  expect(next.lastWords.all()).toEqual([])
  next.sync.connect()
  await next.room.whenAcked()
  expect(world.textAtRelay()).toBe('stored on its way waiting')
  dying.store.release()
})

test('they reach the relay even if nobody opens their room any more', async () => {
  const [here, strings] = [device(), new MemoryStrings()]
  const dying = await visit(here, strings)
  dying.store.hold()
  type(dying.room, 'alone')
  dying.hide()
  const next = await visit(here, strings, 'another room')
  next.sync.connect()
  await world.rest()
  expect(world.textAtRelay()).toBe('alone')
  dying.store.release()
})

test('a page that lives on forgets them when they are stored, and a second time they are no harm', async () => {
  const [here, strings] = [device(), new MemoryStrings()]
  const living = await visit(here, strings)
  living.store.hold()
  type(living.room, 'kept')
  living.hide()
  expect(living.lastWords.all()).toHaveLength(1)
  // Another page finds what this one is still about to store.
  const other = await visit(here, strings)
  expect(text(other.room)).toBe('kept')
  living.store.release()
  await living.room.whenStored()
  expect(living.lastWords.all()).toEqual([])
  living.hide()
  expect(strings.length, 'nothing is unstored').toBe(0)
  for (const { sync } of [living, other]) sync.connect()
  await world.scheduler.advance(ClientLimits.storeRetryMaxMs)
  for (const { room } of [living, other]) {
    expect(text(room)).toBe('kept')
    expect(room.status).toMatchObject({ unacked: 0, latestEdit: 'relay' })
  }
  expect(world.textAtRelay()).toBe('kept')
})

test('while the store still takes nothing they are shown, sent, and kept for the visit after that', async () => {
  const [here, strings] = [device(), new MemoryStrings()]
  const dying = await visit(here, strings)
  dying.store.failWrites('store-full')
  type(dying.room, 'no room')
  await world.rest()
  dying.hide()

  const store = here.store()
  store.failWrites('store-full')
  const second = world.visit(store, { lastWords: dying.lastWords, page: undefined })
  const room = second.room('a')
  await room.loaded
  await world.rest()
  expect(text(room)).toBe('no room')
  expect(room.status).toMatchObject({ unstored: 1, store: { state: 'memory-only' } })
  expect(dying.lastWords.all()).toHaveLength(1)
  await room.whenAcked()
  expect(world.textAtRelay()).toBe('no room')
  store.heal()
  await world.scheduler.advance(ClientLimits.storeRetryMaxMs)
  expect(room.status).toMatchObject({ unstored: 0, store: { state: 'durable' } })
  expect(dying.lastWords.all()).toEqual([])
})

test('what the relay refused does not take the rest with it', async () => {
  const [here, strings] = [device(), new MemoryStrings()]
  world.relay.rejectPush = (update) =>
    new TextDecoder().decode(update).includes('bad') ? { code: 'malformed-update', retryable: false } : undefined
  const dying = await visit(here, strings)
  dying.store.failWrites('store-full')
  dying.sync.connect()
  type(dying.room, 'bad')
  await expect(dying.room.whenAcked()).rejects.toMatchObject({ code: 'rejected' })
  dying.sync.disconnect()
  dying.room.doc.getMap('map').set('key', 'good')
  await world.rest()
  dying.hide()

  const next = await visit(here, strings)
  await next.room.whenStored()
  next.sync.connect()
  await world.rest()
  expect(next.room.status).toMatchObject({ unacked: 0, rejected: 1 })
  expect(new TextDecoder().decode(world.relay.content('a'))).toContain('good')
})

test('a page that said more meanwhile is not made to forget that', async () => {
  const [here, strings] = [device(), new MemoryStrings()]
  const dying = await visit(here, strings)
  dying.store.hold()
  type(dying.room, 'first')
  dying.hide()
  // Another page is about to store what it has found when this one is left for good.
  const store = here.store()
  store.hold()
  const other = world.visit(store, { lastWords: dying.lastWords, page: undefined })
  other.disconnect()
  other.open()
  await world.rest()
  type(dying.room, ', second')
  dying.hide()
  store.release()
  await world.rest()
  const next = await visit(here, strings)
  expect(text(next.room)).toBe('first, second')
  dying.store.release()
})
