/** The port to time. The default is the platform's; tests and the simulation bring their own. */

export interface Scheduler {
  /** Milliseconds since the epoch; may jump. */
  now(): number
  /** Runs `task` once, not before `delayMs`. Returns its undo, which does nothing after the task ran. */
  after(delayMs: number, task: () => void): () => void
}

/** Platforms run a timer of more than this at once. A relay may name a heartbeat of months. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

/** The platform's clock and timers. */
export const systemScheduler: Scheduler = {
  now: () => Date.now(),
  after: (delayMs, task) => {
    const dueAt = Date.now() + delayMs
    let timer = setTimeout(run, Math.min(delayMs, TIMEOUT_MS_MAX))
    function run(): void {
      const leftMs = dueAt - Date.now()
      if (delayMs <= TIMEOUT_MS_MAX || leftMs <= 0) return task()
      timer = setTimeout(run, Math.min(leftMs, TIMEOUT_MS_MAX))
    }
    return () => clearTimeout(timer)
  },
}
