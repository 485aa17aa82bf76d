/** Our client, with documents of Yjs. In Node it keeps rooms in memory. */
import { Syncline } from 'syncline'
import { WebSocket } from 'ws'
import type { Library, SharedText } from '../library.ts'
import { docWith, YjsText } from './yjs-text.ts'

export const library: Library = {
  async open({ url, room: name, document }) {
    const sync = new Syncline({ url: `${url}/sync`, WebSocket, createDoc: () => docWith(document) })
    const room = sync.room(name)
    await room.open()
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (room.status.sync !== 'live') return
        undo()
        resolve()
      }
      const undo = room.subscribe(look)
      look()
    })
    await room.whenAcked()
    return Object.assign(new YjsText(room.doc, name), {
      goOffline: () => sync.disconnect(),
      goOnline: () => sync.connect(),
      close: () => sync.close(),
    }) satisfies SharedText
  },
}
