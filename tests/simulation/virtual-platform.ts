/**
 * The platform's clock and intervals, in the hands of the world that is running: y-protocols takes both from there, and keeps
 * what it finds when it is loaded. So this module comes before all others. While no world runs, everything is as it was.
 */
import type { VirtualTime } from './virtual-time.ts'

let present: VirtualTime | undefined

const dateNow = Date.now
Date.now = () => (present === undefined ? dateNow() : (present.running?.now() ?? present.now()))

const { setInterval: platformSetInterval, clearInterval: platformClearInterval } = globalThis
type Undo = () => void

globalThis.setInterval = ((run: () => void, periodMs: number, ...rest: readonly unknown[]) => {
  const process = present?.running
  return process === undefined ? platformSetInterval(run, periodMs, ...rest) : process.every(periodMs, run)
}) as typeof setInterval

globalThis.clearInterval = ((interval: Undo | NodeJS.Timeout | undefined) => {
  if (typeof interval === 'function') interval()
  else platformClearInterval(interval)
}) as typeof clearInterval

/** From now on `time` is the platform's; `undefined`: its own again. */
export function inTime(time: VirtualTime | undefined): void {
  present = time
}
