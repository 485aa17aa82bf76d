import { ConflictError, UpdateStore } from '@syncline/core'
import { Doc } from 'yjs'
import { beforeEach, describe, expect, test } from 'vitest'
import { device, letters, text, type, worldOfEachTest, type World } from './client.fixture.ts'
import { newDoc } from './doc.fixture.ts'
import type { SynclineOptions } from './syncline.ts'

let world: World

worldOfEachTest((created) => {
  world = created
})

/** Documents that write under one client ID, as those of a copied device. */
const copied: Partial<SynclineOptions> = {
  createDoc: () => {
    const doc = newDoc()
    doc.clientID = 5
    return doc
  },
}

/** A relay that compares, as the real one does. */
beforeEach(() => {
  world.relay.rejectPush = (update, room) => {
    try {
      UpdateStore.of([world.relay.content(room), update])
      return undefined
    } catch (error) {
      if (error instanceof ConflictError) return { code: 'conflicting-update', retryable: false }
      throw error
    }
  }
})

describe('a device that was copied, and both copies wrote', () => {
  async function bothWrite(): Promise<ReturnType<typeof device>> {
    const other = world.visit(undefined, copied).room('a')
    await other.loaded
    type(other, 'theirs')
    await other.whenAcked()
    const here = device()
    const sync = world.visit(here.store(), copied)
    sync.disconnect()
    const room = sync.room('a')
    await room.loaded
    type(room, 'ours')
    await room.whenStored()
    const acked = room.whenAcked()
    sync.connect()
    await expect(acked).rejects.toMatchObject({ code: 'rejected' })
    await world.rest()
    expect(room.status.conflict).toMatchObject({ code: 'conflict', conflicts: [{ client: 5, start: 0, end: 4 }] })
    expect(room.status).toMatchObject({ rejected: 1, unacked: 0, store: { state: 'durable' } })
    expect(await room.exportRejected()).toMatchObject([{ ref: 1, code: 'conflicting-update' }])
    // It writes under another name from now on, and what it writes arrives.
    expect(room.doc.clientID).not.toBe(5)
    room.doc.getText('other').insert(0, 'later')
    await room.whenAcked()
    expect(new TextDecoder().decode(world.relay.content('a'))).toContain('later')
    expect(await room.reissueRejected()).toBe(0)
    await sync.close()
    return here
  }

  test('shows, in the next visit, what all others have, and still says what happened', async () => {
    const { store } = await bothWrite()
    const again = world.visit(store()).room('a')
    await again.loaded
    expect(text(again)).toBe('theirs')
    expect(again.doc.getText('other').toJSON()).toBe('later')
    expect(again.status).toMatchObject({ rejected: 1, unacked: 0, conflict: { code: 'conflict' } })
    expect(again.status.conflict?.conflicts).toMatchObject([{ client: 5, start: 0 }])
    expect(await again.exportRejected()).toHaveLength(1)
  })

  test('can have its edits back as those of another writer, once however often it asks', async () => {
    const { store } = await bothWrite()
    for (let visit = 0; visit < 2; visit += 1) {
      const sync = world.visit(store())
      const room = sync.room('a')
      await room.loaded
      expect(await room.reissueRejected()).toBe(1)
      expect(await room.reissueRejected()).toBe(1)
      await room.whenAcked()
      expect(letters(text(room))).toBe(letters('theirsours'))
      expect(letters(world.textAtRelay())).toBe(letters('theirsours'))
      await sync.close()
    }
  })
})

test('a relay that lost data compares the edits of a copied device all the same', async () => {
  const here = device()
  const before = world.visit(here.store())
  await before.room('a').loaded
  type(before.room('a'), 'safe ')
  await before.room('a').whenAcked()
  await before.close()
  world.relay.wipe()
  const other = world.visit(undefined, copied).room('a')
  await other.loaded
  type(other, 'theirs')
  await other.whenAcked()

  const sync = world.visit(here.store(), copied)
  sync.disconnect()
  const room = sync.room('a')
  await room.loaded
  room.doc.getText('text').insert(0, 'ours')
  await room.whenStored()
  const acked = room.whenAcked()
  sync.connect()
  await expect(acked).rejects.toMatchObject({ code: 'rejected' })
  expect(letters(world.textAtRelay())).toBe(letters('safe theirs'))
  expect(await room.exportRejected()).toMatchObject([{ ref: 2, code: 'conflicting-update' }])
})

