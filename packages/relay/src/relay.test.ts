import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeStateVector, mergeUpdates, updateIds } from '@syncline/core'
import { decodeAwareness, encodeAwareness, encodeFrame, type ClientMessage } from '@syncline/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { FaultyLog } from './log/faulty-log.ts'
import { MemoryDisk, MemoryLog } from './log/memory-log.ts'
import { ManualScheduler } from './manual-scheduler.fixture.ts'
import { maskedFrame, openRawSocket } from './raw-socket.fixture.ts'
import { RelayClient, textOf, updateOf } from './relay-client.fixture.ts'
import type { RelayEvent } from './relay-event.ts'
import { createRelay, type Relay, type RelayOptions } from './relay.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function openRelay(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const relay = createRelay({
    log: new MemoryLog(),
    onEvent: () => {},
    ...(options.server === undefined ? { port: 0 } : {}),
    ...options,
  })
  closing.push(() => relay.close({ deadlineMs: 2000 }))
  await relay.open()
  return relay
}

async function openClient(url: string, token?: string): Promise<RelayClient> {
  const client = await RelayClient.open(url, token)
  closing.push(async () => client.socket.terminate())
  return client
}

/** Whose structs an update holds. */
function clientsIn(update: Uint8Array): number[] {
  return [...updateIds(update).structs.clients()].sort((a, b) => a - b)
}

/** Two members of a room of their own. `sync` shows that the relay still serves them. */
async function openBystanders(url: string): Promise<{ sync(): Promise<void> }> {
  const [writer, reader] = [await openClient(url), await openClient(url)]
  const { handle } = await writer.join('bystanders')
  await reader.join('bystanders')
  let ref = 0
  return {
    sync: async () => {
      const text = `${++ref}`
      await writer.push(handle, ref, updateOf(text, ref))
      const { update } = await reader.next('updates')
      expect(textOf(update)).toBe(text)
    },
  }
}

