/** The three kinds of clients in one room: they edit one document, see each other, and each is told the truth in its own words. */
import type { HocuspocusProvider } from '@hocuspocus/provider'
import { MemoryLog } from '@syncline/relay'
import { FaultyLog } from '@syncline/relay/testing'
import { MemoryDeviceStore, MemoryDisk, Syncline, type Room } from 'syncline'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { WebsocketProvider } from 'y-websocket'
import type * as Y from 'yjs'
import { newDoc } from '../../packages/client/src/doc.fixture.ts'
import {
  closeAll,
  onClose,
  openHocuspocusClient,
  openRelay,
  openYClient,
  textIn,
  type,
  until,
} from './yjs-clients.fixture.ts'

afterEach(closeAll)

interface AwarenessLike {
  setLocalState(state: Record<string, unknown> | null): void
  getStates(): Map<number, Record<string, unknown>>
}

interface Member {
  readonly name: string
  readonly doc: Y.Doc
  readonly awareness: AwarenessLike
  /** Whether the client shows that it has caught up, and that all of its edits are safe. */
  settled(): boolean
}

function ofY(name: string, client: WebsocketProvider): Member {
  return { name, doc: client.doc, awareness: client.awareness, settled: () => client.synced }
}

function ofHocuspocus(name: string, client: HocuspocusProvider): Member {
  const settled = (): boolean => client.synced && !client.hasUnsyncedChanges
  return { name, doc: client.document, awareness: client.awareness as AwarenessLike, settled }
}

async function ofSyncline(name: string, room: Room): Promise<Member> {
  await room.loaded
  const settled = (): boolean => room.status.sync === 'live' && room.status.unacked === 0
  return { name, doc: room.doc, awareness: room.awareness, settled }
}

interface Members {
  readonly y: Member
  readonly hocuspocus: Member
  readonly syncline: Member
  readonly all: readonly Member[]
}

/** Two clients of each kind in `room`: one by its kind, and all. */
async function openMembers(url: string, room: string): Promise<Members> {
  const open = async (number: number): Promise<Omit<Members, 'all'>> => {
    const store = new MemoryDeviceStore(new MemoryDisk())
    const native = new Syncline({ url: `${url}/sync`, WebSocket, store, random: () => 0.02, createDoc: () => newDoc() })
    onClose(() => native.close())
    return {
      y: ofY(`y ${number}`, openYClient(url, room)),
      hocuspocus: ofHocuspocus(`hocuspocus ${number}`, openHocuspocusClient(url, room)),
      syncline: await ofSyncline(`syncline ${number}`, native.room(room)),
    }
  }
  const [first, second] = [await open(1), await open(2)]
  return { ...first, all: [...Object.values(first), ...Object.values(second)] }
}

test('two of each kind converge, and all six see all six', async () => {
  const { url } = await openRelay()
  const { y, all: members } = await openMembers(url, 'notes/one')
  await until(() => members.every((member) => member.settled()))
  for (const { name, awareness } of members) awareness.setLocalState({ name })
  for (let round = 0; round < 20; round++) {
    for (const [index, { doc }] of members.entries()) {
      type(doc, `${index}`)
      if (round % 5 === 4) textIn(doc).delete(0, 1)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  const texts = (): Set<string> => new Set(members.map(({ doc }) => textIn(doc).toJSON()))
  await until(() => texts().size === 1 && members.every((member) => member.settled()))
  // Deletions of the same unit are one, so there is a range of lengths, not one.
  expect(textIn(y.doc).length).toBeGreaterThanOrEqual(120 - 24)
  const names = members.map(({ name }) => name).sort()
  const seenBy = ({ awareness }: Member): string[] =>
    [...awareness.getStates().values()].map((state) => String(state['name'])).sort()
  await until(() => members.every((member) => seenBy(member).join() === names.join()))

  y.awareness.setLocalState(null)
  await until(() => members.every((member) => seenBy(member).length === 5))
})

test('while the log hangs nobody shows an edit as safe, and nobody else sees it', async () => {
  const log = new FaultyLog(new MemoryLog())
  const { url } = await openRelay({ log })
  const { y, hocuspocus, syncline, all: members } = await openMembers(url, 'r')
  await until(() => members.every((member) => member.settled()))
  log.hold()
  type(hocuspocus.doc, 'a')
  type(syncline.doc, 'b')
  await until(() => log.held > 0)
  expect([hocuspocus.settled(), syncline.settled()]).toEqual([false, false])
  expect(textIn(y.doc).toJSON()).toBe('')
  log.release()
  await until(() => members.every((member) => member.settled() && textIn(member.doc).length === 2))
})
