/** The client as it is by default in a browser: IndexedDB, tabs by BroadcastChannel and Web Locks. Two clients are two tabs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MemoryRelay } from './connection/memory-relay.fixture.ts'
import { newDoc } from './doc.fixture.ts'
import { browserPage } from './page.ts'
import { live, text, type, until } from './room.fixture.ts'
import { Syncline } from './syncline.ts'

let relay: MemoryRelay
let name: string
let clients: Syncline[]

beforeEach(() => {
  relay = new MemoryRelay()
  name = `test-${crypto.randomUUID()}`
  clients = []
})

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()))
  indexedDB.deleteDatabase(`syncline:${name}`)
})

function tab(): Syncline {
  const client = new Syncline({
    url: 'memory:',
    transport: relay,
    name,
    random: () => Math.random() / 100,
    createDoc: () => newDoc(),
  })
  clients.push(client)
  return client
}

describe('a client in a browser', () => {
  test('keeps rooms on the device: a reload offline shows everything, and the outbox drains later', async () => {
    relay.reachable = false
    const before = tab()
    const written = before.room('a')
    await written.loaded
    type(written, 'kept')
    await written.whenStored()
    expect(written.status).toMatchObject({ latestEdit: 'device', store: { state: 'durable' } })
    await before.close()

    const after = tab()
    const room = after.room('a')
    await room.loaded
    expect(text(room)).toBe('kept')
    expect(room.status.latestEdit).toBe('device')
    relay.reachable = true
    await room.whenAcked()
    expect(room.status.latestEdit).toBe('relay')
  })

  test('two tabs share one connection, lose nothing, and the second takes over when the first is closed', async () => {
    const first = tab()
    const one = first.room('a')
    await live(one)
    const second = tab()
    const two = second.room('a')
    await live(two)
    expect(relay.members.size).toBe(1)
    type(one, '1')
    type(two, '2')
    await Promise.all([one.whenAcked(), two.whenAcked()])
    await until(one, () => text(one).length === 2)
    await until(two, () => text(two).length === 2)
    expect(text(one)).toBe(text(two))

    await first.close()
    type(two, '3')
    await two.whenAcked()
    expect(second.status.owner).toBe(true)
    expect(text(two)).toHaveLength(3)
  })
})

test('the page tells when it is hidden and when it wakes, until it is told to stop', () => {
  const page = browserPage()
  if (page === undefined) throw new Error('this is a browser')
  const heard: string[] = []
  const undo = [page.onHide(() => heard.push('hide')), page.onWake(() => heard.push('wake'))]
  window.dispatchEvent(new Event('pagehide'))
  window.dispatchEvent(new Event('online'))
  window.dispatchEvent(new Event('pageshow'))
  for (const stop of undo) stop()
  window.dispatchEvent(new Event('pagehide'))
  window.dispatchEvent(new Event('online'))
  expect(heard).toEqual(['hide', 'wake', 'wake'])
})
