import { encodeFrame, type ClientMessage, type RelayMessage } from '@syncline/protocol'
import { expect, test } from 'vitest'
import type { Authorize } from '../access.ts'
import { hookAuthenticator } from '../auth/authorize-hook.ts'
import { BufferAccount } from '../buffers/buffer-account.ts'
import { LogHealth } from '../health.ts'
import { defaultLimits, type RelayLimits } from '../limits.ts'
import { FaultyLog } from '../log/faulty-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { RelayCounters } from '../metrics/relay-counters.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { noStateVector, updateOf } from '../relay-client.fixture.ts'
import { SubjectTraffic } from '../rate/subject-traffic.ts'
import { trafficRates } from '../rate/traffic.ts'
import type { RelayEvent } from '../relay-event.ts'
import { Compaction } from '../room/compaction.ts'
import { Rooms } from '../room/rooms.ts'
import { inlineMerger } from '../room/update-merger.ts'
import { SessionConnection } from './connection.ts'
import { HeldSocket } from './held-socket.fixture.ts'
import { nativeSession } from './native-session.ts'

class World {
  readonly scheduler = new ManualScheduler()
  readonly events: RelayEvent[] = []
  readonly log = new FaultyLog(new MemoryLog())
  readonly rooms: Rooms
  readonly buffers: BufferAccount
  readonly #limits: RelayLimits
  readonly #authorize: Authorize | undefined

