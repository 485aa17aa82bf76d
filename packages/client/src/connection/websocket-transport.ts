/**
 * The transport over WebSocket: the browser's, Node's (22 and later), or a constructor of the same shape such as that of the
 * package `ws`.
 */
import { SUBPROTOCOL } from '@syncline/protocol'
import { SynclineError } from '../errors.ts'
import type { Link, LinkEvents, Transport } from './transport.ts'

/** As much of the WHATWG WebSocket as is used here. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
}

export type WebSocketConstructor = new (url: string, protocols: string) => WebSocketLike

const OPEN = 1

/** Throws, when it connects, `SynclineError` `connection-lost` if there is no WebSocket or the URL is none. */
export class WebSocketTransport implements Transport {
  readonly #WebSocket: WebSocketConstructor | undefined

  constructor(constructor?: WebSocketConstructor) {
    this.#WebSocket = constructor
  }

  connect(url: string, events: LinkEvents): Link {
    const Constructor = this.#WebSocket ?? (globalThis as Partial<typeof globalThis>).WebSocket
    if (Constructor === undefined) {
      throw new SynclineError('connection-lost', 'There is no WebSocket here: pass a constructor as option `WebSocket`')
    }
    let socket: WebSocketLike
    try {
      socket = new Constructor(url, SUBPROTOCOL)
    } catch (cause) {
      throw new SynclineError('connection-lost', `Cannot connect to ${url}`, { cause })
    }
    return new WebSocketLink(socket, events)
  }
}

class WebSocketLink implements Link {
  readonly #socket: WebSocketLike

  constructor(socket: WebSocketLike, events: LinkEvents) {
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => events.opened())
    socket.addEventListener('message', ({ data }) => {
      if (data instanceof ArrayBuffer) events.frame(new Uint8Array(data))
      else events.malformed('a text frame')
    })
    socket.addEventListener('close', ({ code, reason }) => events.closed(code, reason))
    // An error is always followed by a close, which says as much; without a listener, `ws` would throw.
    socket.addEventListener('error', () => undefined)
  }

  get backlogBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(frame)
  }

  close(code: number, reason: string): void {
    // A page may close with 1000 or 3000 … 4999 only; other codes are the relay's to send.
    this.#socket.close(code === 1000 || code >= 3000 ? code : 1000, reason.slice(0, 30))
  }
}
