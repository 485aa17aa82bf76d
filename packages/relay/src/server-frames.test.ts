import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type Server as NetServer, connect, createServer as createNetServer, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { ServerFrames } from './server-frames.ts'

/** Either side of every length that is written another way, and of what is copied. */
const LENGTHS: readonly number[] = [0, 1, 125, 126, 127, 16_384, 16_385, 65_535, 65_536, 300_000]

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A client of `ws`, and the server's end of its socket. `chunkBytes`: the network delivers no more at once. */
async function connected(chunkBytes?: number): Promise<{ client: WebSocket; server: WebSocket; stream: Duplex }> {
  const http: Server = createServer()
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const accepted = new Promise<{ server: WebSocket; stream: Duplex }>((resolve) => {
    http.on('upgrade', (request, stream, head) => {
      sockets.handleUpgrade(request, stream, head, (server) => resolve({ server, stream }))
    })
  })
  let port = await listening(http)
  if (chunkBytes !== undefined) port = await listening(slicing(port, chunkBytes))
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
  closing.push(() => client.terminate())
  await once(client, 'open')
  return { client, ...(await accepted) }
}

async function listening(server: NetServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  closing.push(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Passes bytes on to `port`, and brings its answers in slices, each in a turn of its own. */
function slicing(port: number, chunkBytes: number): NetServer {
  return createNetServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.setNoDelay(true)
    near.pipe(far)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    far.on('data', (data) => {
      far.pause()
      const deliver = (from: number): void => {
        if (from >= data.length) return void far.resume()
        near.write(data.subarray(from, from + chunkBytes), () => setImmediate(deliver, from + chunkBytes))
      }
      deliver(0)
    })
  })
}

function message(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 7 + length)
}

/** Messages as digests: comparing megabytes element by element takes seconds. */
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const digestOf = (length: number): string => digest(message(length))

/** Digests of the next messages. */
function receiving(client: WebSocket, count: number): Promise<string[]> {
  const received: string[] = []
  return new Promise((resolve) => {
    client.on('message', (data: Buffer, isBinary) => {
      expect(isBinary).toBe(true)
      received.push(digest(data))
      if (received.length === count) resolve(received)
    })
  })
}

test.each([undefined, 1500])('a client of ws reads messages of every length (slices: %s)', async (chunkBytes) => {
  const { client, stream } = await connected(chunkBytes)
  const received = receiving(client, LENGTHS.length)
  const frames = new ServerFrames()
  let written = 0
  stream.cork()
  for (const length of LENGTHS) frames.write(stream, message(length), () => written++)
  stream.uncork()
  expect(await received).toEqual(LENGTHS.map(digestOf))
  expect(written).toBe(LENGTHS.length)
})

test('a header that comes byte by byte is read like any other', async () => {
  const { client, stream } = await connected(1)
  const received = receiving(client, 3)
  const frames = new ServerFrames()
  for (const length of [3, 126, 700]) frames.write(stream, message(length), () => {})
  expect(await received).toEqual([3, 126, 700].map(digestOf))
})

test('the same message goes to many sockets as the same bytes, and another one is another', async () => {
  const pairs = await Promise.all([connected(), connected()])
  const received = pairs.map(({ client }) => receiving(client, 2))
  const frames = new ServerFrames()
  for (const length of [10, 11]) {
    const same = message(length)
    for (const { stream } of pairs) frames.write(stream, same, () => {})
  }
  for (const each of received) expect(await each).toEqual([10, 11].map(digestOf))
})

test('pings, pongs and messages of ws itself do not get into a frame', async () => {
  const { client, server, stream } = await connected()
  const received = receiving(client, 4)
  const pong = once(server, 'pong')
  const answered = once(client, 'pong')
  client.ping('asked')
  const frames = new ServerFrames()
  stream.cork()
  frames.write(stream, message(100_000), () => {})
  server.ping('how are you')
  server.send(message(5), { binary: true })
  frames.write(stream, message(20), () => {})
  stream.uncork()
  expect(String((await answered)[0])).toBe('asked')
  frames.write(stream, message(20), () => {})
  expect(await received).toEqual([100_000, 5, 20, 20].map(digestOf))
  expect(String((await pong)[0])).toBe('how are you')
})

test('what was written before the closing handshake arrives before it', async () => {
  const { client, server, stream } = await connected()
  const received = receiving(client, 2)
  const closed = once(client, 'close')
  const frames = new ServerFrames()
  stream.cork()
  frames.write(stream, message(2_000_000), () => {})
  frames.write(stream, message(9), () => {})
  server.close(4400, 'done')
  stream.uncork()
  expect(await received).toEqual([2_000_000, 9].map(digestOf))
  expect((await closed)[0]).toBe(4400)
})

test('a stream that fails calls back, and throws nothing', async () => {
  const { stream } = await connected()
  const frames = new ServerFrames()
  const written = new Promise<void>((resolve) => frames.write(stream, message(5_000_000), resolve))
  stream.destroy()
  await written
  await new Promise<void>((resolve) => frames.write(stream, message(5), resolve))
})
