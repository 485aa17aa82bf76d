/**
 * Time that stands still until a test moves it. Everything that waits for time waits for this clock: minutes of retries pass in
 * milliseconds, and in every run the same things happen in the same order.
 */
import type { Scheduler } from '../scheduler.ts'

interface Task {
  readonly at: number
  readonly run: () => void
}

/** Turns of the event loop after which promises that wait for nothing but each other have settled, those of libraries too. */
const TURNS = 4

/** Something was expected to happen in time, and did not. */
export class NotReachedError extends Error {
  override readonly name = 'NotReachedError'
  readonly code = 'not-reached'
  /** How long it was waited for, in ms of the clock. */
  readonly withinMs: number

  constructor(withinMs: number) {
    super(`This did not happen within ${withinMs} ms of the clock`)
    this.withinMs = withinMs
  }
}

export class ManualClock implements Scheduler {
  #now: number
  readonly #tasks = new Set<Task>()

  /** `startMs`: what the clock shows at first, in ms since 1970. */
  constructor(startMs: number = 1_000_000) {
    this.#now = startMs
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#tasks.size
  }

  readonly now = (): number => this.#now

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const task = { at: this.#now + delayMs, run }
    this.#tasks.add(task)
    return () => void this.#tasks.delete(task)
  }

  /** Moves time on by `ms`: runs what is due, in order, and lets each thing come to rest before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await this.settle()
    while (await this.#step(end));
    this.#now = end
  }

  /**
   * Moves time on until `condition` is true, or the promise has settled, and returns what the promise resolves with. Rejects as it does; with
   * {@link NotReachedError} if that takes longer than `withinMs`, by which time has then moved.
   */
  async until<T>(condition: (() => boolean) | PromiseLike<T>, withinMs: number = 60_000): Promise<T | undefined> {
    const end = this.#now + withinMs
    if (typeof condition === 'function') {
      await this.settle()
      while (!condition()) if (!(await this.#step(end))) return this.#notReached(end, withinMs)
      return undefined
    }
    const outcome = { settled: false }
    const settle = (): void => {
      outcome.settled = true
    }
    condition.then(settle, settle)
    await this.settle()
    while (!outcome.settled) if (!(await this.#step(end))) return this.#notReached(end, withinMs)
    return condition
  }

  /** Lets everything happen that needs no time, but for the timers of this moment. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < TURNS; turns += 1) await turnOfEventLoop()
  }

  /** Runs the first task that is due by `end`. False if there is none. */
  async #step(end: number): Promise<boolean> {
    let next: Task | undefined
    // The first of those that are due at one moment is the one that was set first.
    for (const task of this.#tasks) if (task.at <= end && (next === undefined || task.at < next.at)) next = task
    if (next === undefined) return false
    this.#tasks.delete(next)
    this.#now = Math.max(this.#now, next.at)
    next.run()
    await this.settle()
    return true
  }

  #notReached(end: number, withinMs: number): never {
    this.#now = end
    throw new NotReachedError(withinMs)
  }
}

/** By a message: timers may be those of a test. */
function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close()
      resolve()
    })
    port1.start()
    port2.postMessage(undefined)
  })
}
