/** The relay holds no documents: what an open room costs does not grow with what was written into it. */
import { once } from 'node:events'
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

/** Joins the room as somebody who has everything already. Resolves when the relay has found that out. */
async function joinKnowing(url: string, room: string, stateVector: Uint8Array): Promise<WebSocket> {
  const socket = new WebSocket(`${url}/sync`, SUBPROTOCOL)
  await once(socket, 'open')
  const caughtUp = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (decodeRelayFrame(data).some(({ type }) => type === 'updates')) resolve()
    })
  })
  socket.send(
    encodeFrame([
      { type: 'hello', versions: supportedVersions, agent: 'test', token: undefined },
      { type: 'join', request: 1, room, position: undefined, stateVector },
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
    const member = await joinKnowing(relay.url, room, stateVector)
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
