/**
 * Frames that no client sends, against every endpoint of a relay that serves somebody else meanwhile: each costs its
 * sender the connection, with the right code; nothing of it is stored, acknowledged or passed on.
 */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { emptyUpdate } from '@syncline/core'
import { encodeAwareness } from '@syncline/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { MemoryLog } from '../log/memory-log.ts'
import { RelayClient, textOf, updateOf } from '../relay-client.fixture.ts'
import type { RelayEvent } from '../relay-event.ts'
import { createRelay, type Relay } from '../relay.ts'

type Bytes = readonly number[]

const limits = {
  frameBytesMax: 20_000,
  updateBytesMax: 10_000,
  awarenessBytesMax: 2000,
  stateVectorBytesMax: 1000,
  statelessBytesMax: 1000,
}

let relay: Relay
let bystanders: { sync(): Promise<void>; close(): Promise<unknown> }
const bugs: RelayEvent[] = []
const log = new MemoryLog()

beforeAll(async () => {
  const onEvent = (event: RelayEvent): unknown => event.type === 'internal-error' && bugs.push(event)
  relay = createRelay({ log, port: 0, limits, onEvent })
  await relay.open()
  bystanders = await openBystanders(relay.url)
})

afterAll(async () => {
  await bystanders.close()
  await relay.close({ deadlineMs: 1000 })
})

/** Two members of a room of their own. `sync` shows that the relay still serves them. */
async function openBystanders(url: string): Promise<typeof bystanders> {
  const [writer, reader] = [await RelayClient.open(url), await RelayClient.open(url)]
  const { handle } = await writer.join('bystanders')
  await reader.join('bystanders')
  let ref = 0
  return {
    sync: async () => {
      const text = `${++ref}`
      await writer.push(handle, ref, updateOf(text, ref))
      expect(textOf((await reader.next('updates')).update)).toBe(text)
    },
    close: () => Promise.all([writer.close(), reader.close()]),
  }
}

/** Sends `frames` on a socket at `path`; resolves with its close code and what it was sent. */
async function attack(
  path: string,
  frames: readonly (Uint8Array | string)[],
): Promise<{ code: number; received: Uint8Array[] }> {
  const socket = new WebSocket(`${relay.url}${path}`)
  const received: Uint8Array[] = []
  socket.on('message', (data: Buffer) => received.push(data))
  const closed = once(socket, 'close') as Promise<[number]>
  await once(socket, 'open')
  for (const frame of frames) socket.send(frame)
  const [code] = await closed
  return { code, received }
}

const uint = (value: number): Bytes => {
  const bytes = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return [...bytes, rest]
}
const sized = (bytes: Bytes): Bytes => [...uint(bytes.length), ...bytes]
const filled = (length: number, byte = 0): Bytes => Array.from({ length }, () => byte)
const good = [...updateOf('poison', 66)]
/** A byte of a good update changed. */
const damaged = (at: number, byte: number): Bytes => good.map((old, index) => (index === at ? byte : old))

