import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text as textOfStream } from 'node:stream/consumers'
import { encodeStateVector } from '@syncline/core'
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { FaultyLog } from '../../log/faulty-log.ts'
import { MemoryLog } from '../../log/memory-log.ts'
import { ManualScheduler } from '../../manual-scheduler.fixture.ts'
import { RelayClient, textOf, updateOf } from '../../relay-client.fixture.ts'
import type { RelayEvent } from '../../relay-event.ts'
import { createRelay, type Relay, type RelayOptions } from '../../relay.ts'
import { API_PATH } from './http-api.ts'
import { apiRoutes } from './api-routes.ts'

const closing: (() => Promise<unknown>)[] = []
const events: RelayEvent[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  expect(events.splice(0).filter(({ type }) => type === 'internal-error')).toEqual([])
})

async function openRelay(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const relay = createRelay({ log: new MemoryLog(), port: 0, onEvent: (event) => events.push(event), ...options })
  closing.push(() => relay.close({ deadlineMs: 2000 }))
  await relay.open()
  return relay
}

async function openClient(relay: Relay, token?: string): Promise<RelayClient> {
  const client = await RelayClient.open(relay.url, token)
  closing.push(async () => client.socket.terminate())
  return client
}

function api(relay: Relay, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${relay.port}${API_PATH}${path}`, init)
}

function post(relay: Relay, path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  const all = { 'content-type': 'application/octet-stream', ...headers }
  return api(relay, path, { method: 'POST', headers: all, body: new Uint8Array(body) })
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  expect(response.headers.get('content-type')).toBe('application/octet-stream')
  return new Uint8Array(await response.arrayBuffer())
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = (await response.json()) as Record<string, unknown>
  expect(problem['status']).toBe(response.status)
  expect(problem).toMatchObject({ type: 'about:blank', title: expect.any(String), detail: expect.any(String) })
  return problem
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

test('an update that is posted is durable, and goes to the members, when the answer comes', async () => {
  const log = new MemoryLog()
  const relay = await openRelay({ log })
  const client = await openClient(relay)
  await client.join('team/notes')
  const response = await post(relay, '/rooms/team%2Fnotes/updates', updateOf('hello'))
  expect(response.status).toBe(200)
  const { position } = (await response.json()) as { position: { epoch: number; seq: number } }
  expect(position).toEqual((await log.head('team/notes')).position)
  expect(textOf((await client.next('updates')).update)).toBe('hello')
})

test('an update to a room that nobody has open is written as well, and the room closes again', async () => {
  const log = new MemoryLog()
  const relay = await openRelay({ log, limits: { roomLingerMs: 1, tickMs: 1 } })
  expect((await post(relay, '/rooms/notes/updates', updateOf('a'))).status).toBe(200)
  expect((await post(relay, '/rooms/notes/updates', updateOf('a'))).status).toBe(200)
  expect(textOf(...(await log.read('notes', 0)).updates)).toBe('a')
})

test('format v2 is taken and given, and is what it says', async () => {
  const relay = await openRelay()
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'hello')
  expect((await post(relay, '/rooms/notes/updates?format=v2', Y.encodeStateAsUpdateV2(doc))).status).toBe(200)
  expect(await bytesOf(await api(relay, '/rooms/notes/update?format=v2'))).toEqual(Y.encodeStateAsUpdateV2(doc))
  expect(textOf(await bytesOf(await api(relay, '/rooms/notes/update')))).toBe('hello')
})

test('a room is read whole, by what somebody lacks, and by its state vector', async () => {
  const relay = await openRelay()
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'one ')
  const early = Y.encodeStateVector(doc)
  const base = Y.encodeStateAsUpdate(doc)
  doc.getText('body').insert(4, 'two')
  await post(relay, '/rooms/notes/updates', Y.encodeStateAsUpdate(doc))

  const whole = await api(relay, '/rooms/notes/update')
  expect(whole.headers.get('syncline-position')).toMatch(/^\d+\/1$/)
  expect(textOf(await bytesOf(whole))).toBe('one two')
  const vector = await bytesOf(await api(relay, '/rooms/notes/state-vector'))
  expect(Y.decodeStateVector(vector)).toEqual(Y.decodeStateVector(Y.encodeStateVector(doc)))
  const parameter = Buffer.from(early).toString('base64url')
  for (const response of [
    await api(relay, `/rooms/notes/update?stateVector=${parameter}`),
    await post(relay, '/rooms/notes/diff', early),
  ]) {
    const diff = await bytesOf(response)
    expect(diff.length).toBeLessThan(Y.encodeStateAsUpdate(doc).length)
    expect(textOf(base, diff)).toBe('one two')
  }
  const head = await api(relay, '/rooms/notes/update', { method: 'HEAD' })
  expect([head.status, (await head.arrayBuffer()).byteLength]).toEqual([200, 0])
})

test('a room’s size, head and members are told; what was never written is not found', async () => {
  const relay = await openRelay()
  const client = await openClient(relay)
  await client.join('notes')
  expect(await problemOf(await api(relay, '/rooms/notes'))).toMatchObject({ status: 404, code: 'not-found' })
  const update = updateOf('a')
  await post(relay, '/rooms/notes/updates', update)
  expect(await (await api(relay, '/rooms/notes')).json()).toEqual({
    room: 'notes',
    position: { epoch: expect.any(Number) as number, seq: 1 },
    checkpoint: { seq: 0, bytes: 0 },
    tail: { entries: 1, bytes: update.length },
    members: 1,
  })
  for (const path of ['/rooms/gone/update', '/rooms/gone/state-vector']) {
    expect(await problemOf(await api(relay, path))).toMatchObject({ status: 404 })
  }
})

test('rooms are listed in pages', async () => {
  const log = new MemoryLog()
  await log.append(['b', 'a', 'ä', 'c/d'].map((room) => ({ room, update: updateOf(room) })))
  const relay = await openRelay({ log })
  const seen: string[] = []
  for (let next: string | null = ''; next !== null;) {
    const after = next === '' ? '' : `&after=${encodeURIComponent(next)}`
    const page = (await (await api(relay, `/rooms?limit=2${after}`)).json()) as { rooms: string[]; next: string | null }
    expect(page.rooms.length).toBeLessThanOrEqual(2)
    seen.push(...page.rooms)
    next = page.next
  }
  expect(seen).toEqual(['a', 'b', 'c/d', 'ä'])
})

test('a room that is deleted is gone, and its members are told for good; a later room of the name is a new one', async () => {
  const log = new MemoryLog()
  const relay = await openRelay({ log })
  const client = await openClient(relay)
  await client.join('notes')
  const first = (await (await post(relay, '/rooms/notes/updates', updateOf('a'))).json()) as { position: object }
  const deleted = api(relay, '/rooms/notes', { method: 'DELETE' })
  // Whoever comes meanwhile waits for its end.
  const again = post(relay, '/rooms/notes/updates', updateOf('b', 2))
  expect((await deleted).status).toBe(204)
  expect(await client.next('evicted')).toMatchObject({ code: 'forbidden', retryable: false })
  const second = (await (await again).json()) as { position: { epoch: number; seq: number } }
  expect(second.position).toEqual({ epoch: expect.any(Number) as number, seq: 1 })
  expect(second.position).not.toEqual(first.position)
  expect(textOf(...(await log.read('notes', 0)).updates)).toBe('b')
  expect((await api(relay, '/rooms/gone', { method: 'DELETE' })).status).toBe(204)
})

test('a push under way when its room is deleted is answered, and nothing comes back from the dead', async () => {
  const log = new FaultyLog(new MemoryLog())
  const relay = await openRelay({ log })
  await post(relay, '/rooms/notes/updates', updateOf('a'))
  log.hold()
  const pushing = post(relay, '/rooms/notes/updates', updateOf('b', 2))
  while (log.held === 0) await new Promise((resolve) => setImmediate(resolve))
  const deleted = api(relay, '/rooms/notes', { method: 'DELETE' })
  expect((await pushing).status).toBe(403)
  log.release()
  expect((await deleted).status).toBe(204)
  expect((await log.read('notes', 0)).updates).toEqual([])
})

test.each([
  ['no update', 'POST', '/rooms/a/updates', [1, 2, 3], 400, 'malformed-update'],
  ['no update of that format', 'POST', '/rooms/a/updates?format=v2', [1, 2, 3], 400, 'malformed-update'],
  ['an unknown format', 'POST', '/rooms/a/updates?format=v3', [0, 0], 400, 'invalid-parameter'],
  ['an unknown parameter', 'GET', '/rooms/a/update?fromat=v2', undefined, 400, 'invalid-parameter'],
  ['no state vector', 'POST', '/rooms/full/diff', [9], 400, 'malformed-state-vector'],
  [
    'no state vector in the query',
    'GET',
    '/rooms/full/update?stateVector=CQ',
    undefined,
    400,
    'malformed-state-vector',
  ],
  ['no base64url', 'GET', '/rooms/full/update?stateVector=%25', undefined, 400, 'invalid-parameter'],
  ['an update that is too large', 'POST', '/rooms/a/updates', Array(2000).fill(0), 413, 'update-too-large'],
  ['no name of a room', 'GET', '/rooms/%00', undefined, 400, 'invalid-room-name'],
  ['a room that is badly encoded', 'GET', '/rooms/%ff', undefined, 400, 'invalid-room-name'],
  ['a limit that is none', 'GET', '/rooms?limit=0', undefined, 400, 'invalid-parameter'],
  ['a start that is none', 'GET', '/rooms?after=', undefined, 400, 'invalid-parameter'],
  ['another method', 'PUT', '/rooms/a', undefined, 405, 'method-not-allowed'],
  ['another path', 'GET', '/rooms/a/b', undefined, 404, 'not-found'],
  ['a path that is too long', 'GET', '/rooms/a/update/b', undefined, 404, 'not-found'],
  ['nothing', 'GET', '', undefined, 404, 'not-found'],
  ['a name that every object has', 'GET', '/constructor', undefined, 404, 'not-found'],
])('%s is a problem with a code', async (_, method, path, body, status, code) => {
  const relay = await openRelay({ limits: { updateBytesMax: 1500 } })
  expect((await post(relay, '/rooms/full/updates', updateOf('a'))).status).toBe(200)
  const init: RequestInit = { method, headers: { 'content-type': 'application/octet-stream' } }
  const response = await api(relay, path, body === undefined ? init : { ...init, body: Uint8Array.from(body) })
  expect(await problemOf(response)).toMatchObject({ status, code, retryable: false })
  expect((await api(relay, '/rooms')).status).toBe(200)
})

test('a body of another type is not taken, and says what is', async () => {
  const relay = await openRelay()
  const response = await api(relay, '/rooms/a/updates', { method: 'POST', body: 'text' })
  const problem = await problemOf(response)
  expect(problem).toMatchObject({ status: 415, code: 'unsupported-media-type' })
  expect(problem['detail']).toContain('application/octet-stream')
})

test('a body that announces nothing is bounded as well', async () => {
  const relay = await openRelay({ limits: { updateBytesMax: 1500 } })
  const request = httpRequest(`http://127.0.0.1:${relay.port}${API_PATH}/rooms/a/updates`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' },
  })
  request.on('error', () => {})
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.write(new Uint8Array(2000))
  const [response] = await answered
  expect(response.statusCode).toBe(413)
  response.resume()
  request.destroy()
})