  constructor(limits: Partial<RelayLimits> = {}, authorize?: Authorize) {
    this.#limits = { ...defaultLimits, ...limits }
    this.#authorize = authorize
    this.buffers = new BufferAccount(this.#limits.bufferBytesMax)
    this.rooms = new Rooms({
      authenticated: false,
      log: this.log,
      merger: inlineMerger,
      history: 'drop',
      compaction: new Compaction(this.log, inlineMerger, 'drop'),
      limits: this.#limits,
      scheduler: this.scheduler,
      health: new LogHealth(),
      counters: new RelayCounters(),
      buffers: this.buffers,
      onEvent: (event) => this.events.push(event),
    })
  }

  connect(): Client {
    const socket = new HeldSocket()
    const connection = new SessionConnection(
      socket,
      nativeSession('relay', this.#limits, this.scheduler.now()),
      {
        rooms: this.rooms,
        limits: this.#limits,
        scheduler: this.scheduler,
        authenticator: this.#authorize === undefined ? undefined : hookAuthenticator(this.#authorize),
        subjectTraffic: new SubjectTraffic(trafficRates(this.#limits, 1)),
        counters: new RelayCounters(),
        buffers: this.buffers,
        onEvent: (event) => this.events.push(event),
      },
      () => {},
    )
    const client = new Client(socket, connection)
    client.send({ type: 'hello', versions: [1], agent: 'test', token: undefined })
    return client
  }
}

class Client {
  readonly socket: HeldSocket
  readonly connection: SessionConnection<RelayMessage>

  constructor(socket: HeldSocket, connection: SessionConnection<RelayMessage>) {
    this.socket = socket
    this.connection = connection
  }

  send(...messages: readonly ClientMessage[]): void {
    this.connection.receive(encodeFrame(messages))
  }

  async join(room: string): Promise<number> {
    this.send({ type: 'join', request: 1, room, position: undefined, stateVector: noStateVector })
    return (await this.socket.next('joined')).handle
  }
}

test('a client that pushes faster than the log takes is not read until half of it has settled', async () => {
  const update = updateOf('x'.repeat(1000))
  const world = new World({ unsettledBytesMax: 13_000 })
  const client = world.connect()
  const { socket } = client
  const handle = await client.join('r')
  world.log.hold()
  client.send({ type: 'push', handle, ref: 1, update }, { type: 'push', handle, ref: 2, update })
  expect(socket.paused).toBe(false)
  client.send({ type: 'push', handle, ref: 3, update })
  expect(socket.paused).toBe(true)
  world.log.release()
  await socket.next('ack')
  expect(socket.paused).toBe(true)
  await socket.next('ack')
  expect(socket.paused).toBe(false)
})

test('many small pushes that wait hold the socket, too', async () => {
  const world = new World({ unsettledBytesMax: 1_000_000 })
  const client = world.connect()
  const handle = await client.join('r')
  world.log.hold()
  let ref = 0
  while (!client.socket.paused) client.send({ type: 'push', handle, ref: ++ref, update: updateOf('a', ref) })
  expect(ref).toBeLessThan(300)
  world.log.release()
})

test('rejected pushes, and those of a room that was left, do not hold the socket', async () => {
  const world = new World({ unsettledBytesMax: 400 })
  const client = world.connect()
  const handle = await client.join('r')
  client.send({ type: 'push', handle, ref: 1, update: new Uint8Array(500).fill(255) })
  expect(await client.socket.next('reject')).toMatchObject({ code: 'malformed-update' })
  expect(client.socket.paused).toBe(false)
  world.log.hold()
  client.send({ type: 'push', handle, ref: 2, update: updateOf('x'.repeat(200)) })
  expect(client.socket.paused).toBe(true)
  client.send({ type: 'leave', handle })
  expect(client.socket.paused).toBe(false)
  world.log.release()
})

test('a relay that closes does not read again when pushes settle', async () => {
  const world = new World({ unsettledBytesMax: 400 })
  const client = world.connect()
  const handle = await client.join('r')
  world.log.hold()
  client.send({ type: 'push', handle, ref: 1, update: updateOf('x'.repeat(200)) })
  client.connection.quiesce()
  world.log.release()
  await client.socket.next('ack')
  expect(client.socket.paused).toBe(true)
})

test('all rooms of a slow connection hold back, and catch up when its socket has drained', async () => {
  const world = new World({ outboxSoftBytes: 400 })
  const [reader, writer] = [world.connect(), world.connect()]
  const [one, two] = [await writer.join('one'), await writer.join('two')]
  await reader.join('one')
  await reader.join('two')
  reader.socket.flush()
  const write = async (handle: number, ref: number): Promise<void> => {
    writer.send({ type: 'push', handle, ref, update: updateOf('x'.repeat(500), ref) })
    await writer.socket.next('ack')
    writer.socket.flush()
  }
  await write(one, 1)
  expect(await reader.socket.next('updates')).toMatchObject({ handle: one, position: { seq: 1 } })
  expect(reader.connection.slow).toBe(true)
  await write(two, 1)
  await write(one, 2)
  expect(reader.socket.messages.filter(({ type }) => type === 'updates')).toEqual([])
  reader.socket.flush()
  const caughtUp = [await reader.socket.next('updates')]
  reader.socket.flush()
  caughtUp.push(await reader.socket.next('updates'))
  caughtUp.sort((a, b) => a.handle - b.handle)
  expect(caughtUp.map(({ handle, position }) => [handle, position.seq])).toEqual([
    [one, 2],
    [two, 1],
  ])
})

test('a client that asks and asks without reading the answers is disconnected', async () => {
  const world = new World({ outboxSoftBytes: 400, outboxHardBytes: 50 })
  const client = world.connect()
  for (let count = 0; client.socket.closed === undefined && count < 1000; count++) client.send({ type: 'ping' })
  expect(client.socket.closed).toBe(4409)
})

test('a document may take many times as long as a socket may be slow, if it goes on', async () => {
  const limits = { outboxSoftBytes: 1000, drainTimeoutMs: 3000, tickMs: 1000, lineBytesPerSecondMin: 1000 }
  const world = new World({ ...limits, heartbeatMs: 1_000_000 })
  const [writer, reader] = [world.connect(), world.connect()]
  const handle = await writer.join('r')
  writer.send({ type: 'push', handle, ref: 1, update: updateOf('x'.repeat(100_000)) })
  await writer.socket.next('ack')
  await reader.join('r')
  await reader.socket.next('updates')
  const pass = (seconds: number, bytesPerSecond: number): number | undefined => {
    for (let second = 0; second < seconds; second++) {
      reader.socket.takenBytes += bytesPerSecond
      world.scheduler.advance(1000)
      reader.connection.tick(world.scheduler.now())
    }
    return reader.socket.closed
  }
  expect([pass(90, 1100), reader.connection.slow]).toEqual([undefined, true])
  expect([pass(1, 0), pass(8, 0)]).toEqual([undefined, 4409])
})

test('a connection that ends in the middle of a join leaves no member behind', async () => {
  const world = new World({ outboxSoftBytes: 1, outboxHardBytes: 1 })
  const first = world.connect()
  first.socket.flush()
  await first.join('r')
  first.connection.lost()
  // The room is open, so it answers within the call, and the answer is what this socket does not take any more.
  const second = world.connect()
  await second.join('r')
  expect(second.socket.closed).toBe(4409)
  world.rooms.tick(0)
  world.rooms.tick(defaultLimits.roomLingerMs)
  expect(world.rooms.size).toBe(0)
})

test('a join that is being decided when the connection ends opens no room', async () => {
  let decide = (): void => {}
  const decision = new Promise<'write'>((resolve) => (decide = () => resolve('write')))
  const world = new World({}, () => decision)
  const client = world.connect()
  client.send({ type: 'join', request: 1, room: 'r', position: undefined, stateVector: noStateVector })
  client.connection.lost()
  decide()
  await decision
  expect(world.rooms.size).toBe(0)
})

test('a hook that answers with nothing that is known gives no access', async () => {
  const world = new World({}, () => undefined as unknown as 'none')
  const client = world.connect()
  client.send({ type: 'join', request: 1, room: 'r', position: undefined, stateVector: noStateVector })
  expect(await client.socket.next('refused')).toMatchObject({ code: 'unauthorized', retryable: false })
})

test('a hook that throws at once is reported and costs one join', async () => {
  const world = new World({}, () => {
    throw new Error('no')
  })
  const client = world.connect()
  client.send({ type: 'join', request: 1, room: 'r', position: undefined, stateVector: noStateVector })
  expect(await client.socket.next('refused')).toMatchObject({ code: 'internal', retryable: true })
  expect(world.events).toMatchObject([{ type: 'authorize-failed', room: 'r' }])
})

test('a broken invariant costs the connection, and is reported', () => {
  const world = new World()
  const client = world.connect()
  // Not a Uint8Array: what no socket delivers.
  client.connection.receive(undefined as unknown as Uint8Array)
  expect(client.socket.terminated).toBe(true)
  expect(world.events).toMatchObject([{ type: 'internal-error', where: 'connection' }])
})

test('while the relay holds too much, a socket that lags a little waits, and is caught up', async () => {
  const world = new World({ bufferBytesMax: 10_000_000 })
  const [reader, writer] = [world.connect(), world.connect()]
  const handle = await writer.join('r')
  await reader.join('r')
  reader.socket.flush()
  world.buffers.change('arriving', 10_000_001)
  for (const ref of [1, 2]) {
    writer.send({ type: 'push', handle, ref, update: updateOf('x'.repeat(70_000), ref) })
    await writer.socket.next('ack')
    writer.socket.flush()
  }
  expect(await reader.socket.next('updates')).toMatchObject({ position: { seq: 1 } })
  expect(reader.socket.messages.filter(({ type }) => type === 'updates')).toEqual([])
  reader.socket.flush()
  expect(await reader.socket.next('updates')).toMatchObject({ position: { seq: 2 } })
})

test('what a connection queued is let go with it', async () => {
  const world = new World()
  const only = world.connect()
  await only.join('r')
  expect(world.buffers.totalBytes).toBeGreaterThan(0)
  // Short frames at once, also if nobody says any more that the socket has let them go.
  only.connection.lost()
  expect(world.buffers.totalBytes).toBe(0)
  const [reader, writer] = [world.connect(), world.connect()]
  const handle = await writer.join('r')
  await reader.join('r')
  writer.send({ type: 'push', handle, ref: 1, update: updateOf('x'.repeat(2000)) })
  await reader.socket.next('updates')
  await writer.socket.next('ack')
  expect(world.buffers.totalBytes).toBeGreaterThan(2000)
  for (const { socket, connection } of [reader, writer]) {
    connection.lost()
    socket.flush()
  }
  expect(world.buffers.totalBytes).toBe(0)
})

test.each(['leaves', 'is put out'])('a push counts until the log has answered, though its member %s', async (how) => {
  const world = new World()
  const client = world.connect()
  const handle = await client.join('r')
  world.log.hold()
  client.send({ type: 'push', handle, ref: 1, update: updateOf('x'.repeat(20_000)) })
  await Promise.resolve()
  if (how === 'leaves') client.send({ type: 'leave', handle })
  else void world.rooms.drop('r', { code: 'forbidden', retryable: false, message: 'gone' })
  client.socket.flush()
  expect(world.buffers.totalBytes).toBeGreaterThan(20_000)
  world.log.release()
  while (world.buffers.totalBytes > 0) await new Promise((resolve) => setImmediate(resolve))
  await world.rooms.settled()
  expect(world.buffers.totalBytes).toBe(0)
})

test('what has come of a frame counts as arriving until it is whole, or its sender gone', () => {
  const world = new World()
  const { connection, socket } = world.connect()
  socket.flush()
  for (const bytes of [0, 1_000_000, 900_000, 0, 500]) {
    socket.partBytes = bytes
    connection.tick(0)
    expect([world.buffers.totalBytes, connection.load.partBytes]).toEqual([bytes, bytes])
  }
  connection.lost()
  expect(world.buffers.totalBytes).toBe(0)
})

const timely = { frameTimeoutMs: 10_000, lineBytesPerSecondMin: 1000, heartbeatMs: 1_000_000, tickMs: 1000 }

/** Brings `bytes` of a frame in each of `seconds`, or until the connection is closed; says after how many that was. */
function drip(
  { scheduler }: World,
  { connection, socket }: Client,
  bytes: number,
  seconds: number,
): number | undefined {
  for (let second = 0; second < seconds; second++) {
    socket.partBytes += bytes
    socket.receivedBytes += bytes
    connection.tick(scheduler.now())
    if (socket.closed !== undefined) return second
    scheduler.advance(1000)
  }
  return undefined
}

test('a frame that does not become whole in time ends the connection, unless it comes as fast as it should', () => {
  const world = new World(timely)
  const [slow, slower, fast] = [world.connect(), world.connect(), world.connect()]
  // A byte, and then half of what it should be: for each second it has half of one more.
  expect(drip(world, slow, 1, 100)).toBe(11)
  expect(slow.socket.closed).toBe(4408)
  expect(drip(world, slower, 500, 100)).toBe(22)
  expect(drip(world, fast, 1000, 1000)).toBe(undefined)
})

test('pongs and pings between the parts of a frame give it no more time', () => {
  const world = new World(timely)
  const client = world.connect()
  for (let second = 0; second <= 11; second++) {
    client.socket.partBytes = 50
    client.socket.receivedBytes += 6
    client.connection.receivePong()
    client.connection.tick(world.scheduler.now())
    world.scheduler.advance(1000)
  }
  expect(client.socket.closed).toBe(4408)
})

test('each frame has its own time, whatever came before', () => {
  const world = new World(timely)
  const client = world.connect()
  for (let frame = 0; frame < 10; frame++) {
    expect(drip(world, client, 1, 9)).toBe(undefined)
    // Its end, and the beginning of the next.
    client.send({ type: 'ping' })
    client.socket.partBytes = 1
  }
  expect(drip(world, client, 1, 100)).toBe(11)
})

test('who does not end the connection either is cut off', () => {
  const world = new World(timely)
  const client = world.connect()
  drip(world, client, 1, 100)
  expect([client.socket.closed, client.socket.terminated]).toEqual([4408, false])
  client.connection.tick(world.scheduler.now())
  expect(client.socket.terminated).toBe(true)
})

test('time in which the relay does not read, or does not look, is not the time of a frame', async () => {
  const world = new World({ ...timely, unsettledBytesMax: 10 })
  const client = world.connect()
  const handle = await client.join('r')
  world.log.hold()
  client.send({ type: 'push', handle, ref: 1, update: updateOf('a') })
  expect(client.socket.paused).toBe(true)
  expect(drip(world, client, 0, 100)).toBe(undefined)
  client.socket.partBytes = 10
  expect(drip(world, client, 0, 100)).toBe(undefined)
  world.log.release()
  await client.socket.next('ack')
  expect(client.socket.paused).toBe(false)
  // Half a minute in which nothing at all was done counts for two seconds.
  world.scheduler.advance(30_000)
  expect(drip(world, client, 0, 100)).toBe(9)
})

test('who is held since sockets keep too much has no more time for that, unless it is the log that is behind', () => {
  for (const [kind, endsAfter] of [
    ['arriving', 11],
    ['settling', undefined],
  ] as const) {
    const world = new World({ ...timely, bufferBytesMax: 1000 })
    const client = world.connect()
    world.buffers.change(kind, 2000)
    client.connection.press()
    client.socket.partBytes = 10
    expect(drip(world, client, 0, 100)).toBe(endsAfter)
  }
})

test('a socket is still when it takes what is queued more slowly than it may', async () => {
  const world = new World({ drainTimeoutMs: 3000, tickMs: 1000, lineBytesPerSecondMin: 1000 })
  const client = world.connect()
  await client.join('r')
  const stillAfter = (ticks: number): boolean => {
    for (let tick = 0; tick < ticks; tick++) {
      client.connection.tick(world.scheduler.now())
      world.scheduler.advance(1000)
    }
    return client.connection.load.isStill
  }
  expect([stillAfter(4), stillAfter(1)]).toEqual([false, true])
  client.socket.takenBytes += 10_000
  expect([stillAfter(1), stillAfter(3), stillAfter(1)]).toEqual([false, false, true])
  client.socket.flush()
  client.send({ type: 'ping' })
  expect([stillAfter(4), stillAfter(1)]).toEqual([false, true])
  client.socket.flush()
  expect(stillAfter(9)).toBe(false)
})

test('nothing is queued for a socket that is gone, whatever it says of itself', () => {
  const world = new World()
  const { connection, socket } = world.connect()
  expect(world.buffers.totalBytes).toBeGreaterThan(0)
  connection.lost()
  expect(world.buffers.totalBytes).toBe(0)
  socket.bufferedBytes += 1000
  socket.flush()
  expect(world.buffers.totalBytes).toBe(0)
})
