/**
 * What a row is to reach: data beside the row's definition, judged here and shown beside its number. A target that is missed stays in
 * the table; it fails no run, because a busy machine is no bug.
 */
import { OURS, type Metric, type TaskResult } from './bench.ts'
import { formatRatio, formatValue, isBelowNoise } from './format.ts'
import { ratioOf, summarise } from './statistics.ts'

export type Target = RatioTarget | LimitTarget

/** Ours is at least so many times better than another subject of the task; below 1, it may be that much worse. */
export interface RatioTarget {
  readonly metric: string
  readonly against: string
  readonly timesAtLeast: number
}

/** Ours is at most this, in the metric's unit. */
export interface LimitTarget {
  readonly metric: string
  readonly atMost: number
}

export interface Judged {
  readonly target: Target
  /** In words, as the table has it: `≥ 100× yjs`. */
  readonly text: string
  /** What was measured: a ratio or a value, as the target asks. `undefined`: the task has no such samples, or they are below noise. */
  readonly reached: number | undefined
  readonly met: boolean
}

/** The targets of this metric, judged by the median. Empty where the task states none. */
export function judge(result: TaskResult, metric: Metric): Judged[] {
  return (result.targets ?? [])
    .filter((target) => target.metric === metric.name)
    .map((target) => ('against' in target ? judgeRatio(target, metric, result) : judgeLimit(target, metric, result)))
}

/** A judged target for the table: `≥ 100× yjs: met, 140×`; of what may be worse, how much worse: `≤ 3× scan: met, 2.5×`. */
export function verdict({ target, text, reached, met }: Judged, metric: Metric): string {
  if (reached === undefined) return `${text}: not measured`
  const value =
    'against' in target
      ? formatRatio(target.timesAtLeast < 1 ? 1 / reached : reached)
      : formatValue(reached, metric.unit)
  return `${text}: ${met ? 'met' : 'missed'}, ${value}`
}

function judgeRatio(target: RatioTarget, metric: Metric, result: TaskResult): Judged {
  const { against, timesAtLeast } = target
  const ours = samplesOf(result, OURS, metric)
  const theirs = samplesOf(result, against, metric)
  const reached =
    ours === undefined || theirs === undefined || metric.better === 'none'
      ? undefined
      : ratioOf(ours, theirs, metric.better)?.median
  return {
    target,
    text:
      timesAtLeast < 1 ? `≤ ${formatPlain(1 / timesAtLeast)} ${against}` : `≥ ${formatPlain(timesAtLeast)} ${against}`,
    reached,
    met: reached !== undefined && reached >= timesAtLeast,
  }
}

function judgeLimit(target: LimitTarget, metric: Metric, result: TaskResult): Judged {
  const ours = samplesOf(result, OURS, metric)
  const median = ours && summarise(ours).median
  const reached = median !== undefined && isBelowNoise(median, metric.unit) ? undefined : median
  return {
    target,
    text: `≤ ${formatValue(target.atMost, metric.unit)}`,
    reached,
    met: reached !== undefined && reached <= target.atMost,
  }
}

function samplesOf(result: TaskResult, subject: string, metric: Metric): readonly number[] | undefined {
  return result.subjects.get(subject)?.get(metric.name)
}

/** A factor that somebody chose: no more digits than it has. */
function formatPlain(times: number): string {
  return `${Number(times.toPrecision(3)).toLocaleString('en-GB')}×`
}