test('a body that does not come is waited for only so long, and one that breaks off harms nobody', async () => {
  const relay = await openRelay({ limits: { apiTimeoutMs: 50 } })
  const head = `POST ${API_PATH}/rooms/a/updates HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 9\r\n\r\nab`
  const slow = connect(relay.port, '127.0.0.1')
  slow.write(head)
  expect(await textOfStream(slow)).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/)
  const broken = connect(relay.port, '127.0.0.1')
  broken.write(head)
  await once(broken, 'connect')
  broken.destroy()
  expect((await api(relay, '/rooms')).status).toBe(200)
})

test('a log that fails is worth another try, and one that hangs is told as unknown', async () => {
  const log = new FaultyLog(new MemoryLog())
  const relay = await openRelay({ log, limits: { apiTimeoutMs: 100 } })
  log.failNext('append', 'full')
  const failed = await post(relay, '/rooms/a/updates', updateOf('a'))
  expect(failed.headers.get('retry-after')).toBe('1')
  expect(await problemOf(failed)).toMatchObject({ status: 503, code: 'log-unavailable', retryable: true })
  await post(relay, '/rooms/a/updates', updateOf('a'))
  log.failNext('read', 'io')
  expect(await problemOf(await api(relay, '/rooms/a/update'))).toMatchObject({ status: 503, code: 'log-unavailable' })
  log.failNext('drop', 'io')
  expect((await api(relay, '/rooms/a', { method: 'DELETE' })).status).toBe(503)
  expect((await api(relay, '/rooms/a')).status).toBe(200)
  log.hold()
  const hanging = await post(relay, '/rooms/a/updates', updateOf('b', 2))
  expect(await problemOf(hanging)).toMatchObject({ status: 504, code: 'timeout', retryable: true })
  log.release()
})

