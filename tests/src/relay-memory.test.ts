/** The relay holds no documents: what an open room costs does not grow with what was written into it. */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { decodeRelayFrame, encodeFrame, SUBPROTOCOL, supportedVersions } from '@syncline/protocol'
import { createRelay, openLmdbLog } from '@syncline/relay'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { dataFolder } from './relay-process.fixture.ts'

const UPDATES = 64
const UPDATE_CHARACTERS = 512 * 1024
const CONTENT_BYTES = UPDATES * UPDATE_CHARACTERS

/** Heap and buffers in use once everything unreachable is gone, in bytes. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Joins the rooms as somebody who has everything already. Resolves when the relay has found that out. */
async function joinKnowing(url: string, rooms: readonly string[], stateVector: Uint8Array): Promise<WebSocket> {
  const socket = new WebSocket(`${url}/sync`, SUBPROTOCOL)
  await once(socket, 'open')
  let waiting = rooms.length
  const caughtUp = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      waiting -= decodeRelayFrame(data).filter(({ type }) => type === 'updates').length
      if (waiting === 0) resolve()
    })
  })
  socket.send(
    encodeFrame([
      { type: 'hello', versions: supportedVersions, agent: 'test', token: undefined },
      ...rooms.map((room, request) => ({ type: 'join', request, room, position: undefined, stateVector }) as const),
    ]),
  )
  await caughtUp
  return socket
}

test(`an open room of ${CONTENT_BYTES / 2 ** 20} MiB costs the relay a small part of that`, async () => {
  const data = await dataFolder()
  const room = 'large'
  // Written by an earlier relay, so that nothing of the writing is left in memory.
  const stateVector = await (async () => {
    const log = await openLmdbLog({ directory: data.path })
    const doc = new Y.Doc()
    doc.on('update', (update: Uint8Array) => void log.append([{ room, update }]))
    for (let count = 0; count < UPDATES; count++) {
      doc.getText('body').insert(0, String.fromCodePoint(0x61 + (count % 26)).repeat(UPDATE_CHARACTERS))
    }
    await log.close()
    return Y.encodeStateVector(doc)
  })()
  let folded = (): void => {}
  const compaction = new Promise<void>((resolve) => (folded = resolve))
  const relay = createRelay({
    log: await openLmdbLog({ directory: data.path }),
    port: 0,
    onEvent: ({ type }) => type === 'compacted' && folded(),
  })
  try {
    await relay.open()
    const before = memoryInUse()
    const member = await joinKnowing(relay.url, [room], stateVector)
    // Opening, catching up and folding read the room and let it go again; the promise is about a room that is open and quiet.
    await compaction
    await new Promise((resolve) => setImmediate(resolve))
    const cost = memoryInUse() - before
    expect(cost).toBeLessThan(CONTENT_BYTES / 8)
    member.terminate()
  } finally {
    await relay.close()
    await data.remove()
  }
})

const IDLE_ROOMS = 20
/** For longer than a tick of the relay: what was sent is let go of by then. */
const LOOKS = 50
const LOOK_EVERY_MS = 50
const EDITS = 260_000

test(`an idle room with a document of ${EDITS} edits costs less than 100 KB`, async () => {
  const data = await dataFolder()
  const { update, stateVector } = editedDocument(EDITS)
  const log = await openLmdbLog({ directory: data.path })
  const names = Array.from({ length: IDLE_ROOMS }, (_, number) => `room-${number}`)
  for (const room of names) await log.append([{ room, update }])
  const relay = createRelay({
    log,
    port: 0,
    onEvent: () => {},
    // The only entry of each room is the document: folding it is not what is measured.
    limits: { compactionTailBytes: 2 ** 30 },
  })
  try {
    await relay.open()
    // A first room pays for what all share.
    const first = await joinKnowing(relay.url, names.slice(0, 1), stateVector)
    const before = await memoryAtRest()
    const member = await joinKnowing(relay.url, names.slice(1), stateVector)
    const cost = ((await memoryAtRest()) - before) / (IDLE_ROOMS - 1)
    expect(cost).toBeLessThan(100_000)
    for (const socket of [first, member]) socket.terminate()
  } finally {
    await relay.close()
    await data.remove()
  }
})

/** A text that was typed with the usual corrections: a fifth of all edits delete, here and there. */
function editedDocument(edits: number): { readonly update: Uint8Array; readonly stateVector: Uint8Array } {
  const doc = new Y.Doc()
  doc.clientID = 1
  const text = doc.getText('body')
  let cursor = 0
  doc.transact(() => {
    for (let edit = 0; edit < edits; edit++) {
      if (edit % 50 === 0) cursor = (edit * 7919) % (text.length + 1)
      if (edit % 5 === 4 && cursor > 0) text.delete(--cursor, 1)
      else text.insert(cursor++, 'x')
    }
  })
  return { update: Y.encodeStateAsUpdate(doc), stateVector: Y.encodeStateVector(doc) }
}

/** The least of several looks: what was closed or handed over to a thread is let go of in turns to come. */
async function memoryAtRest(): Promise<number> {
  let least = Infinity
  for (let look = 0; look < LOOKS; look++) {
    await setTimeout(LOOK_EVERY_MS)
    least = Math.min(least, memoryInUse())
  }
  return least
}
