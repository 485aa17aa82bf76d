/** The published client of Hocuspocus on the relay's `/hocuspocus`: what it shows its users has to be true. */
import type { HocuspocusProvider } from '@hocuspocus/provider'
import { MemoryDisk, MemoryLog, type LogSlice } from '@syncline/relay'
import { FaultyLog } from '@syncline/relay/testing'
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import {
  closeAll,
  openHocuspocusClient,
  openHocuspocusSocket,
  openRelay,
  textIn,
  textOf,
  type,
  until,
} from './yjs-clients.fixture.ts'

afterEach(closeAll)

const quiet = (client: HocuspocusProvider): boolean => client.synced && !client.hasUnsyncedChanges
const names = (client: HocuspocusProvider): string[] =>
  [...client.awareness!.getStates().values()].map((state) => String(state['name'])).sort()

/** What the client was told of each of its changes, in order. */
function statusesOf(client: HocuspocusProvider): boolean[] {
  const statuses: boolean[] = []
  client.on('message', ({ message }: { message: { readVarString(): string; readVarUint(): number } }) => {
    message.readVarString()
    if (message.readVarUint() === 8) statuses.push(message.readVarUint() === 1)
  })
  return statuses
}

test('two clients of a document see each other type, and each other', async () => {
  const { url } = await openRelay()
  const [ada, ben] = [openHocuspocusClient(url, 'a/b ü'), openHocuspocusClient(url, 'a/b ü')]
  ada.awareness!.setLocalState({ name: 'ada' })
  ben.awareness!.setLocalState({ name: 'ben' })
  await until(() => quiet(ada) && quiet(ben))
  expect(ada.authorizedScope).toBe('read-write')
  type(ada.document, 'from ada, ')
  type(ben.document, 'from ben')
  await until(() => textOf(ada).length === 18 && textOf(ada) === textOf(ben))
  await until(() => quiet(ada) && quiet(ben) && names(ada).length === 2 && names(ben).length === 2)
  expect(names(ada)).toEqual(['ada', 'ben'])
})

test('many documents share a socket, and a document may be open twice on it', async () => {
  const { url, connections: before } = await openRelay()
  expect(before).toBe(0)
  const socket = openHocuspocusSocket(url)
  const documents = Array.from({ length: 20 }, (_, index) => openHocuspocusClient(url, `d${index}`, { socket }))
  const session = (): HocuspocusProvider => openHocuspocusClient(url, 'shared', { socket, sessionAwareness: true })
  const [closed, kept] = [session(), session()]
  const all = [...documents, closed, kept]
  await until(() => all.every(quiet))
  for (const [index, document] of documents.entries()) type(document.document, `text ${index}`)
  type(closed.document, 'between sessions')
  await until(() => all.every(quiet) && textOf(kept) === 'between sessions')
  const readers = documents.map((_, index) => openHocuspocusClient(url, `d${index}`))
  await until(() => readers.every((reader, index) => textOf(reader) === `text ${index}`))
  closed.destroy()
  type(kept.document, ', still')
  await until(() => quiet(kept))
})

test('a client that comes late gets what the document has, and what it wrote offline reaches the others', async () => {
  const { url } = await openRelay()
  const ada = openHocuspocusClient(url, 'r')
  await until(() => quiet(ada))
  type(ada.document, 'online ')
  const doc = new Y.Doc()
  type(doc, 'offline ')
  const ben = openHocuspocusClient(url, 'r', { doc })
  await until(() => quiet(ben) && textOf(ben).length === 15 && textOf(ada) === textOf(ben))
})

test('a client has unsynced changes until the log has them: one status for each, in order', async () => {
  const log = new FaultyLog(new MemoryLog())
  const { url } = await openRelay({ log })
  const [ada, ben] = [openHocuspocusClient(url, 'r'), openHocuspocusClient(url, 'r')]
  await until(() => quiet(ada) && quiet(ben))
  const statuses = statusesOf(ada)
  log.hold()
  for (const key of 'held') type(ada.document, key)
  await until(() => log.held > 0)
  expect([ada.unsyncedChanges, statuses, textOf(ben)]).toEqual([4, [], ''])
  log.release()
  await until(() => quiet(ada) && textOf(ben) === 'held')
  expect(statuses).toEqual([true, true, true, true])
})

