/**
 * What got better or worse since an earlier run. Two machines, or one machine with other work to do, have little in common but the ratios, so it is ours
 * as a multiple of the baseline *of the same run* that is compared, never a time. Pure; the same two runs give the same verdicts.
 *
 * The rule: each run has a ratio per round. Rounds are drawn again from both, with replacement, {@link RESAMPLES} times; the change is the quotient of
 * the two medians, and {@link CONFIDENCE} of the quotients are its interval. A change counts when the whole interval lies beyond the margin of the
 * metric's unit. Where there are several earlier runs, it counts when it does so against each: a process compiles a row well or badly as a whole, which no
 * round of it shows. Where somebody else had the processor, nothing is judged. What has fewer than {@link ROUNDS_MIN} rounds on a side is judged by sizes and counts only, which do not vary as times do.
 */
import { OURS, type Bench, type Metric, type TaskResult, type Unit } from '../harness/bench.ts'
import { isDisturbed } from '../harness/disturbance.ts'
import { isBelowNoise } from '../harness/format.ts'
import { scaleName, type Run } from '../harness/run.ts'
import { quantile, ratiosOf } from '../harness/statistics.ts'
import { Random } from '../workloads/random.ts'

/** `disturbed`: in one of the runs somebody else had the processor. `unjudged`: too few rounds, or nothing to compare with. */
export type Verdict = 'worse' | 'better' | 'same' | 'disturbed' | 'unjudged'

export interface Change {
  readonly bench: string
  readonly task: string
  readonly metric: Metric
  /** The subject that ours is a multiple of; undefined where sizes or counts were compared as they are. */
  readonly against: string | undefined
  /** Medians of the ratios, or of the values where there is nothing that ours is a multiple of. */
  readonly before: number
  readonly now: number
  /** How many times better it is now, and between what that lies; below 1 it is worse. */
  readonly times: number
  readonly low: number
  readonly high: number
  readonly verdict: Verdict
}

export interface Comparison {
  /** At least one. */
  readonly before: readonly Run[]
  /** The worst first; each against the earlier run that it differs from least. */
  readonly changes: readonly Change[]
  /** Rows that no earlier run has, or that all of them have and this one has not, as `bench/task: metric`. */
  readonly added: readonly string[]
  readonly gone: readonly string[]
  /** Why the runs may differ although nothing changed, in sentences. */
  readonly warnings: readonly string[]
}

export const RESAMPLES = 1000
export const CONFIDENCE = 0.99
export const ROUNDS_MIN = 3

/** What a change has to exceed to count: another process compiles, places and collects differently, which no round of one process shows. */
export const margins: Readonly<Record<Unit, number>> = {
  ms: 1.1,
  'per second': 1.1,
  bytes: 1.02,
  count: 1.02,
  times: 1.02,
}

/** Of bytes and counts that vary. */
export const VARYING_MARGIN = 1.2

/** Compares `now` with runs that were `before`, by what both have of each other's tasks and metrics. */
export function compare(before: readonly Run[], now: Run): Comparison {
  const current = rowsOf(now)
  const earlier = before.map(rowsOf)
  const changes = [...current].flatMap(([key, row]) => {
    const each = earlier.flatMap((rows) => {
      const old = rows.get(key)
      return old === undefined ? [] : [changeOf(old, row)]
    })
    return each.length === 0 ? [] : [leastOf(each)]
  })
  const [first] = earlier
  return {
    before,
    changes: changes.sort((a, b) => a.times - b.times),
    added: [...current.keys()].filter((key) => !earlier.some((rows) => rows.has(key))),
    gone: [...(first?.keys() ?? [])].filter((key) => !current.has(key) && earlier.every((rows) => rows.has(key))),
    warnings: [...new Set(before.flatMap((one) => warningsOf(one, now)))],
  }
}

/** The smallest of a row's changes, which counts where all of them do. */
function leastOf(changes: readonly Change[]): Change {
  const size = ({ times }: Change): number => Math.abs(Math.log(times))
  const least = changes.reduce((a, b) => (size(b) < size(a) ? b : a))
  const isAgreed = changes.every(({ verdict }) => verdict === least.verdict)
  const unclear = changes.find(({ verdict }) => verdict === 'disturbed' || verdict === 'unjudged')
  return isAgreed ? least : { ...least, verdict: unclear?.verdict ?? 'same' }
}

interface Row {
  readonly bench: Pick<Bench, 'name' | 'baseline'>
  readonly result: TaskResult
  readonly metric: Metric
}

/** What can be better or worse, and was measured of ours. */
function rowsOf(run: Run): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const { bench, results } of run.reports) {
    for (const result of results) {
      for (const metric of result.metrics) {
        if (metric.better === 'none' || metric.beside !== undefined) continue
        if (samplesOf(result, OURS, metric) === undefined) continue
        rows.set(`${bench.name}/${result.task}: ${metric.name}`, { bench, result, metric })
      }
    }
  }
  return rows
}

