/** Time that stands still until a test moves it. */
import type { Scheduler } from './scheduler.ts'

interface Timer {
  at: number
  readonly periodMs: number | undefined
  readonly run: () => void
}

/** When time 0 is, in milliseconds since 1970. */
export const WALL_START = 1_800_000_000_000

export class ManualScheduler implements Scheduler {
  #now = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  wallNow(): number {
    return WALL_START + Math.floor(this.#now)
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
