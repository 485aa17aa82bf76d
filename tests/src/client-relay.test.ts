/** Real clients and real relays over real sockets, in one process: what each promises has to hold between the two. */
import { createRelay, MemoryDisk, MemoryLog, type Relay, type RelayOptions } from '@syncline/relay'
import { FaultyLog } from '@syncline/relay/testing'
import { MemoryDeviceStore, Syncline, MemoryDisk as DeviceDisk, type SynclineOptions } from 'syncline'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { newDoc } from '../../packages/client/src/doc.fixture.ts'
import { live, text, type, until } from '../../packages/client/src/room.fixture.ts'

const relays: Relay[] = []
const clients: Syncline[] = []

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await Promise.all(relays.splice(0).map((relay) => relay.close()))
})

async function startRelay(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const relay = createRelay({ log: new MemoryLog(), port: 0, onEvent: () => undefined, ...options })
  await relay.open()
  relays.push(relay)
  return relay
}

/** A visit of a device. Reconnects at once, or nearly, so that no test waits for a backoff. */
function visit(relay: Relay, disk: DeviceDisk = new DeviceDisk(), options: Partial<SynclineOptions> = {}): Syncline {
  const client = new Syncline({
    url: `${relay.url}/sync`,
    WebSocket,
    store: new MemoryDeviceStore(disk),
    random: () => 0.02,
    createDoc: () => newDoc(),
    ...options,
  })
  clients.push(client)
  return client
}

