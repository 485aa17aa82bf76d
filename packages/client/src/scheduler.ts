/** The port to time. The default is the platform's; tests and the simulation bring their own. */

export interface Scheduler {
  /** Milliseconds since the epoch; may jump. */
  now(): number
  /** Runs `task` once, not before `delayMs`. Returns its undo, which does nothing after the task ran. */
  after(delayMs: number, task: () => void): () => void
}

/** The platform's clock and timers. */
export const systemScheduler: Scheduler = {
  now: () => Date.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  },
}
