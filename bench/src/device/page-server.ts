/** Serves pages, a script each, on loopback. Nothing is cached: every visit compiles the script anew, as the first of a day does. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export class PageServer implements AsyncDisposable {
  readonly #server: Server
  /** Without a slash at its end. */
  readonly origin: string

  private constructor(server: Server) {
    this.#server = server
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** Serves a page at `/name` for each of the `scripts`, by name, and `files` as they are, by path. */
  static async open(
    scripts: ReadonlyMap<string, string>,
    files: ReadonlyMap<string, string | Uint8Array>,
  ): Promise<PageServer> {
    const served = new Map<string, readonly [type: string, body: string | Uint8Array]>()
    for (const [name, script] of scripts) {
      served.set(`/${name}`, ['text/html', `<!doctype html><script type="module" src="/${name}.js"></script>`])
      served.set(`/${name}.js`, ['text/javascript', script])
    }
    for (const [path, body] of files) served.set(path, ['application/octet-stream', body])
    const server = createServer((request, response) => {
      const [type, body] = served.get(request.url ?? '') ?? []
      if (type === undefined) return response.writeHead(404).end()
      return response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new PageServer(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