test('requests beyond the bound are sent away', async () => {
  const log = new FaultyLog(new MemoryLog())
  const relay = await openRelay({ log, limits: { apiRequestsMax: 2 } })
  log.hold()
  const held = [1, 2].map((client) => post(relay, '/rooms/a/updates', updateOf('a', client)))
  while (log.held < 2) await new Promise((resolve) => setImmediate(resolve))
  expect(await problemOf(await api(relay, '/rooms'))).toMatchObject({ status: 503, code: 'too-many-requests' })
  log.release()
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200])
  expect((await api(relay, '/rooms')).status).toBe(200)
})

test('a request that was answered too late counts until its work has ended', async () => {
  const log = new MemoryLog()
  const relay = await openRelay({ log, limits: { apiRequestsMax: 1, apiTimeoutMs: 50 } })
  expect((await post(relay, '/rooms/a/updates', updateOf('a'))).status).toBe(200)
  let end = (): void => {}
  const held = new Promise<void>((resolve) => (end = resolve))
  const read = log.read.bind(log)
  log.read = async (...of) => {
    await held
    return read(...of)
  }
  expect((await api(relay, '/rooms/a/update')).status).toBe(504)
  expect(await problemOf(await api(relay, '/rooms'))).toMatchObject({ status: 503, code: 'too-many-requests' })
  end()
  await expect.poll(async () => (await api(relay, '/rooms')).status).toBe(200)
})

