/** What the rows about replicas are made of: metrics and targets as data, and, from what the subjects made of a workload, the work of each. */
import type { BenchContext, Metric } from '../harness/bench.ts'
import type { Contestant } from '../harness/measure.ts'
import type { Target } from '../harness/target.ts'
import { timed, type TimingLimits, type Work } from '../harness/timing.ts'
import type { Demand, Subject } from '../subjects/subject.ts'

export type Scale = BenchContext['scale']

/** The subject that all are compared with, and whose bytes ours must be. */
export const YJS = 'yjs'

export { LIMIT } from '../harness/bench.ts'

export interface ReplicaRow extends Demand {
  readonly name: string
  readonly metrics: readonly Metric[]
  /** What ours is to reach on the work of a full run. */
  readonly targets: readonly Target[]
  prepare(room: Room): Prepared | Promise<Prepared>
}

/** What a row gets to make its contestants of. */
export interface Room {
  readonly scale: Scale
  /** In the order of the columns. */
  readonly subjects: readonly Subject[]
  /** Says which subject is being prepared: some take long. */
  readonly tell: (text: string) => void
}

export interface Prepared {
  /** Warmed up one after the other, measured in turns. */
  readonly contestants: readonly Contestant[]
  /** Our work once more, for the profiler; absent where another process does it. */
  readonly profiled?: (() => unknown) | undefined
}

export const time: Metric = { name: 'time', unit: 'ms', better: 'lower' }
export const size: Metric = { name: 'size', unit: 'bytes', better: 'lower' }
export const memory: Metric = { name: 'memory', unit: 'bytes', better: 'lower' }

/** Work that takes from half a millisecond to seconds. A subject that takes longer does it once. */
const TIMING: Readonly<Record<Scale, TimingLimits>> = {
  full: { warmUpMs: 300, sampleMs: 60, roundsMs: 10_000, onceMs: 4000 },
  quick: { warmUpMs: 40, sampleMs: 8, roundsMs: 300, onceMs: 500 },
}

/** A subject's contestant, warmed up. */
export function contestant<Output>(work: Work<Output>, scale: Scale): Contestant {
  return timed(work, TIMING[scale])
}
