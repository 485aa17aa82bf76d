/**
 * The real relay as a process of its own: started by its launcher, known by the line that it prints, ended as an operator or a
 * power cut would end it. Needs the packages built, which `npm test` does first.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../packages/relay/bin/syncline-relay.js', import.meta.url))

export interface RelayExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class RelayProcess {
  readonly port: number
  /** Everything that the relay wrote to stderr so far. */
  readonly errors: readonly string[]
  /** The lines that it wrote to stdout so far. */
  readonly lines: readonly string[]
  readonly exited: Promise<RelayExit>
  readonly #child: ChildProcess

  private constructor(
    child: ChildProcess,
    port: number,
    lines: readonly string[],
    errors: readonly string[],
    exited: Promise<RelayExit>,
  ) {
    this.#child = child
    this.port = port
    this.lines = lines
    this.errors = errors
    this.exited = exited
  }

  /**
   * Starts a relay and resolves when it listens; rejects with its stderr when it exits before. `environment` is added to
   * that of this process. `within` is a command that runs the relay as its own: `['unshare', '--pid', …]`.
   */
  static async start(
    parameters: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    within: readonly string[] = [],
  ): Promise<RelayProcess> {
    const [command, ...rest] = [...within, process.execPath, launcher, ...parameters] as [string, ...string[]]
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })
    const errors: string[] = []
    const lines: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
    const exited = once(child, 'close').then(([code, signal]): RelayExit => ({ code, signal }))
    const output = createInterface(child.stdout)
    const listening = new Promise<number>((resolve, reject) => {
      output.on('line', (line) => {
        lines.push(line)
        const port = /^listening on ws:\/\/.+:(\d+)$/.exec(line)?.[1]
        if (port !== undefined) resolve(Number(port))
      })
      void exited.then(({ code }) => reject(new Error(`the relay exited with ${code}: ${errors.join('')}`)))
    })
    return new RelayProcess(child, await listening, lines, errors, exited)
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/sync`
  }

  get page(): string {
    return `http://127.0.0.1:${this.port}/`
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Stops it where it is, as a machine does that swaps or is moved: its sockets stay open, and nobody reads them. */
  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  /** Lets it go on after {@link RelayProcess.pause}. */
  resume(): void {
    this.#child.kill('SIGCONT')
  }

  /** Ends the process at once, as `kill -9`: no handler runs, nothing is flushed any more. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  /** Asks it to drain and exit. */
  async stop(): Promise<RelayExit> {
    this.#child.kill('SIGTERM')
    return this.exited
  }
}

/** A fresh folder for a relay's data, and its removal. */
export async function dataFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'syncline-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