test('without authorization, another site’s page and a name that points here are sent away', async () => {
  const relay = await openRelay()
  await post(relay, '/rooms/a/updates', updateOf('a'))
  const status = async (headers: Record<string, string>, method = 'GET', path = '/rooms/a'): Promise<number> => {
    const request = httpRequest(`http://127.0.0.1:${relay.port}${API_PATH}${path}`, { method, headers })
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode!
  }
  expect(await status({})).toBe(200)
  expect(await status({ origin: `http://127.0.0.1:${relay.port}` })).toBe(200)
  for (const headers of [
    { origin: 'https://evil.example' },
    { host: 'evil.example' },
    { 'x-forwarded-for': '10.0.0.1' },
  ]) {
    expect(await status(headers)).toBe(403)
    expect(await status(headers, 'DELETE')).toBe(401)
    expect(await status(headers, 'POST', '/rooms/a/diff')).toBe(403)
  }
  expect((await api(relay, '/rooms/a')).status).toBe(200)
})

test('with authorization a token opens what it opens on a socket, and the operator’s token everything', async () => {
  const relay = await openRelay({
    operatorToken: 'operator',
    authorize: ({ token, room }) => {
      if (token === 'broken') throw new Error('no database')
      if (token === undefined || room !== 'notes') return 'none'
      return token === 'writer' ? 'write' : token === 'reader' ? 'read' : 'none'
    },
  })
  const update = updateOf('a')
  const pushed = async (headers: Record<string, string>): Promise<Response> =>
    post(relay, '/rooms/notes/updates', update, headers)
  expect(await problemOf(await pushed({}))).toMatchObject({ status: 401, code: 'unauthorized' })
  expect((await pushed({})).headers.get('www-authenticate')).toBe('Bearer')
  expect(await problemOf(await pushed(bearer('nobody')))).toMatchObject({ status: 403, code: 'forbidden' })
  expect(await problemOf(await pushed(bearer('reader')))).toMatchObject({ status: 403, code: 'read-only' })
  expect(await problemOf(await pushed(bearer('broken')))).toMatchObject({ status: 500, retryable: true })
  expect((await pushed(bearer('writer'))).status).toBe(200)
  const read = async (token: string, path: string): Promise<number> =>
    (await api(relay, path, { headers: bearer(token) })).status
  expect(await read('reader', '/rooms/notes/update')).toBe(200)
  expect(await read('reader', '/rooms/other/update')).toBe(403)
  expect(await read('writer', '/rooms')).toBe(403)
  expect((await api(relay, '/rooms')).status).toBe(401)
  expect(await read('operator', '/rooms')).toBe(200)
  expect(await read('operator', '/rooms/notes/update')).toBe(200)
  expect((await api(relay, '/rooms/notes', { method: 'DELETE', headers: bearer('writer') })).status).toBe(403)
  expect((await api(relay, '/rooms/notes', { method: 'DELETE', headers: bearer('operator') })).status).toBe(204)
})

