/**
 * The port through which the relay meets time. The machines never read a clock: they are told `now` with each event.
 * One repeated timer drives all of them, so that the number of timers does not grow with rooms or connections.
 */

export interface Scheduler {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number
  /** Milliseconds since 1970, a whole number, for what is stored and for what others date. It may jump. */
  wallNow(): number
  /** Calls `run` about every `periodMs` until the returned function is called. */
  every(periodMs: number, run: () => void): () => void
  /** Calls `run` once after `delayMs`, unless the returned function is called before. */
  after(delayMs: number, run: () => void): () => void
}

/** Real time. Its timers do not keep the process alive. */
export const systemScheduler: Scheduler = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  every: (periodMs, run) => {
    const timer = setInterval(run, periodMs).unref()
    return () => clearInterval(timer)
  },
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref()
    return () => clearTimeout(timer)
  },
}