describe('rooms', () => {
  test('what one member pushes is acknowledged, and reaches the others and those who join later', async () => {
    const { url } = await openRelay()
    const [ada, bob] = [await openClient(url), await openClient(url)]
    const { handle } = await ada.join('room')
    await bob.join('room')
    const position = await ada.push(handle, 1, updateOf('hello'))
    expect(position.seq).toBe(1)
    expect(textOf(...(await bob.updatesTo(1)))).toBe('hello')

    const late = await openClient(url)
    expect(await late.join('room')).toMatchObject({ resumed: false, position, access: 'write' })
    expect(textOf(...(await late.updatesTo(1)))).toBe('hello')
  })

  test('rooms do not hear each other', async () => {
    const { url } = await openRelay()
    const [ada, bob] = [await openClient(url), await openClient(url)]
    const { handle } = await ada.join('one')
    await bob.join('two')
    await ada.push(handle, 1, updateOf('hello'))
    await bob.settle()
    expect(bob.inbox).toEqual([])
  })

  test('a client that was away gets the tail after its position', async () => {
    const log = new MemoryLog()
    const { url } = await openRelay({ log })
    const ada = await openClient(url)
    const { handle } = await ada.join('room')
    const position = await ada.push(handle, 1, updateOf('a', 1))
    await ada.push(handle, 2, updateOf('b', 2))
    await ada.push(handle, 3, updateOf('c', 3))
    const bob = await openClient(url)
    expect(await bob.join('room', { position })).toMatchObject({ resumed: true, position: { seq: 3 } })
    const tail = mergeUpdates(await bob.updatesTo(3))
    expect(clientsIn(tail)).toEqual([2, 3])
  })

  test('a client whose position is older than the checkpoint gets what its state vector lacks', async () => {
    const log = new MemoryLog()
    const updates = [1, 2, 3].map((client) => updateOf('x', client))
    const positions = await log.append(updates.map((update) => ({ room: 'room', update })))
    await log.checkpoint('room', positions.at(1)!, mergeUpdates(updates.slice(0, 2)))
    const { url } = await openRelay({ log })
    const client = await openClient(url)
    const stateVector = encodeStateVector(new Map([[1, 1]]))
    expect(await client.join('room', { position: positions.at(0)!, stateVector })).toMatchObject({ resumed: true })
    const diff = mergeUpdates(await client.updatesTo(3))
    expect(clientsIn(diff)).toEqual([2, 3])
  })

  test('a relay that lost its disk does not resume what it does not know, and is told what it lost by the state vector', async () => {
    const before = await openRelay()
    const ada = await openClient(before.url)
    const position = await ada.push((await ada.join('room')).handle, 1, updateOf('a'))
    await before.close()

    const after = await openRelay()
    const again = await openClient(after.url)
    const joined = await again.join('room', { position })
    expect(joined).toMatchObject({ resumed: false, position: { epoch: 0, seq: 0 } })
    expect([...joined.stateVector]).toEqual([0])
    await again.push(joined.handle, 1, updateOf('a'))
  })

  test('a relay that was restored from an older copy does not resume what it has forgotten', async () => {
    const disk = new MemoryDisk()
    const first = await openRelay({ log: new MemoryLog({ disk }) })
    const ada = await openClient(first.url)
    const { handle } = await ada.join('room')
    const kept = await ada.push(handle, 1, updateOf('a', 1))
    const backup = disk.copy()
    const lost = await ada.push(handle, 2, updateOf('b', 2))
    await first.close()

    const second = await openRelay({ log: new MemoryLog({ disk: backup }) })
    const bob = await openClient(second.url)
    await bob.push((await bob.join('room')).handle, 1, updateOf('c', 3))
    const back = await openClient(second.url)
    expect(await back.join('room', { position: lost })).toMatchObject({ resumed: false, position: { seq: 2 } })
    const other = await openClient(second.url)
    expect(await other.join('room', { position: kept })).toMatchObject({ resumed: true })
  })

  test('awareness reaches the others, and its end is told when a connection is cut', async () => {
    const { url } = await openRelay()
    const [ada, bob] = [await openClient(url), await openClient(url)]
    const { handle } = await ada.join('room')
    await bob.join('room')
    const here = { clientID: 5, clock: 1, state: '{"name":"Ada"}' }
    ada.send({ type: 'awareness', handle, payload: encodeAwareness([here]) })
    expect(decodeAwareness((await bob.next('awareness')).payload)).toEqual([here])
    ada.socket.terminate()
    expect(decodeAwareness((await bob.next('awareness')).payload)).toEqual([{ ...here, state: null }])
  })

  test('a member that leaves hears nothing more, and may come back', async () => {
    const { url } = await openRelay()
    const [ada, bob] = [await openClient(url), await openClient(url)]
    const { handle } = await ada.join('room')
    await bob.join('room')
    bob.send({ type: 'leave', handle })
    await bob.settle()
    await ada.push(handle, 1, updateOf('a'))
    await bob.settle()
    expect(bob.inbox).toEqual([])
    await bob.join('room')
    expect(textOf(...(await bob.updatesTo(1)))).toBe('a')
  })
})