test('while the log fails a client keeps its unsynced changes; when it works again, they get through by themselves', async () => {
  const log = new FaultyLog(new MemoryLog())
  const { url } = await openRelay({ log })
  const [ada, ben] = [openHocuspocusClient(url, 'r'), openHocuspocusClient(url, 'r')]
  await until(() => quiet(ada) && quiet(ben))
  const statuses = statusesOf(ada)
  const closes: number[] = []
  ada.on('close', ({ event }: { event: { code: number } }) => closes.push(event.code))
  const stored: Promise<LogSlice>[] = []
  ada.on('unsyncedChanges', ({ number }: { number: number }) => {
    if (number === 0) stored.push(log.read('r', 0))
  })
  log.failNext('append', 'full', 3)
  type(ada.document, 'precious')
  await until(() => closes.length === 3)
  expect(new Set(closes)).toEqual(new Set([1013]))
  await until(() => textOf(ben) === 'precious' && quiet(ada))
  // Whenever it said that nothing is unsynced, the log had it.
  expect(stored.length).toBeGreaterThan(0)
  for (const { updates } of await Promise.all(stored)) expect(updates).not.toEqual([])
  expect(statuses.filter((status) => !status)).toHaveLength(3)
})

test('a forced sync is answered both ways', async () => {
  const { url } = await openRelay()
  const ada = openHocuspocusClient(url, 'r')
  await until(() => quiet(ada))
  type(ada.document, 'x')
  await until(() => quiet(ada))
  ada.forceSync()
  expect(ada.hasUnsyncedChanges).toBe(true)
  await until(() => quiet(ada))
})

test('a relay that is restarted on its disk, and one that lost it, get everything back', async () => {
  const disk = new MemoryDisk()
  const before = await openRelay({ log: new MemoryLog({ disk }) })
  const ada = openHocuspocusClient(before.url, 'r')
  await until(() => quiet(ada))
  type(ada.document, 'one ')
  const { port } = before
  await before.close()
  type(ada.document, 'two ')
  const after = await openRelay({ log: new MemoryLog({ disk }), port })
  const ben = openHocuspocusClient(after.url, 'r')
  await until(() => textOf(ben) === 'one two ' && quiet(ada))
  await after.close()
  const wiped = await openRelay({ port })
  const eve = openHocuspocusClient(wiped.url, 'r')
  await until(() => textOf(eve) === 'one two ')
})

test('a reader reads, has nothing unsynced, and what it writes stays unsynced and its own', async () => {
  const { url } = await openRelay({ authorize: ({ token }) => (token === 'writer' ? 'write' : 'read') })
  const writer = openHocuspocusClient(url, 'r', { token: 'writer' })
  await until(() => quiet(writer))
  type(writer.document, 'to be cut')
  textIn(writer.document).delete(0, 6)
  await until(() => quiet(writer))
  const reader = openHocuspocusClient(url, 'r', { token: 'reader' })
  await until(() => textOf(reader) === 'cut' && quiet(reader))
  expect(reader.authorizedScope).toBe('readonly')
  // It has deletions to tell of, all of which the relay knows.
  reader.forceSync()
  await until(() => quiet(reader))
  const statuses = statusesOf(reader)
  textIn(reader.document).delete(0, 1)
  await until(() => statuses.length === 1)
  expect([statuses, reader.hasUnsyncedChanges]).toEqual([[false], true])
  type(writer.document, '!')
  await until(() => textOf(reader) === 'ut!')
  expect(textOf(writer)).toBe('cut!')
})

test('a token is judged for each document: one that is denied leaves the others alone', async () => {
  const { url } = await openRelay({ authorize: ({ token, room }) => (token === `for ${room}` ? 'write' : 'none') })
  const socket = openHocuspocusSocket(url)
  const good = openHocuspocusClient(url, 'good', { socket, token: 'for good' })
  const bad = openHocuspocusClient(url, 'bad', { socket, token: 'for good' })
  const denied = await new Promise<string>((resolve) => {
    bad.on('authenticationFailed', ({ reason }: { reason: string }) => resolve(reason))
  })
  expect(denied).toBe('this document is not open to you')
  await until(() => quiet(good))
  type(good.document, 'x')
  await until(() => quiet(good))
  expect([bad.isAuthenticated, bad.synced]).toEqual([false, false])
})

test('a stateless message reaches the others of the document, and nobody else', async () => {
  const { url } = await openRelay()
  const [ada, ben] = [openHocuspocusClient(url, 'r'), openHocuspocusClient(url, 'r')]
  const eve = openHocuspocusClient(url, 'other')
  await until(() => [ada, ben, eve].every(quiet))
  const heard: string[] = []
  for (const [name, client] of Object.entries({ ada, ben, eve })) {
    client.on('stateless', ({ payload }: { payload: string }) => heard.push(`${name}: ${payload}`))
  }
  ada.sendStateless('hällo')
  ben.sendStateless('hi')
  await until(() => heard.length === 2)
  type(eve.document, 'x')
  await until(() => quiet(eve))
  expect(heard.sort()).toEqual(['ada: hi', 'ben: hällo'])
})
