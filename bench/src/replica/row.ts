/** What the rows about replicas are made of: metrics and targets as data, and, from what the subjects made of a workload, the work of each. */
import { OURS, type BenchContext, type Metric } from '../harness/bench.ts'
import type { Forecast } from '../harness/forecast.ts'
import type { Contestant } from '../harness/measure.ts'
import type { Target } from '../harness/target.ts'
import { timed, type TimingLimits, type Work } from '../harness/timing.ts'
import type { Subject } from '../subjects/subject.ts'

export type Scale = BenchContext['scale']

/** The subject that all are compared with, and whose bytes ours must be. */
export const YJS = 'yjs'

export { LIMIT } from '../harness/bench.ts'

/** Whether a subject is left out where it would take too long. Ours, and what it is compared with, are asked for everything. */
export function mayBeRefused({ name }: Pick<Subject, 'name'>): boolean {
  return name !== OURS && name !== YJS
}

export interface ReplicaRow {
  readonly name: string
  readonly metrics: readonly Metric[]
  /** What ours is to reach on the work of a full run. */
  readonly targets: readonly Target[]
  /** How long a subject would take for what is prepared for it, and for one call; `undefined`, or no function: not worth a forecast. Asked for until one is too long. */
  readonly efforts?: (subject: Subject) => Iterable<Forecast | undefined>
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
export const memory: Metric = { name: 'memory', unit: 'bytes', better: 'lower', varies: true }

/** Work that takes from half a millisecond to seconds, of us and of whom we are compared with. */
const TIMING: Readonly<Record<Scale, TimingLimits>> = {
  full: { warmUpMs: 300, sampleMs: 25, roundsMs: 600 },
  quick: { warmUpMs: 20, sampleMs: 5, roundsMs: 60 },
}

/** V8 compiles the large loops of a load anew several times before they are as fast as they get. */
const LOAD_WARM_UP_MS: Readonly<Record<Scale, number>> = { full: 600, quick: 20 }

/** Of others, who do it once if it takes long. */
const TIMING_OF_OTHERS: Readonly<Record<Scale, TimingLimits>> = {
  full: { warmUpMs: 120, sampleMs: 25, roundsMs: 600, onceMs: 150 },
  quick: { warmUpMs: 20, sampleMs: 5, roundsMs: 60, onceMs: 30 },
}

/** A subject's contestant, warmed up. Whom a target names is as warm as we are. */
export function contestant<Output>(work: Work<Output>, scale: Scale, targets: readonly Target[] = []): Contestant {
  return timed(work, (isCompared(work, targets) ? TIMING : TIMING_OF_OTHERS)[scale])
}

/** The same of a subject that loads what is stored. */
export function loadContestant<Output>(work: Work<Output>, scale: Scale, targets: readonly Target[]): Contestant {
  if (!isCompared(work, targets)) return contestant(work, scale)
  return timed(work, { ...TIMING[scale], warmUpMs: LOAD_WARM_UP_MS[scale] })
}

function isCompared({ subject }: Pick<Work<unknown>, 'subject'>, targets: readonly Target[]): boolean {
  return !mayBeRefused({ name: subject }) || targets.some((one) => 'against' in one && one.against === subject)
}
