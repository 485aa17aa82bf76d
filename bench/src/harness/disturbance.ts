/**
 * Whether somebody else had the processor while something was timed: then wall time passed in which no CPU time was used. Pure; only for metrics that
 * CPU time is told beside, whose work never waits.
 */
import type { Metric, TaskResult } from './bench.ts'
import { summarise } from './statistics.ts'

/** Undisturbed work uses as much CPU time as passes, or more: other threads compile and collect. */
const CPU_SHARE_MIN = 0.8

/** Whether a subject's time cannot be trusted. `undefined`: nothing tells. */
export function isDisturbed({ metrics, subjects }: TaskResult, metric: Metric, of?: string): boolean | undefined {
  const beside = metrics.find((other) => other.beside === metric.name)
  if (beside === undefined) return undefined
  return [...subjects]
    .filter(([subject]) => of === undefined || subject === of)
    .some(([, samples]) => {
      const [times, used] = [samples.get(metric.name), samples.get(beside.name)]
      if (times === undefined || used === undefined) return false
      return summarise(used).median < CPU_SHARE_MIN * summarise(times).median
    })
}

/** How many rows were timed with CPU time beside them, and in how many of these somebody else had the processor. */
export function disturbance(results: readonly TaskResult[]): { readonly timed: number; readonly disturbed: number } {
  const rows = results.flatMap((result) =>
    result.metrics.flatMap((metric) => {
      const disturbed = isDisturbed(result, metric)
      return disturbed === undefined ? [] : [disturbed]
    }),
  )
  return { timed: rows.length, disturbed: rows.filter(Boolean).length }
}