describe('bad input costs its sender the connection, and nobody else anything', () => {
  const hello: ClientMessage = { type: 'hello', versions: [1], agent: 'test', token: undefined }
  const ping = encodeFrame([{ type: 'ping' }])

  test.each([
    ['an unknown message', Uint8Array.of(99), 1002],
    ['a message of the wrong side', encodeFrame([{ type: 'error', code: 'internal', message: '' }]), 1002],
    ['a second hello', encodeFrame([hello]), 1002],
    ['a message cut short', encodeFrame([hello]).subarray(0, 5), 1007],
    ['bytes after the last message', Uint8Array.of(...ping, 0xff, 0xff), 1007],
    ['a string that is not UTF-8', Uint8Array.of(13, 2, 0xc3, 0x28), 1007],
    ['a frame above the bound', new Uint8Array(5000), 1009],
  ])('%s', async (_, frame, code) => {
    const { url } = await openRelay({ limits: { frameBytesMax: 4096, updateBytesMax: 2048 } })
    const bystanders = await openBystanders(url)
    const client = await openClient(url)
    client.sendBytes(frame)
    expect((await client.ended()).code).toBe(code)
    await bystanders.sync()
  })

  test('a text frame', async () => {
    const { url } = await openRelay()
    const bystanders = await openBystanders(url)
    const client = await openClient(url)
    client.socket.send('hello')
    expect((await client.ended()).code).toBe(1003)
    await bystanders.sync()
  })

  test.each([
    ['set RSV bits', maskedFrame(0xf2, ping)],
    ['an unknown opcode', maskedFrame(0x83, ping)],
    ['a frame that is not masked', Uint8Array.of(0x82, ping.length, ...ping)],
  ])('%s', async (_, bytes) => {
    const events: RelayEvent[] = []
    const { url } = await openRelay({ onEvent: (event) => events.push(event) })
    const bystanders = await openBystanders(url)
    const socket = await openRawSocket(url)
    await socket.write(bytes)
    expect(await socket.closeCode()).toBe(1002)
    expect(events.filter(({ type }) => type === 'socket-failed')).toHaveLength(1)
    await bystanders.sync()
  })

  test('a connection cut in the middle of a frame', async () => {
    const relay = await openRelay()
    const bystanders = await openBystanders(relay.url)
    const socket = await openRawSocket(relay.url)
    await socket.write(maskedFrame(0x82, encodeFrame([hello])).subarray(0, 9))
    socket.cut()
    await bystanders.sync()
    await bystanders.sync()
    expect(relay.connections).toBe(2)
  })

  test('anything before hello', async () => {
    const { url } = await openRelay()
    const client = await RelayClient.connect(url)
    client.send({ type: 'ping' })
    expect(await client.next('error')).toMatchObject({ code: 'malformed-message' })
    expect((await client.ended()).code).toBe(1002)
  })

  test('a protocol version that nobody speaks', async () => {
    const { url } = await openRelay()
    const client = await RelayClient.connect(url)
    client.send({ ...hello, versions: [7] })
    expect(await client.next('error')).toMatchObject({ code: 'unsupported-version' })
    expect((await client.ended()).code).toBe(4400)
  })

  test('no hello in time', async () => {
    const scheduler = new ManualScheduler()
    const relay = await openRelay({ scheduler, limits: { helloTimeoutMs: 5000 } })
    const client = await RelayClient.connect(relay.url)
    scheduler.advance(6000)
    expect((await client.ended()).code).toBe(4408)
  })

  test('a silent connection is pinged, and closed when it does not answer', async () => {
    const scheduler = new ManualScheduler()
    const { url } = await openRelay({ scheduler, limits: { heartbeatMs: 10_000 } })
    const client = await openClient(url)
    scheduler.advance(10_000)
    await client.next('ping')
    client.send({ type: 'pong' })
    await client.settle()
    scheduler.advance(24_000)
    await client.settle()
    expect(client.closed).toBeUndefined()
    // And a tick, in which what the network has brought before is seen.
    scheduler.advance(26_000)
    expect((await client.ended()).code).toBe(4408)
  })

  test('a client whose frame takes its time is not taken for silent', async () => {
    const scheduler = new ManualScheduler()
    const { url } = await openRelay({ scheduler, limits: { heartbeatMs: 10_000, frameTimeoutMs: 60_000 } })
    const client = await openClient(url)
    const frame = encodeFrame(Array.from({ length: 6 }, () => ({ type: 'ping' as const })))
    for (const [index, byte] of frame.entries()) {
      const fin = index === frame.length - 1
      await new Promise((resolve) => client.socket.send(Uint8Array.of(byte), { fin }, resolve))
      // What was asked for later is answered: so the relay has had a look at the network since.
      await fetch(`${url.replace('ws:', 'http:')}/healthz`)
      if (!fin) scheduler.advance(10_000)
    }
    await client.next('pong')
    expect(client.closed).toBeUndefined()
  })

  test('a malformed update in a good frame is rejected: nothing is logged, nobody hears of it, the sender stays', async () => {
    const log = new MemoryLog()
    const { url } = await openRelay({ log })
    const [ada, bob] = [await openClient(url), await openClient(url)]
    const { handle } = await ada.join('room')
    await bob.join('room')
    ada.send({ type: 'push', handle, ref: 1, update: Uint8Array.of(1, 2, 3) })
    expect(await ada.next('reject')).toMatchObject({ ref: 1, code: 'malformed-update', retryable: false })
    await bob.settle()
    expect(bob.inbox).toEqual([])
    expect((await log.head('room')).position.seq).toBe(0)
    await ada.push(handle, 2, updateOf('a'))
  })

  test('a push to a room that one is not in, and an update above its bound, are rejected', async () => {
    const { url } = await openRelay({ limits: { updateBytesMax: 100 } })
    const client = await openClient(url)
    client.send({ type: 'push', handle: 77, ref: 1, update: updateOf('a') })
    expect(await client.next('reject')).toMatchObject({ handle: 77, ref: 1, code: 'unknown-handle' })
    const { handle } = await client.join('room')
    client.send({ type: 'push', handle, ref: 1, update: updateOf('x'.repeat(200)) })
    expect(await client.next('reject')).toMatchObject({ ref: 1, code: 'update-too-large', retryable: false })
  })

  test('one connection too many is told so', async () => {
    const { url } = await openRelay({ limits: { connectionsMax: 2 } })
    const bystanders = await openBystanders(url)
    const client = await RelayClient.connect(url)
    expect(await client.next('error')).toMatchObject({ code: 'too-many-connections' })
    expect((await client.ended()).code).toBe(1013)
    await bystanders.sync()
  })

  test.each(['/', '/sync/', '/other'])('an upgrade of %s is answered with 404', async (path) => {
    const { url } = await openRelay()
    const socket = new WebSocket(`${url}${path}`)
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error.message).toContain('404')
  })

  test('a client that speaks another subprotocol is answered with 400', async () => {
    const { url } = await openRelay()
    const socket = new WebSocket(`${url}/sync`, 'graphql-ws')
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error.message).toContain('400')
  })
})