test('what is posted is its subject’s, and nobody posts under the client ID of another', async () => {
  const log = new MemoryLog()
  const relay = await openRelay({
    log,
    authorize: ({ token }) => ({ access: 'write', subject: token }),
  })
  const doc = new Y.Doc()
  doc.getText('body').insert(0, 'a')
  const first = Y.encodeStateAsUpdate(doc)
  expect((await post(relay, '/rooms/notes/updates', first, bearer('ada'))).status).toBe(200)
  const known = Y.encodeStateVector(doc)
  doc.getText('body').insert(1, 'b')
  const more = Y.encodeStateAsUpdate(doc, known)
  const refused = await problemOf(await post(relay, '/rooms/notes/updates', more, bearer('eve')))
  expect(refused).toMatchObject({ status: 403, code: 'foreign-client-id' })
  expect((await post(relay, '/rooms/notes/updates', more, bearer('ada'))).status).toBe(200)
})

test('the operator ends the connections of a subject', async () => {
  const relay = await openRelay({
    operatorToken: 'operator',
    authenticator: {
      authenticate: async ({ token }) => ({
        subject: token,
        expiresAt: undefined,
        grant: () => ({ access: 'write', subject: token }),
      }),
    },
  })
  const [ada, eve] = [await openClient(relay, 'ada/x'), await openClient(relay, 'eve')]
  await ada.join('notes')
  await eve.join('notes')
  const path = '/subjects/ada%2Fx/connections'
  expect((await api(relay, path, { method: 'DELETE', headers: bearer('ada/x') })).status).toBe(403)
  const expelled = await api(relay, path, { method: 'DELETE', headers: bearer('operator') })
  expect(await expelled.json()).toEqual({ connections: 1 })
  await ada.ended()
  await eve.settle()
  expect(eve.closed).toBeUndefined()
})

