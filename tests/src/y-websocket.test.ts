/** The published client of y-websocket on the relay's `/y/<room>`: what it shows its users has to be true. */
import { MemoryDisk, MemoryLog } from '@syncline/relay'
import { FaultyLog } from '@syncline/relay/testing'
import { afterEach, expect, test, vi } from 'vitest'
import type { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { closeAll, openRelay, openYClient, textOf, type, until } from './yjs-clients.fixture.ts'

afterEach(closeAll)

const names = (client: WebsocketProvider): string[] =>
  [...client.awareness.getStates().values()].map((state) => String((state as { name?: string }).name)).sort()

test('two clients of a room see each other type, and each other', async () => {
  const { url } = await openRelay()
  const [ada, ben] = [openYClient(url, 'a/b ü'), openYClient(url, 'a/b ü')]
  ada.awareness.setLocalState({ name: 'ada' })
  ben.awareness.setLocalState({ name: 'ben' })
  await until(() => ada.synced && ben.synced)
  type(ada.doc, 'from ada, ')
  type(ben.doc, 'from ben')
  await until(() => textOf(ada).length === 18 && textOf(ada) === textOf(ben))
  await until(() => names(ada).length === 2 && names(ben).length === 2)
  expect(names(ada)).toEqual(['ada', 'ben'])
  ben.awareness.setLocalState(null)
  await until(() => names(ada).length === 1)
})

test('a client that comes late gets what the room has, and what it wrote offline reaches the others', async () => {
  const { url } = await openRelay()
  const ada = openYClient(url, 'r')
  await until(() => ada.synced)
  type(ada.doc, 'online ')
  const doc = new Y.Doc()
  type(doc, 'offline ')
  const ben = openYClient(url, 'r', { doc })
  await until(() => ben.synced && textOf(ben).length === 15 && textOf(ada) === textOf(ben))
})

test('a client that asks again is answered again', async () => {
  const { url } = await openRelay()
  const ada = openYClient(url, 'r')
  await until(() => ada.synced)
  type(ada.doc, 'x')
  const ben = openYClient(url, 'r')
  await until(() => ben.synced && textOf(ben) === 'x')
  const kinds: string[] = []
  ben.ws!.addEventListener('message', (event: MessageEvent<ArrayBuffer>) => {
    kinds.push(new Uint8Array(event.data).subarray(0, 2).join(' '))
  })
  ben.ws!.send(Uint8Array.of(0, 0, 1, 0))
  await until(() => kinds.length === 2)
  // The relay asks back, and answers.
  expect(kinds).toEqual(['0 0', '0 1'])
})

test('a client gets its own edit back when the log has it, and not before', async () => {
  const log = new FaultyLog(new MemoryLog())
  const { url } = await openRelay({ log })
  const [ada, ben] = [openYClient(url, 'r'), openYClient(url, 'r')]
  await until(() => ada.synced && ben.synced)
  log.hold()
  const frames: number[] = []
  ada.ws!.addEventListener('message', (event: MessageEvent<ArrayBuffer>) => {
    const bytes = new Uint8Array(event.data)
    if (bytes[0] === 0 && bytes[1] === 2) frames.push(bytes.length)
  })
  type(ada.doc, 'held')
  await until(() => log.held === 1)
  expect([frames.length, textOf(ben)]).toEqual([0, ''])
  log.release()
  await until(() => textOf(ben) === 'held' && frames.length === 1)
})

test('while the log fails nobody is told that an edit is safe; when it works again, the edit gets through by itself', async () => {
  const log = new FaultyLog(new MemoryLog())
  const { url } = await openRelay({ log })
  const [ada, ben] = [openYClient(url, 'r'), openYClient(url, 'r')]
  await until(() => ada.synced && ben.synced)
  const closes: number[] = []
  ada.on('connection-close', (event) => closes.push(event?.code ?? 0))
  log.failNext('append', 'full', 3)
  type(ada.doc, 'precious')
  await until(() => closes.length === 3)
  expect(new Set(closes)).toEqual(new Set([1013]))
  await until(() => textOf(ben) === 'precious')
})

test('a relay that is restarted on its disk, and one that lost it, get everything back', async () => {
  const disk = new MemoryDisk()
  const before = await openRelay({ log: new MemoryLog({ disk }) })
  const ada = openYClient(before.url, 'r')
  await until(() => ada.synced)
  type(ada.doc, 'one ')
  const { port } = before
  await before.close()
  type(ada.doc, 'two ')
  const after = await openRelay({ log: new MemoryLog({ disk }), port })
  const ben = openYClient(after.url, 'r')
  await until(() => textOf(ben) === 'one two ')
  await after.close()
  const wiped = await openRelay({ port })
  const eve = openYClient(wiped.url, 'r')
  await until(() => textOf(eve) === 'one two ')
})

test('a reader is told once that it may not write; nothing that it writes is stored, and it goes on reading', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const { url } = await openRelay({ authorize: ({ token }) => (token === 'writer' ? 'write' : 'read') })
  const writer = openYClient(url, 'r', { token: 'writer' })
  const reader = openYClient(url, 'r', { token: 'reader' })
  await until(() => writer.synced && reader.synced)
  type(reader.doc, 'no')
  type(reader.doc, 'no')
  await until(() => warned.mock.calls.length > 0)
  type(writer.doc, 'yes')
  await until(() => textOf(reader).includes('yes'))
  expect(textOf(writer)).toBe('yes')
  expect(warned).toHaveBeenCalledTimes(1)
  warned.mockRestore()
})

test.each([
  ['no token', undefined, 4401],
  ['a token for something else', 'wrong', 4403],
])('a client with %s is told so and stops', async (_, token, code) => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const { url } = await openRelay({ authorize: () => 'none' })
  const client = openYClient(url, 'r', token === undefined ? {} : { token })
  const closed = await new Promise<{ code: number }>((resolve) => client.on('closed', resolve))
  expect(closed.code).toBe(code)
  expect(warned).toHaveBeenCalledTimes(1)
  warned.mockRestore()
})
