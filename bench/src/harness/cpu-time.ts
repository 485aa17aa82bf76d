/** CPU time, told beside wall time: what the clock cannot tell. */
import type { Metric } from './bench.ts'

/**
 * User and system time of all threads of the process. Above the wall time, other threads collected garbage or compiled; far below it, somebody else had
 * the processor.
 */
export const cpu: Metric = { name: 'CPU', unit: 'ms', better: 'lower', beside: 'time' }

/** Milliseconds of CPU time that this process has used. Costs about a microsecond. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** `metrics`, and CPU time where samples have it and somebody told it beside one of the metrics. */
export function withCpu(metrics: readonly Metric[], sampled: ReadonlySet<string>): readonly Metric[] {
  const isTold = sampled.has(cpu.name) && metrics.some(({ name }) => name === cpu.beside)
  return isTold && !metrics.some(({ name }) => name === cpu.name) ? [...metrics, cpu] : metrics
}
