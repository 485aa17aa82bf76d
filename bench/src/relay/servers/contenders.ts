/**
 * Who is compared in the relay's table: ours, on each of its endpoints, the two bare servers, and the two servers that people run today. A
 * *contender* is a wire to a server; several may share one.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OURS } from '../../harness/bench.ts'
import { bareWire } from '../load/bare-wire.ts'
import type { Endpoint } from '../load/load-client.ts'
import { synclineWire } from '../load/syncline-wire.ts'
import type { Wire } from '../load/wire.ts'
import { hocuspocusWire, yWebsocketWire } from '../load/yjs-wires.ts'
import { ServerProcess, type ServerOptions } from '../server-process.ts'
import { temporaryFolder } from '../subjects.ts'

export const OURS_Y = 'syncline /y'
export const OURS_HOCUSPOCUS = 'syncline /hocuspocus'
export const BARE = 'bare ws'
export const BATCHED = 'batched ws'
export const Y_WEBSOCKET = 'y-websocket 2'
export const HOCUSPOCUS = 'Hocuspocus 4'

type ServerName = 'syncline' | 'bare' | 'batched' | 'y-websocket' | 'hocuspocus'

export interface Contender {
  readonly subject: string
  readonly server: ServerName
  readonly wire: Wire
  /** What the server's URL is followed by. */
  readonly basePath: string
  /** Whether somebody who comes later gets what the room has. */
  readonly keeps: boolean
  /** Whether the server writes to a disk. */
  readonly stores: boolean
}

/** In the order of the table's columns. */
export const contenders: readonly Contender[] = [
  { subject: OURS, server: 'syncline', wire: synclineWire, basePath: '', keeps: true, stores: true },
  { subject: OURS_Y, server: 'syncline', wire: yWebsocketWire, basePath: '/y', keeps: true, stores: true },
  {
    subject: OURS_HOCUSPOCUS,
    server: 'syncline',
    wire: hocuspocusWire,
    basePath: '/hocuspocus',
    keeps: true,
    stores: true,
  },
  { subject: BARE, server: 'bare', wire: bareWire, basePath: '', keeps: false, stores: false },
  { subject: BATCHED, server: 'batched', wire: bareWire, basePath: '', keeps: false, stores: false },
  { subject: Y_WEBSOCKET, server: 'y-websocket', wire: yWebsocketWire, basePath: '', keeps: true, stores: true },
  { subject: HOCUSPOCUS, server: 'hocuspocus', wire: hocuspocusWire, basePath: '', keeps: true, stores: true },
]

/** A contender whose server runs. */
export interface RunningContender extends Contender, Endpoint {
  readonly process: ServerProcess
}

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
  async shared(contender: Contender): Promise<RunningContender> {
    const started = this.#shared.get(contender.server) ?? this.startAt(contender, await this.newStore())
    this.#shared.set(contender.server, started)
    return running(contender, await started)
  }

  /** Calls `use` with the contender on a server that nobody has used, and ends that. */
  async alone<Result>(contender: Contender, use: (running: RunningContender) => Promise<Result>): Promise<Result> {
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
        return ServerProcess.start(new URL('../syncline-relay.js', import.meta.url), [store], this.#options)
      case 'bare':
      case 'batched':
        return ServerProcess.start(new URL('bare-server.js', import.meta.url), [server], this.#options)
      case 'y-websocket':
        return ServerProcess.start(new URL('y-websocket-server.js', import.meta.url), [store], this.#options)
      case 'hocuspocus':
        return ServerProcess.start(new URL('hocuspocus-server.js', import.meta.url), [store], this.#options)
      default:
        return server satisfies never
    }
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
export function running(contender: Contender, server: ServerProcess): RunningContender {
  return { ...contender, process: server, url: server.url + contender.basePath }
}
