/** The client of Hocuspocus. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { WebSocket } from 'ws'
import type { Library, SharedText } from '../library.ts'
import { docWith, YjsText } from './yjs-text.ts'

export const library: Library = {
  async open({ url, room, document }) {
    const doc = docWith(document)
    const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket })
    const provider = new HocuspocusProvider({ websocketProvider, name: room, document: doc })
    const synced = new Promise<void>((resolve) => {
      provider.on('synced', () => resolve())
    })
    provider.attach()
    await synced
    return Object.assign(new YjsText(doc, room), {
      goOffline: () => websocketProvider.disconnect(),
      goOnline: () => void websocketProvider.connect(),
      async close() {
        provider.destroy()
        websocketProvider.destroy()
      },
    }) satisfies SharedText
  },
}
