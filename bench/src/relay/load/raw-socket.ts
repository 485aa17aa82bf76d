/**
 * A WebSocket client with as little of everything as it takes to put load on a server: no events, no copies, one read buffer for all sockets,
 * frames that are encoded before the clock runs. It trusts the server: a frame that it does not know is an error of the bench.
 */
import { connect, type Socket } from 'node:net'
import { within } from '../../harness/deadline.ts'

/** What a message brought lies in `bytes` from `start` to `end`, borrowed until the call returns. */
export type ReceiveMessage = (bytes: Buffer, start: number, end: number) => void

const OPEN_TIMEOUT_MS = 20_000
const CLOSE_TIMEOUT_MS = 5000

const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Reading is synchronous, and what is left of a message is copied, so all sockets share it. */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024)

/** The server does not care that it is always the same, and neither do we for its answer. */
const KEY = 'c3luY2xpbmUtYmVuY2gtMQ=='

export class RawSocket {
  readonly #socket: Socket
  readonly #receive: ReceiveMessage
  /** The part of a message whose rest has not come. */
  #left: Buffer | undefined
  #opened: (() => void) | undefined
  #closing = false
  #endedBy: string | undefined
  readonly #whenEnded: Promise<string>
  #end: (reason: string) => void = () => {}
  /** Bytes that came, the opening handshake not counted. */
  bytesReceived = 0

  private constructor(socket: Socket, receive: ReceiveMessage, opened: () => void) {
    this.#socket = socket
    this.#receive = receive
    this.#opened = opened
    this.#whenEnded = new Promise((resolve) => {
      this.#end = (reason) => {
        if (this.#endedBy !== undefined) return
        this.#endedBy = reason
        resolve(reason)
      }
    })
    socket.on('error', (error) => this.#end(error.message))
    socket.on('close', () => this.#end('the connection was cut'))
  }

  /** Connects and does the opening handshake. Rejects when the server refuses, or takes too long. */
  static async open(url: string, subprotocol: string | undefined, receive: ReceiveMessage): Promise<RawSocket> {
    const { hostname, port, pathname, search } = new URL(url)
    let opened: RawSocket | undefined
    const whenOpen = new Promise<void>((resolve) => {
      const socket = connect({
        host: hostname,
        port: Number(port),
        noDelay: true,
        onread: {
          buffer: readBuffer,
          callback: (length) => {
            if (opened !== undefined) opened.#read(length)
            return true
          },
        },
      })
      opened = new RawSocket(socket, receive, resolve)
      socket.write(
        `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n` +
          `${subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`}\r\n`,
      )
    })
    const socket = opened!
    const refused = socket.ended.then((reason) => Promise.reject(new Error(`a connection did not open: ${reason}`)))
    try {
      await within(Promise.race([whenOpen, refused]), OPEN_TIMEOUT_MS, 'opening a connection')
    } catch (error) {
      socket.destroy()
      throw error
    }
    return socket
  }

  /** Resolves with the reason when the connection is no more, whoever ended it. */
  get ended(): Promise<string> {
    return this.#whenEnded
  }

  /** Why the connection ended without our doing; `undefined` while all is well. */
  get failure(): string | undefined {
    return this.#closing ? undefined : this.#endedBy
  }

  /** Sends frames: {@link clientFrame}, or anything else that is to be tried. Borrowed until sent. */
  send(frames: Uint8Array): void {
    this.#socket.write(frames)
  }

  /** Stops reading: what the server sends stays in the sockets, and then in the server. */
  stopReading(): void {
    this.#socket.pause()
  }

  /** Says goodbye, and cuts the connection when the server does not answer. */
  async close(): Promise<void> {
    this.#closing = true
    if (this.#endedBy === undefined) {
      // 1000 in two bytes.
      this.#socket.end(clientFrame(Uint8Array.of(0x03, 0xe8), Opcode.close))
      const late = setTimeout(() => this.destroy(), CLOSE_TIMEOUT_MS)
      await this.#whenEnded
      clearTimeout(late)
    }
    this.#socket.destroy()
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#closing = true
    this.#socket.destroy()
  }

  #read(length: number): void {
    if (this.#opened !== undefined) return this.#readHandshake(length)
    this.bytesReceived += length
    if (this.#left === undefined) return this.#parse(readBuffer, 0, length)
    const bytes = Buffer.concat([this.#left, readBuffer.subarray(0, length)])
    this.#left = undefined
    this.#parse(bytes, 0, bytes.length)
  }

  #readHandshake(length: number): void {
    const bytes = Buffer.concat([this.#left ?? Buffer.alloc(0), readBuffer.subarray(0, length)])
    const end = bytes.indexOf('\r\n\r\n')
    if (end === -1) {
      this.#left = bytes
      return
    }
    this.#left = undefined
    const head = bytes.toString('latin1', 0, end)
    if (!head.startsWith('HTTP/1.1 101')) {
      this.#end(head.slice(0, head.indexOf('\r\n')))
      this.#socket.destroy()
      return
    }
    this.#opened?.()
    this.#opened = undefined
    this.#parse(bytes, end + 4, bytes.length)
  }

  #parse(bytes: Buffer, start: number, end: number): void {
    let at = start
    while (end - at >= 2) {
      let head = 2
      let length = bytes[at + 1]! & 0x7f
      if (length === 126) {
        if (end - at < 4) break
        length = bytes.readUInt16BE(at + 2)
        head = 4
      } else if (length === 127) {
        if (end - at < 10) break
        length = bytes.readUIntBE(at + 4, 6)
        head = 10
      }
      if (end - at < head + length) break
      const first = bytes[at]!
      const from = at + head
      at = from + length
      // Final and binary: nearly every frame.
      if (first === 0x82) this.#receive(bytes, from, at)
      else this.#control(first, bytes.subarray(from, at))
    }
    if (at < end) this.#left = Buffer.from(bytes.subarray(at, end))
  }

  #control(first: number, payload: Buffer): void {
    switch (first & 0x0f) {
      case Opcode.ping:
        this.#socket.write(clientFrame(payload, Opcode.pong))
        return
      case Opcode.pong:
        return
      case Opcode.close:
        this.#end(`closed with ${payload.length >= 2 ? payload.readUInt16BE(0) : 1005} ${payload.toString('utf8', 2)}`)
        this.#socket.end(clientFrame(payload.subarray(0, 2), Opcode.close))
        return
      default:
        // A text frame, for one: not of these protocols, but no harm either.
        return
    }
  }
}

/**
 * A whole frame from a client, masked with zeros: a mask as good as any for a server, which undoes it all the same, and one that lets the
 * payload stay as it is.
 */
export function clientFrame(payload: Uint8Array, opcode: number = Opcode.binary): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14)
  head[0] = 0x80 | opcode
  if (length < 126) {
    head[1] = 0x80 | length
  } else if (length < 65_536) {
    head[1] = 0x80 | 126
    head.writeUInt16BE(length, 2)
  } else {
    head[1] = 0x80 | 127
    head.writeUIntBE(length, 4, 6)
  }
  return Buffer.concat([head, payload])
}
