/**
 * A network that can be cut: a TCP proxy on loopback in front of a server. Whoever connects through it has a wire of their own; cutting it
 * ends every connection at once, in the middle of a frame if need be, and refuses new ones until it is mended.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export class Wire {
  readonly #target: () => number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0

  /** `target` names the port of the server, asked anew for each connection. */
  constructor(target: () => number) {
    this.#target = target
  }

  get port(): number {
    return this.#port
  }

  /** Listens, on the same port as before if it did before. */
  async mend(): Promise<void> {
    const server = createServer((near) => {
      const far = connect(this.#target(), '127.0.0.1')
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
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Ends everything that runs over it. Idempotent. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await closed
  }
}
