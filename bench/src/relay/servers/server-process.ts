/**
 * A server in a process of its own, so that its CPU time is not the clients', and neither waits for the other's garbage collector.
 * The child runs until it is told to stop, or until the channel to its parent closes: it cannot outlive the bench.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { within } from '../../harness/deadline.ts'
import type { HotFunction } from '../../harness/profile.ts'
import { onProcessor } from './processors.ts'

/** What a server tells the bench through the channel between them. */
export type ServerReport =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'usage'; readonly usage: ServerUsage }
  | { readonly type: 'memory'; readonly memory: MemoryInUse }
  | { readonly type: 'rss'; readonly bytes: number }
  | { readonly type: 'profiling' }
  | { readonly type: 'profile'; readonly functions: readonly HotFunction[] }

/** What the bench asks. `profile` begins one, `profiled` ends it. `stop` needs no answer: the process ends. */
export interface ServerRequest {
  readonly type: 'usage' | 'memory' | 'rss' | 'profile' | 'profiled' | 'stop'
}

/** What the process has used since it started. */
export interface ServerUsage {
  /** User and system time, of all threads. */
  readonly cpuMs: number
  /** What its log has done; zeros for a server that stores nothing. */
  readonly flushes: number
  readonly entries: number
}

/** What the process holds, after collection. */
export interface MemoryInUse {
  /** The JavaScript heap and the buffers outside of it. */
  readonly heldBytes: number
  /** All of the process that is in memory, what allocators keep for later included. */
  readonly rssBytes: number
}

export interface ServerOptions {
  /** The processor that the server runs on; any, by default. */
  readonly processor?: number | undefined
  /** Nobody reads what the server prints: errors that we provoke, for one. */
  readonly quiet?: boolean
}

const START_TIMEOUT_MS = 15_000
const ANSWER_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 10_000

export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** Starts the compiled `module` with these parameters and waits until it listens. */
  static async start(
    module: URL,
    parameters: readonly string[],
    { processor, quiet = false }: ServerOptions = {},
  ): Promise<ServerProcess> {
    const command = [execPath, '--expose-gc', fileURLToPath(module), ...parameters]
    const [program = '', ...rest] = processor === undefined ? command : onProcessor(processor, command)
    // stdout is the report's: what a server prints goes to stderr.
    const output = quiet ? ('ignore' as const) : process.stderr
    const child = spawn(program, rest, { stdio: ['ignore', output, output, 'ipc'] })
    try {
      const { url } = await nextReport(child, 'listening', START_TIMEOUT_MS)
      return new ServerProcess(child, url)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  async usage(): Promise<ServerUsage> {
    return (await this.#ask('usage', 'usage')).usage
  }

  /** Collects garbage first. */
  async memory(): Promise<MemoryInUse> {
    return (await this.#ask('memory', 'memory')).memory
  }

  /** All of the process that is in memory, in bytes; without collecting anything. */
  async rss(): Promise<number> {
    return (await this.#ask('rss', 'rss')).bytes
  }

  /** The functions that the server's main thread spends its time in while `work` goes on. */
  async profile(work: () => Promise<unknown>): Promise<readonly HotFunction[]> {
    await this.#ask('profile', 'profiling')
    await work()
    return (await this.#ask('profiled', 'profile')).functions
  }

  /** Whether the process is there. */
  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Ends the process as a failing machine does: at once, with nothing said. */
  async kill(): Promise<void> {
    if (!this.running) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async #ask<Type extends ServerReport['type']>(request: ServerRequest['type'], type: Type): Promise<ReportOf<Type>> {
    const report = nextReport(this.#child, type, ANSWER_TIMEOUT_MS)
    this.#child.send({ type: request } satisfies ServerRequest)
    return report
  }

  /** Ends the process: asks first, and kills it when it does not listen. */
  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (!this.running) return
    const exited = once(child, 'exit')
    if (child.connected) child.send({ type: 'stop' } satisfies ServerRequest)
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(deadline)
  }
}

type ReportOf<Type extends ServerReport['type']> = Extract<ServerReport, { readonly type: Type }>

/** The next report of this type. Rejects when the process ends first, or takes longer than `timeoutMs`. */
function nextReport<Type extends ServerReport['type']>(
  child: ChildProcess,
  type: Type,
  timeoutMs: number,
): Promise<ReportOf<Type>> {
  const listeners = new AbortController()
  const reported = new Promise<ReportOf<Type>>((resolve, reject) => {
    const on = (event: string, listener: (...values: unknown[]) => void): void => {
      child.on(event, listener)
      listeners.signal.addEventListener('abort', () => child.off(event, listener))
    }
    on('message', (message) => {
      const report = message as ServerReport
      if (report.type === type) resolve(report as ReportOf<Type>)
    })
    on('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')} ended early (exit code ${String(code)})`)))
    on('error', reject)
  })
  return within(reported, timeoutMs, `a server's report (${type})`).finally(() => listeners.abort())
}