// Tens of megabytes go over the loopback: on a busy machine that takes its time.
describe('slow consumers', { timeout: 60_000 }, () => {
  const limits = { outboxSoftBytes: 64 * 1024, drainTimeoutMs: 20_000 }
  const entries = 150

  /** Has `ada` push far more than the network holds while `bob` does not read. */
  async function outrun(url: string): Promise<{ bob: RelayClient }> {
    const [ada, bob] = [await openClient(url), await openClient(url)]
    const { handle } = await ada.join('room')
    await bob.join('room')
    bob.socket.pause()
    const text = 'x'.repeat(100_000)
    for (let ref = 1; ref <= entries; ref++) await ada.push(handle, ref, updateOf(text, ref))
    return { bob }
  }

  test('a member that does not keep up gets the rest merged when it reads again', async () => {
    const { url } = await openRelay({ limits })
    const { bob } = await outrun(url)
    bob.socket.resume()
    const updates = await bob.updatesTo(entries)
    expect(updates.length).toBeLessThan(entries)
    expect(clientsIn(mergeUpdates(updates))).toHaveLength(entries)
  })

  test('a client that pings and pings without reading the pongs is cut off', async () => {
    const { url } = await openRelay()
    const bystanders = await openBystanders(url)
    const socket = await openRawSocket(url)
    socket.pause()
    const ping = maskedFrame(0x89, new Uint8Array(125))
    await socket.write(Buffer.concat(Array.from({ length: 200_000 }, () => ping)))
    expect(await socket.closeCode()).toBeUndefined()
    await bystanders.sync()
  })

  test('a member that does not read at all is disconnected after a while', async () => {
    const scheduler = new ManualScheduler()
    const relay = await openRelay({ scheduler, limits })
    const { bob } = await outrun(relay.url)
    scheduler.advance(21_000)
    bob.socket.resume()
    expect((await bob.ended()).code).toBe(4409)
  })
})

