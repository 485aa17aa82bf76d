import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FaultyLog } from '../log/faulty-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { RelayClient, updateOf } from '../relay-client.fixture.ts'
import { createRelay, type Relay, type RelayOptions } from '../relay.ts'
import { isLoopback } from './loopback.ts'

let directory: string
let relay: Relay | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-http-'))
  await mkdir(join(directory, 'assets'))
  await writeFile(join(directory, 'index.html'), '<title>demo</title>')
  await writeFile(join(directory, 'sw.js'), 'worker')
  await writeFile(join(directory, 'assets', 'main-1a2b3c.js'), 'code')
  await writeFile(join(directory, '.env'), 'secret')
})

afterEach(async () => {
  await relay?.close()
  relay = undefined
  await rm(directory, { recursive: true })
})

async function get(path: string, init: RequestInit = {}, options: Partial<RelayOptions> = {}): Promise<Response> {
  if (relay === undefined) {
    relay = createRelay({ log: new MemoryLog(), port: 0, onEvent: () => {}, ...options })
    await relay.open()
  }
  return fetch(`http://127.0.0.1:${relay.port}${path}`, init)
}

const serving = (): Partial<RelayOptions> => ({ staticDirectory: directory })
const html = { headers: { accept: 'text/html,*/*' } }

test('health is JSON, and 200 while the log works', async () => {
  const response = await get('/healthz')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ok', failing: [], connections: 0, rooms: 0 })
})

test('health is 503 when the log does not work', async () => {
  const log = new MemoryLog()
  await get('/healthz', {}, { log })
  await log.close()
  const response = await get('/healthz')
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ status: 'failing', failing: ['probe'] })
})

test('a relay whose disk refuses writes is not ready for anybody new, but starting it anew would not help', async () => {
  const log = new FaultyLog(new MemoryLog())
  await get('/readyz', {}, { log })
  expect((await get('/readyz')).status).toBe(200)
  log.failNext('append', 'full')
  const client = await RelayClient.open(relay!.url)
  const { handle } = await client.join('notes')
  client.send({ type: 'push', handle, ref: 1, update: updateOf('a') })
  await client.next('reject')
  await client.close()
  const ready = await get('/readyz')
  expect([ready.status, await ready.json()]).toMatchObject([503, { status: 'failing', failing: ['append'] }])
  expect((await get('/healthz')).status).toBe(200)
})

test('a relay that drains lives, and is not ready', async () => {
  await get('/readyz')
  const held = relay!
  const closing = held.close()
  expect(await held.health()).toMatchObject({ status: 'closing' })
  await closing
})

test('without an app there is a line of text at / and nothing elsewhere', async () => {
  expect(await (await get('/')).text()).toContain('Syncline relay')
  expect((await get('/r/room', html)).status).toBe(404)
})

test('other methods than GET and HEAD are not allowed', async () => {
  const response = await get('/', { method: 'POST' })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('GET, HEAD')
})

test('the app is served at / and at every path that is asked for as a page', async () => {
  for (const path of ['/', '/index.html', '/r/notes', '/r/v1.2', '/?room=x']) {
    const response = await get(path, html, serving())
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('<title>demo</title>')
    expect(response.headers.get('cache-control')).toBe('no-cache')
  }
})

test('a file that is not there is 404 unless it is asked for as a page', async () => {
  expect((await get('/assets/gone.js', { headers: { accept: '*/*' } }, serving())).status).toBe(404)
})

test('hashed files are cached for ever, the service worker never', async () => {
  expect((await get('/assets/main-1a2b3c.js', {}, serving())).headers.get('cache-control')).toContain('immutable')
  expect((await get('/sw.js')).headers.get('cache-control')).toBe('no-cache')
})

test('a file that did not change is not sent again', async () => {
  const etag = (await get('/sw.js', {}, serving())).headers.get('etag')!
  expect((await get('/sw.js', { headers: { 'if-none-match': etag } })).status).toBe(304)
})

test('hidden files, and files outside of the directory, are not served', async () => {
  for (const path of ['/.env', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc%2fpasswd', '/%00', '/%']) {
    expect((await get(path, {}, serving())).status).toBe(404)
  }
})

test('ranges that make no sense harm nobody', async () => {
  for (const range of ['bytes=9-2', 'bytes=-', 'bytes=x-y', 'bytes=99999-']) {
    const response = await get('/sw.js', { headers: { range } }, serving())
    expect([response.status, await response.text()]).toEqual([200, 'worker'])
  }
})

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.example.org', false],
  ['192.168.0.1', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})
