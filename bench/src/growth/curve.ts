/** A curve: the same task at sizes that ascend, of all libraries that can follow. */
import type { BenchContext, Metric, TaskResult } from '../harness/bench.ts'
import { costMs } from '../harness/forecast.ts'
import { measure, type Contestant } from '../harness/measure.ts'
import { exactly, roundsFor, type Rounds, type Sizes } from '../harness/rounds.ts'
import { timed, type TimingLimits, type Work } from '../harness/timing.ts'
import { whyNot, type Asked } from '../replica/asked-subjects.ts'
import { mayBeRefused } from '../replica/row.ts'
import type { Subject } from '../subjects/subject.ts'
import { Pieces } from './pieces.ts'

export interface Curve {
  /** The curve's name, and what its tasks' names begin with. */
  readonly name: string
  readonly axis: string
  readonly sizes: readonly number[]
  /** What comes behind a size in a task's name. */
  readonly unit: string
  readonly metrics: readonly Metric[]
  /** Makes the work of a subject at a size, warmed up and checked; or says why there is none. */
  work(subject: Subject, size: number): Contestant | string
  /** The physical limit at a size. */
  limit(size: number): Contestant
}

type Scale = BenchContext['scale']

const ROUNDS: Sizes<Rounds> = {
  quick: exactly(1),
  normal: { least: 3, most: 5, withinMs: 500 },
  full: { least: 3, most: 9, withinMs: 5000 },
}

const TIMING: Readonly<Record<Scale, TimingLimits>> = {
  full: { warmUpMs: 40, sampleMs: 10, roundsMs: 100, onceMs: 150 },
  quick: { warmUpMs: 4, sampleMs: 1, roundsMs: 4, onceMs: 20 },
}

/** A contestant of a curve, warmed up. */
export function growing<Output>(work: Work<Output>, scale: Scale): Contestant {
  return timed(work, TIMING[scale])
}

/** Runs the tasks of a curve that are asked for, smallest first. */
export async function* runCurve(
  curve: Curve,
  { subjects, notAsked }: Asked,
  context: BenchContext,
): AsyncIterable<TaskResult> {
  const pieces = new Map(subjects.map((subject) => [subject, new Pieces()]))
  for (const size of curve.sizes) {
    const task = `${curve.name}, ${size.toLocaleString('en-GB')} ${curve.unit}`
    if (!context.selects(task)) continue
    context.progress.step(`growth · ${task}`)
    const notRun = new Map(notAsked)
    const contestants: Contestant[] = []
    for (const subject of subjects) {
      context.progress.detail(`preparing ${subject.name}`)
      const made = prepared(curve, subject, size, pieces.get(subject)!, context)
      if (typeof made === 'string') notRun.set(subject.name, made)
      else contestants.push(made)
    }
    contestants.push(curve.limit(size))
    const measured = await measure(task, curve.metrics, contestants, roundsFor(context, ROUNDS), context)
    yield { ...measured, point: { curve: curve.name, axis: curve.axis, value: size }, notRun }
  }
}

function prepared(
  curve: Curve,
  subject: Subject,
  size: number,
  pieces: Pieces,
  context: BenchContext,
): Contestant | string {
  const refused = whyNot(pieces.forecast(size), context)
  if (refused !== undefined && mayBeRefused(subject)) return refused
  let made: Contestant | string = ''
  // Its preparation, warm-up included: what takes long there takes long in the rounds.
  const ms = costMs(() => {
    made = curve.work(subject, size)
  })
  pieces.add({ size, ms })
  return made
}
