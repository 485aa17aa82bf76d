/**
 * The tables of docs/OPERATING.md are what the source says. To write them anew:
 * `SYNCLINE_WRITE_TABLES=1 npx vitest run --project node packages/relay/src/operating`
 */
import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { flagOf, variableOf } from './config/setting.ts'
import { settings } from './config/settings.ts'
import { limitOutcomes, type LimitOutcome } from './limit-outcomes.ts'
import { defaultLimits, type RelayLimits } from './limits.ts'
import { metricDescriptions } from './metrics/relay-metrics.ts'

const guide = new URL('../../../docs/OPERATING.md', import.meta.url)
const limitsSource = new URL('limits.ts', import.meta.url)

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function settingsTable(): string {
  const rows = Object.entries(settings).map(([name, { kind, takes, help, fallback, secret }]) => {
    const flag =
      secret === true
        ? ''
        : `\`--${kind === 'switch' && fallback === true ? 'no-' : ''}${flagOf(name)}${kind === 'switch' ? '' : ` ${takes}`}\``
    const shown = fallback === undefined ? '' : `\`${String(fallback)}\``
    return row(flag, `\`SYNCLINE_${variableOf(name)}\``, `\`${name}\``, shown, help)
  })
  return [row('flag', 'variable', 'key', 'default', ''), row('---', '---', '---', '---', '---'), ...rows].join('\n')
}

/** How the table names the metric of a limit. */
const countings: Readonly<Record<LimitOutcome['counted'], string>> = { hits: 'hits', throttled: 'throttled', not: '' }

/** What limits.ts says of each limit: the comment before it, or the one that it shares with the limit before. */
async function limitsTable(): Promise<string> {
  const source = await readFile(limitsSource, 'utf8')
  const meanings = new Map<string, string>()
  let meaning = ''
  for (const [, comment, name = ''] of source.matchAll(
    /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+)?readonly (\w+): number/g,
  )) {
    meaning = comment === undefined ? meaning : comment.replaceAll(/\s*\n\s*\* ?/g, ' ').trim()
    meanings.set(name, comment === undefined ? 'As above.' : meaning)
  }
  const rows = Object.entries(defaultLimits).map(([name, value]) => {
    expect(meanings.get(name), `limits.ts says what ${name} means`).toBeDefined()
    const { seen, counted } = limitOutcomes[name as keyof RelayLimits]
    return row(`\`${name}\``, value.toLocaleString('en'), meanings.get(name)!, seen, countings[counted])
  })
  return [
    row('limit', 'default', '', 'a client sees', 'counted'),
    row('---', '---:', '---', '---', '---'),
    ...rows,
  ].join('\n')
}

function metricsTable(): string {
  const rows = metricDescriptions.map(({ name, type, labels, help }) =>
    row(`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help),
  )
  return [row('metric', 'type', 'labels', ''), row('---', '---', '---', '---'), ...rows].join('\n')
}

test.each([
  ['settings', settingsTable],
  ['limits', limitsTable],
  ['metrics', metricsTable],
])('the guide for operators has the table of %s as it is', async (name, table) => {
  const text = await readFile(guide, 'utf8')
  const [start, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`]
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)]
  expect(from).toBeGreaterThanOrEqual(start.length)
  const expected = await table()
  if (process.env['SYNCLINE_WRITE_TABLES'] === '1') {
    await writeFile(guide, text.slice(0, from) + expected + text.slice(to))
  } else expect(text.slice(from, to), 'SYNCLINE_WRITE_TABLES=1 writes the table anew').toBe(expected)
})