/** Bodies of sync and awareness messages that are wrong in themselves, by their close code. */
const badBodies: readonly [string, number, Bytes][] = [
  ['a sync message without a kind', 1007, [0]],
  ['an unknown sync message', 1002, [0, 3]],
  ['a sync message of a huge kind', 1002, [0, ...uint(2 ** 40)]],
  ['a sync message whose kind has no end', 1007, [0, 0x80]],
  ['a sync message whose kind is above 2^53', 1007, [0, ...filled(8, 0xff), 0x7f]],
  ['a step 1 without a state vector', 1007, [0, 0]],
  ['a step 1 with an empty state vector', 1007, [0, 0, 0]],
  ['a step 1 with half a state vector', 1007, [0, 0, ...sized([2, 5, 1])]],
  ['a step 1 that is longer than its frame', 1007, [0, 0, 100, 0]],
  ['a step 1 that names a client twice', 1007, [0, 0, ...sized([2, 5, 1, 5, 2])]],
  ['a step 1 with bytes after the state vector', 1007, [0, 0, ...sized([0, 0])]],
  ['a step 1 that counts more clients than it has', 1007, [0, 0, ...sized(uint(2 ** 50))]],
  ['a step 1 with a clock above 2^53', 1007, [0, 0, ...sized([1, 5, ...filled(8, 0xff), 0x7f])]],
  ['a step 1 that is too long', 1009, [0, 0, ...sized([...uint(990), ...filled(1990)])]],
  ['a step 2 without an update', 1007, [0, 1]],
  ['a step 2 that is longer than its frame', 1007, [0, 1, 100, 0]],
  ['an update message without an update', 1007, [0, 2]],
  ['an update message that is longer than its frame', 1007, [0, 2, ...uint(2 ** 31), 0]],
  ['an update message of 2^53 bytes', 1007, [0, 2, ...filled(7, 0xff), 0x0f, 0]],
  ['awareness without a length', 1007, [1]],
  ['awareness that is longer than its frame', 1007, [1, 9, 0]],
  ['awareness of nothing at all', 1007, [1, 0]],
  ['awareness that counts more states than it has', 1007, [1, 1, 5]],
  ['awareness of too many states', 1009, [1, ...sized(uint(2 ** 30))]],
  ['awareness that is too long', 1009, [1, ...sized(filled(2001))]],
  ['awareness whose state is not JSON', 1007, [1, ...sized([1, 1, 1, 2, 0x7b, 0x22])]],
  ['awareness whose state is empty', 1007, [1, ...sized([1, 1, 1, 0])]],
  ['awareness whose state is not UTF-8', 1007, [1, ...sized([1, 1, 1, 2, 0xc3, 0x28])]],
  ['awareness without a clock', 1007, [1, ...sized([1, 1])]],
  ['awareness with bytes after it', 1007, [1, ...sized([0, 0])]],
]

/** Updates that decode as messages and not as updates: their room finds out, after the client has entered. */
const badUpdates: readonly [string, Bytes][] = [
  ['no bytes', []],
  ['one byte', [0]],
  ['bytes after the end', [0, 0, 0]],
  ['noise', [255, 1, 2, 3]],
  ['zeros', filled(200)],
  ['0xff', filled(200, 0xff)],
  ['half an update', good.slice(0, good.length / 2)],
  ['an update without its last byte', good.slice(0, -1)],
  ['an update with one more byte', [...good, 1]],
  ['more clients than bytes', damaged(0, 0x7f)],
  ['more structs than bytes', damaged(1, 0x7f)],
  ['an unknown content', damaged(4, 0x1f)],
  ['a text that is longer than the update', damaged(good.indexOf(6, 5), 0x7f)],
  ['a clock above 2^53', [1, 1, 5, ...filled(8, 0xff), 0x7f, ...good.slice(4)]],
  ['a client listed twice', [2, ...good.slice(1, -1), ...good.slice(1)]],
  ['a skip of nothing', [1, 1, 5, 0, 10, 0, 0]],
  ['a GC of nothing', [1, 1, 5, 0, 0, 0, 0]],
  ['a text that is not UTF-8', damaged(good.length - 2, 0xff)],
  ['a deletion of nothing', [0, 1, 5, 1, 0, 0]],
  ['a deletion that ends above 2^53', [0, 1, 5, 1, 1, ...filled(7, 0xff), 0x0f]],
  ['deletions without an end', [0, 1, 5, 100, 1, 1]],
  ['an endless nesting of values', [1, 1, 5, 0, 8, 1, 1, 97, 1, ...filled(300, 117).flatMap((tag) => [tag, 1]), 0]],
]

const enter: Bytes = [0, 0, 1, 0]

/** Awareness that is wrong in itself, by its close code: what follows its length. */
const badAwareness: readonly [string, number, Bytes][] = badBodies
  .filter(([, , [type, length]]) => type === 1 && length !== undefined && length !== 9)
  // Here a count is looked at after the states that it counts.
  .map(([name, code, [, ...payload]]) => [name, name.includes('too many states') ? 1007 : code, payload])

