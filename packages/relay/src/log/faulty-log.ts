/**
 * A log whose disk can be made to fail, for tests and simulation: it passes everything on to another log, but holds
 * writes back or refuses them when told to. A refused write never reaches the log behind.
 *
 * Writes keep their order, so that what settles after a failure is what was called after it.
 */
import { LogError, type LogErrorCode } from '../errors.ts'
import type { Append, AuthoredEntry, ClientOwner, LogSlice, LogStats, RoomHead, UpdateLog } from './update-log.ts'
import type { Position } from '@syncline/protocol'

export type FaultyVerb = 'append' | 'head' | 'read' | 'authors' | 'owners' | 'checkpoint' | 'drop'

export class FaultyLog implements UpdateLog {
  readonly #log: UpdateLog
  readonly #failures: Record<FaultyVerb, LogErrorCode[]> = {
    append: [],
    head: [],
    read: [],
    authors: [],
    owners: [],
    checkpoint: [],
    drop: [],
  }
  #gate: Promise<void> = Promise.resolve()
  #open: () => void = () => {}
  #held = 0
  #closed = false
  /** Resolves when every write called so far has settled. */
  #settled: Promise<unknown> = Promise.resolve()

  constructor(log: UpdateLog) {
    this.#log = log
  }

  get stats(): LogStats {
    return this.#log.stats
  }

  /** Writes that wait for {@link FaultyLog.release}. */
  get held(): number {
    return this.#held
  }

  /** The next call of `verb` rejects with `LogError` `code`; the one after that is the next call's, and so on. */
  failNext(verb: FaultyVerb, code: LogErrorCode, times = 1): void {
    for (let count = 0; count < times; count++) this.#failures[verb].push(code)
  }

  /** From now on writes wait, as on a disk that hangs; reads see what was stored before. Idempotent. */
  hold(): void {
    this.release()
    this.#gate = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  /** Lets the writes that wait go on, in order. */
  release(): void {
    this.#open()
  }

  append(batch: readonly Append[]): Promise<readonly Position[]> {
    return this.#write('append', () => this.#log.append(batch))
  }

  async head(room: string): Promise<RoomHead> {
    this.#throwNext('head')
    return this.#log.head(room)
  }

  async read(room: string, afterSeq: number): Promise<LogSlice> {
    this.#throwNext('read')
    return this.#log.read(room, afterSeq)
  }

  async authors(room: string, afterSeq: number): Promise<readonly AuthoredEntry[]> {
    this.#throwNext('authors')
    return this.#log.authors(room, afterSeq)
  }

  async owners(room: string): Promise<readonly ClientOwner[]> {
    this.#throwNext('owners')
    return this.#log.owners(room)
  }

  checkpoint(room: string, upTo: Position, update: Uint8Array): Promise<boolean> {
    return this.#write('checkpoint', () => this.#log.checkpoint(room, upTo, update))
  }

  rooms(after?: string): AsyncIterable<string> {
    return this.#log.rooms(after)
  }

  drop(room: string): Promise<void> {
    return this.#write('drop', () => this.#log.drop(room))
  }

  /** Waits for what is held: release it first. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#settled
    await this.#log.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #write<Result>(verb: FaultyVerb, write: () => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(new LogError('closed', 'the log is closed'))
    const failure = this.#failures[verb].shift()
    const before = this.#settled
    const result = this.#started(failure === undefined ? write : () => Promise.reject(told(verb, failure)), before)
    this.#settled = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  /** Begins the write when the gate is open, and settles as it does, but not before the write called before it. */
  async #started<Result>(write: () => Promise<Result>, before: Promise<unknown>): Promise<Result> {
    this.#held++
    await this.#gate
    this.#held--
    const [outcome] = await Promise.allSettled([write(), before])
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }

  #throwNext(verb: FaultyVerb): void {
    const failure = this.#failures[verb].shift()
    if (failure !== undefined) throw told(verb, failure)
  }
}

function told(verb: FaultyVerb, code: LogErrorCode): LogError {
  return new LogError(code, `the ${verb} was told to fail`)
}
