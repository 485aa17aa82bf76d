/**
 * Each limit that refuses, ends or holds something counts that, as seen from outside: by clients and in the metrics.
 * There is a case for each of them, or the types do not check.
 */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { encodeAwareness, encodeFrame } from '@syncline/protocol'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { API_PATH } from './http/api/http-api.ts'
import { MergerError } from './errors.ts'
import { countedLimits, type CountedLimit } from './limit-outcomes.ts'
import type { RelayLimits } from './limits.ts'
import { FaultyLog } from './log/faulty-log.ts'
import { MemoryLog } from './log/memory-log.ts'
import { maskedFrame, openRawSocket } from './raw-socket.fixture.ts'
import { RelayClient, noStateVector, updateOf } from './relay-client.fixture.ts'
import { createRelay, type Relay, type RelayOptions } from './relay.ts'
import { inlineMerger } from './room/update-merger.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

class World {
  readonly relay: Relay
  readonly log: FaultyLog

  constructor(relay: Relay, log: FaultyLog) {
    this.relay = relay
    this.log = log
  }

  static async open(options: Partial<RelayOptions>): Promise<World> {
    const log = new FaultyLog(new MemoryLog())
    const relay = createRelay({ log, port: 0, onEvent: () => {}, ...options })
    closing.push(() => relay.close({ deadlineMs: 1000 }))
    await relay.open()
    return new World(relay, log)
  }

  async client(token?: string): Promise<RelayClient> {
    const client = await RelayClient.open(this.relay.url, token)
    closing.push(() => client.socket.terminate())
    return client
  }

  /** A socket at one of the other endpoints. */
  async socket(path: string): Promise<WebSocket> {
    const socket = new WebSocket(`${this.relay.url}${path}`)
    closing.push(() => socket.terminate())
    await once(socket, 'open')
    return socket
  }

  async hits(limit: CountedLimit): Promise<number> {
    const text = await this.relay.metrics()
    const sample = new RegExp(`^syncline_limit_hits_total\\{limit="${limit}"\\} (\\d+)$`, 'm').exec(text)
    return Number(sample?.[1])
  }
}

interface Case {
  readonly limits?: Partial<RelayLimits>
  readonly options?: Partial<RelayOptions>
  /** Goes beyond the limit, and resolves when it was told so. */
  readonly exceed: (world: World) => Promise<unknown>
}

const join = (room: string, stateVector = noStateVector) =>
  ({ type: 'join', request: 1, room, position: undefined, stateVector }) as const

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

