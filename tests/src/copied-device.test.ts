/** A client ID that two devices write under, as when one is a copy of the other, against the real relay: it is told, and nothing is lost. */
import { MemoryDeviceStore, MemoryDisk, Syncline, type Room } from 'syncline'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Doc } from 'yjs'
import { newDoc } from '../../packages/client/src/doc.fixture.ts'
import { live, text, type, until } from '../../packages/client/src/room.fixture.ts'
import { closeAll, onClose, openRelay } from './yjs-clients.fixture.ts'

afterEach(closeAll)

const COPIED_CLIENT_ID = 5

function copiedDoc(): Doc {
  const doc = newDoc()
  doc.clientID = COPIED_CLIENT_ID
  return doc
}

function visit(url: string, createDoc: () => Doc = () => newDoc(), disk: MemoryDisk = new MemoryDisk()): Syncline {
  const client = new Syncline({
    url: `${url}/sync`,
    WebSocket,
    store: new MemoryDeviceStore(disk),
    random: () => 0.02,
    createDoc,
  })
  onClose(() => client.close())
  return client
}

/** Whether each of `words` is in the text, and nothing else: in which order, nobody decides. */
function holds(room: Room, ...words: readonly string[]): boolean {
  const shown = text(room)
  return words.every((word) => shown.includes(word)) && shown.length === words.join('').length
}

test.each([
  { ours: 'we', theirs: 'THE OTHERS' },
  { ours: 'we, and more', theirs: 'THEY' },
])(
  '$ours under the client ID of $theirs is refused, told of, and given to everybody under another',
  async ({ ours, theirs }) => {
    const relay = await openRelay()
    const first = visit(relay.url, copiedDoc).room('a')
    await live(first)
    type(first, theirs)
    await first.whenAcked()

    const disk = new MemoryDisk()
    const copy = visit(relay.url, copiedDoc, disk)
    copy.disconnect()
    const second = copy.room('a')
    await second.loaded
    type(second, ours)
    await second.whenStored()
    const acked = second.whenAcked()
    copy.connect()
    await expect(acked).rejects.toMatchObject({ code: 'rejected' })
    await until(second, () => second.status.conflict !== undefined)
    expect(second.status.conflict).toMatchObject({
      code: 'conflict',
      conflicts: [{ client: COPIED_CLIENT_ID, start: 0 }],
    })
    expect(second.status).toMatchObject({ rejected: 1, unacked: 0 })
    expect(second.doc.clientID).not.toBe(COPIED_CLIENT_ID)
    expect(text(first)).toBe(theirs)
    await copy.close()

    const again = visit(relay.url, undefined, disk).room('a')
    await live(again)
    await until(again, () => text(again) === theirs)
    expect(await again.reissueRejected()).toBe(1)
    await again.whenAcked()
    expect(await again.reissueRejected()).toBe(1)
    const late = visit(relay.url).room('a')
    await live(late)
    for (const room of [first, again, late]) await until(room, () => holds(room, ours, theirs))
    expect(new Set([first, again, late].map(text)).size).toBe(1)
    expect([first.status, late.status].map(({ conflict, rejected }) => ({ conflict, rejected }))).toEqual([
      { conflict: undefined, rejected: 0 },
      { conflict: undefined, rejected: 0 },
    ])
  },
)
