/** Results as rows of text: what the terminal and the Markdown tables show. Pure. */
import { OURS, type Metric, type Samples, type TaskResult } from './bench.ts'
import { formatRatio, formatSpread, formatValue } from './format.ts'
import { ratioOf, relativeSpread, summarise, type Summary } from './statistics.ts'
import { judge, verdict } from './target.ts'

/** Rows of cells of text, the heading first: one row per task and metric, one column per subject, the ratio, and where there are any the targets. */
export function tableOf(baseline: string, results: readonly TaskResult[]): string[][] {
  const subjects = [
    ...new Set(results.flatMap(({ subjects: asked, notRun }) => [...asked.keys(), ...(notRun?.keys() ?? [])])),
  ]
  const hasTargets = results.some(({ targets = [] }) => targets.length > 0)
  const rows: string[][] = []
  for (const result of results) {
    const told = result.metrics.filter(({ beside }) => beside === undefined)
    for (const [index, metric] of told.entries()) {
      const [first = '', ...others] = judge(result, metric).map((judged) => verdict(judged, metric))
      const row = [
        index === 0 ? result.task : '',
        metric.name,
        ...subjects.map((subject) => result.notRun?.get(subject) ?? cell(result.subjects.get(subject), metric)),
        ratioCell(ratio(result, metric, OURS, baseline)),
      ]
      rows.push(hasTargets ? row.concat(first) : row)
      for (const text of others) rows.push(row.map(() => '').concat(text))
    }
  }
  return [['task', 'metric', ...subjects, 'ratio', ...(hasTargets ? ['target'] : [])], ...rows]
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

/** How many times better `subject` is than the baseline, round with round; undefined where there is nothing to compare. */
export function ratio(result: TaskResult, metric: Metric, subject: string, baseline: string): Summary | undefined {
  const ours = result.subjects.get(subject)?.get(metric.name)
  const theirs = result.subjects.get(baseline)?.get(metric.name)
  if (ours === undefined || theirs === undefined || metric.better === 'none') return undefined
  return ratioOf(ours, theirs, metric.better)
}
