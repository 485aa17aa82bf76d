import { decodeUpdate, NESTING_DEPTH_MAX } from '@syncline/core'
import type { Doc } from 'yjs'
import { describe, expect, test } from 'vitest'
import { device, letters, text, type, worldOfEachTest, type World } from './client.fixture.ts'
import { newDoc } from './doc.fixture.ts'
import { MemoryDeviceStore } from './device-store/memory-device-store.ts'
import { ClientLimits } from './limits.ts'
import { DocReplica } from './room/doc-replica.ts'
import type { RoomStatus } from './room/status.ts'

let world: World

worldOfEachTest((created) => {
  world = created
})

describe('a client', () => {
  test('does nothing before a room is opened', async () => {
    const sync = world.visit()
    const room = sync.room('a')
    await world.rest()
    expect(room.status.state).toBe('inert')
    expect(sync.status.connection.state).toBe('idle')
    expect(world.relay.received).toEqual([])
  })

  test('gives the same room for the same name until it is closed', async () => {
    const sync = world.visit()
    const room = sync.room('a')
    expect(sync.room('a')).toBe(room)
    await room.close()
    expect(sync.room('a')).not.toBe(room)
  })

  test('refuses names that no room can have', () => {
    expect(() => world.visit().room('')).toThrow(expect.objectContaining({ code: 'invalid-room-name' }))
  })

  test('fails typed after it was closed, and closes once', async () => {
    const sync = world.visit()
    const closing = sync.close()
    expect(sync.close()).toBe(closing)
    await closing
    expect(() => sync.room('a')).toThrow(expect.objectContaining({ code: 'closed' }))
    expect(() => sync.open()).toThrow(expect.objectContaining({ code: 'closed' }))
  })

  test('pushes what earlier visits left unsent, of rooms that nobody opened', async () => {
    const { store } = device()
    world.relay.reachable = false
    const before = world.visit(store())
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      const room = before.room(name)
      type(room, name)
      await room.loaded
      await room.whenStored()
    }
    await before.close()

    world.relay.reachable = true
    const after = world.visit(store())
    after.open()
    await world.rest()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      expect(world.textAtRelay(name)).toBe(name)
      expect(world.relay.room(name).members.size, 'the room was left').toBe(0)
    }
    expect(after.status.pendingRooms).toEqual([])
  })
})

