/** The guard's findings as text for a terminal. Pure. */
import { formatRatio, formatValue } from '../harness/format.ts'
import { commitName } from '../harness/run.ts'
import { alignedTable } from '../harness/terminal.ts'
import { CONFIDENCE, type Change, type Comparison } from './guard.ts'

/** All of it, ending in a newline: rows that changed, the worst first, and how many did not. */
export function renderComparison(comparison: Comparison): string {
  const { before, changes, added, gone, warnings } = comparison
  const of = (verdict: Change['verdict']): Change[] => changes.filter((change) => change.verdict === verdict)
  const changed = [...of('worse'), ...of('better').reverse()]
  const heading = ['row', 'metric', 'ratio to', 'before', 'now', 'change', `${CONFIDENCE * 100} % of it`, '']
  return [
    ...before.map((run) => `against the run at ${commitName(run)} · ${run.startedAt.toISOString()}`),
    ...warnings.map((warning) => `  note      ${warning}`),
    '',
    ...(changed.length === 0 ? [] : [...alignedTable([heading, ...changed.map(cells)]).map((line) => `  ${line}`), '']),
    `  ${of('worse').length} worse, ${of('better').length} better, ${of('same').length} the same within noise, ` +
      `${of('disturbed').length} disturbed by other work, ${of('unjudged').length} with too few rounds to tell`,
    ...added.map((row) => `  new       ${row}`),
    ...gone.map((row) => `  gone      ${row}`),
    '',
  ].join('\n')
}

/** A change in words: `−23 %` of the ratio, or `2.1×` where percents say little. */
export function changeText({ times }: Pick<Change, 'times'>): string {
  if (!Number.isFinite(times) || times === 0) return 'from or to 0'
  if (times >= 2) return `${formatRatio(times)} better`
  if (times <= 0.5) return `${formatRatio(1 / times)} worse`
  const percent = Math.round((times - 1) * 100)
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${Math.abs(percent)} %`
}

/** A side of a change, with what it is. */
export function sideText({ against, metric }: Pick<Change, 'against' | 'metric'>, value: number): string {
  return against === undefined ? formatValue(value, metric.unit) : formatRatio(value)
}

function cells(change: Change): string[] {
  const { bench, task, metric, against, before, now, low, high, verdict } = change
  return [
    `${bench}/${task}`,
    metric.name,
    against ?? '',
    sideText(change, before),
    sideText(change, now),
    changeText(change),
    `${changeText({ times: low })} … ${changeText({ times: high })}`,
    verdict,
  ]
}