describe('a log that fails', () => {
  test('the push is rejected as worth a retry, health says so, and the relay recovers', async () => {
    const log = new FaultyLog(new MemoryLog())
    const relay = await openRelay({ log })
    const [ada, bob] = [await openClient(relay.url), await openClient(relay.url)]
    const { handle } = await ada.join('room')
    await bob.join('room')
    log.failNext('append', 'full')
    ada.send({ type: 'push', handle, ref: 1, update: updateOf('a') })
    expect(await ada.next('reject')).toMatchObject({ ref: 1, code: 'log-unavailable', retryable: true })
    expect(await relay.health()).toMatchObject({ status: 'failing', failing: ['append'] })
    await ada.push(handle, 2, updateOf('a'))
    expect(textOf(...(await bob.updatesTo(1)))).toBe('a')
    expect(await relay.health()).toMatchObject({ status: 'ok', failing: [], connections: 2, rooms: 1 })
  })

  test('a log that cannot be read makes the relay unhealthy', async () => {
    const log = new FaultyLog(new MemoryLog())
    const relay = await openRelay({ log })
    log.failNext('head', 'io')
    expect(await relay.health()).toMatchObject({ status: 'failing', failing: ['probe'] })
  })
})

describe('access', () => {
  test('the hook decides on each join by token and room', async () => {
    const asked: unknown[] = []
    const { url } = await openRelay({
      authorize: async (request) => {
        asked.push(request)
        if (request.room === 'broken') throw new Error('no answer')
        return request.token === 'writer' ? 'write' : request.room === 'public' ? 'read' : 'none'
      },
      onEvent: () => {},
    })
    const [writer, reader, nobody] = [
      await openClient(url, 'writer'),
      await openClient(url, 'x'),
      await openClient(url),
    ]
    expect(await writer.join('private')).toMatchObject({ access: 'write' })
    expect(asked).toMatchObject([
      {
        token: 'writer',
        room: 'private',
        address: '127.0.0.1',
        request: { url: '/sync', headers: { upgrade: 'websocket' } },
      },
    ])
    const { handle } = await reader.join('public')
    reader.send({ type: 'push', handle, ref: 1, update: updateOf('a') })
    expect(await reader.next('reject')).toMatchObject({ code: 'read-only', retryable: false })
    for (const [client, code] of [
      [reader, 'forbidden'],
      [nobody, 'unauthorized'],
    ] as const) {
      client.send({ type: 'join', request: 2, room: 'private', position: undefined, stateVector: Uint8Array.of(0) })
      expect(await client.next('refused')).toMatchObject({ request: 2, code, retryable: false })
    }
    writer.send({ type: 'join', request: 3, room: 'broken', position: undefined, stateVector: Uint8Array.of(0) })
    expect(await writer.next('refused')).toMatchObject({ request: 3, code: 'internal', retryable: true })
  })

  test('without the hook, a relay serves the loopback interface only', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org']) {
      expect(() => createRelay({ log: new MemoryLog(), host })).toThrow(
        expect.objectContaining({ code: 'auth-required' }),
      )
    }
    const authorize = (): 'read' => 'read'
    expect(createRelay({ log: new MemoryLog(), host: '0.0.0.0', authorize })).toBeDefined()
  })

  const endpoints = ['/sync', '/y/notes', '/hocuspocus']

  /** What an upgrade with these headers is answered with. */
  async function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
    const socket = new WebSocket(url, { headers })
    closing.push(async () => socket.terminate())
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(101))
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode!))
      socket.on('error', reject)
    })
  }

  test.each(endpoints)('without authorization, pages of other sites are refused at %s', async (path) => {
    const { url, port } = await openRelay()
    const status = (headers: Record<string, string>): Promise<number> => upgradeStatus(`${url}${path}`, headers)
    for (const headers of [
      {},
      { host: 'evil.example' },
      { origin: url.replace('ws:', 'http:') },
      { origin: 'http://localhost:5173' },
      { origin: 'https://[::1]', host: `localhost:${port}` },
    ] as const) {
      expect(await status({ ...headers }), JSON.stringify(headers)).toBe(101)
    }
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'https://localhost.evil.example' },
      { origin: 'http://127.0.0.1.evil.example' },
      { origin: 'http://127.0.0.1@evil.example' },
      { origin: 'null' },
      { origin: '' },
      { origin: 'file://' },
      // A name of its own that the site made point here.
      { origin: `http://evil.example:${port}`, host: `evil.example:${port}` },
      { origin: `http://localhost:${port}`, host: `evil.example:${port}` },
    ] as const) {
      expect(await status({ ...headers }), JSON.stringify(headers)).toBe(403)
    }
  })

  test.each(endpoints)('with authorization, a page of any site may show its token at %s', async (path) => {
    const { url } = await openRelay({ authorize: () => 'write' })
    expect(await upgradeStatus(`${url}${path}`, { origin: 'https://notes.example' })).toBe(101)
  })
})

