/** Results as tables of a Markdown file, between marks that say which bench's table stands there. Pure: what was there is replaced. */
import { commitName, scaleName, type BenchReport, type Run } from './run.ts'
import { tableOf } from './table.ts'

/** `text` with the table of each bench that ran in its place; what has no place is left out, and other tables stay as they are. */
export function withTables(text: string, run: Run): string {
  return run.reports.reduce((result, report) => withTable(result, report, run), text)
}

function withTable(text: string, report: BenchReport, run: Run): string {
  return between(text, report.bench.name, renderTable(report, run))
}

/** `text` with `content` between the marks of this name, or as it was where it has no such marks. */
export function between(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- table ${name} -->`, `<!-- end ${name} -->`]
  const from = text.indexOf(start)
  const to = text.indexOf(end)
  if (from === -1 || to < from) return text
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`
}

function renderTable({ bench, workload, results }: BenchReport, run: Run): string {
  const [heading, ...rows] = tableOf(bench.baseline, results)
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`
  return [`${placeOf(run)}. ${workload}.`, '', line(heading!), line(heading!.map(() => '---')), ...rows.map(line)].join(
    '\n',
  )
}

/** Where and how it was measured, in a line. */
export function placeOf(run: Run): string {
  const { environment: on, startedAt, seed } = run
  const day = startedAt.toISOString().slice(0, 10)
  return `${day} at ${commitName(run)}, ${on.cpu}, ${on.cores} cores, Node ${on.node}, ${scaleName(run)} run, seed ${seed}`
}

/** A cell's text, in which a bar ends no cell. */
export function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|')
}
