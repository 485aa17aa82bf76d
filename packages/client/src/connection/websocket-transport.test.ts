import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SynclineError } from '../errors.ts'
import type { LinkEvents } from './transport.ts'
import { WebSocketTransport, type WebSocketConstructor } from './websocket-transport.ts'

let server: WebSocketServer
let url: string

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => {
  for (const socket of server.clients) socket.terminate()
  server.close()
})

/** The events of a link, as promises of the next of each kind. */
function events(): LinkEvents & { next(kind: string): Promise<unknown> } {
  const seen = new Map<string, unknown[]>()
  const waiting = new Map<string, (value: unknown) => void>()
  const tell = (kind: string, value: unknown): void => {
    const resolve = waiting.get(kind)
    waiting.delete(kind)
    if (resolve === undefined) seen.set(kind, [...(seen.get(kind) ?? []), value])
    else resolve(value)
  }
  return {
    opened: () => tell('opened', true),
    frame: (frame) => tell('frame', frame),
    malformed: (what) => tell('malformed', what),
    closed: (code, reason) => tell('closed', [code, reason]),
    next: async (kind) => {
      const before = seen.get(kind)?.shift()
      return before ?? new Promise((resolve) => waiting.set(kind, resolve))
    },
  }
}

test('carries frames both ways, names the subprotocol, and tells how it ended', async () => {
  const told = events()
  const connected = once(server, 'connection')
  const link = new WebSocketTransport(WebSocket).connect(url, told)
  const [socket] = (await connected) as [WebSocket]
  await told.next('opened')
  expect(socket.protocol).toBe('syncline.v1')
  const received = once(socket, 'message')
  link.send(new Uint8Array([1, 2, 3]))
  expect(new Uint8Array(((await received) as [Buffer])[0])).toEqual(new Uint8Array([1, 2, 3]))
  socket.send(new Uint8Array([4, 5]))
  expect(await told.next('frame')).toEqual(new Uint8Array([4, 5]))
  socket.send('text')
  expect(await told.next('malformed')).toBe('a text frame')
  socket.close(4401, 'who are you?')
  expect(await told.next('closed')).toEqual([4401, 'who are you?'])
  // A link that ended takes no more, and does not complain.
  link.send(new Uint8Array([1]))
  link.close(1000, 'bye')
})

test('closes with a code that a page may send', async () => {
  const told = events()
  const connected = once(server, 'connection')
  const link = new WebSocketTransport(WebSocket).connect(url, told)
  const [socket] = (await connected) as [WebSocket]
  await told.next('opened')
  const closed = once(socket, 'close')
  link.close(1002, 'a reason that is much longer than what fits')
  expect(((await closed) as [number])[0]).toBe(1000)
})

test('nobody there is a close, not an exception', async () => {
  server.close()
  const told = events()
  new WebSocketTransport(WebSocket).connect('ws://127.0.0.1:9', told)
  expect(await told.next('closed')).toEqual([1006, ''])
})

test('what cannot be a URL is an error at once', () => {
  expect(() => new WebSocketTransport(WebSocket).connect('no url', events())).toThrow(SynclineError)
})

test('the constructors of browsers and of ws fit', () => {
  const constructors: readonly WebSocketConstructor[] = [WebSocket, globalThis.WebSocket]
  expect(constructors).toHaveLength(2)
})