describe('/sync', () => {
  let room = 0

  /** Enters a room of its own and sends what `frame` makes of its handle. */
  async function expectClosed(code: number, frame: (handle: number) => Bytes | string): Promise<void> {
    const client = await RelayClient.open(relay.url)
    const { handle } = await client.join(`native-${++room}`)
    const sent = frame(handle)
    client.socket.send(typeof sent === 'string' ? sent : Uint8Array.from(sent))
    expect((await client.ended()).code).toBe(code)
    // Neither acks nor updates.
    expect(client.inbox.filter(({ type }) => type !== 'error')).toEqual([])
    expect((await log.head(`native-${room}`)).position.seq).toBe(0)
    await bystanders.sync()
    expect(bugs).toEqual([])
  }

  test.each([
    ['an empty frame', 1007, []],
    ['a tag without an end', 1007, [0x80]],
    ['a tag above 2^53', 1007, [...filled(8, 0xff), 0x7f]],
    ['a tag that was never given', 1002, [0]],
    ['an unknown tag', 1002, [99]],
    ['a huge tag', 1002, uint(2 ** 40)],
    ...[2, 4, 5, 6, 8, 9, 12, 14, 17, 18].map((tag) => [`tag ${tag}, which only relays send`, 1002, [tag, 1]] as const),
    ['a second hello', 1002, [1, 1, 1, 0, 0]],
    ['a hello without versions', 1007, [1]],
    ['a hello of too many versions', 1007, [1, ...uint(2 ** 30)]],
    ['a join without a room', 1007, [3, 9]],
    ['a join of a room that is not UTF-8', 1007, [3, 9, 1, 0xff, 0, 1, 0]],
    ['a join of a room with a name that has no end', 1007, [3, 9, 100, 97]],
    ['a join with a position that is neither there nor not', 1002, [3, 9, 1, 97, 2, 1, 0]],
    ['a join with half a position', 1007, [3, 9, 1, 97, 1, 5]],
    ['a join without a state vector', 1007, [3, 9, 1, 97, 0]],
    ['a join with a state vector that is longer than its frame', 1007, [3, 9, 1, 97, 0, 100, 0]],
    ['a push without a handle', 1007, [7]],
    ['a push without a ref', 1007, [7, 1]],
    ['a push without an update', 1007, [7, 1, 1]],
    ['a push with a ref above 2^53', 1007, [7, 1, ...filled(8, 0xff), 0x7f, 0]],
    ['a push that is longer than its frame', 1007, [7, 1, 1, 100, 0]],
    ['a push of 2^53 bytes', 1007, [7, 1, 1, ...filled(7, 0xff), 0x0f, 0]],
    ['awareness without a handle', 1007, [10]],
    ['awareness without a payload', 1007, [10, 1]],
    ['awareness that is longer than its frame', 1007, [10, 1, 100, 0]],
    ['a leave without a handle', 1007, [11]],
    ['a token without a length', 1007, [13]],
    ['a token that is not UTF-8', 1007, [13, 1, 0xff]],
    ['a token that is too long', 1007, [13, ...sized(filled(16_385, 97))]],
    ['a good message and a bad one', 1002, [15, 99]],
    ['a good message and half of one', 1007, [15, 3]],
    ['a frame that is too long', 1009, filled(20_001, 15)],
  ] as readonly [string, number, Bytes][])('%s is closed with %i', (_, code, frame) => expectClosed(code, () => frame))

  test.each(badAwareness)('%s is closed with %i', (_, code, payload) =>
    expectClosed(code, (handle) => [10, ...uint(handle), ...payload]),
  )

  test('a text frame is closed with 1003', () => expectClosed(1003, () => 'text'))

  test.each(badUpdates)('an update that is %s is rejected, and the connection goes on', async (_, update) => {
    const client = await RelayClient.open(relay.url)
    const { handle } = await client.join(`native-${++room}`)
    client.send({ type: 'push', handle, ref: 1, update: Uint8Array.from(update) })
    expect(await client.next('reject')).toMatchObject({ ref: 1, code: 'malformed-update', retryable: false })
    await client.settle()
    expect(client.inbox).toEqual([])
    expect((await log.head(`native-${room}`)).position.seq).toBe(0)
    await bystanders.sync()
    await client.close()
  })
})

