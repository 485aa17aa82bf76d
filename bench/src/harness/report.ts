/**
 * Results as a table for people and as JSON for programs. Both come from the same {@link TaskResult}s; the JSON keeps every
 * sample, so that a later run, or a plot, need not trust our summary.
 */
import type { Bench, Metric, Samples, TaskResult } from './bench.ts'
import { OURS } from './bench.ts'
import type { Environment } from './environment.ts'
import { formatRatio, formatSpread, formatValue } from './format.ts'
import { ratioOf, relativeSpread, summarise, type Summary } from './statistics.ts'

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

/** Rows of cells, the heading first: one row per task and metric, one column per subject, the ratio last. */
function tableOf(baseline: string, results: readonly TaskResult[]): string[][] {
  const subjects = [...new Set(results.flatMap((result) => [...result.subjects.keys()]))]
  const rows = results.flatMap((result) =>
    result.metrics.map((metric, index) => [
      index === 0 ? result.task : '',
      metric.name,
      ...subjects.map((subject) => cell(result.subjects.get(subject), metric)),
      ratioCell(ratio(result, metric, OURS, baseline)),
    ]),
  )
  return [['task', 'metric', ...subjects, 'ratio'], ...rows]
}

function cell(samples: Samples | undefined, { name, unit }: Metric): string {
  const list = samples?.get(name)
  if (list === undefined) return ''
  const summary = summarise(list)
  return formatValue(summary.median, unit) + formatSpread(relativeSpread(summary))
}

function ratioCell(summary: Summary | undefined): string {
  return summary === undefined ? '' : formatRatio(summary.median)
}

function ratio(result: TaskResult, metric: Metric, subject: string, baseline: string): Summary | undefined {
  const ours = result.subjects.get(subject)?.get(metric.name)
  const theirs = result.subjects.get(baseline)?.get(metric.name)
  if (ours === undefined || theirs === undefined || metric.better === 'none') return undefined
  return ratioOf(ours, theirs, metric.better)
}

/** Pads the columns: names to the left, numbers to the right. */
function renderTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const render = (row: readonly string[]) =>
    row
      .map((text, column) => (column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
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
      measurements: results.flatMap((result) => measurementsOf(bench.baseline, result)),
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
      }
    }),
  )
}
