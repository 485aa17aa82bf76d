/**
 * Results as a table for people and as JSON for programs. Both come from the same {@link TaskResult}s; the JSON keeps every
 * sample, so that a later run, or a plot, need not trust our summary.
 */
import type { Bench, Metric, Samples, TaskResult } from './bench.ts'
import { OURS } from './bench.ts'
import type { Environment } from './environment.ts'
import { formatRatio, formatSpread, formatValue } from './format.ts'
import { ratioOf, relativeSpread, summarise, type Summary } from './statistics.ts'
import { judge, verdict } from './target.ts'

/** Rises when a reader of the old form could misunderstand the new one. */
export const REPORT_FORMAT = 1

export interface BenchReport {
  readonly bench: Pick<Bench, 'name' | 'question' | 'metric' | 'baseline'>
  readonly workload: string
  readonly results: readonly TaskResult[]
}

export interface Run {
  readonly environment: Environment
  readonly seed: number
  readonly scale: 'quick' | 'full'
  readonly startedAt: Date
  readonly elapsedMs: number
  readonly reports: readonly BenchReport[]
}

/** A machine whose cores have more to do than this share, before the run begins, is not a quiet one. */
const BUSY_SHARE = 0.5

/** The whole report as text, ending in a newline. */
export function renderRun(run: Run): string {
  const { environment: on, reports, seed, scale, elapsedMs } = run
  const commit =
    on.commit === undefined ? 'unknown' : on.commit.hash.slice(0, 12) + (on.commit.modified ? ' + changes' : '')
  const versions = Object.entries(on.versions).flatMap(([name, version]) =>
    version === undefined ? [] : [`${name} ${version}`],
  )
  const head = [
    `machine   ${on.cpu}, ${on.cores} cores, ${Math.round(on.memoryBytes / 2 ** 30)} GiB, ${on.system}`,
    `runtime   Node ${on.node} (V8 ${on.v8})`,
    `versions  ${versions.join(', ')}`,
    `commit    ${commit} · ${run.startedAt.toISOString()} · ${(elapsedMs / 1000).toFixed(0)} s · ${scale}`,
    `seed      ${seed} (the same cases again: npm run bench -- --seed ${seed}${scale === 'quick' ? ' --quick' : ''})`,
  ]
  if (on.temporaryFilesInMemory) {
    head.push(
      'note      temporary files are in memory here, so flushing a log costs nothing; TMPDIR names another place',
    )
  }
  if (on.load > on.cores * BUSY_SHARE) {
    head.push(`note      other work kept ${on.load.toFixed(1)} cores busy when the run began: times are long and noisy`)
  }
  return [head.join('\n'), ...reports.map(renderBench)].join('\n\n') + '\n'
}

function renderBench({ bench, workload, results }: BenchReport): string {
  const lines = [
    `${bench.name} · ${bench.question}`,
    ...paragraph('workload', workload),
    ...paragraph('metric', bench.metric),
    ...paragraph('ratio', `how many times better ${OURS} is than ${bench.baseline}; below 1 it is behind`),
    '',
    ...renderTable(tableOf(bench.baseline, results)).map((line) => `  ${line}`),
    ...results.flatMap(renderProfile),
  ]
  return lines.join('\n')
}

const PROSE_WIDTH = 100