describe('a room', () => {
  test('brings an edit from memory over the device to the relay, and says so', async () => {
    const { store } = device()
    const disk = store()
    world.relay.holding = true
    const room = world.visit(disk).room('a')
    await room.loaded
    await world.rest()
    expect(room.status).toMatchObject({ sync: 'live', access: 'write', latestEdit: undefined, unacked: 0 })

    disk.hold()
    type(room, 'x')
    expect(room.status).toMatchObject({ latestEdit: 'memory', unstored: 1, unsent: 1, unacked: 1 })
    await world.rest()
    expect(room.status.latestEdit).toBe('memory')
    disk.release()
    await world.rest()
    expect(room.status).toMatchObject({ latestEdit: 'device', unstored: 0, unsent: 0, unacked: 1 })
    world.relay.release()
    await world.rest()
    expect(room.status).toMatchObject({ latestEdit: 'relay', unacked: 0, lastAckedAt: world.scheduler.now() })
  })

  test('shows one status until something changes, and tells each change once', async () => {
    const room = world.visit().room('a')
    await room.loaded
    await world.rest()
    const seen: RoomStatus[] = []
    const undo = room.subscribe((status) => seen.push(status))
    const before = room.status
    await world.rest()
    expect(room.status).toBe(before)
    type(room, 'x')
    type(room, 'y')
    await world.rest()
    expect(seen.map(({ latestEdit }) => latestEdit)).toEqual(['memory', 'device', 'relay'])
    undo()
    type(room, 'z')
    await world.rest()
    expect(seen).toHaveLength(3)
  })

  test('converges with another device', async () => {
    const [a, b] = [world.visit().room('a'), world.visit().room('a')]
    await Promise.all([a.loaded, b.loaded])
    await world.rest()
    type(a, 'one ')
    type(b, 'two ')
    await world.rest()
    expect(text(a)).toBe(text(b))
    expect(text(a)).toHaveLength(8)
  })

  test('shows everything after a reload offline, and drains its outbox when the relay is back', async () => {
    const { store } = device()
    const first = world.visit(store())
    const before = first.room('a')
    await before.loaded
    type(before, 'online ')
    await before.whenAcked()
    first.disconnect()
    type(before, 'offline')
    await before.whenStored()
    await first.close()

    world.relay.reachable = false
    const second = world.visit(store())
    const after = second.room('a')
    await after.loaded
    expect(text(after)).toBe('online offline')
    expect(after.status).toMatchObject({ latestEdit: 'device', unacked: 1, unstored: 0 })
    expect(second.status.pendingRooms).toEqual(['a'])

    world.relay.reachable = true
    await world.scheduler.advance(ClientLimits.reconnectMaxMs)
    expect(after.status).toMatchObject({ latestEdit: 'relay', unacked: 0 })
    expect(second.status.pendingRooms).toEqual([])
    expect(world.textAtRelay()).toBe('online offline')
  })

  test('resumes: what it has is not sent again', async () => {
    const { store } = device()
    const first = world.visit(store())
    const room = first.room('a')
    await room.loaded
    type(room, 'x'.repeat(1000))
    await room.whenAcked()
    await world.rest()
    await first.close()
    world.relay.received.length = 0

    const again = world.visit(store()).room('a')
    await again.loaded
    await world.rest()
    expect(world.relay.received).toContainEqual(
      expect.objectContaining({ type: 'join', position: { epoch: 1, seq: 1 } }),
    )
    expect(world.relay.received.filter(({ type: sent }) => sent === 'push')).toEqual([])
  })

  test('merges what was typed offline into few pushes', async () => {
    const sync = world.visit()
    const room = sync.room('a')
    await room.loaded
    sync.disconnect()
    for (let key = 0; key < 50; key += 1) {
      type(room, 'x')
      await world.rest()
    }
    expect(room.status.unacked).toBe(50)
    sync.connect()
    await world.rest()
    expect(room.status.unacked).toBe(0)
    expect(world.relay.received.filter(({ type: sent }) => sent === 'push')).toHaveLength(1)
  })

  test('keeps what the document held before it was opened, as an edit', async () => {
    const { store } = device()
    const createDoc = (): Doc => {
      const doc = newDoc()
      doc.getText('text').insert(0, 'template')
      return doc
    }
    const sync = world.visit(store(), { createDoc })
    await sync.room('a').whenAcked()
    await sync.close()
    const again = world.visit(store()).room('a')
    await again.loaded
    expect(text(again)).toBe('template')
  })

  test('keeps what was only deleted in the document before it was opened, too', async () => {
    const { store } = device()
    const before = world.visit(store())
    const written = before.room('a')
    await written.loaded
    type(written, 'gone')
    await written.whenAcked()
    const state = new DocReplica(written.doc).encodeDiff()
    await before.close()
    const createDoc = (): Doc => {
      const doc = newDoc()
      new DocReplica(doc).applyUpdate(state, {})
      doc.getText('text').delete(0, 4)
      return doc
    }
    await world.visit(store(), { createDoc }).room('a').whenAcked()
    expect(world.textAtRelay()).toBe('')
  })

  test('takes edits that are made before it is loaded', async () => {
    const room = world.visit().room('a')
    type(room, 'inert ')
    const { loaded } = room
    type(room, 'loading')
    await loaded
    await room.whenAcked()
    expect(world.textAtRelay()).toBe('inert loading')
  })

  test('is not harmed by messages that come twice', async () => {
    world.relay.duplicating = true
    const [a, b] = [world.visit().room('a'), world.visit().room('a')]
    await Promise.all([a.loaded, b.loaded])
    for (let round = 0; round < 5; round += 1) {
      type(a, 'a')
      type(b, 'b')
      await world.rest()
    }
    expect(text(a)).toBe(text(b))
    expect(text(a)).toHaveLength(10)
    expect(a.status.unacked + b.status.unacked).toBe(0)
  })
})

describe('the offline switch', () => {
  test('stays off until connect, through time and wake-ups', async () => {
    const sync = world.visit()
    const room = sync.room('a')
    await room.loaded
    await world.rest()
    sync.disconnect()
    await world.scheduler.advance(100_000)
    expect(sync.status).toMatchObject({ offline: true, connection: { state: 'idle' } })
    expect(room.status.sync).toBe('offline')
    sync.connect()
    await world.rest()
    expect(room.status.sync).toBe('live')
  })

  test('can be off before anything is opened', async () => {
    const sync = world.visit()
    sync.disconnect()
    const room = sync.room('a')
    await room.loaded
    await world.rest()
    expect(world.relay.received).toEqual([])
  })
})

describe('rooms of one name, one after the other', () => {
  test('a room waits for every one before it, also if the last of them is closed sooner', async () => {
    const store = device().store()
    const sync = world.visit(store)
    sync.disconnect()
    const first = sync.room('a')
    await first.loaded
    store.hold()
    type(first, 'x')
    void first.close()
    const second = sync.room('a')
    second.open().catch(() => undefined)
    void second.close()
    const third = sync.room('a')
    third.open().catch(() => undefined)
    await world.rest()
    store.release()
    await third.loaded
    expect(text(third)).toBe('x')
  })

  test('a room that is closed while it waits for the one before it is not left open at the relay', async () => {
    const store = device().store()
    const sync = world.visit(store)
    const first = sync.room('a')
    await first.loaded
    await world.rest()
    store.hold()
    type(first, 'x')
    void first.close()
    const second = sync.room('a')
    second.open().catch(() => undefined)
    await second.close()
    store.release()
    await world.rest()
    expect(world.textAtRelay()).toBe('x')
    expect(world.relay.room('a').members.size).toBe(0)
  })

  test('a room that is opened again before the relay answered the first join becomes a member', async () => {
    const sync = world.visit()
    sync.open()
    await world.rest()
    world.relay.holdingJoins = true
    const first = sync.room('a')
    await first.loaded
    await world.rest()
    await first.close()
    const second = sync.room('a')
    await second.loaded
    await world.rest()
    world.relay.releaseJoins()
    await world.rest()
    expect(second.status).toMatchObject({ sync: 'live', lastError: undefined })
    const other = world.visit().room('a')
    await other.loaded
    type(other, 'hello')
    await world.rest()
    expect(text(second)).toBe('hello')
  })
})

