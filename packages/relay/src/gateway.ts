/**
 * Where WebSockets come in: the driver that makes each `ws` socket a connection of the core. It holds the opening
 * handshake and the mapping of what `ws` reports; all decisions are the connection's.
 *
 * `ws` itself ends a connection whose frames break RFC 6455 (set RSV bits, bad opcodes: 1002), or are longer than
 * `maxPayload` (1009), and then emits `error`, which must have a listener or it ends the process.
 *
 * The `Origin` header is not checked here: access is by token, and a browser sends no cookie that the relay would read.
 * Where there is no authorization, upgrades of other sites' pages do not come this far (http/local-request.ts).
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { SUBPROTOCOL } from '@syncline/protocol'
import { WebSocketServer, type WebSocket } from 'ws'
import { ClientFrames } from './client-frames.ts'
import type { FrameSocket } from './connection/frame-socket.ts'
import { SYNC_PATH, type Opening } from './endpoints/opening.ts'
import type { TrustedProxies } from './http/client-address.ts'
import { pathOf } from './http/http-service.ts'
import type { RelayLimits } from './limits.ts'
import type { RelayCore } from './relay-core.ts'
import { ServerFrames } from './server-frames.ts'

/** Sockets beyond `connectionsMax` that are still told why they are closed; the next is answered with HTTP 503. */
const TURNED_AWAY_MAX = 100

export interface GatewayOptions {
  /** Where accepted sockets go. */
  readonly core: RelayCore
  readonly limits: RelayLimits
  readonly proxies: TrustedProxies
}

type Origin = Pick<FrameSocket, 'address' | 'request'> & { readonly socket: Socket }

export class Gateway {
  readonly #options: GatewayOptions
  readonly #server: WebSocketServer
  /** Every socket that is not closed yet: those of connections, those that were turned away, those that say goodbye. */
  readonly #sockets = new Set<WebSocket>()
  readonly #frames = new ServerFrames()
  #accepting = true

