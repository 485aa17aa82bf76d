/** A TCP proxy on loopback in front of a server, which counts what passes: all of it, frames, handshakes and headers included. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class CountedWire implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** The endpoint of the server, by way of this. */
  readonly url: string
  /** From the server. */
  bytesDown = 0
  /** To the server. */
  bytesUp = 0

  private constructor(server: Server, target: URL) {
    this.#server = server
    const through = new URL(target)
    through.port = String((server.address() as AddressInfo).port)
    // A URL without a path gets one.
    this.url = target.pathname === '/' ? through.href.slice(0, -1) : through.href
    server.on('connection', (near: Socket) => this.#join(near, connect(Number(target.port), target.hostname)))
  }

  /** Listens. `url` is the server's endpoint. */
  static async open(url: string): Promise<CountedWire> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new CountedWire(server, new URL(url))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #join(near: Socket, far: Socket): void {
    far.setNoDelay(true)
    near.on('data', (bytes) => {
      this.bytesUp += bytes.length
    })
    far.on('data', (bytes) => {
      this.bytesDown += bytes.length
    })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }
}
