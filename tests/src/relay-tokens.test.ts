/**
 * The command with a secret in its environment, as an operator starts it: tokens that somebody else's program signs open
 * what they say to every kind of client, and nothing else, for as long as they say.
 */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { SUBPROTOCOL, encodeFrame } from '@syncline/protocol'
import { MemoryDeviceStore, Syncline } from 'syncline'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { live, text, type, until as untilRoom } from '../../packages/client/src/room.fixture.ts'
import { RelayProcess } from './relay-process.fixture.ts'
import { closeAll, onClose, openYClient, textOf, type as typeInto, until } from './yjs-clients.fixture.ts'

const secret = 'a secret of at least thirty-two bytes, for tests'
let relay: RelayProcess

beforeAll(async () => {
  const quick = ['--limit', 'tickMs=20', '--log-level', 'silent']
  relay = await RelayProcess.start(['--memory', '--port', '0', ...quick], { SYNCLINE_JWT_SECRET: secret })
})

afterAll(() => relay.kill())
// Clients of y-websocket warn on the console of what they are refused.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(async () => {
  await closeAll()
  vi.restoreAllMocks()
})

interface Claims {
  readonly sub?: string
  /** Seconds from now. */
  readonly validFor?: number
  readonly rooms?: Readonly<Record<string, string>>
}

/** A token as RFC 7519 says, made without the relay's library. */
function token({ sub = 'ada', validFor = 600, rooms = { 'team/**': 'write' } }: Claims = {}, key = secret): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + validFor
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, exp, rooms })}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

const reading = (sub: string): string => token({ sub, rooms: { 'team/**': 'read' } })

function visit(shown: string): Syncline {
  const client = new Syncline({ url: relay.url, WebSocket, store: new MemoryDeviceStore(), token: () => shown })
  onClose(() => client.close())
  return client
}

const socketUrl = (): string => `ws://127.0.0.1:${relay.port}`

function api(path: string, shown: string | undefined, init: RequestInit = {}): Promise<Response> {
  return fetch(`${relay.page}api/v1/rooms/${path}`, {
    ...init,
    headers: {
      'Content-Type': 'application/octet-stream',
      ...(shown === undefined ? {} : { Authorization: `Bearer ${shown}` }),
    },
  })
}

/** An update that inserts `added` into the text of the clients of Yjs. */
function updateOf(added: string): Uint8Array<ArrayBuffer> {
  const doc = new Y.Doc()
  typeInto(doc, added)
  return new Uint8Array(Y.encodeStateAsUpdate(doc))
}

/** The code that a native client is closed with. */
async function nativeCloseCode(shown: string): Promise<number> {
  const socket = new WebSocket(relay.url, SUBPROTOCOL)
  onClose(() => socket.terminate())
  await once(socket, 'open')
  socket.send(encodeFrame([{ type: 'hello', versions: [1], agent: 'test', token: shown }]))
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

/** The code that a client of y-websocket is closed with. */
async function yCloseCode(room: string, shown: string | undefined): Promise<number> {
  const query = shown === undefined ? '' : `?token=${shown}`
  const socket = new WebSocket(`${socketUrl()}/y/${room}${query}`)
  onClose(() => socket.terminate())
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

test('a token to write opens rooms of its pattern to a native client, and one to read opens them for reading', async () => {
  const writer = visit(token()).room('team/native')
  const reader = visit(reading('bob')).room('team/native')
  await Promise.all([live(writer), live(reader)])
  expect([writer.status.access, reader.status.access]).toEqual(['write', 'read'])
  type(writer, 'hello')
  await writer.whenAcked()
  await untilRoom(reader, () => text(reader) === 'hello')
})

test('so they do for a client of y-websocket, with the token in its URL', async () => {
  const writer = openYClient(socketUrl(), 'team/y', { token: token() })
  const reader = openYClient(socketUrl(), 'team/y', { token: reading('bob') })
  await until(() => writer.synced && reader.synced)
  typeInto(writer.doc, 'hello')
  await until(() => textOf(reader) === 'hello')
  typeInto(reader.doc, ' no')
  typeInto(writer.doc, ' you')
  await until(() => textOf(reader).includes('you'))
  const late = openYClient(socketUrl(), 'team/y', { token: reading('eve') })
  await until(() => late.synced)
  expect(textOf(late)).toBe('hello you')
})

test('and over HTTP, as a bearer token', async () => {
  const post = { method: 'POST', body: updateOf('hello') }
  expect((await api('team%2Fhttp/updates', token(), post)).status).toBe(200)
  const refused = await api('team%2Fhttp/updates', reading('bob'), { method: 'POST', body: updateOf('no') })
  expect([refused.status, await refused.json()]).toEqual([403, expect.objectContaining({ code: 'read-only' })])
  const doc = new Y.Doc()
  const found = await api('team%2Fhttp/update', reading('bob'))
  Y.applyUpdate(doc, new Uint8Array(await found.arrayBuffer()))
  expect(textOf({ doc })).toBe('hello')
})

test.each([
  ['none', undefined],
  ['one that is not a token', 'wrong'],
  ['one of another secret', token({}, 'another secret of at least thirty-two bytes')],
  ['one that has run out', token({ validFor: -3600 })],
])('%s is refused as unauthorized everywhere', async (_, shown) => {
  // Without a token a native client may still show one.
  if (shown !== undefined) expect(await nativeCloseCode(shown)).toBe(4401)
  expect(await yCloseCode('team/x', shown)).toBe(4401)
  const response = await api('team%2Fx/update', shown)
  expect([response.status, await response.json()]).toEqual([401, expect.objectContaining({ code: 'unauthorized' })])
})

test('a room that no pattern of the token matches is forbidden', async () => {
  expect(await yCloseCode('secret', token())).toBe(4403)
  const response = await api('secret/update', token())
  expect([response.status, await response.json()]).toEqual([403, expect.objectContaining({ code: 'forbidden' })])
})

test('a token that runs out on a live connection ends it', async () => {
  // The relay takes tokens for some seconds longer than they say, for clocks that differ.
  const client = openYClient(socketUrl(), 'team/short', { token: token({ validFor: 2 }) })
  const ended = new Promise<number>((resolve) => client.on('closed', ({ code }) => resolve(code)))
  await until(() => client.synced)
  expect(await ended).toBe(4401)
})
