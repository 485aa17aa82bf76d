/** What a room shows of the rows that its device has, and what it tells of them. */
import { mergeUpdates } from '@syncline/core'
import type { Doc } from 'yjs'
import { describe, expect, test } from 'vitest'
import { device, letters, text, worldOfEachTest, type Device, type World } from './client.fixture.ts'
import { newDoc } from './doc.fixture.ts'
import type { Room } from './room/room.ts'
import { updatesOf } from './words.fixture.ts'

let world: World

worldOfEachTest((created) => {
  world = created
})

const LONG = 'as long as all others together '.repeat(10)

/** A device that was given these rows by a relay that it cannot reach any more. */
async function deviceWith(...rows: readonly Uint8Array[]): Promise<Device> {
  const made = device()
  const store = made.store()
  for (const row of rows) await store.appendRemote('a', row, { epoch: 1, seq: 0 })
  world.relay.reachable = false
  return made
}

/** The room, as it is when it has just been loaded. */
async function loaded({ store }: Device, clientID?: number): Promise<Room> {
  const createDoc = (): Doc => {
    const doc = newDoc()
    if (clientID !== undefined) doc.clientID = clientID
    return doc
  }
  const room = world.visit(store(), { createDoc }).room('a')
  await room.loaded
  return room
}

describe('a room with a row that outweighs all others', () => {
  test('shows what is in all of them, wherever it is among them and whatever it builds on', async () => {
    const rows = updatesOf(1, 'one ', 'two ', LONG, 'three ', 'four')
    const expected = `one two ${LONG}three four`
    for (const order of [
      rows,
      [...rows].reverse(),
      [rows[2], rows[4], rows[1], rows[0], rows[3]],
      [mergeUpdates(rows)],
    ]) {
      const room = await loaded(await deviceWith(...order))
      expect(text(room)).toBe(expected)
      expect(room.status).toMatchObject({ unacked: 0, conflict: undefined, store: { state: 'durable' } })
    }
  })

  test('shows the others when that one is damaged', async () => {
    const damaged = updatesOf(1, LONG)[0].fill(255, 2)
    const room = await loaded(await deviceWith(...updatesOf(2, 'kept, '), damaged, ...updatesOf(3, 'too')))
    expect(letters(text(room))).toBe(letters('kept, too'))
    expect(room.status.store.state).toBe('durable')
  })

  test('tells where they contradict each other, and writes under another name', async () => {
    const room = await loaded(await deviceWith(...updatesOf(5, LONG), ...updatesOf(5, 'ours')), 5)
    expect(room.status.conflict?.conflicts).toMatchObject([{ client: 5, start: 0 }])
    expect(room.doc.clientID).not.toBe(5)
  })

  test('tells where they contradict each other in what waits for something else', async () => {
    const [, waiting] = updatesOf(5, 'lost', LONG)
    const [before, other] = updatesOf(5, 'kept', 'ours')
    const made = await deviceWith(waiting, mergeUpdates([before, other]))
    expect((await loaded(made)).status.conflict?.conflicts).toMatchObject([{ client: 5, start: 4 }])
    const apart = await deviceWith(waiting, other)
    expect((await loaded(apart)).status.conflict?.conflicts).toMatchObject([{ client: 5, start: 4 }])
  })

  test('tells of no conflict where they say the same', async () => {
    const rows = updatesOf(5, 'one ', LONG, 'two')
    const room = await loaded(await deviceWith(mergeUpdates([rows[0], rows[1]]), ...rows))
    expect(text(room)).toBe(`one ${LONG}two`)
    expect(room.status.conflict).toBeUndefined()
  })

  test('has what the document held before as an edit', async () => {
    const made = await deviceWith(...updatesOf(1, LONG))
    const createDoc = (): Doc => {
      const doc = newDoc()
      doc.getText('title').insert(0, 'held')
      return doc
    }
    const room = world.visit(made.store(), { createDoc }).room('a')
    await room.loaded
    await room.whenStored()
    expect(room.status).toMatchObject({ unacked: 1, latestEdit: 'device' })
    const again = await loaded(made)
    expect([text(again), again.doc.getText('title').toJSON()]).toEqual([LONG, 'held'])
  })
})
