/** The servers of a run: started when they are asked for, each on a folder of its own, and ended with the run. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contender, ServerName, WiredContender } from './contenders.ts'
import { ServerProcess, type ServerOptions } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A contender whose server runs. */
export type Running<Some extends Contender> = Some & { readonly process: ServerProcess; readonly url: string }

export type RunningContender = Running<WiredContender>

/** Folders of stores, and the servers that run on them; whoever opens one closes it. */
export class Fleet implements AsyncDisposable {
  readonly #folder: string
  readonly #options: ServerOptions
  readonly #shared = new Map<ServerName, Promise<ServerProcess>>()
  #folders = 0

  private constructor(folder: string, options: ServerOptions) {
    this.#folder = folder
    this.#options = options
  }

  /** Nothing runs yet. Servers are pinned to `processor`. */
  static async open(processor: number | undefined): Promise<Fleet> {
    return new Fleet(await temporaryFolder(), { processor, quiet: true })
  }

  /** The contender on a server that rows share, started when it is first asked for. */
  async shared<Some extends Contender>(contender: Some): Promise<Running<Some>> {
    const started = this.#shared.get(contender.server) ?? this.#startOnNewStore(contender)
    this.#shared.set(contender.server, started)
    return running(contender, await started)
  }

  /** Starts those of the shared servers that do not run yet, all at once. */
  async startShared(contenders: readonly Contender[]): Promise<void> {
    await Promise.all(contenders.map((contender) => this.shared(contender)))
  }

  /** Calls `use` with the contender on a server that nobody has used, and ends that. */
  async alone<Some extends Contender, Result>(
    contender: Some,
    use: (running: Running<Some>) => Promise<Result>,
  ): Promise<Result> {
    const store = await this.newStore()
    await using server = await this.startAt(contender, store)
    return await use(running(contender, server))
  }

  /** An empty folder for a store. */
  async newStore(): Promise<string> {
    const store = join(this.#folder, String(++this.#folders))
    await mkdir(store)
    return store
  }

  /** A server on this store; the caller ends it. */
  startAt({ server }: Contender, store: string): Promise<ServerProcess> {
    switch (server) {
      case 'syncline':
        return ServerProcess.start(new URL('syncline-server.js', import.meta.url), [store], this.#options)
      case 'bare':
      case 'batched':
        return ServerProcess.start(new URL('bare-server.js', import.meta.url), [server], this.#options)
      case 'y-websocket':
        return ServerProcess.start(new URL('y-websocket-server.js', import.meta.url), [store], this.#options)
      case 'hocuspocus':
        return ServerProcess.start(new URL('hocuspocus-server.js', import.meta.url), [store], this.#options)
      case 'automerge':
        return ServerProcess.start(new URL('automerge-server.js', import.meta.url), [store], this.#options)
      default:
        return server satisfies never
    }
  }

  async #startOnNewStore(contender: Contender): Promise<ServerProcess> {
    return this.startAt(contender, await this.newStore())
  }

  /** Ends the shared servers. A row that measures memory or time wants no others beside its own. */
  async endShared(): Promise<void> {
    const started = await Promise.allSettled(this.#shared.values())
    this.#shared.clear()
    for (const start of started) if (start.status === 'fulfilled') await start.value[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endShared()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** The contender at a server that was started for it. */
export function running<Some extends Contender>(contender: Some, server: ServerProcess): Running<Some> {
  return { ...contender, process: server, url: server.url + contender.basePath }
}
