/** The port to time. The default is the platform's; tests and the simulation bring their own. */

export interface Scheduler {
  /** Milliseconds, about those since the epoch. May jump ahead, as when the device has slept; never goes back. */
  now(): number
  /** Runs `task` once, not before `delayMs`. Returns its undo, which does nothing after the task ran. */
  after(delayMs: number, task: () => void): () => void
}

/** Platforms run a timer of more than this at once. A relay may name a heartbeat of months. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

/**
 * `clock`, except that it never goes back: when somebody sets it back, the new clock goes on from where the old one was. Otherwise what is
 * due in a second would be due in a second and the whole difference, and a dead connection be taken for a live one as long.
 */
export function steady(clock: () => number): () => number {
  let behind = 0
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = clock() + behind
    if (now < last) behind += last - now
    last = Math.max(last, now)
    return last
  }
}

/** The platform's clock and timers. */
export const systemScheduler: Scheduler = {
  now: steady(() => Date.now()),
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
