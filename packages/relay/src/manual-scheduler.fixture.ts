/** Time that stands still until a test moves it. */
import type { Scheduler } from './scheduler.ts'

interface Timer {
  at: number
  readonly periodMs: number | undefined
  readonly run: () => void
}

export class ManualScheduler implements Scheduler {
  #now = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  every(periodMs: number, run: () => void): () => void {
    return this.#add({ at: this.#now + periodMs, periodMs, run })
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#add({ at: this.#now + delayMs, periodMs: undefined, run })
  }

  /** Timers that are running. */
  get size(): number {
    return this.#timers.size
  }

  /** Moves time on, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#now = next.at
      if (next.periodMs === undefined) this.#timers.delete(next)
      else next.at += next.periodMs
      next.run()
    }
    this.#now = end
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }
}