async function postStatus({ relay }: World, body: Uint8Array): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${relay.port}${API_PATH}/rooms/r/updates`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'Content-Type': 'application/octet-stream' },
  })
  return response.status
}

/** A relay whose clients have tokens that take for ever to verify. */
const unknownClients: Partial<RelayOptions> = {
  authenticator: { authenticate: () => new Promise(() => {}) },
}

const cases: Readonly<Record<CountedLimit, Case>> = {
  frameBytesMax: {
    limits: { frameBytesMax: 1000, updateBytesMax: 900 },
    exceed: async (world) => {
      const client = await world.client()
      client.sendBytes(new Uint8Array(1001))
      expect(await closeCode(client.socket)).toBe(1009)
    },
  },
  frameTimeoutMs: {
    limits: { frameTimeoutMs: 20, lineBytesPerSecondMin: 1_000_000, tickMs: 10 },
    exceed: async (world) => {
      const client = await openRawSocket(world.relay.url)
      closing.push(() => client.cut())
      // Two of five bytes.
      await client.write(maskedFrame(0x82, Uint8Array.of(1, 2, 3, 4, 5)).subarray(0, 8))
      expect(await client.closeCode()).toBe(4408)
    },
  },
  connectionsPerAddressMax: {
    limits: { connectionsPerAddressMax: 1 },
    options: { trustedProxies: ['127.0.0.0/8'] },
    exceed: async (world) => {
      const from = async (address: string): Promise<WebSocket> => {
        const headers = { 'X-Forwarded-For': address }
        const socket = new WebSocket(`${world.relay.url}/sync`, 'syncline.v1', { headers })
        closing.push(() => socket.terminate())
        await once(socket, 'open')
        return socket
      }
      const first = await from('6.6.6.6, 2001:db8::1')
      const second = await from('2001:db8::2')
      expect(await closeCode(second)).toBe(1013)
      await from('2001:db8:0:1::1')
      first.terminate()
      while (world.relay.connections > 1) await new Promise((resolve) => setTimeout(resolve, 1))
      const again = await from('2001:db8::3')
      expect(again.readyState).toBe(WebSocket.OPEN)
    },
  },
  updateBytesMax: {
    limits: { updateBytesMax: 100 },
    exceed: async (world) => {
      const client = await world.client()
      const { handle } = await client.join('r')
      client.send({ type: 'push', handle, ref: 1, update: updateOf('x'.repeat(100)) })
      expect(await client.next('reject')).toMatchObject({ code: 'update-too-large' })
    },
  },
  awarenessBytesMax: {
    limits: { awarenessBytesMax: 100 },
    exceed: async (world) => {
      const client = await world.client()
      const { handle } = await client.join('r')
      const payload = encodeAwareness([{ clientID: 1, clock: 1, state: JSON.stringify('x'.repeat(100)) }])
      client.send({ type: 'awareness', handle, payload })
      expect(await closeCode(client.socket)).toBe(1009)
    },
  },
  stateVectorBytesMax: {
    limits: { stateVectorBytesMax: 10 },
    exceed: async (world) => {
      const client = await world.client()
      client.send(join('r', new Uint8Array(11)))
      expect(await client.next('refused')).toMatchObject({ code: 'malformed-state-vector' })
    },
  },
  roomsPerConnectionMax: {
    limits: { roomsPerConnectionMax: 1 },
    exceed: async (world) => {
      const client = await world.client()
      await client.join('one')
      client.send(join('two'))
      expect(await client.next('refused')).toMatchObject({ code: 'too-many-rooms', retryable: false })
    },
  },
  roomsOpenMax: {
    limits: { roomsOpenMax: 1 },
    exceed: async (world) => {
      const client = await world.client()
      await client.join('one')
      client.send(join('two'))
      expect(await client.next('refused')).toMatchObject({ code: 'too-many-rooms', retryable: true })
    },
  },
  connectionsMax: {
    limits: { connectionsMax: 1 },
    exceed: async (world) => {
      await world.client()
      const second = new WebSocket(`${world.relay.url}/sync`, 'syncline.v1')
      expect(await closeCode(second)).toBe(1013)
    },
  },
  unsettledBytesMax: {
    limits: { unsettledBytesMax: 100 },
    exceed: async (world) => {
      const client = await world.client()
      const { handle } = await client.join('r')
      await client.push(handle, 1, updateOf('a'))
    },
  },
  bufferBytesMax: {
    limits: { bufferBytesMax: 100 },
    exceed: async (world) => {
      world.log.hold()
      const [client, other] = [await world.client(), await world.client()]
      const { handle } = await client.join('r')
      client.send({ type: 'push', handle, ref: 1, update: updateOf('a') })
      while (world.log.held === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      other.send(join('r'))
      expect(await other.next('refused')).toMatchObject({ code: 'too-many-rooms', retryable: true })
      world.log.release()
      await client.next('ack')
      await other.join('r')
    },
  },
  outboxHardBytes: {
    limits: { outboxSoftBytes: 1, outboxHardBytes: 1 },
    exceed: async (world) => {
      const client = await world.client()
      const pings = Array.from({ length: 100 }, () => ({ type: 'ping' }) as const)
      client.send(...pings)
      expect(await closeCode(client.socket)).toBe(4409)
    },
  },
  drainTimeoutMs: {
    limits: { outboxSoftBytes: 1000, drainTimeoutMs: 20, tickMs: 10 },
    exceed: async (world) => {
      const writer = await world.client()
      const { handle } = await writer.join('r')
      await writer.push(handle, 1, updateOf('x'.repeat(8_000_000)))
      const reader = await openRawSocket(world.relay.url)
      closing.push(() => reader.cut())
      reader.pause()
      const hello = encodeFrame([{ type: 'hello', versions: [1], agent: 'test', token: undefined }, join('r')])
      await reader.write(maskedFrame(0x82, hello))
      while ((await world.hits('drainTimeoutMs')) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
  },
  helloTimeoutMs: {
    limits: { helloTimeoutMs: 20, tickMs: 10 },
    exceed: async (world) => {
      const socket = await world.socket('/sync')
      expect(await closeCode(socket)).toBe(4408)
    },
  },
  authTimeoutMs: {
    limits: { authTimeoutMs: 20 },
    options: unknownClients,
    exceed: async (world) => {
      const client = await world.client()
      expect(await closeCode(client.socket)).toBe(1013)
      const slots = Array.from({ length: 3 }, () => postStatus(world, updateOf('a')))
      expect(await Promise.all(slots)).toEqual([500, 500, 500])
    },
  },
  unknownFramesMax: {
    limits: { unknownFramesMax: 1 },
    options: unknownClients,
    exceed: async (world) => {
      const client = await world.client()
      client.send({ type: 'ping' })
      expect(await closeCode(client.socket)).toBe(1013)
    },
  },
  unknownBytesMax: {
    limits: { unknownBytesMax: 100 },
    options: unknownClients,
    exceed: async (world) => {
      const client = await world.client()
      client.send(join('r', new Uint8Array(100)))
      expect(await closeCode(client.socket)).toBe(1013)
    },
  },
  heartbeatMs: {
    limits: { heartbeatMs: 10, tickMs: 10 },
    exceed: async (world) => {
      const client = await world.client()
      expect(await closeCode(client.socket)).toBe(4408)
    },
  },
  unjoinedBytesMax: {
    limits: { unjoinedBytesMax: 100 },
    options: unknownClients,
    exceed: async (world) => {
      const socket = await world.socket('/y/r')
      // An update of 200 bytes.
      socket.send(Uint8Array.of(0, 2, 200, 1, ...new Uint8Array(200)))
      expect(await closeCode(socket)).toBe(1013)
    },
  },
  statelessBytesMax: {
    limits: { statelessBytesMax: 10 },
    exceed: async (world) => {
      const socket = await world.socket('/hocuspocus')
      // Document `d`, a stateless message of 11 bytes.
      socket.send(Uint8Array.of(1, 100, 5, 11, ...new Uint8Array(11).fill(120)))
      expect(await closeCode(socket)).toBe(1009)
    },
  },
  undecidedBytesMax: {
    limits: { undecidedBytesMax: 1 },
    exceed: async (world) => {
      const client = await world.client()
      const { handle } = await client.join('r')
      await client.push(handle, 1, updateOf('ab', 9))
      client.send(
        { type: 'push', handle, ref: 2, update: updateOf('abc', 9) },
        { type: 'push', handle, ref: 3, update: updateOf('abcd', 9) },
      )
      expect(await client.next('reject')).toMatchObject({ ref: 3, code: 'log-unavailable', retryable: true })
    },
  },
  mergeQueueBytesMax: {
    options: {
      merger: {
        ...inlineMerger,
        diff: () => Promise.reject(new MergerError('busy', 'too much waits')),
      },
    },
    exceed: async (world) => {
      const writer = await world.client()
      const { handle } = await writer.join('r')
      await writer.push(handle, 1, updateOf('a'))
      const reader = await world.client()
      await reader.join('r')
      expect(await reader.next('evicted')).toMatchObject({ code: 'log-unavailable', retryable: true })
      const { port } = world.relay
      const sv = '?stateVector=AA'
      const response = await fetch(`http://127.0.0.1:${port}${API_PATH}/rooms/r/update${sv}`)
      expect([response.status, await world.hits('mergeQueueBytesMax')]).toEqual([500, 2])
    },
  },
  apiRequestsMax: {
    limits: { apiRequestsMax: 1 },
    exceed: async (world) => {
      world.log.hold()
      const first = postStatus(world, updateOf('a'))
      const second = await postStatus(world, updateOf('b'))
      world.log.release()
      expect([await first, second].toSorted((a, b) => a - b)).toEqual([200, 503])
    },
  },
  apiTimeoutMs: {
    limits: { apiTimeoutMs: 20 },
    exceed: async ({ relay }) => {
      const request = httpRequest(`http://127.0.0.1:${relay.port}${API_PATH}/rooms/r/updates`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': 100 },
      })
      request.on('error', () => {})
      request.flushHeaders()
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.resume()
      expect(response.statusCode).toBe(408)
      request.destroy()
    },
  },
}

test.each(countedLimits)('a hit of %s is counted', async (limit) => {
  const { limits = {}, options = {}, exceed } = cases[limit]
  const world = await World.open({ ...options, limits })
  expect(await world.hits(limit)).toBe(0)
  await exceed(world)
  expect(await world.hits(limit)).toBeGreaterThanOrEqual(1)
})