/** Lines of a text, broken between words, behind its label. */
function paragraph(label: string, text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > PROSE_WIDTH) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(10)}${line}`)
}

/** Rows of cells of text, the heading first: one row per task and metric, one column per subject, the ratio, and where there are any the targets. */
export function tableOf(baseline: string, results: readonly TaskResult[]): string[][] {
  const subjects = [
    ...new Set(results.flatMap(({ subjects: asked, notRun }) => [...asked.keys(), ...(notRun?.keys() ?? [])])),
  ]
  const hasTargets = results.some(({ targets = [] }) => targets.length > 0)
  const rows = results.flatMap((result) =>
    result.metrics.flatMap((metric, index) => {
      const [first = '', ...others] = judge(result, metric).map((judged) => verdict(judged, metric))
      const row = [
        index === 0 ? result.task : '',
        metric.name,
        ...subjects.map((subject) => result.notRun?.get(subject) ?? cell(result.subjects.get(subject), metric)),
        ratioCell(ratio(result, metric, OURS, baseline)),
      ]
      if (!hasTargets) return [row]
      const blank = row.map(() => '')
      return [row.concat(first), ...others.map((text) => blank.concat(text))]
    }),
  )
  return [['task', 'metric', ...subjects, 'ratio', ...(hasTargets ? ['target'] : [])], ...rows]
}

function cell(samples: Samples | undefined, { name, unit }: Metric): string {
  const list = samples?.get(name)
  if (list === undefined) return ''
  const summary = summarise(list)
  return formatValue(summary.median, unit) + formatSpread(relativeSpread(summary))
}

function ratioCell(summary: Summary | undefined): string {
  // Of two counts that are 0 nothing can be said.
  return summary === undefined || Number.isNaN(summary.median) ? '' : formatRatio(summary.median)
}

function ratio(result: TaskResult, metric: Metric, subject: string, baseline: string): Summary | undefined {
  const ours = result.subjects.get(subject)?.get(metric.name)
  const theirs = result.subjects.get(baseline)?.get(metric.name)
  if (ours === undefined || theirs === undefined || metric.better === 'none') return undefined
  return ratioOf(ours, theirs, metric.better)
}

/** Where the time of one task goes, below the table. */
function renderProfile({ task, profile }: TaskResult): string[] {
  if (profile === undefined) return []
  return [
    '',
    `  ${OURS}, ${task}: share of the time in each function itself`,
    ...profile.map(({ share, name, place }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}  ${place}`),
  ]
}

/** Pads the columns: names to the left, numbers to the right. */
function renderTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const isNumber = rows[0]!.map((heading, column) => column >= 2 && heading !== 'target')
  const render = (row: readonly string[]) =>
    row
      .map((text, column) => (isNumber[column]! ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [render(rows[0]!), rule, ...rows.slice(1).map(render)]
}

/** The run as a value for `JSON.stringify`: every sample, its summary, and the ratio of every subject to the baseline. */
export function jsonOf({ environment: on, reports, seed, scale, startedAt, elapsedMs }: Run): object {
  return {
    format: REPORT_FORMAT,
    startedAt: startedAt.toISOString(),
    elapsedMs: Math.round(elapsedMs),
    scale,
    seed,
    environment: on,
    benches: reports.map(({ bench, workload, results }) => ({
      name: bench.name,
      question: bench.question,
      workload,
      metric: bench.metric,
      baseline: bench.baseline,
      points: results.flatMap(({ task, point }) => (point === undefined ? [] : [{ task, ...point }])),
      measurements: results.flatMap((result) => measurementsOf(bench.baseline, result)),
      notRun: results.flatMap(({ task, notRun = new Map<string, string>() }) =>
        [...notRun].map(([subject, reason]) => ({ task, subject, reason })),
      ),
      profiles: results.flatMap(({ task, profile }) => (profile === undefined ? [] : [{ task, functions: profile }])),
    })),
  }
}

function measurementsOf(baseline: string, result: TaskResult): object[] {
  return result.metrics.flatMap((metric) =>
    [...result.subjects].flatMap(([subject, samples]) => {
      const list = samples.get(metric.name)
      if (list === undefined) return []
      const { median, low, high } = summarise(list)
      return {
        task: result.task,
        subject,
        metric: metric.name,
        unit: metric.unit,
        better: metric.better,
        median,
        low,
        high,
        samples: list,
        ratio: subject === baseline ? undefined : ratio(result, metric, subject, baseline),
        targets: subject === OURS ? judge(result, metric) : undefined,
      }
    }),
  )
}