test('two clients that type at the same time converge, and both know that everything is at the relay', async () => {
  const relay = await startRelay()
  const [one, two] = [visit(relay).room('a'), visit(relay).room('a')]
  await Promise.all([live(one), live(two)])
  for (let key = 0; key < 100; key += 1) {
    type(one, 'a')
    type(two, 'b')
    if (key % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all([one.whenAcked(), two.whenAcked()])
  await Promise.all([one, two].map((room) => until(room, () => text(room).length === 200)))
  expect(text(one)).toBe(text(two))
  for (const { status } of [one, two]) expect(status).toMatchObject({ latestEdit: 'relay', unacked: 0, unstored: 0 })
})

test('a late joiner receives what the room has stored', async () => {
  const relay = await startRelay()
  const first = visit(relay)
  const author = first.room('a')
  await author.loaded
  type(author, 'hello')
  await author.whenAcked()
  await first.close()
  const reader = visit(relay).room('a')
  await reader.loaded
  await until(reader, () => text(reader) === 'hello')
})

test('an outbox written offline drains by itself after a reload, in a room that nobody opens', async () => {
  const relay = await startRelay()
  const disk = new DeviceDisk()
  const offline = visit(relay, disk)
  offline.disconnect()
  const written = offline.room('a')
  await written.loaded
  type(written, 'offline')
  await written.whenStored()
  await offline.close()

  const online = visit(relay, disk)
  online.open()
  const reader = visit(relay).room('a')
  await reader.loaded
  await until(reader, () => text(reader) === 'offline')
})

test('a relay that is restarted on its disk is resumed from', async () => {
  const disk = new MemoryDisk()
  const before = await startRelay({ log: new MemoryLog({ disk }) })
  const room = visit(before).room('a')
  await live(room)
  type(room, 'before ')
  await room.whenAcked()
  const { port } = before
  await before.close()
  type(room, 'between ')
  const after = await startRelay({ log: new MemoryLog({ disk }), port })
  type(room, 'after')
  await room.whenAcked()
  expect(room.status).toMatchObject({ latestEdit: 'relay', unacked: 0 })
  const reader = visit(after).room('a')
  await reader.loaded
  await until(reader, () => text(reader) === 'before between after')
})

test('a relay that lost its disk is refilled, also by a device that had reloaded', async () => {
  const before = await startRelay()
  const device = new DeviceDisk()
  const first = visit(before, device)
  const room = first.room('a')
  await live(room)
  type(room, 'precious')
  await room.whenAcked()
  await first.close()
  const { port } = before
  await before.close()

  const after = await startRelay({ port })
  const again = visit(after, device).room('a')
  await again.loaded
  const reader = visit(after).room('a')
  await reader.loaded
  await until(reader, () => text(reader) === 'precious')
})

test('a relay that was restored from a backup gets back what it forgot from everybody', async () => {
  const disk = new MemoryDisk()
  const before = await startRelay({ log: new MemoryLog({ disk }) })
  const [one, two] = [visit(before).room('a'), visit(before).room('a')]
  await Promise.all([live(one), live(two)])
  type(one, '1')
  await one.whenAcked()
  await until(two, () => text(two) === '1')
  const backup = disk.copy()
  type(one, '2')
  await one.whenAcked()
  await until(two, () => text(two) === '12')
  type(two, '3')
  await two.whenAcked()
  await until(one, () => text(one) === '123')
  const { port } = before
  await before.close()

  const after = await startRelay({ log: new MemoryLog({ disk: backup }), port })
  const reader = visit(after).room('a')
  await reader.loaded
  await until(reader, () => text(reader) === '123')
})

test('a log that fails is no ack; when it works again, the edit arrives by itself', async () => {
  const log = new FaultyLog(new MemoryLog())
  const relay = await startRelay({ log })
  const room = visit(relay).room('a')
  await live(room)
  log.failNext('append', 'full')
  type(room, 'x')
  await until(room, () => room.status.lastError?.wireCode === 'log-unavailable')
  expect(room.status).toMatchObject({ latestEdit: 'device', rejected: 0 })
  await room.whenAcked()
  expect(room.status.latestEdit).toBe('relay')
})

test('a slow log keeps acks back: nothing is called durable before it is', async () => {
  const log = new FaultyLog(new MemoryLog())
  const relay = await startRelay({ log })
  const [room, other] = [visit(relay).room('a'), visit(relay).room('a')]
  await Promise.all([live(room), live(other)])
  log.hold()
  type(room, 'x')
  await room.whenStored()
  await until(room, () => room.status.unsent === 0)
  expect(room.status).toMatchObject({ latestEdit: 'device', unacked: 1 })
  expect(text(other)).toBe('')
  log.release()
  await room.whenAcked()
  await until(other, () => text(other) === 'x')
})

test('members see each other, and no longer when one is gone', async () => {
  const relay = await startRelay()
  const [one, two] = [visit(relay).room('a'), visit(relay).room('a')]
  one.awareness.setLocalStateField('user', { name: 'Ada' })
  two.awareness.setLocalStateField('user', { name: 'Bob' })
  await Promise.all([live(one), live(two)])
  await until(one, () => one.awareness.getStates().get(two.doc.clientID)?.['user']?.name === 'Bob')
  await until(two, () => two.awareness.getStates().get(one.doc.clientID)?.['user']?.name === 'Ada')
  await two.close()
  await until(one, () => !one.awareness.getStates().has(two.doc.clientID))
})

test('a token opens a room, and says what may be done there', async () => {
  const relay = await startRelay({
    authorize: ({ token, room }) =>
      token === 'reader' ? 'read' : token === 'writer' && room === 'a' ? 'write' : 'none',
  })
  const writer = visit(relay, undefined, { token: () => 'writer' })
  const reader = visit(relay, undefined, { token: async () => 'reader' })
  const [written, read] = [writer.room('a'), reader.room('a')]
  await Promise.all([live(written), live(read)])
  type(written, 'x')
  await until(read, () => text(read) === 'x')
  type(read, 'y')
  await read.whenStored()
  expect(read.status).toMatchObject({ access: 'read', latestEdit: 'device', unacked: 1 })
  const elsewhere = writer.room('b')
  await elsewhere.loaded
  await until(elsewhere, () => elsewhere.status.sync === 'refused')
  expect(elsewhere.status.lastError).toMatchObject({ code: 'refused', wireCode: 'forbidden' })
})

test('a room that is closed and opened again while the relay still decides on it becomes a member', async () => {
  let decide = (): void => undefined
  const decided = new Promise<void>((resolve) => (decide = resolve))
  let asked = (): void => undefined
  const firstAsked = new Promise<void>((resolve) => (asked = resolve))
  const relay = await startRelay({
    authorize: async () => {
      asked()
      await decided
      return 'write' as const
    },
  })
  const client = visit(relay)
  const first = client.room('a')
  await first.loaded
  await firstAsked
  await first.close()
  const second = client.room('a')
  await second.loaded
  decide()
  await live(second)
  const other = visit(relay).room('a')
  await live(other)
  type(other, 'hello')
  await until(second, () => text(second) === 'hello')
})

test('a client with nowhere to keep things says so, and its edits are safe once they are at the relay', async () => {
  const relay = await startRelay()
  const client = new Syncline({ url: `${relay.url}/sync`, WebSocket, random: () => 0.02, createDoc: () => newDoc() })
  clients.push(client)
  const room = client.room('a')
  await room.loaded
  type(room, 'x')
  expect(room.status).toMatchObject({ latestEdit: 'memory', store: { error: { code: 'store-unavailable' } } })
  await expect(room.whenStored()).rejects.toMatchObject({ code: 'store-unavailable' })
  await room.whenAcked()
  expect(room.status).toMatchObject({ latestEdit: 'relay', unstored: 0, unacked: 0 })
})

test('an update above the limit of the relay goes in parts', async () => {
  const relay = await startRelay({ limits: { updateBytesMax: 4_096 } })
  const client = visit(relay)
  client.disconnect()
  const room = client.room('a')
  await room.loaded
  for (let word = 0; word < 200; word += 1) room.doc.getText('text').insert(0, `${word} `.repeat(20))
  await room.whenStored()
  client.connect()
  await room.whenAcked()
  const reader = visit(relay).room('a')
  await reader.loaded
  await until(reader, () => text(reader) === text(room))
})

test('many rooms share one connection', async () => {
  const relay = await startRelay()
  const [one, two] = [visit(relay), visit(relay)]
  const names = Array.from({ length: 20 }, (_, index) => `room/${index}`)
  await Promise.all(
    names.map(async (name) => {
      const room = one.room(name)
      await room.loaded
      type(room, name)
      await room.whenAcked()
      const other = two.room(name)
      await other.loaded
      await until(other, () => text(other) === name)
    }),
  )
  expect(relay.connections).toBe(2)
})