test('a program hands requests of its own server to the relay, below a path of its choice', async () => {
  const server: Server = createServer((request, response) => {
    if (!relay.handleRequest(request, response)) response.writeHead(418).end()
  })
  const relay = createRelay({ log: new MemoryLog(), server, basePath: '/collab', onEvent: () => {} })
  await relay.open()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => relay.close().then(() => new Promise((resolve) => server.close(resolve))))
  const { port } = server.address() as AddressInfo
  const base = `http://127.0.0.1:${port}`
  expect((await fetch(`${base}/collab/readyz`)).status).toBe(200)
  expect(await (await fetch(`${base}/collab/metrics`)).text()).toContain('syncline_rooms 0')
  expect(await (await fetch(`${base}/collab/api/v1/rooms`)).json()).toEqual({ rooms: [], next: null })
  const description = (await (await fetch(`${base}/collab/api/v1/openapi.json`)).json()) as { servers: unknown }
  expect(description.servers).toEqual([{ url: '/collab/api/v1' }])
  for (const path of ['/', '/api/v1/rooms', '/collab', '/collab/', '/collab/other', '/collabapi/v1/rooms']) {
    expect((await fetch(`${base}${path}`)).status).toBe(418)
  }
  const client = await RelayClient.open(`ws://127.0.0.1:${port}/collab`)
  await client.join('notes')
  await client.close()
})

test.each(['collab', '/collab/', '/a b', '/%2f', '//'])('%j is no base path', (basePath) => {
  expect(() => createRelay({ log: new MemoryLog(), basePath })).toThrow('base path')
})

test('the description tells every route, and every route that it tells answers', async () => {
  const relay = await openRelay({ authorize: () => 'none' })
  const response = await api(relay, '/openapi.json')
  expect(response.headers.get('content-type')).toBe('application/json')
  type Operation = {
    operationId: string
    parameters: { name: string; in: string }[]
    responses: Record<string, unknown>
  }
  const description = (await response.json()) as { openapi: string; paths: Record<string, Record<string, Operation>> }
  expect(description.openapi).toBe('3.1.0')
  const told: string[] = []
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      told.push(`${method.toUpperCase()} ${path}`)
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(inPath)
      expect(Object.keys(operation.responses)).toContain('default')
      // Nobody is let in: but the route is there, and takes the method.
      const answer = await api(relay, path.replace(/\{\w+\}/, 'a'), { method: method.toUpperCase() })
      expect(await problemOf(answer)).toMatchObject({ status: 401, code: 'unauthorized' })
    }
  }
  expect(told.sort()).toEqual(apiRoutes.map(({ method, path }) => `${method} ${path}`).sort())
  const operationIds = apiRoutes.map(({ operationId }) => operationId)
  expect(new Set(operationIds).size).toBe(operationIds.length)
})

test('the state vector of nothing at all is taken', async () => {
  const relay = await openRelay()
  await post(relay, '/rooms/notes/updates', updateOf('a'))
  const whole = await post(relay, '/rooms/notes/diff', encodeStateVector(new Map()))
  expect(textOf(await bytesOf(whole))).toBe('a')
})

test('what a subject sends over HTTP counts with what its connections send, and waits until it has rested', async () => {
  const scheduler = new ManualScheduler()
  const relay = await openRelay({
    scheduler,
    authorize: ({ token }) => (token === 'nobody' ? 'write' : { access: 'write', subject: token ?? 'none' }),
    operatorToken: 'operator',
    limits: { updatesPerSecond: 1, updatesBurst: 2, subjectShares: 1, tickMs: 10_000 },
  })
  const push = (token: string): Promise<Response> => post(relay, '/rooms/notes/updates', updateOf('a'), bearer(token))
  const client = await openClient(relay, 'ada')
  const { handle } = await client.join('notes')
  await client.push(handle, 1, updateOf('b', 7))
  expect([(await push('ada')).status, (await push('ada')).status]).toEqual([200, 200])
  const refused = await push('ada')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await problemOf(refused)).toMatchObject({ code: 'rate-exceeded', retryable: true })
  expect((await api(relay, '/rooms/notes', { headers: bearer('ada') })).status).toBe(429)
  expect(await relay.metrics()).toContain('syncline_throttled_total{rate="updates"} 2')
  for (const other of ['bob', 'nobody', 'nobody', 'nobody', 'nobody', 'operator', 'operator', 'operator', 'operator']) {
    expect((await push(other)).status).toBe(200)
  }
  scheduler.advance(1000)
  expect((await push('ada')).status).toBe(200)
})
