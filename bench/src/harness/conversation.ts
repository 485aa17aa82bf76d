/**
 * A process of its own that is asked one thing after another and answers each. What is asked and answered is the affair of the two ends: they are
 * compiled from one type of request and one table of answers.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { exit } from 'node:process'
import { within } from './deadline.ts'

const STARTS_WITHIN_MS = 30_000
const ANSWERS_WITHIN_MS = 120_000

/** What may be asked; `type` names the answer in a table of answers. */
export interface Request {
  readonly type: string
}

export class Conversation<
  Asked extends Request,
  Answers extends Readonly<Record<Asked['type'], object>>,
> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #name: string

  private constructor(child: ChildProcess, name: string) {
    this.#child = child
    this.#name = name
  }

  /** Starts the compiled `module`, where this process runs, and waits until it listens. `name` is for errors. It ends with this process, or when disposed of. */
  static async start<Asked extends Request, Answers extends Readonly<Record<Asked['type'], object>>>(
    module: URL,
    parameters: readonly string[],
    name: string,
  ): Promise<Conversation<Asked, Answers>> {
    const child = fork(module, [...parameters], {
      // Our own flags may ask for a profile, or a debugger's port, that are not the child's.
      execArgv: [],
      serialization: 'advanced',
      // stdout is the report's: what a library prints goes to stderr.
      stdio: ['ignore', process.stderr, 'inherit', 'ipc'],
    })
    const conversation = new Conversation<Asked, Answers>(child, name)
    try {
      await conversation.#answer(STARTS_WITHIN_MS, 'a start')
      return conversation
    } catch (error) {
      await conversation[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Asks; the next may be asked when this is answered. Both may hold typed arrays. Rejects when the process ends first, or takes too long. */
  async ask<Type extends Asked['type']>(request: Asked & { readonly type: Type }): Promise<Answers[Type]> {
    if (this.ended) throw new Error(`${this.#name} has ended`)
    const answered = this.#answer(ANSWERS_WITHIN_MS, request.type)
    // Where it cannot be sent, the process ends, which is heard of.
    this.#child.send(request, () => {})
    return (await answered) as Answers[Type]
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  #answer(timeoutMs: number, what: string): Promise<unknown> {
    const listeners = new AbortController()
    const { signal } = listeners
    const answered = once(this.#child, 'message', { signal }).then(([message]) => message as unknown)
    const ended = once(this.#child, 'exit', { signal }).then(([code]) =>
      Promise.reject(new Error(`${this.#name} ended early (exit code ${String(code)})`)),
    )
    // The one that loses is aborted, which nobody needs to hear.
    answered.catch(() => {})
    ended.catch(() => {})
    return within(Promise.race([answered, ended]), timeoutMs, `${this.#name}: ${what}`).finally(() => listeners.abort())
  }
}

/** The other end: says that it listens, then answers each request; `answer` trusts its parent to ask what it understands. A rejection ends the process, which tells the parent; it ends with its parent, too. */
export function converse(answer: (request: never) => Promise<object>): void {
  process.on('disconnect', () => exit(0))
  // Ctrl-C reaches the whole group; it is the bench that decides when its children end.
  process.on('SIGINT', () => {})
  process.on('message', (request) => void answer(request as never).then((answered) => process.send?.(answered)))
  process.send?.({})
}
