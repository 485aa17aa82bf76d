/** Are the generated traces, which everybody has, like the recorded ones, which the field shares? */
import type { Bench, BenchContext, Metric, TaskResult } from '../harness/bench.ts'
import { generateConcurrentTrace, readConcurrentTrace } from '../workloads/concurrent-trace.ts'
import { component, generateTrace, paper, type Manner } from '../workloads/generated-trace.ts'
import { tracesFolder } from '../workloads/open-trace.ts'
import { readRecordedTrace, type RecordedName } from '../workloads/recorded-trace.ts'
import {
  concurrencyOf,
  statisticsOf,
  type ConcurrencyStatistics,
  type TraceStatistics,
} from '../workloads/trace-statistics.ts'

const GENERATED = 'generated'
const RECORDED = 'recorded'

/** The same as in the other benches. */
const SEED = 1

type Figures<Statistics> = readonly (readonly [name: string, value: (statistics: Statistics) => number])[]

const sequential: Figures<TraceStatistics> = [
  ['edits', ({ edits }) => edits],
  ['characters in the end', ({ endLength }) => endLength],
  ['that delete, of 100', ({ deleting }) => deleting * 100],
  ['inserted by one, mean', ({ insertedMean }) => insertedMean],
  ['deleted by one, mean', ({ deletedMean }) => deletedMean],
  ['burst of typing, mean', ({ typedBurst }) => typedBurst.mean],
  ['burst of typing, median', ({ typedBurst }) => typedBurst.median],
  ['burst of typing, p90', ({ typedBurst }) => typedBurst.high],
  ['burst of deleting, mean', ({ deletedBurst }) => deletedBurst.mean],
  ['burst of deleting, p90', ({ deletedBurst }) => deletedBurst.high],
  ['bursts elsewhere, of 100', ({ elsewhere }) => elsewhere * 100],
  ['jump, median, of 100,000 characters', ({ jumpMedian }) => jumpMedian * 100_000],
]

const concurrent: Figures<ConcurrencyStatistics> = [
  ['transactions', ({ events }) => events],
  ['characters in the end', ({ endLength }) => endLength],
  ['that delete, of 100', ({ deleting }) => deleting * 100],
  ['that do not know all, of 100', ({ apart }) => apart * 100],
  ['until hearing of the other, mean', ({ alone }) => alone.mean],
  ['until hearing of the other, median', ({ alone }) => alone.median],
  ['until hearing of the other, p90', ({ alone }) => alone.high],
  ['heard at once, mean', ({ heard }) => heard.mean],
]

export const traces: Bench = {
  name: 'traces',
  question: 'Are the generated traces, which everybody has, like the recorded ones, which the field shares?',
  workload: () =>
    'automerge-paper, an author who types; sveltecomponent, an author who also pastes and deletes blocks; friendsforever, two authors at the same time; and what the ' +
    'generator makes in the manner of each',
  metric:
    'what the edits are like; a burst is a run of edits of one kind, each where the one before ended. Nothing here is better or worse',
  baseline: RECORDED,
  async *run(context) {
    yield* one('automerge-paper', paper)
    yield* one('sveltecomponent', component)
    if (context.selects('friendsforever')) {
      const folder = tracesFolder()
      const recorded = folder === undefined ? undefined : readConcurrentTrace(folder, Infinity)
      const count = recorded?.events.length ?? 26_000
      yield result(
        'friendsforever',
        concurrent,
        concurrencyOf(generateConcurrentTrace(SEED, count)),
        recorded && concurrencyOf(recorded),
      )
    }

    function* one(name: RecordedName, manner: Manner): Generator<TaskResult> {
      if (!context.selects(name)) return
      context.progress.step(`traces · ${name}`)
      const folder = tracesFolder()
      const recorded = folder === undefined ? undefined : readRecordedTrace(folder, name, Infinity)
      const generated = generateTrace(SEED, recorded?.edits.length ?? countOf(context), manner)
      yield result(name, sequential, statisticsOf(generated), recorded && statisticsOf(recorded))
    }
  },
}

/** Where there is no recorded trace, as many edits as tell something. */
function countOf({ scale }: BenchContext): number {
  return scale === 'full' ? 100_000 : 20_000
}

function result<Statistics>(
  task: string,
  figures: Figures<Statistics>,
  generated: Statistics,
  recorded: Statistics | undefined,
): TaskResult {
  const samples = (statistics: Statistics) => new Map(figures.map(([name, value]) => [name, [value(statistics)]]))
  return {
    task,
    metrics: figures.map(([name]): Metric => ({ name, unit: 'count', better: 'none' })),
    subjects: new Map([
      ...(recorded === undefined ? [] : ([[RECORDED, samples(recorded)]] as const)),
      [GENERATED, samples(generated)],
    ]),
    ...(recorded === undefined ? { notRun: new Map([[RECORDED, 'SYNCLINE_TRACES']]) } : {}),
  }
}
