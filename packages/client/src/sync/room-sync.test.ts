import type { ClientMessage, MessageOf } from '@syncline/protocol'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { expect, test } from 'vitest'
import { FaultyDeviceStore } from '../device-store/faulty-device-store.fixture.ts'
import { MemoryDeviceStore } from '../device-store/memory-device-store.ts'
import { ClientLimits } from '../limits.ts'
import { ManualScheduler, atRest } from '../manual-scheduler.fixture.ts'
import { RoomSync } from './room-sync.ts'

const HANDLE = 7

function written(word: string): Uint8Array {
  const doc = new Doc()
  doc.getText('text').insert(0, word)
  return encodeStateAsUpdate(doc)
}

/** A room of a device that was told that `settled` is safe, and its relay, which says that it has nothing. */
async function lostRoom(settled: Uint8Array): Promise<{
  readonly sync: RoomSync
  readonly store: FaultyDeviceStore
  readonly scheduler: ManualScheduler
  readonly pushed: () => readonly Uint8Array[]
  readonly join: () => void
}> {
  const store = new FaultyDeviceStore(new MemoryDeviceStore())
  await store.appendRemote('a', settled, { epoch: 1, seq: 9 })
  const scheduler = new ManualScheduler()
  const sent: ClientMessage[] = []
  const nothing = (): void => undefined
  const sync = new RoomSync({
    room: 'a',
    store,
    scheduler,
    random: () => 0.5,
    join: nothing,
    send: (message) => void sent.push(message),
    onUpdate: nothing,
    onRow: nothing,
    onUnstored: nothing,
    onStatus: nothing,
  })
  sync.open()
  await atRest()
  sync.connected(1_000_000)
  const position = { epoch: 2, seq: 0 }
  const stateVector = new Uint8Array(1)
  const pushed = (): readonly Uint8Array[] =>
    sent.filter((message): message is MessageOf<'push'> => message.type === 'push').map(({ update }) => update)
  const join = (): void =>
    sync.receive({
      type: 'joined',
      request: 1,
      handle: HANDLE,
      access: 'write',
      position,
      resumed: false,
      stateVector,
    })
  return { sync, store, scheduler, pushed, join }
}

test('a second reading of the rows that fails is not taken for a device that has none', async () => {
  const settled = written('safe')
  const { sync, store, scheduler, pushed, join } = await lostRoom(settled)
  store.failAll('store-failed')
  sync.reload()
  join()
  await atRest()
  expect(pushed()).toEqual([])
  store.heal()
  await scheduler.advance(ClientLimits.storeRetryMaxMs)
  expect(pushed()).toEqual([settled])
  await sync.close()
})

test('an edit does not wait for a refill that the store cannot read, whether it has failed before or fails now', async () => {
  const [settled, edit] = [written('safe'), written('more')]
  for (const before of [true, false]) {
    const { sync, store, scheduler, pushed, join } = await lostRoom(settled)
    store.failAll('store-failed')
    if (before) {
      sync.reload()
      await atRest()
    }
    sync.addEdit({ tab: 'here', seq: 1, base: 0 }, edit, 'here')
    join()
    await atRest()
    expect(pushed()).toEqual([edit])
    store.heal()
    await scheduler.advance(ClientLimits.storeRetryMaxMs)
    expect(pushed()).toEqual([edit, settled])
    await sync.close()
  }
})

test('a refill leaves the outbox, and what was refused, to themselves', async () => {
  const [settled, refused, edit] = [written('safe'), written('bad'), written('more')]
  const { sync, store, pushed, join } = await lostRoom(settled)
  for (const update of [refused, edit]) sync.addRow(await store.appendLocal('a', update))
  await store.settle('a', { ackedRef: 0, rejected: [{ ref: 1, code: 'malformed-update' }] })
  sync.reload()
  await atRest()
  join()
  await atRest()
  expect(pushed()).toEqual([settled, edit])
  await sync.close()
})

test('a store that fails when rows are folded is tried again, and is not said to fail for ever', async () => {
  const { sync, store, scheduler } = await lostRoom(written('safe'))
  for (let row = 0; row < ClientLimits.foldRowsMin; row += 1) {
    await store.appendRemote('a', written(`row ${row}`), { epoch: 1, seq: 10 + row })
  }
  sync.reload()
  await atRest()
  store.failWrites('store-failed', 1)
  await scheduler.advance(ClientLimits.foldIdleMs)
  expect(sync.status.storeError?.code).toBe('store-failed')
  await scheduler.advance(ClientLimits.storeRetryMaxMs + ClientLimits.foldIdleMs)
  expect(sync.status.storeError).toBeUndefined()
  expect((await store.load('a')).rows.length).toBeLessThan(ClientLimits.foldRowsMin)
  await sync.close()
})

test('a row that was stored before one of its own, and that nobody told of, is looked for', async () => {
  const { sync, store, scheduler, pushed, join } = await lostRoom(written('safe'))
  join()
  await atRest()
  const edit = written('untold')
  await store.appendLocal('a', edit)
  sync.receive({ type: 'updates', handle: HANDLE, position: { epoch: 2, seq: 1 }, update: written('remote') })
  sync.receive({ type: 'ack', handle: HANDLE, ref: 1, position: { epoch: 2, seq: 2 } })
  await atRest()
  expect(pushed()).not.toContainEqual(edit)
  await scheduler.advance(ClientLimits.rowGapMs)
  expect(pushed()).toContainEqual(edit)
  await sync.close()
})

test('a row that was stored while the rows were being read is found, if they are to be read again', async () => {
  const { sync, store, pushed, join } = await lostRoom(written('safe'))
  join()
  await atRest()
  store.holdAnswers()
  sync.reload()
  await atRest()
  // Its tab ends now, without telling of it, and what is being read was read before.
  const edit = written('untold')
  await store.appendLocal('a', edit)
  sync.reload()
  store.answer()
  await atRest()
  expect(pushed()).toContainEqual(edit)
  await sync.close()
})

test('a row that nobody told of is looked for also when the one after it was told of while rows were being read', async () => {
  const { sync, store, scheduler, pushed, join } = await lostRoom(written('safe'))
  join()
  await atRest()
  store.holdAnswers()
  sync.reload()
  await atRest()
  const edit = written('untold')
  await store.appendLocal('a', edit)
  sync.addRow(await store.appendLocal('a', written('told')))
  store.answer()
  await atRest()
  expect(pushed()).not.toContainEqual(edit)
  await scheduler.advance(ClientLimits.rowGapMs)
  expect(pushed()).toContainEqual(edit)
  await sync.close()
})
