/** The run as text for a terminal: where it was measured, then a table for each bench. Pure. */
import { OURS, type TaskResult } from './bench.ts'
import { cautions, commitName, scaleName, type BenchReport, type Run } from './run.ts'
import { tableOf } from './table.ts'

/** The whole report as text, ending in a newline. */
export function renderRun(run: Run): string {
  const { environment: on, reports, elapsedMs, startedAt } = run
  const versions = Object.entries(on.versions).flatMap(([name, version]) =>
    version === undefined ? [] : [`${name} ${version}`],
  )
  const head = [
    `machine   ${on.cpu}, ${on.cores} cores, ${Math.round(on.memoryBytes / 2 ** 30)} GiB, ${on.system}`,
    `runtime   Node ${on.node} (V8 ${on.v8})`,
    `versions  ${versions.join(', ')}`,
    `commit    ${commitName(run)} · ${startedAt.toISOString()} · ${(elapsedMs / 1000).toFixed(0)} s · ${scaleName(run)}`,
    `seed      ${run.seed} (the same cases again: ${run.command})`,
    ...cautions(run).map((caution) => `note      ${caution}`),
  ]
  return [head.join('\n'), ...reports.map(renderBench)].join('\n\n') + '\n'
}

function renderBench({ bench, workload, results }: BenchReport): string {
  const lines = [
    `${bench.name} · ${bench.question}`,
    ...paragraph('workload', workload),
    ...paragraph('metric', bench.metric),
    ...paragraph('ratio', `how many times better ${OURS} is than ${bench.baseline}; below 1 it is behind`),
    '',
    ...alignedTable(tableOf(bench.baseline, results)).map((line) => `  ${line}`),
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

/** Where the time of one task goes, below the table. */
function renderProfile({ task, profile }: TaskResult): string[] {
  if (profile === undefined) return []
  return [
    '',
    `  ${OURS}, ${task}: share of the time in each function itself`,
    ...profile.map(({ share, name, place }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}  ${place}`),
  ]
}

/** Rows of cells, the heading first, as lines: the first two columns and the words of the last to the left, numbers to the right. */
export function alignedTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const isNumber = rows[0]!.map((heading, column) => column >= 2 && heading !== 'target' && heading !== '')
  const render = (row: readonly string[]) =>
    row
      .map((text, column) => (isNumber[column]! ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [render(rows[0]!), rule, ...rows.slice(1).map(render)]
}