describe('/y', () => {
  let room = 0

  async function expectClosed(code: number, frames: readonly (Bytes | string)[]): Promise<void> {
    const path = `/y/attacked-${++room}`
    const bytes = frames.map((frame) => (typeof frame === 'string' ? frame : Uint8Array.from(frame)))
    const { code: closed, received } = await attack(path, bytes)
    expect(closed).toBe(code)
    // An update that came back would say that it is safe.
    expect(received.filter((frame) => frame[0] === 0 && frame[1] === 2)).toEqual([])
    expect((await log.head(`attacked-${room}`)).position.seq).toBe(0)
    await bystanders.sync()
    expect(bugs).toEqual([])
  }

  test.each([
    ...badBodies,
    ['an empty frame', 1007, []],
    ['an unknown type', 1002, [4]],
    ['a huge type', 1002, uint(2 ** 40)],
    ['a type without an end', 1007, [0x80]],
    ['a type above 2^53', 1007, [...filled(8, 0xff), 0x7f]],
    ['an auth message', 1002, [2, 0, 1, 97]],
    ['a frame that is too long', 1009, [0, 2, ...sized(filled(20_001))]],
    ['more messages than a frame may hold', 1009, filled(4097, 3)],
    ['a good message and a bad one', 1002, [0, 2, ...sized(good), 9]],
  ] as readonly [string, number, Bytes][])('%s is closed with %i', (_, code, frame) =>
    expectClosed(code, [enter, frame]),
  )

  test.each(badUpdates)('an update that is %s is closed with 1007', (_, update) =>
    expectClosed(1007, [enter, [0, 2, ...sized(update)]]),
  )

  test('an update that is too long is closed with 4422, and a text frame with 1003', async () => {
    await expectClosed(4422, [enter, [0, 2, ...sized(filled(10_001))]])
    await expectClosed(1003, [enter, 'text'])
    await expectClosed(1003, ['text'])
  })
})

describe('/hocuspocus', () => {
  let room = 0

  const framed = (body: Bytes): Uint8Array => Uint8Array.of(...sized([...Buffer.from(`opened-${room}`)]), ...body)

  async function expectClosed(code: number, frames: readonly (Uint8Array | string)[]): Promise<void> {
    const opening = [framed([2, 0, 0]), framed(enter)]
    const { code: closed, received } = await attack('/hocuspocus', [...opening, ...frames])
    expect(closed).toBe(code)
    // Sync status 1: it would say that something is safe.
    expect(received.filter((frame) => frame.at(-2) === 8 && frame.at(-1) === 1)).toEqual([])
    expect((await log.head(`opened-${room}`)).position.seq).toBe(0)
    await bystanders.sync()
    expect(bugs).toEqual([])
  }

  test.each([
    ...badBodies,
    ['an unknown type', 1002, [4]],
    ['a broadcast', 1002, [6, 1, 97]],
    ['a sync status', 1002, [8, 1]],
    ['a ping for a document', 1002, [9]],
    ['a type above 2^53', 1007, [...filled(8, 0xff), 0x7f]],
    ['an auth message without a kind', 1007, [2]],
    ['an auth message without a token', 1007, [2, 0]],
    ['a grant', 1002, [2, 2, 1, 97]],
    ['a denial', 1002, [2, 1, 1, 97]],
    ['a token that is not UTF-8', 1007, [2, 0, 1, 0xff]],
    ['a token that is too long', 1009, [2, 0, ...sized(filled(16_385, 97))]],
    ['a version that is too long', 1009, [2, 0, 0, ...sized(filled(1025, 97))]],
    ['a stateless message that is not UTF-8', 1007, [5, 1, 0xff]],
    ['a stateless message that is too long', 1009, [5, ...sized(filled(1001, 97))]],
    ['a close with a reason', 1007, [7, 1, 97]],
    ['two messages in a frame', 1007, [3, 3]],
    ['a frame that is too long', 1009, [0, 2, ...sized(filled(20_001))]],
  ] as readonly [string, number, Bytes][])('%s is closed with %i', (_, code, body) => {
    room++
    return expectClosed(code, [framed(body)])
  })

  test.each([
    ['an empty frame', 1007, []],
    ['a byte that is no ping', 1007, [11]],
    ['a name without an end', 1007, [100, 97]],
    ['a name that is not UTF-8', 1007, [1, 0xff, 3]],
    ['a name that is too long', 1009, [...sized(filled(700, 97)), 3]],
    ['nothing but a name', 1007, [1, 97]],
  ] as readonly [string, number, Bytes][])('%s is closed with %i', (_, code, frame) => {
    room++
    return expectClosed(code, [Uint8Array.from(frame)])
  })

  test.each(badUpdates)('an update that is %s is not stored, and is closed with 1007', (_, update) => {
    room++
    return expectClosed(1007, [framed([0, 2, ...sized(update)])])
  })

  test('a text frame is closed with 1003', async () => {
    room++
    await expectClosed(1003, ['text'])
  })
})

