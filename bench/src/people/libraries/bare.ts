/** The least that a client can do: updates go out as they are made, and come in as they come. Who was away has lost what was sent. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import type { Library, SharedText } from '../library.ts'
import { docWith, YjsText } from './yjs-text.ts'

export const library: Library = {
  async open({ url, room, document }) {
    const socket = new WebSocket(`${url}/${encodeURIComponent(room)}`, { perMessageDeflate: false })
    const doc = docWith(document)
    const welcomed = once(socket, 'message')
    socket.on('message', (update: Buffer) => {
      // An empty one says that the room has nothing.
      if (update.length > 0) Y.applyUpdate(doc, update, socket)
    })
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== socket) socket.send(update)
    })
    await welcomed
    return Object.assign(new YjsText(doc, room), {
      goOffline: cannot,
      goOnline: cannot,
      async close() {
        socket.close()
        await once(socket, 'close')
      },
    }) satisfies SharedText
  },
}

function cannot(): never {
  throw new Error('nobody can come back to a bare server')
}