function changeOf(before: Row, now: Row): Change {
  const { bench, result, metric } = now
  const row = { bench: bench.name, task: result.task, metric }
  const against = commonSubject(before, now)
  const ratios = [before, now].map((of) => (against === undefined ? undefined : roundRatios(of, against)))
  const [old, current] = ratios
  if (old !== undefined && current !== undefined) {
    const change = { ...row, against, ...judged(old, current, 'higher', metric) }
    const isUnsure = [before, now].some((of) =>
      [OURS, against].some((subject) => isDisturbed(of.result, of.metric, subject) === true),
    )
    return isUnsure && change.verdict !== 'unjudged' ? { ...change, verdict: 'disturbed' } : change
  }
  const values = [before, now].map((of) => samplesOf(of.result, OURS, of.metric)!)
  const isNoise = values.some((list) => list.some((value) => isBelowNoise(value, metric.unit)))
  if (isTimed(metric.unit) || isNoise) {
    const [a, b] = values.map((list) => quantile(list, 0.5))
    return { ...row, against: undefined, before: a!, now: b!, times: 1, low: 1, high: 1, verdict: 'unjudged' }
  }
  return { ...row, against: undefined, ...judged(values[0]!, values[1]!, metric.better, metric) }
}

/** Whom ours is compared with in both runs: the baseline, else the first other subject that both have. */
function commonSubject(before: Row, now: Row): string | undefined {
  const has = ({ result, metric }: Row, subject: string): boolean => samplesOf(result, subject, metric) !== undefined
  return [now.bench.baseline, ...now.result.subjects.keys()].find(
    (subject) => subject !== OURS && has(before, subject) && has(now, subject),
  )
}

/** Undefined where a count is 0, of which nothing is a multiple, or a size below noise. */
function roundRatios({ result, metric }: Row, against: string): readonly number[] | undefined {
  const better = metric.better === 'higher' ? 'higher' : 'lower'
  return ratiosOf(samplesOf(result, OURS, metric)!, samplesOf(result, against, metric)!, better)
}

function judged(
  before: readonly number[],
  now: readonly number[],
  better: Metric['better'],
  { unit, varies }: Pick<Metric, 'unit' | 'varies'>,
): Pick<Change, 'before' | 'now' | 'times' | 'low' | 'high' | 'verdict'> {
  const medians = { before: quantile(before, 0.5), now: quantile(now, 0.5) }
  const times = quotient(medians.before, medians.now, better)
  const random = new Random(1, 'guard')
  const quotients = Array.from({ length: RESAMPLES }, () =>
    quotient(quantile(drawn(before, random), 0.5), quantile(drawn(now, random), 0.5), better),
  )
  const [low, high] = [quantile(quotients, (1 - CONFIDENCE) / 2), quantile(quotients, (1 + CONFIDENCE) / 2)]
  const margin = varies === true ? VARYING_MARGIN : margins[unit]
  const isTooFew = Math.min(before.length, now.length) < ROUNDS_MIN
  const verdict =
    isTooFew && isTimed(unit) ? 'unjudged' : high < 1 / margin ? 'worse' : low > margin ? 'better' : 'same'
  return { ...medians, times, low, high, verdict }
}

/** How many times better. A count that was 0 and is not any more is infinitely better or worse. */
function quotient(before: number, now: number, better: Metric['better']): number {
  if (before === now) return 1
  return better === 'higher' ? now / before : before / now
}

function drawn(samples: readonly number[], random: Random): number[] {
  return samples.map(() => random.pick(samples))
}

function isTimed(unit: Unit): boolean {
  return unit === 'ms' || unit === 'per second'
}

function samplesOf(result: TaskResult, subject: string, metric: Metric): readonly number[] | undefined {
  return result.subjects.get(subject)?.get(metric.name)
}

function warningsOf(before: Run, now: Run): string[] {
  const [a, b] = [before.environment, now.environment]
  const differs = (what: string, was: string | number, is: string | number): string[] =>
    was === is ? [] : [`${what} was ${was} and is ${is}`]
  const packages = [...new Set([...Object.keys(a.versions), ...Object.keys(b.versions)])]
  return [
    ...differs('the amount of work', scaleName(before), scaleName(now)),
    ...differs('the seed of the random cases', before.seed, now.seed),
    ...differs('the processor', a.cpu, b.cpu),
    ...differs('the number of cores', a.cores, b.cores),
    ...differs('Node', a.node, b.node),
    ...differs('the system', a.system, b.system),
    ...packages
      .filter((name) => !name.startsWith('@syncline/'))
      .flatMap((name) => differs(name, a.versions[name] ?? 'absent', b.versions[name] ?? 'absent')),
    ...now.reports.flatMap(({ bench, workload }) => {
      const earlier = before.reports.find((report) => report.bench.name === bench.name)
      return earlier === undefined || earlier.workload === workload
        ? []
        : [`the workload of ${bench.name} was another: ${earlier.workload}`]
    }),
    ...[before, now].flatMap(({ environment: { load, cores } }, index) =>
      load > cores / 2 ? [`the ${index === 0 ? 'earlier' : 'new'} run began on a busy machine`] : [],
    ),
  ]
}