test.each([
  ['/y/', 400],
  ['/y/%ff', 400],
  ['/y/a%00b', 400],
  [`/y/${'x'.repeat(513)}`, 400],
  [`/y/room?token=${'x'.repeat(15_000)}${'%C3%A4'.repeat(700)}`, 431],
  ['/y', 404],
  ['/hocuspocus/document', 404],
])('an upgrade of %s is answered with %i', async (path, status) => {
  const socket = new WebSocket(`${relay.url}${path}`)
  socket.on('error', () => {})
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  expect(response.statusCode).toBe(status)
  response.destroy()
  await bystanders.sync()
})

describe('an update that contradicts what the room has', () => {
  const forged = [...updateOf('forged', 66)]

  async function openRoom(room: string): Promise<void> {
    const writer = await RelayClient.open(relay.url)
    const { handle } = await writer.join(room)
    await writer.push(handle, 1, Uint8Array.from(good))
    await writer.close()
  }

  test('ends a connection to /y for good', async () => {
    await openRoom('contradicted-1')
    const { code } = await attack('/y/contradicted-1', [Uint8Array.from(enter), Uint8Array.of(0, 2, ...sized(forged))])
    expect(code).toBe(4422)
    expect((await log.head('contradicted-1')).position.seq).toBe(1)
  })

  test('is not stored, and leaves a connection to /hocuspocus as it is', async () => {
    await openRoom('contradicted-2')
    const framed = (body: Bytes): Uint8Array => Uint8Array.of(...sized([...Buffer.from('contradicted-2')]), ...body)
    const socket = new WebSocket(`${relay.url}/hocuspocus`)
    await once(socket, 'open')
    const statuses: (number | undefined)[] = []
    const told = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        if (data.at(-2) === 8) statuses.push(data.at(-1))
        if (statuses.length === 2) resolve()
      })
    })
    const update = [...updateOf('honest', 67)]
    for (const body of [[2, 0, 0], enter, [0, 2, ...sized(forged)], [0, 2, ...sized(update)]]) socket.send(framed(body))
    await told
    expect(statuses).toEqual([0, 1])
    expect((await log.head('contradicted-2')).position.seq).toBe(2)
    socket.close()
  })
})

test('the frames above are wrong in what they say, not in how these tests write it', async () => {
  const socket = new WebSocket(`${relay.url}/y/well-behaved`)
  await once(socket, 'open')
  const echoed = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => data[0] === 0 && data[1] === 2 && resolve())
  })
  const messages = [enter, [1, ...sized([...encodeAwareness([])])], [3], [0, 1, ...sized([...emptyUpdate()])]]
  for (const bytes of [...messages, [0, 2, ...sized(good)]]) socket.send(Uint8Array.from(bytes))
  await echoed
  socket.close()
})
