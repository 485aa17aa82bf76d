/**
 * Our client with its store on IndexedDB. The visit that fills it is online, so that what later visits find is what a relay has acknowledged; these are
 * offline. Bundled as it is, its documents are those of Yjs; bundled with our core in place of `yjs`, they are the core's.
 */
import { Syncline } from 'syncline'
import { applyUpdate } from 'yjs'
import { RELAY_PATH, visit } from './visit.ts'

const ROOM = 'notes'

visit({
  async bring(document) {
    const response = await fetch(RELAY_PATH)
    const sync = new Syncline({ url: await response.text() })
    const room = sync.room(ROOM)
    await room.loaded
    applyUpdate(room.doc, document)
    await room.whenStored()
    await room.whenAcked()
    // Not by `using`: what the compiler writes for it would count as ours.
    await sync.close()
  },
  async read() {
    const sync = new Syncline({ url: 'ws://localhost/sync' })
    sync.disconnect()
    const room = sync.room(ROOM)
    await room.loaded
    // oxlint-disable-next-line typescript/no-base-to-string -- a Y.Text's string is its text
    return room.doc.getText('text').toString()
  },
})
