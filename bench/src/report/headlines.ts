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

/** Of servers, the newer of the two that people run. */
const HOCUSPOCUS = 'Hocuspocus 4'

const wanted: readonly Wanted[] = [
  row('typing, with an update for each keystroke', 'replica', /^text: local edits/, 'time', 'yjs'),
  row('what others type, one update at a time', 'replica', /^text: remote updates/, 'time', 'yjs'),
  row('load a document', 'replica', /^text: load, warm/, 'time', 'yjs'),
  row('load a document in a fresh process', 'replica', /^text: load, cold/, 'time', 'yjs'),
  row('load what this device has kept', 'replica', /^text: load a snapshot, warm/, 'time', 'loro'),
  row('read a document in Chromium, offline', 'cold-start', /./, 'readable', 'y-indexeddb'),
  row('memory of a loaded document', 'replica', /^text: memory, loaded/, 'memory', 'yjs'),
  row('memory of an empty document', 'replica', /^memory, an empty document/, 'memory', 'yjs'),
  row('records in a map: changes', 'replica', /^records: local edits/, 'time', 'yjs'),
  row('download of the library, gzipped', 'replica', /^bundle, all of it/, 'gzipped', 'yjs'),
  row('merge 1,000 updates without a document', 'merge', /^merge 1,000 keystrokes/, 'time', 'yjs'),
  row('merge two large states', 'merge', /^merge two large states/, 'time', 'yjs'),
  row('find what a replica lacks', 'merge', /^diff of a store/, 'time', 'yjs'),
  row('relay: CPU to deliver to 100 readers, each', 'relay', /^deliveries to 100 readers/, 'server CPU', HOCUSPOCUS),
  row('relay: updates acknowledged, 50 writers', 'relay', /^accepted, 50 writers in 50 rooms/, 'accepted', HOCUSPOCUS),
  row('relay: until an edit is accepted, median', 'relay', /^one by one, 1 room/, 'accepted after, p50', HOCUSPOCUS),
  row('relay: CPU while many people type', 'relay', /^typing/, 'server CPU', HOCUSPOCUS),
  row('relay: memory of idle rooms, large documents', 'relay', /^\d+ idle rooms/, 'memory', HOCUSPOCUS),
  row('relay: CPU of a join, all at once', 'relay', /clients join such a room/, 'server CPU', HOCUSPOCUS),
  row("from a keystroke to the other's screen, p95", 'people', /^keystroke, busy/, 'shown after, p95', HOCUSPOCUS),
  row('until level again after an hour offline', 'people', /^back after an hour/, 'level after', HOCUSPOCUS),
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
  // Of several sizes, the largest, which comes last.
  const result: TaskResult | undefined = report?.results.findLast((candidate) => task.test(candidate.task))
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
