/**
 * One frame that is not whole, and how long it may take: `frameTimeoutMs`, and a second for each `lineBytesPerSecondMin` that
 * came of it. So a frame that is waited for has either come a long way or begun a short time ago. Pure; times are milliseconds.
 *
 * Time in which the relay has reasons of its own not to read on is not the client's. Nor is time in which the relay did not look:
 * it was busy, and did not read either.
 */
import type { RelayLimits } from '../limits.ts'

export type ArrivingFrameLimits = Pick<RelayLimits, 'frameTimeoutMs' | 'lineBytesPerSecondMin' | 'tickMs'>

/** A look counts for so many ticks at the most. */
const TICKS_PER_LOOK_MAX = 2

export class ArrivingFrame {
  readonly #limits: ArrivingFrameLimits
  #takenMs = 0
  #lookedAt: number

  /** The first part of it was seen at `now`. */
  constructor(limits: ArrivingFrameLimits, now: number) {
    this.#limits = limits
    this.#lookedAt = now
  }

  /**
   * Whether it has taken too long, now that `bytes` of it are here. To be asked every tick. `isKeptWaiting`: the relay does not
   * read it, and the client is not why.
   */
  isLate(now: number, bytes: number, isKeptWaiting: boolean): boolean {
    const { frameTimeoutMs, lineBytesPerSecondMin, tickMs } = this.#limits
    if (!isKeptWaiting) this.#takenMs += Math.min(now - this.#lookedAt, tickMs * TICKS_PER_LOOK_MAX)
    this.#lookedAt = now
    return this.#takenMs > frameTimeoutMs + (bytes / lineBytesPerSecondMin) * 1000
  }
}