describe('what the app does wrong', () => {
  test('a document that cannot be made fails whoever opens the room, and nobody hangs', async () => {
    let broken = true
    const createDoc = (): Doc => {
      if (broken) throw new TypeError('no document today')
      return newDoc()
    }
    const room = world.visit(undefined, { createDoc }).room('a')
    await expect(room.loaded).rejects.toThrow('no document today')
    await expect(room.whenStored()).rejects.toThrow('no document today')
    await expect(room.whenAcked()).rejects.toThrow('no document today')
    expect(room.status.state).toBe('inert')
    broken = false
    await room.loaded
    expect(room.status.state).toBe('open')
  })

  test('a document that is destroyed closes its room, after its edits are stored', async () => {
    const { store } = device()
    const sync = world.visit(store())
    const room = sync.room('a')
    await room.loaded
    type(room, 'x')
    room.doc.destroy()
    await expect(room.whenAcked()).rejects.toMatchObject({ code: 'closed' })
    expect(room.status).toMatchObject({ state: 'closed' })
    await world.rest()
    expect(world.textAtRelay()).toBe('x')
    expect(world.relay.room('a').members.size).toBe(0)
  })

  test('an edit that no relay can read is counted as refused, and the others are kept', async () => {
    const { store } = device()
    const room = world.visit(store()).room('a')
    await room.loaded
    let deep: unknown = 0
    for (let depth = 0; depth < NESTING_DEPTH_MAX + 10; depth += 1) deep = [deep]
    type(room, 'before')
    await room.whenAcked()
    room.doc.getMap('map').set('deep', deep)
    const refused = room.whenAcked()
    await expect(refused).rejects.toMatchObject({ code: 'rejected' })
    await expect(room.whenStored()).rejects.toMatchObject({ code: 'rejected' })
    type(room, 'after')
    await world.rest()
    expect(room.status).toMatchObject({ latestEdit: 'memory', rejected: 1, unstored: 1, store: { state: 'durable' } })
    expect(await room.exportRejected()).toMatchObject([{ code: 'malformed-update', ref: undefined }])
    expect((await store().load('a')).rows).toHaveLength(2)
  })
})

test('a relay that sends poison into one room harms neither that document nor the edits of other rooms', async () => {
  const sync = world.visit()
  const [poisoned, other] = [sync.room('a'), sync.room('b')]
  await Promise.all([poisoned.loaded, other.loaded])
  await world.rest()
  type(poisoned, 'mine')
  await poisoned.whenAcked()
  const poison = (): void => {
    const { handle, members } = world.relay.room('a')
    const update = Uint8Array.of(255, 255, 1)
    for (const member of members) member.tell({ type: 'updates', handle, position: { epoch: 1, seq: 9 }, update })
  }
  for (let round = 0; round < 5; round += 1) {
    poison()
    type(other, 'x')
    await world.rest()
    expect(poisoned.status).toMatchObject({ connection: { state: 'open' }, lastError: { code: 'malformed-message' } })
    await other.whenAcked()
  }
  expect(text(poisoned)).toBe('mine')
  expect(world.textAtRelay('b')).toBe('xxxxx')
  for (const room of [poisoned, other]) expect(room.status).toMatchObject({ latestEdit: 'relay', unacked: 0 })
})

test('two owners on one store, as in a page without Web Locks, settle no edit that only the other has', async () => {
  const { disk, store } = device()
  const [one, two] = [world.visit(store()).room('a'), world.visit(store()).room('a')]
  await Promise.all([one.loaded, two.loaded])
  await world.rest()
  world.relay.holding = true
  type(one, '1')
  await world.rest()
  type(two, '2')
  await world.rest()
  type(one, '3')
  await world.rest()
  // The relay takes the pushes of the first alone; those of the second are lost with its connection.
  world.relay.rejectPush = (update) =>
    pushedBy(update) === two.doc.clientID ? { code: 'log-unavailable', retryable: true } : undefined
  world.relay.release()
  await world.rest()
  expect((await new MemoryDeviceStore(disk).load('a')).head.ackedRef).toBeLessThan(2)
  expect(await new MemoryDeviceStore(disk).pendingRooms()).toEqual(['a'])
  world.relay.rejectPush = undefined
  await world.scheduler.advance(2 * ClientLimits.retryMaxMs)
  expect(letters(world.textAtRelay())).toBe('123')
  for (const room of [one, two]) {
    expect(letters(text(room))).toBe('123')
    expect(room.status.unacked).toBe(0)
  }
})

function pushedBy(update: Uint8Array): number | undefined {
  return decodeUpdate(update).clients[0]?.client
}
