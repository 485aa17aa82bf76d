import { mergeUpdates, UpdateStore } from '@syncline/core'
import { Doc } from 'yjs'
import { beforeEach, describe, expect, test } from 'vitest'
import { device } from '../client.fixture.ts'
import type { DeviceRow } from '../device-store/device-store.ts'
import type { FaultyDeviceStore } from '../device-store/faulty-device-store.fixture.ts'
import { ClientLimits } from '../limits.ts'
import { atRest, ManualScheduler } from '../manual-scheduler.fixture.ts'
import { EditWriter } from './edit-writer.ts'

let scheduler: ManualScheduler
let store: FaultyDeviceStore
let rows: DeviceRow[]
let inMemory: { readonly seq: number; readonly update: Uint8Array }[]
let writer: EditWriter
let next: () => Uint8Array

beforeEach(() => {
  scheduler = new ManualScheduler()
  store = device().store()
  rows = []
  inMemory = []
  writer = new EditWriter({
    room: 'a',
    store,
    scheduler,
    random: () => 0.5,
    onRow: (row) => rows.push(row),
    onVolatile: (edits) => inMemory.push(edits),
    onChange: () => undefined,
  })
  const doc = new Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  next = () => {
    doc.getText('text').insert(0, 'x')
    return updates.at(-1) as Uint8Array
  }
  return async () => {
    await writer.close()
    expect(scheduler.pending).toBe(0)
  }
})

function add(count: number): readonly Uint8Array[] {
  const added = Array.from({ length: count }, next)
  for (const update of added) writer.add(update)
  return added
}

describe('an edit writer', () => {
  test('writes the edits of one turn as one row', async () => {
    const added = add(3)
    expect([writer.unstored, writer.unsettled, writer.storedThrough(1)]).toEqual([3, 3, false])
    await atRest()
    expect(rows).toMatchObject([{ ref: 1, update: mergeUpdates(added) }])
    expect([writer.unstored, writer.unsettled, writer.storedThrough(3)]).toEqual([0, 0, true])
    expect(writer.refThrough(3)).toBe(1)
  })

  test('has one write under way, and merges what comes meanwhile', async () => {
    store.hold()
    add(1)
    await atRest()
    const added = add(5)
    await atRest()
    expect(store.writes).toBe(1)
    store.release()
    await atRest()
    expect(store.writes).toBe(2)
    expect(rows[1]).toMatchObject({ ref: 2, update: mergeUpdates(added) })
  })

  test('merges what waits for a slow store, beyond a number of edits', async () => {
    store.hold()
    add(1)
    await atRest()
    const added = add(ClientLimits.editsWaitingMax * 2)
    expect(writer.unstored).toBe(ClientLimits.editsWaitingMax * 2 + 1)
    store.release()
    await atRest()
    expect(rows[1]?.update).toEqual(mergeUpdates(added))
  })

  test('keeps what the store does not take, tells of it once, and stores all of it together later', async () => {
    store.failWrites('store-full')
    const first = add(2)
    await atRest()
    const second = add(1)
    await atRest()
    expect(writer.error).toMatchObject({ code: 'store-full' })
    expect(inMemory).toMatchObject([{ seq: 1, update: mergeUpdates(first) }, { seq: 2 }])
    expect(writer.refThrough(3)).toBeUndefined()
    store.heal()
    await scheduler.advance(ClientLimits.storeRetryBaseMs)
    expect(rows).toMatchObject([{ ref: 1, update: mergeUpdates([...first, ...second]) }])
    expect([writer.error, writer.unstored, writer.refThrough(3)]).toEqual([undefined, 0, 1])
  })

  test('leaves an edit that the relay has to the owner, and forgets it when that has stored it', async () => {
    store.failWrites('store-full', 1)
    add(1)
    await atRest()
    writer.settledInMemory({ settled: 1, stored: 0, rejected: [] })
    expect([writer.unsettled, writer.unstored, writer.refThrough(1)]).toEqual([0, 1, 0])
    writer.settledInMemory({ settled: 1, stored: 1, rejected: [] })
    expect([writer.unstored, writer.error]).toEqual([0, undefined])
    await scheduler.advance(ClientLimits.storeRetryMaxMs)
    expect(rows).toEqual([])
  })

  test('tells a new owner of everything that is only in memory', async () => {
    store.failWrites('store-full')
    add(1)
    await atRest()
    writer.settledInMemory({ settled: 1, stored: 0, rejected: [] })
    add(1)
    await atRest()
    inMemory = []
    writer.announceInMemory()
    // Under new numbers, of which the first tells that the old ones are over.
    expect(inMemory).toMatchObject([
      { seq: 3, base: 2 },
      { seq: 4, base: 2 },
    ])
  })

  test('keeps an edit that the relay refused in a row of its own, once the store takes it', async () => {
    store.failWrites('store-full')
    const [refused] = add(1)
    await atRest()
    const good = add(1)
    await atRest()
    writer.settledInMemory({ settled: 1, stored: 0, rejected: [1] })
    expect([writer.refused.length, writer.rejectedThrough(1), writer.unsettled]).toEqual([1, true, 1])
    store.heal()
    await scheduler.advance(ClientLimits.storeRetryMaxMs)
    expect(rows.map(({ update }) => update)).toEqual([good[0], refused])
    expect([writer.refused.length, writer.unstored]).toEqual([0, 0])
  })

  test('does not wait for the write under way when the page may go away', async () => {
    store.hold()
    add(1)
    await atRest()
    const added = add(2)
    writer.hasten()
    expect(store.writes).toBe(2)
    expect([writer.unstored, writer.unsettled]).toEqual([3, 3])
    writer.hasten()
    expect(store.writes).toBe(2)
    store.release()
    await atRest()
    expect(rows).toMatchObject([{ ref: 1 }, { ref: 2, update: mergeUpdates(added) }])
    expect([writer.unstored, writer.storedThrough(3), writer.refThrough(3)]).toEqual([0, true, 2])
  })

  test('starts so many writes at once and no more, and loses nothing when they fail', async () => {
    store.hold()
    add(1)
    await atRest()
    const added = Array.from({ length: ClientLimits.writesHastenedMax + 3 }, () => {
      const typed = add(1)
      writer.hasten()
      return typed
    }).flat()
    expect(store.writes).toBe(ClientLimits.writesHastenedMax + 1)
    store.failWrites('store-full')
    store.release()
    await atRest()
    expect([writer.unstored, writer.error?.code]).toEqual([added.length + 1, 'store-full'])
    store.heal()
    await scheduler.advance(ClientLimits.storeRetryMaxMs)
    expect(writer.unstored).toBe(0)
    const stored = UpdateStore.of(rows.map(({ update }) => update)).encode()
    expect(stored).toEqual(mergeUpdates([...rows.map(({ update }) => update), ...added]))
  })

  test('waits for writes that were hastened when it is closed', async () => {
    store.hold()
    add(1)
    writer.hasten()
    const closed = writer.close()
    store.release()
    await closed
    expect(rows).toHaveLength(1)
  })

  test('tries once more when it is closed', async () => {
    store.failWrites('store-full', 1)
    const added = add(1)
    await atRest()
    await writer.close()
    expect(rows).toMatchObject([{ update: added[0] }])
  })
})
