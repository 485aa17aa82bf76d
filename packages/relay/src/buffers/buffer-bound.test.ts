/**
 * `bufferBytesMax`, from outside: what many connections make a relay hold together is bounded, although each of them keeps
 * its own bounds; nothing that was acknowledged is lost, and who behaves well goes on.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { EndpointClient, endpoints, type EndpointClientOptions, type EndpointName } from '../endpoint-client.fixture.ts'
import type { RelayLimits } from '../limits.ts'
import { FaultyLog } from '../log/faulty-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { openRawSocket } from '../raw-socket.fixture.ts'
import { createRelay, type Relay } from '../relay.ts'

const KiB = 1024
const MiB = KiB * KiB

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

class World {
  readonly log = new FaultyLog(new MemoryLog())
  readonly relay: Relay

  constructor(limits: Partial<RelayLimits>) {
    this.relay = createRelay({ log: this.log, port: 0, onEvent: () => {}, limits: { tickMs: 10, ...limits } })
  }

  static async open(limits: Partial<RelayLimits>): Promise<World> {
    const world = new World(limits)
    closing.push(() => world.relay.close({ deadlineMs: 2000 }))
    await world.relay.open()
    return world
  }

  async client(endpoint: EndpointName, room: string, options?: EndpointClientOptions): Promise<EndpointClient> {
    const client = await EndpointClient.joined(endpoint, this.relay.url, room, options)
    closing.push(() => client.socket.terminate())
    return client
  }

  /** A client that joins and does not read. */
  async slowReader(endpoint: EndpointName, room: string): Promise<EndpointClient> {
    const client = await EndpointClient.open(endpoint, this.relay.url, room, { isPaused: true })
    closing.push(() => client.socket.terminate())
    return client
  }

  async metric(name: string): Promise<number> {
    const text = await this.relay.metrics()
    return Number(new RegExp(`^syncline_${name} (\\d+)$`, 'm').exec(text)?.[1])
  }

  hits(): Promise<number> {
    return this.metric('limit_hits_total\\{limit="bufferBytesMax"\\}')
  }

  /** Waits until a metric is what it should be. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await sleep(5)
  }
}

test(
  'writers that push together more than is held are not read until it settles, and all of it is stored',
  { timeout: 30_000 },
  async () => {
    const world = await World.open({ bufferBytesMax: MiB })
    const clients = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        world.client(endpoints.at(index % endpoints.length)!, `room-${index % 6}`),
      ),
    )
    // What clients of Yjs tell first of all is settled before the log hangs.
    for (const [index, client] of clients.entries()) client.type(`<${index}>`)
    await Promise.all(clients.map((client, index) => client.until(() => client.durableText.includes(`<${index}>`))))
    world.log.hold()
    for (const client of clients) for (let count = 0; count < 10; count++) client.type('x'.repeat(50 * KiB))
    await world.until(async () => (await world.hits()) > 0)
    let peakBytes = 0
    for (let count = 0; count < 40; count++) {
      peakBytes = Math.max(peakBytes, await world.metric('buffer_bytes'))
      await sleep(5)
    }
    // Each goes on with what one read of its socket has brought: 64 KiB, and the frame that it ends.
    expect(peakBytes).toBeLessThanOrEqual(MiB + clients.length * 128 * KiB)
    expect(clients.map(({ closed }) => closed)).toEqual(clients.map(() => undefined))
    world.log.release()
    const roomOf = (index: number): number => index % 6
    await Promise.all(
      clients.map((client, index) => {
        const writers = clients.filter((_, other) => roomOf(other) === roomOf(index)).length
        return client.until(() => client.durableText.length >= writers * 10 * 50 * KiB)
      }),
    )
    await world.until(async () => (await world.metric('buffer_bytes')) === 0)
    const first = clients.at(0)
    const late = await world.client('sync', 'room-0')
    await late.until(() => late.text === first!.text)
    expect(clients.map(({ text, durableText }) => text === durableText)).toEqual(clients.map(() => true))
  },
)

test(
  'readers that do not read are ended when their queues are too much together, and converge when they come back',
  { timeout: 60_000 },
  async () => {
    const world = await World.open({ bufferBytesMax: 12 * MiB, drainTimeoutMs: 500 })
    const rooms = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const room of rooms) {
      const writer = await world.client('sync', room)
      writer.type(room.repeat(8_000_000))
      await writer.until(() => writer.durableText.length === 8_000_000)
      writer.socket.terminate()
    }
    const healthy = await world.client('sync', 'healthy')
    await world.until(async () => (await world.metric('buffer_bytes')) === 0)
    const readers = await Promise.all(
      rooms.map((room, index) => world.slowReader(endpoints.at(index % endpoints.length)!, room)),
    )
    await world.until(async () => (await world.metric('connections_ended_total\\{code="(?:4409|1013)"\\}')) > 0)
    await world.until(async () => (await world.metric('buffer_bytes')) <= 12 * MiB)
    healthy.type('still here')
    await healthy.until(() => healthy.durableText === 'still here')
    await Promise.all(
      readers.map(async (reader, index) => {
        reader.socket.resume()
        const room = rooms.at(index)!
        const endpoint = endpoints.at(index % endpoints.length)!
        // One that was not ended reads on.
        for (let current = reader; ;) {
          try {
            return await current.until(() => current.text.length === 8_000_000)
          } catch {
            await sleep(20)
            current = await EndpointClient.open(endpoint, world.relay.url, room)
            closing.push(() => current.socket.terminate())
          }
        }
      }),
    )
  },
)

test('frames that never become whole are bounded together', async () => {
  const world = await World.open({ bufferBytesMax: 2 * MiB, frameBytesMax: 2 * MiB, updateBytesMax: MiB })
  const healthy = await world.client('y', 'healthy')
  const strangers = await Promise.all(Array.from({ length: 4 }, () => openRawSocket(world.relay.url)))
  for (const stranger of strangers) {
    closing.push(() => stranger.cut())
    // A frame of 2 MiB, of which one comes.
    const header = Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0)
    await stranger.write(header)
    void stranger.write(new Uint8Array(MiB))
  }
  await world.until(async () => (await world.hits()) > 0)
  await world.until(async () => (await world.metric('buffer_bytes')) <= 2 * MiB)
  expect(await world.metric('connections_ended_total\\{code="4409"\\}')).toBeGreaterThanOrEqual(1)
  healthy.type('still here')
  await healthy.until(() => healthy.durableText === 'still here')
})

test('what is stuck for long is let go, so that others may join again', async () => {
  const world = await World.open({
    bufferBytesMax: 3 * MiB,
    frameBytesMax: 4 * MiB,
    updateBytesMax: MiB,
    drainTimeoutMs: 50,
  })
  const strangers = await Promise.all(Array.from({ length: 2 }, () => openRawSocket(world.relay.url)))
  for (const stranger of strangers) closing.push(() => stranger.cut())
  const header = Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0)
  for (const stranger of strangers) void stranger.write(header)
  // More than half of the bound, and then more than the bound for a moment.
  void strangers.at(0)!.write(new Uint8Array(2 * MiB))
  await world.until(async () => (await world.metric('buffer_bytes')) >= 2 * MiB)
  void strangers.at(1)!.write(new Uint8Array(1.5 * MiB))
  await world.until(async () => (await world.hits()) > 0)
  await world.until(async () => (await world.metric('buffer_bytes')) <= 1.5 * MiB)
  const late = await world.client('hocuspocus', 'late')
  late.type('welcome')
  await late.until(() => late.durableText === 'welcome')
  await Promise.race([once(late.socket, 'close').then(() => expect.fail('closed')), sleep(1)])
})

test('who pushes little goes on, though others keep much and are too small each to be ended', async () => {
  const world = await World.open({ bufferBytesMax: MiB, helloTimeoutMs: 600_000 })
  const honest = await world.client('y', 'honest')
  const header = Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0)
  for (let count = 0; count < 12; count++) {
    const stranger = await openRawSocket(world.relay.url)
    closing.push(() => stranger.cut())
    void stranger.write(Buffer.concat([header, new Uint8Array(100 * KiB)]))
  }
  await world.until(async () => (await world.hits()) > 0)
  let text = ''
  for (const word of ['one ', 'two ', 'three']) {
    honest.type(word)
    text += word
    await honest.until(() => honest.durableText === text)
  }
  expect(await world.metric('buffer_bytes')).toBeGreaterThan(MiB)
})
