/**
 * The published clients of other Yjs servers, as apps embed them, on a relay of this process. Nothing of them is faked or configured beyond
 * how long they wait before they connect again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { createRelay, MemoryLog, type Relay, type RelayOptions } from '@syncline/relay'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const closing: (() => unknown)[] = []

/** Ends, latest first, everything that was opened here. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close()
}

export function onClose(close: () => unknown): void {
  closing.push(close)
}

export async function openRelay(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const relay = createRelay({ log: new MemoryLog(), port: 0, onEvent: () => undefined, ...options })
  await relay.open()
  closing.push(() => relay.close({ deadlineMs: 2000 }))
  return relay
}

export interface YClientOptions {
  readonly doc?: Y.Doc
  readonly token?: string
}

/** A client of y-websocket. */
export function openYClient(url: string, room: string, options: YClientOptions = {}): WebsocketProvider {
  const doc = options.doc ?? new Y.Doc()
  const provider = new WebsocketProvider(`${url}/y`, room, doc, {
    WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
    params: options.token === undefined ? {} : { token: options.token },
    maxBackoffTime: 50,
    // Otherwise the clients of one process would tell each other, past the relay.
    disableBc: true,
  })
  closing.push(() => {
    provider.destroy()
    provider.awareness.destroy()
  })
  return provider
}

/** A socket that documents of Hocuspocus clients may share. */
export function openHocuspocusSocket(url: string): HocuspocusProviderWebsocket {
  const socket = new HocuspocusProviderWebsocket({
    url: `${url}/hocuspocus`,
    WebSocketPolyfill: WebSocket,
    delay: 20,
    minDelay: 10,
    maxDelay: 50,
  })
  closing.push(() => socket.destroy())
  return socket
}

export interface HocuspocusClientOptions {
  readonly doc?: Y.Doc
  readonly token?: string
  /** A socket of its own if there is none. */
  readonly socket?: HocuspocusProviderWebsocket
  readonly sessionAwareness?: boolean
}

/** A client of Hocuspocus. */
export function openHocuspocusClient(
  url: string,
  name: string,
  { doc = new Y.Doc(), token = '', socket, sessionAwareness = false }: HocuspocusClientOptions = {},
): HocuspocusProvider {
  const websocketProvider = socket ?? openHocuspocusSocket(url)
  const provider = new HocuspocusProvider({ websocketProvider, name, document: doc, token, sessionAwareness })
  provider.attach()
  closing.push(() => provider.destroy())
  return provider
}

export function textOf(client: { readonly doc: Y.Doc } | { readonly document: Y.Doc }): string {
  return textIn('doc' in client ? client.doc : client.document).toJSON()
}

export function textIn(doc: Y.Doc): Y.Text {
  return doc.getText('text')
}

export function type(doc: Y.Doc, added: string): void {
  const text = textIn(doc)
  text.insert(text.length, added)
}

/** Resolves when `condition` holds; it is the test's timeout that ends the waiting. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}
