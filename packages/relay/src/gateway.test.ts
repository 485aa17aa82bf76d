import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { FrameSocket } from './connection/frame-socket.ts'
import { Gateway } from './gateway.ts'
import { TrustedProxies } from './http/client-address.ts'
import { defaultLimits } from './limits.ts'
import { maskedFrame, openRawSocket } from './raw-socket.fixture.ts'
import type { RelayCore } from './relay-core.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A gateway whose sockets go to nobody but the test. */
async function openGateway(): Promise<{ readonly url: string; readonly accepted: FrameSocket[] }> {
  const accepted: FrameSocket[] = []
  const core = { accept: (socket: FrameSocket) => void accepted.push(socket) } as unknown as RelayCore
  const gateway = new Gateway({ core, limits: defaultLimits, proxies: new TrustedProxies([]) })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => gateway.upgrade({ endpoint: 'sync' }, request, socket, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    gateway.terminate()
    server.close()
  })
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, accepted }
}

test('nothing follows the frame that closes, and whoever sends is told that nothing of it is kept', async () => {
  const { url, accepted } = await openGateway()
  const client = await openRawSocket(url)
  closing.push(() => client.cut())
  const socket = accepted.at(0)!
  const [before, after] = [Uint8Array.of(1, 2), Uint8Array.of(3, 4)]
  socket.send(before, () => {})
  socket.close(4000, '')
  await new Promise<void>((resolve) => socket.send(after, resolve))
  await client.write(maskedFrame(0x88, Uint8Array.of(0x0f, 0xa0)))
  expect(await client.received()).toEqual(Buffer.of(0x82, 2, ...before, 0x88, 2, 0x0f, 0xa0))
})

test('what has come of a frame is known to the byte, also behind the end of another in the same read', async () => {
  const { url, accepted } = await openGateway()
  const client = await openRawSocket(url)
  closing.push(() => client.cut())
  const socket = accepted.at(0)!
  const [whole, long] = [maskedFrame(0x82, new Uint8Array(20)), maskedFrame(0x82, new Uint8Array(100))]
  const until = async (bytes: number): Promise<void> => {
    while (socket.receivedBytes < bytes) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const before = socket.receivedBytes
  await client.write(Buffer.concat([whole, long.subarray(0, 60)]))
  await until(before + whole.length + 60)
  expect(socket.partBytes).toBe(60)
  await client.write(long.subarray(60))
  await until(before + whole.length + long.length)
  expect(socket.partBytes).toBe(0)
})

test('what the network has taken of a frame is known before it has taken all of it', async () => {
  const { url, accepted } = await openGateway()
  const client = await openRawSocket(url)
  closing.push(() => client.cut())
  client.pause()
  const socket = accepted.at(0)!
  const before = socket.takenBytes
  // More than buffers of the kernel take.
  const frame = new Uint8Array(80_000_000)
  const sent = new Promise<void>((resolve) => socket.send(frame, resolve))
  while (socket.takenBytes === before) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(socket.takenBytes - before).toBeLessThan(frame.length)
  expect(socket.bufferedBytes).toBeGreaterThanOrEqual(frame.length)
  client.cut()
  await sent
  expect(socket.takenBytes).toBeGreaterThan(before)
})
