/**
 * Where ours stands beside each peer: ahead, level or behind, row by row. Limits, yardsticks and our own variants are no peers; what they show is told
 * elsewhere. Pure.
 */
import { OURS, roleOf, type Bench, type Metric, type TaskResult } from '../harness/bench.ts'
import type { BenchReport, Run } from '../harness/run.ts'
import { ratioOf, summarise, type Summary } from '../harness/statistics.ts'
import { judge, type Judged } from '../harness/target.ts'

export interface Standing {
  readonly bench: string
  readonly task: string
  readonly metric: Metric
  readonly peer: string
  /** How many times better ours is; below 1 the peer is ahead. */
  readonly ratio: Summary
  readonly place: 'ahead' | 'level' | 'behind'
  /** The growth curve that the row is a point of. */
  readonly curve: string | undefined
}

/** Closer than this is level, however sure. */
const LEVEL = 1.02

/** And where fewer than so many rounds were timed, anything closer than that: they do not show how they would differ. */
const ROUNDS_MIN = 3
const LEVEL_OF_FEW = 1.1

/** Every comparison of ours with a peer that the run has. */
export function standingsOf(run: Run): Standing[] {
  return run.reports.flatMap(({ bench, results }) => results.flatMap((result) => standingsIn(bench, result)))
}

export function standingsIn(bench: BenchReport['bench'], result: TaskResult): Standing[] {
  const { task, metrics, subjects, point } = result
  return comparable(metrics).flatMap((metric) =>
    [...subjects.keys()]
      .filter((subject) => roleOf(bench, subject) === 'peer')
      .flatMap((peer) => {
        const ratio = ratioTo(result, metric, peer)
        return ratio === undefined
          ? []
          : [{ bench: bench.name, task, metric, peer, ratio, place: placeOf(ratio, metric), curve: point?.curve }]
      }),
  )
}

/** How many times better ours is than this subject; undefined where one has no such number, where a count is 0, or where it is below noise. */
export function ratioTo({ subjects }: TaskResult, metric: Metric, subject: string): Summary | undefined {
  const ours = subjects.get(OURS)?.get(metric.name)
  const theirs = subjects.get(subject)?.get(metric.name)
  if (ours === undefined || theirs === undefined || metric.better === 'none') return undefined
  return ratioOf(ours, theirs, metric.better)
}

/** Those that say which side is better, without what is told beside another. */
export function comparable(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(({ better, beside }) => better !== 'none' && beside === undefined)
}

/** Behind or ahead when three quarters of the rounds say so, and it is more than next to nothing. */
function placeOf({ median, low, high, samples }: Summary, { unit }: Metric): Standing['place'] {
  const isFew = samples < ROUNDS_MIN && (unit === 'ms' || unit === 'per second')
  const level = isFew ? LEVEL_OF_FEW : LEVEL
  if (low > 1 && median > level) return 'ahead'
  return high < 1 && median < 1 / level ? 'behind' : 'level'
}

/** The name of a row, metric included where it is not simply the time. */
export function rowName({ task, metric }: Pick<Standing, 'task' | 'metric'>): string {
  return metric.name === 'time' ? task : `${task}: ${metric.name}`
}

/** One standing of many: those of a curve, by one metric and against one peer, count as one row. */
export interface Listed {
  /** The one furthest from level. */
  readonly standing: Standing
  /** How many standings of the list it stands for. */
  readonly points: number
}

/** The standings as a list that people read, the furthest from level first. */
export function listed(standings: readonly Standing[]): Listed[] {
  const distance = ({ ratio }: Standing): number => Math.abs(Math.log(ratio.median))
  const rows = new Map<string, { standing: Standing; points: number }>()
  for (const standing of [...standings].sort((a, b) => distance(b) - distance(a))) {
    const { bench, task, metric, peer, curve } = standing
    const key = JSON.stringify([bench, curve ?? task, metric.name, peer])
    const row = rows.get(key)
    if (row === undefined) rows.set(key, { standing, points: 1 })
    else row.points++
  }
  return [...rows.values()]
}

export interface JudgedRow {
  readonly bench: string
  readonly task: string
  readonly metric: Metric
  readonly judged: Judged
}

/** Every target that was stated and could be judged. */
export function targetsOf(run: Run): JudgedRow[] {
  return run.reports.flatMap(({ bench, results }) =>
    results.flatMap((result) =>
      result.metrics.flatMap((metric) =>
        judge(result, metric)
          .filter(({ reached }) => reached !== undefined)
          .map((judged) => ({ bench: bench.name, task: result.task, metric, judged })),
      ),
    ),
  )
}

/** The peer that ours has the least lead over, or that is furthest ahead. */
export function nearestPeer(bench: Pick<Bench, 'roles'>, result: TaskResult, metric: Metric): Nearest | undefined {
  const peers = [...result.subjects.keys()].filter((subject) => roleOf(bench, subject) === 'peer')
  return peers
    .flatMap((peer) => {
      const ratio = ratioTo(result, metric, peer)
      return ratio === undefined
        ? []
        : [{ peer, ratio: ratio.median, value: summarise(result.subjects.get(peer)!.get(metric.name)!).median }]
    })
    .sort((a, b) => a.ratio - b.ratio)[0]
}

export interface Nearest {
  readonly peer: string
  readonly ratio: number
  /** The peer's median, in the metric's unit. */
  readonly value: number
}
