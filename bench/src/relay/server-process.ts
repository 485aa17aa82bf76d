/**
 * A server in a process of its own, so that its CPU time is not the clients', and neither waits for the other's garbage collector.
 * The child runs until it is told to stop, or until the channel to its parent closes: it cannot outlive the bench.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { within } from '../harness/deadline.ts'

/** What a server tells the bench through the channel between them. */
export type ServerReport =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'usage'; readonly usage: ServerUsage }

/** What the bench asks. `stop` needs no answer: the process ends. */
export type ServerRequest = { readonly type: 'usage' } | { readonly type: 'stop' }

/** What the process has used since it started. */
export interface ServerUsage {
  /** User and system time, of all threads. */
  readonly cpuMs: number
  /** What its log has done; zeros for a server that stores nothing. */
  readonly flushes: number
  readonly entries: number
}

const START_TIMEOUT_MS = 15_000
const USAGE_TIMEOUT_MS = 10_000
const STOP_TIMEOUT_MS = 10_000

export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** Starts the compiled `module` with these parameters and waits until it listens. */
  static async start(module: URL, parameters: readonly string[]): Promise<ServerProcess> {
    // stdout is the report's: what a server prints goes to stderr.
    const child = fork(module, parameters, { stdio: ['ignore', process.stderr, 'inherit', 'ipc'], execArgv: [] })
    try {
      const { url } = await nextReport(child, 'listening', START_TIMEOUT_MS)
      return new ServerProcess(child, url)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  async usage(): Promise<ServerUsage> {
    const report = nextReport(this.#child, 'usage', USAGE_TIMEOUT_MS)
    this.#child.send({ type: 'usage' } satisfies ServerRequest)
    return (await report).usage
  }

  /** Ends the process: asks first, and kills it when it does not listen. */
  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
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
    on('exit', (code) => reject(new Error(`a server ended early (exit code ${String(code)})`)))
    on('error', reject)
  })
  return within(reported, timeoutMs, `a server's report (${type})`).finally(() => listeners.abort())
}