test('an edit that is refused later than those after it has its place kept among the reissued', async () => {
  const other = world.visit(undefined, copied).room('a')
  await other.loaded
  type(other, 'theirs, as long as all of ours')
  await other.whenAcked()
  const { store } = device()
  const seeded = store()
  const doc = new Doc()
  doc.clientID = 5
  doc.on('update', (update: Uint8Array) => void seeded.appendLocal('a', update))
  const mine = doc.getText('text')
  for (const word of ['[one]', '[two]', '[three]']) mine.insert(mine.length, word)
  await world.rest()
  const code = 'conflicting-update'
  await seeded.settle('a', {
    ackedRef: 1,
    rejected: [
      { ref: 1, code },
      { ref: 3, code },
    ],
  })
  const counts: number[] = []
  for (let visit = 0; visit < 3; visit += 1) {
    const sync = world.visit(store())
    const room = sync.room('a')
    await room.loaded
    await world.rest()
    counts.push(await room.reissueRejected())
    await world.rest()
    expect(room.status.unacked).toBe(0)
    await sync.close()
  }
  expect(counts).toEqual([1, 3, 3])
  expect(world.textAtRelay()).toContain('[one][two][three]')
  expect(world.textAtRelay()).toHaveLength('[one][two][three]theirs, as long as all of ours'.length)
})

test('edits of this device that contradict each other are not acknowledged as one', async () => {
  const { store } = device()
  const seeded = store()
  for (const word of ['one', 'three']) {
    const doc = new Doc()
    doc.clientID = 5
    doc.on('update', (update: Uint8Array) => void seeded.appendLocal('a', update))
    doc.getText('text').insert(0, word)
  }
  await world.rest()
  const room = world.visit(store()).room('a')
  await room.loaded
  await world.rest()
  expect(world.textAtRelay()).toBe('one')
  expect(room.status).toMatchObject({ rejected: 1, unacked: 0, conflict: { code: 'conflict' } })
  expect(await room.exportRejected()).toMatchObject([{ ref: 2, code: 'conflicting-update' }])
})

test('what arrives and contradicts an edit that is on its way is told by its ranges', async () => {
  const room = world.visit(undefined, copied).room('a')
  await room.loaded
  await world.rest()
  world.relay.holding = true
  type(room, 'ours')
  await world.rest()
  const theirs = new Doc()
  theirs.clientID = 5
  const updates: Uint8Array[] = []
  theirs.on('update', (update: Uint8Array) => updates.push(update))
  theirs.getText('text').insert(0, 'oh')
  for (const member of world.relay.members) {
    const { handle } = world.relay.room('a')
    for (const update of updates) member.tell({ type: 'updates', handle, position: { epoch: 1, seq: 1 }, update })
  }
  await world.rest()
  expect(room.status.conflict?.conflicts).toEqual([{ client: 5, start: 0, end: 2 }])
  // Yjs has seen nothing new of this client, and would go on.
  expect(room.doc.clientID).not.toBe(5)
  expect(room.status.lastError?.code).toBe('conflict')
})

test('an echo of what was sent is no conflict', async () => {
  const room = world.visit(undefined, copied).room('a')
  const other = world.visit().room('a')
  await Promise.all([room.loaded, other.loaded])
  world.relay.setLagging(true)
  for (const letter of 'abc') {
    type(room, letter)
    type(other, letter)
    await world.rest()
  }
  world.relay.setLagging(false)
  await Promise.all([room.whenAcked(), other.whenAcked()])
  await world.rest()
  expect(text(room)).toBe(text(other))
  expect([room.status.conflict, other.status.conflict]).toEqual([undefined, undefined])
})

test('rows of this device that contradict each other are told of when they are read', async () => {
  const { store } = device()
  const seeded = store()
  for (const word of ['one', 'two']) {
    const doc = new Doc()
    doc.clientID = 5
    doc.on('update', (update: Uint8Array) => void seeded.appendRemote('a', update, { epoch: 1, seq: 0 }))
    doc.getText('text').insert(0, word)
  }
  await world.rest()
  const room = world.visit(store(), copied).room('a')
  await room.loaded
  expect(['one', 'two']).toContain(text(room))
  expect(room.status).toMatchObject({ conflict: { code: 'conflict' }, store: { state: 'durable' } })
  expect(room.doc.clientID).not.toBe(5)
})
