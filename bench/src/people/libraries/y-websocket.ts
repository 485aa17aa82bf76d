/** The client of y-websocket. Told to leave BroadcastChannel alone: two people are two devices, not two tabs. */
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import type { Library, SharedText } from '../library.ts'
import { docWith, YjsText } from './yjs-text.ts'

export const library: Library = {
  async open({ url, room, document }) {
    const doc = docWith(document)
    const provider = new WebsocketProvider(url, room, doc, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      disableBc: true,
    })
    await new Promise<void>((resolve) => {
      provider.on('sync', (synced) => {
        if (synced) resolve()
      })
    })
    return Object.assign(new YjsText(doc, room), {
      goOffline: () => provider.disconnect(),
      goOnline: () => provider.connect(),
      async close() {
        provider.destroy()
        provider.awareness.destroy()
      },
    }) satisfies SharedText
  },
}