  constructor(options: GatewayOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.limits.frameBytesMax,
      // Updates are dense binary; deflate would cost memory per connection and encode a broadcast once per member.
      perMessageDeflate: false,
      handleProtocols: chosenSubprotocol,
    })
  }

  /** Takes an upgrade request over, from the `upgrade` event of an HTTP server; `opening` is what it asks for. */
  upgrade(opening: Opening, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { core, limits, proxies } = this.#options
    if (!this.#accepting) return refuseUpgrade(socket, '503 Service Unavailable')
    if (this.#sockets.size >= limits.connectionsMax + TURNED_AWAY_MAX) {
      core.limitHit('connectionsMax')
      return refuseUpgrade(socket, '503 Service Unavailable')
    }
    if (opening.endpoint === 'sync' && offersOthersOnly(request)) return refuseUpgrade(socket, '400 Bad Request')
    // The address is read now: a socket that is closed does not know it any more.
    const { remoteAddress = 'unknown' } = request.socket
    const address = proxies.clientAddress(remoteAddress, request.headers['x-forwarded-for'])
    // Kept for as long as the client is here, so only where somebody may ask for it.
    const isAsked = core.authenticator !== undefined
    const openingRequest = isAsked ? { url: request.url ?? '', headers: request.headers } : undefined
    const origin = { address, socket: request.socket, request: openingRequest }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#opened(opening, webSocket, socket, origin))
  }

  /** Accepts nobody any more. */
  quiesce(): void {
    this.#accepting = false
  }

  /** Cuts off every socket that is left. */
  terminate(): void {
    for (const webSocket of this.#sockets) webSocket.terminate()
  }

  #opened(opening: Opening, webSocket: WebSocket, stream: Duplex, origin: Origin): void {
    const { core } = this.#options
    this.#sockets.add(webSocket)
    webSocket.on('error', (error) => core.report({ type: 'socket-failed', address: origin.address, error }))
    webSocket.on('close', () => this.#sockets.delete(webSocket))
    const connection = core.accept(new GatewaySocket(webSocket, stream, this.#frames, origin), opening)
    if (connection === undefined) return
    webSocket.on('close', () => connection.lost())
    webSocket.on('pong', () => connection.receivePong())
    webSocket.on('message', (data, isBinary) => {
      if (!isBinary) return connection.receiveText()
      // `binaryType` is `nodebuffer`, so a message is one Buffer, which `ws` does not touch again.
      connection.receive(data as Buffer)
    })
  }
}

/** Answers an upgrade request with an HTTP error and ends its socket. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  // A client that resets the socket meanwhile must not end the process.
  socket.on('error', () => socket.destroy())
  // Nor may one that never closes its half keep the socket.
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/**
 * Our own protocol has a name. The others have none, but an app may make its client offer one, and a browser then wants
 * one of those chosen.
 */
function chosenSubprotocol(offered: ReadonlySet<string>, request: IncomingMessage): string | false {
  if (offered.has(SUBPROTOCOL)) return SUBPROTOCOL
  const [first = false] = offered
  return pathOf(request) === SYNC_PATH ? false : first
}

/** A client that names subprotocols, but not ours, speaks something else. One that names none is taken at its hello. */
function offersOthersOnly(request: IncomingMessage): boolean {
  const offered = request.headers['sec-websocket-protocol']
  return offered !== undefined && !offered.split(',').some((name) => name.trim() === SUBPROTOCOL)
}

/** What libuv counts: given to it, and of that not taken by the kernel. */
interface WriteCounts {
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

/**
 * `ws` as the connection's port. Its `close` throws for no state that a server's socket can be in.
 *
 * What is sent in one turn leaves in one system call. Frames are written past `ws`, which would make a header for each member
 * and write it apart from what it heads: see {@link ServerFrames}. `ws` writes its own frames (pongs, pings, the closing
 * handshake) whole and at once to the same stream, since nothing is deflated; so frames follow each other as they were sent.
 */
class GatewaySocket implements FrameSocket {
  readonly address: string
  readonly request: FrameSocket['request']
  readonly #webSocket: WebSocket
  readonly #stream: Duplex
  /** The same, or what is below it. */
  readonly #socket: Socket
  readonly #frames: ServerFrames
  readonly #arriving = new ClientFrames()
  #corked = false

  constructor(webSocket: WebSocket, stream: Duplex, frames: ServerFrames, { address, request, socket }: Origin) {
    this.address = address
    this.request = request
    this.#webSocket = webSocket
    this.#stream = stream
    this.#socket = socket
    this.#frames = frames
    stream.on('data', (chunk: Buffer) => this.#arriving.take(chunk))
  }

  get bufferedBytes(): number {
    return this.#stream.writableLength
  }

  get takenBytes(): number {
    // What is being written counts as a whole for `net`, in public; a document may take minutes.
    const { _handle: handle } = this.#socket as { _handle?: Partial<WriteCounts> | null }
    if (handle?.bytesWritten === undefined || handle.writeQueueSize === undefined) {
      return this.#socket.bytesWritten - this.#socket.writableLength
    }
    return handle.bytesWritten - handle.writeQueueSize
  }

  get receivedBytes(): number {
    return this.#socket.bytesRead
  }

  get partBytes(): number {
    return this.#arriving.partBytes
  }

  send(frame: Uint8Array, onSent: () => void): void {
    // Nothing may follow the frame that closes.
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return process.nextTick(onSent)
    if (!this.#corked) {
      this.#corked = true
      this.#stream.cork()
      // After the promises that are settled in this turn.
      process.nextTick(uncork, this)
    }
    this.#frames.write(this.#stream, frame, onSent)
  }

  uncork(): void {
    this.#corked = false
    this.#stream.uncork()
  }

  ping(): void {
    this.#webSocket.ping()
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason)
    // A paused socket would never see the other side's half of the closing handshake.
    this.#webSocket.resume()
  }

  terminate(): void {
    this.#webSocket.terminate()
  }

  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    this.#webSocket.resume()
  }
}

function uncork(socket: GatewaySocket): void {
  socket.uncork()
}
