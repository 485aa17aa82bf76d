/** Time that stands still until a test moves it, and the end of all work that needs no time. */
import type { Scheduler } from './scheduler.ts'

interface Task {
  readonly at: number
  readonly run: () => void
}

export class ManualScheduler implements Scheduler {
  #now = 1_000_000
  readonly #tasks = new Set<Task>()

  /** Timers that are set. */
  get pending(): number {
    return this.#tasks.size
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): () => void {
    const task = { at: this.#now + delayMs, run }
    this.#tasks.add(task)
    return () => void this.#tasks.delete(task)
  }

  /** Moves time on, runs what is due in order, and lets each thing that runs come to rest before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await atRest()
    for (;;) {
      const [next] = [...this.#tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#tasks.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await atRest()
    }
    this.#now = end
  }
}

/** Resolves when promises that wait for nothing but each other have settled. */
export async function atRest(): Promise<void> {
  for (let turns = 0; turns < 4; turns += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}
