/**
 * The rows that stand for all: what somebody who has one minute wants to know. A row that a run does not have is left out; one that no bench has any more
 * is a mistake here, which `missing` tells. Pure.
 */
import { OURS, type Metric, type TaskResult } from '../harness/bench.ts'
import type { BenchReport, Run } from '../harness/run.ts'
import { summarise, type Summary } from '../harness/statistics.ts'
import { nearestPeer, ratioTo, type Nearest } from './standings.ts'

interface Wanted {
  /** In the words of somebody who does not know the bench. */
  readonly what: string
  readonly bench: string
  /** Names of tasks may have counts in them that depend on the run. */
  readonly task: RegExp
  readonly metric: string
  readonly against: string
}

const wanted: readonly Wanted[] = [
  row('typing, with an update for each keystroke', 'replica', /^text: local edits/, 'time', 'yjs'),
  row('what others type, one update at a time', 'replica', /^text: remote updates/, 'time', 'yjs'),
  row('load a document', 'replica', /^text: load, warm/, 'time', 'yjs'),
  row('load a document in a fresh process', 'replica', /^text: load, cold/, 'time', 'yjs'),
  row('memory of a loaded document', 'replica', /^text: memory, loaded/, 'memory', 'yjs'),
  row('memory of an empty document', 'replica', /^memory, an empty document/, 'memory', 'yjs'),
  row('records in a map: changes', 'replica', /^records: local edits/, 'time', 'yjs'),
  row('download of the library, gzipped', 'replica', /^bundle/, 'gzipped', 'yjs'),
  row('merge 1,000 updates without a document', 'merge', /^merge 1,000 keystrokes/, 'time', 'yjs'),
  row('merge two large states', 'merge', /^merge two large states/, 'time', 'yjs'),
  row('find what a replica lacks', 'merge', /^diff of a store/, 'time', 'yjs'),
  row(
    'relay: CPU to deliver an update, 100 readers',
    'relay',
    /^deliveries to 100 readers/,
    'server CPU',
    'y-websocket 2',
  ),
  row(
    'relay: updates acknowledged, 50 rooms',
    'relay',
    /^accepted, 50 writers in 50 rooms/,
    'accepted',
    'Hocuspocus 4',
  ),
  row('relay: CPU of people who type, in many rooms', 'relay', /^typing/, 'server CPU', 'y-websocket 2'),
  row('relay: memory of idle rooms with a large document', 'relay', /^\d+ idle rooms/, 'memory', 'y-websocket 2'),
  row('relay: CPU of a join, all at once', 'relay', /^\d+ clients join/, 'server CPU', 'y-websocket 2'),
]

function row(what: string, bench: string, task: RegExp, metric: string, against: string): Wanted {
  return { what, bench, task, metric, against }
}

export interface Headline {
  readonly what: string
  readonly bench: string
  readonly task: string
  readonly metric: Metric
  readonly against: string
  /** Medians, in the metric's unit. */
  readonly ours: number
  readonly theirs: number
  readonly ratio: Summary
  /** Undefined where it is `against` itself. */
  readonly nearest: Nearest | undefined
}

/** The headlines that the run can give, in their order. */
export function headlinesOf(run: Run): Headline[] {
  return wanted.flatMap((headline) => {
    const found = find(run, headline)
    return found === undefined ? [] : [found]
  })
}

/** What a headline asks for and the run does not have although its bench ran. */
export function missingHeadlines(run: Run): string[] {
  return wanted
    .filter((headline) => run.reports.some(({ bench }) => bench.name === headline.bench) && !find(run, headline))
    .map(({ bench, task, metric, against }) => `${bench}/${task.source}: ${metric} against ${against}`)
}

function find(run: Run, { what, bench: name, task, metric: metricName, against }: Wanted): Headline | undefined {
  const report: BenchReport | undefined = run.reports.find(({ bench }) => bench.name === name)
  const result: TaskResult | undefined = report?.results.find((candidate) => task.test(candidate.task))
  const metric = result?.metrics.find((candidate) => candidate.name === metricName)
  if (report === undefined || result === undefined || metric === undefined) return undefined
  const ratio = ratioTo(result, metric, against)
  if (ratio === undefined) return undefined
  const median = (subject: string): number => summarise(result.subjects.get(subject)!.get(metricName)!).median
  const nearest = nearestPeer(report.bench, result, metric)
  return {
    what,
    bench: name,
    task: result.task,
    metric,
    against,
    ours: median(OURS),
    theirs: median(against),
    ratio,
    nearest: nearest?.peer === against ? undefined : nearest,
  }
}