describe('lifetime', () => {
  test('closing acknowledges what was pushed before, tells everybody, and lets the log go', async () => {
    const log = new FaultyLog(new MemoryLog())
    const relay = await openRelay({ log })
    const client = await openClient(relay.url)
    const { handle } = await client.join('room')
    log.hold()
    client.send({ type: 'push', handle, ref: 1, update: updateOf('a') }, { type: 'ping' })
    await client.next('pong')
    const closed = relay.close()
    expect(await relay.health()).toMatchObject({ status: 'closing' })
    log.release()
    expect(await client.next('ack')).toMatchObject({ ref: 1 })
    expect((await client.ended()).code).toBe(1001)
    await closed
    await expect(log.head('room')).rejects.toMatchObject({ code: 'closed' })
  })

  test('closing takes no longer than its deadline for a log that hangs, but for the log itself', async () => {
    const log = new FaultyLog(new MemoryLog())
    const relay = await openRelay({ log })
    const client = await openClient(relay.url)
    const { handle } = await client.join('room')
    log.hold()
    client.send({ type: 'push', handle, ref: 1, update: updateOf('a') }, { type: 'ping' })
    await client.next('pong')
    const closed = relay.close({ deadlineMs: 1 })
    await client.ended()
    log.release()
    await closed
  })

  test('closing is idempotent, and a closed relay is not opened again', async () => {
    const relay = await openRelay()
    await Promise.all([relay.close(), relay.close()])
    await relay[Symbol.asyncDispose]()
    await expect(relay.open()).rejects.toMatchObject({ code: 'closed' })
    expect(() => relay.url).toThrow(expect.objectContaining({ code: 'closed' }))
  })

  test('closing during the opening leaves nothing behind', async () => {
    const scheduler = new ManualScheduler()
    const relay = createRelay({ log: new MemoryLog(), port: 0, scheduler, onEvent: () => {} })
    const opened = relay.open()
    await relay.close()
    await opened
    expect(scheduler.size).toBe(0)
    expect(() => relay.port).toThrow()
  })

  test('a relay that was never opened closes its log', async () => {
    const log = new MemoryLog()
    await createRelay({ log, onEvent: () => {} }).close()
    await expect(log.head('room')).rejects.toMatchObject({ code: 'closed' })
  })

  test('a port that is taken is a typed error', async () => {
    const { port } = await openRelay()
    await expect(openRelay({ port })).rejects.toMatchObject({ code: 'listen-failed' })
  })

  test('limits that make no sense are refused', () => {
    for (const limits of [{ connectionsMax: 0 }, { heartbeatMs: Number.NaN }, { frameBytesMax: 100 }]) {
      expect(() => createRelay({ log: new MemoryLog(), limits })).toThrow(
        expect.objectContaining({ code: 'invalid-option' }),
      )
    }
  })

  test('a server that is given excludes an address of its own', () => {
    expect(() => createRelay({ log: new MemoryLog(), server: createServer(), port: 1 })).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
  })

  test('a server of the embedding program keeps everything but upgrades of /sync', async () => {
    const server = createServer((_request, response) => response.end('mine'))
    await listenOnLoopback(server)
    const { port } = server.address() as AddressInfo
    const relay = await openRelay({ server })
    const client = await openClient(`ws://127.0.0.1:${port}`)
    await client.push((await client.join('room')).handle, 1, updateOf('a'))
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('mine')
    await relay.close()
    expect((await client.ended()).code).toBe(1001)
    expect(server.listening).toBe(true)
  })
})

async function listenOnLoopback(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
  })
}
