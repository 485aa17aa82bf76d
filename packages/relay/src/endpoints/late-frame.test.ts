/**
 * Frames that take their time, at every endpoint: one that does not get on ends its connection, so that nobody can hold what a
 * relay keeps for all; one that does get on may be long. The relay's time moves only when a test says so.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { EndpointClient, endpoints, type EndpointName } from '../endpoint-client.fixture.ts'
import type { RelayLimits } from '../limits.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { createRelay, type Relay } from '../relay.ts'

const KiB = 1024
const SECOND = 1000

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

class World {
  readonly scheduler = new ManualScheduler()
  readonly relay: Relay

  constructor(limits: Partial<RelayLimits>) {
    this.relay = createRelay({
      log: new MemoryLog(),
      port: 0,
      onEvent: () => {},
      scheduler: this.scheduler,
      // Nobody is taken for dead; clients of ours answer pings or not, as it happens.
      limits: { tickMs: 10, lineBytesPerSecondMin: KiB, heartbeatMs: 3_600_000, ...limits },
    })
  }

  static async open(limits: Partial<RelayLimits> = {}): Promise<World> {
    const world = new World(limits)
    closing.push(() => world.relay.close({ deadlineMs: 2000 }))
    await world.relay.open()
    return world
  }

  async join(endpoint: EndpointName, room: string): Promise<EndpointClient> {
    const client = await EndpointClient.open(endpoint, this.relay.url, room)
    closing.push(() => client.socket.terminate())
    await client.until(() => client.joined)
    return client
  }

  async metric(name: string): Promise<number> {
    return Number(new RegExp(`^syncline_${name} (\\d+)$`, 'm').exec(await this.relay.metrics())?.[1])
  }

  hits(limit: 'frameTimeoutMs' | 'bufferBytesMax'): Promise<number> {
    return this.metric(`limit_hits_total\\{limit="${limit}"\\}`)
  }

  /** Looks at the relay, tick by tick, until it is as it should be. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      this.scheduler.advance(10)
      await sleep(1)
    }
  }

  /** Waits until the relay keeps so many bytes of frames. */
  arrived(bytes: number): Promise<void> {
    return this.until(async () => (await this.metric('buffer_bytes')) >= bytes)
  }
}

/** Sends the beginning of a frame, and a pong, as who keeps a connection alive does. */
function begin(client: EndpointClient, bytes: number): void {
  client.socket.send(new Uint8Array(bytes), { fin: false })
  client.socket.pong()
}

test.each([
  ['sync', 4408],
  ['y', 1013],
  ['hocuspocus', 4408],
] as const)('a client at %s that does not end a frame is closed with %i, and comes back', async (endpoint, code) => {
  const world = await World.open()
  const client = await world.join(endpoint, 'r')
  client.type('before')
  await client.until(() => client.durableText === 'before')
  begin(client, 10 * KiB)
  await world.arrived(10 * KiB)
  // Thirty seconds, and ten for what came. A tick later it would be cut off.
  world.scheduler.advance(39 * SECOND)
  expect(await world.hits('frameTimeoutMs')).toBe(0)
  await world.until(async () => (await world.hits('frameTimeoutMs')) === 1)
  expect(await client.ended()).toBe(code)
  await world.until(async () => (await world.metric('buffer_bytes')) === 0)
  const again = await world.join(endpoint, 'r')
  await again.until(() => again.text === 'before')
})

test.each(endpoints)('a long frame that comes slowly, but comes, is stored: at %s', async (endpoint) => {
  const world = await World.open()
  const client = await world.join(endpoint, 'r')
  const send = client.socket.send.bind(client.socket)
  let upload: Uint8Array | undefined
  Object.assign(client.socket, { send: (frame: Uint8Array) => (upload = frame) })
  client.type('x'.repeat(200 * KiB))
  for (let at = 0; at < upload!.length;) {
    const end = Math.min(upload!.length, at + 20 * KiB)
    send(upload!.subarray(at, end), { fin: end === upload!.length })
    at = end
    if (at < upload!.length) await world.arrived(at)
    // Twice as fast as it has to be; all of it takes many times longer than a frame that does not get on may.
    world.scheduler.advance(10 * SECOND)
  }
  await client.until(() => client.durableText.length === 200 * KiB)
  expect([client.closed, await world.hits('frameTimeoutMs')]).toEqual([undefined, 0])
})

test.each(endpoints)(
  'many small parts of frames, kept alive, keep others out for a while and no longer: at %s',
  { timeout: 30_000 },
  async (endpoint) => {
    const world = await World.open({ bufferBytesMax: KiB * KiB })
    const member = await world.join('sync', 'r')
    const holding = await Promise.all(Array.from({ length: 12 }, (_, index) => world.join(endpoint, `room-${index}`)))
    for (const client of holding) begin(client, 100 * KiB)
    await world.until(async () => (await world.hits('bufferBytesMax')) > 0)
    await expect(world.join(endpoint, 'r')).rejects.toThrow('closed')
    // The longest that a frame with so little of it may take.
    world.scheduler.advance(135 * SECOND)
    await Promise.all(holding.map((client) => client.ended()))
    await world.until(async () => (await world.metric('buffer_bytes')) === 0)
    const late = await world.join(endpoint, 'r')
    late.type('let in')
    await member.until(() => member.text === 'let in')
    expect(await world.hits('frameTimeoutMs')).toBe(12)
  },
)
