/** The run in one Markdown table, for the README: headlines with the peer that they are a multiple of, and beside them where we are behind. Pure. */
import { formatRatio, formatValue } from '../harness/format.ts'
import { between, escaped, placeOf } from '../harness/markdown.ts'
import { cautions, type Run } from '../harness/run.ts'
import { headlinesOf } from './headlines.ts'
import { listed, rowName, standingsOf, targetsOf, type Listed, type Standing } from './standings.ts'

/** More than these would be a table of their own: that of the bench. */
const BEHIND_MAX = 15

/** `text` with the summary between `<!-- table summary -->` and `<!-- end summary -->`; without that place, as it was. */
export function withSummary(text: string, run: Run): string {
  return between(text, 'summary', renderSummary(run))
}

function renderSummary(run: Run): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`
  const rows = headlinesOf(run).map(({ what, metric, against, ours, theirs, ratio, nearest }) =>
    line([
      what,
      formatValue(ours, metric.unit),
      `${against}: ${formatValue(theirs, metric.unit)}`,
      formatRatio(ratio.median),
      nearest === undefined ? '' : `${nearest.peer}: ${formatRatio(nearest.ratio)}`,
    ]),
  )
  return [
    line(['', 'syncline', 'beside', 'ratio', 'nearest other peer']),
    line(['---', '---', '---', '---', '---']),
    ...rows,
    '',
    behindText(standingsOf(run)) + targetText(run),
    '',
    `${placeOf(run)}.${cautions(run)
      .map((caution) => ` Caution: ${caution}.`)
      .join(
        '',
      )} Ratios are medians over rounds of the same run: above 1, we are better. \`${run.command}\` measures it again.`,
  ].join('\n')
}

function behindText(standings: readonly Standing[]): string {
  const count = (place: Standing['place']): number => standings.filter((standing) => standing.place === place).length
  const behind = worstOfEach(listed(standings.filter(({ place }) => place === 'behind')))
  const told = behind
    .slice(0, BEHIND_MAX)
    .map(({ standing }) => `${rowName(standing)} (${standing.peer} ${formatRatio(standing.ratio.median)})`)
  const more =
    behind.length > BEHIND_MAX ? `; and ${behind.length - BEHIND_MAX} rows more, in the bench's own tables` : ''
  return (
    `Of ${standings.length} comparisons with peers we are ahead in ${count('ahead')}, level in ${count('level')} and behind in ${count('behind')}.` +
    (told.length === 0 ? '' : ` **Behind**, the furthest first: ${told.join('; ')}${more}.`)
  )
}

/** Of each row, or curve, the peer that is furthest ahead. */
function worstOfEach(rows: readonly Listed[]): Listed[] {
  const seen = new Set<string>()
  return rows.filter(({ standing: { bench, task, metric, curve } }) => {
    const key = JSON.stringify([bench, curve ?? task, metric.name])
    return !seen.has(key) && seen.add(key)
  })
}

function targetText(run: Run): string {
  const targets = targetsOf(run)
  if (targets.length === 0) return ''
  const met = targets.filter(({ judged }) => judged.met).length
  return ` Of ${targets.length} targets that we set ourselves, ${met} are met.`
}
