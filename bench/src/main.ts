/**
 * `npm run bench`: parses the command line, runs the benches one after the other or reads an earlier run, prints the table on stdout and writes what was
 * asked for: report, JSON, tables, comparison. A check that fails ends the run with exit code 1 and without a single number.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { stderr, stdout } from 'node:process'
import { fileURLToPath } from 'node:url'
import { UsageError, parseArguments, usage, type Arguments } from './harness/arguments.ts'
import { CheckFailed } from './harness/bench.ts'
import { isolated } from './harness/isolated.ts'
import { withTables } from './harness/markdown.ts'
import { progressOn, type Progress } from './harness/progress.ts'
import { jsonOf, ResultsError, runOf } from './harness/results.ts'
import { runBenches } from './harness/run-benches.ts'
import type { Run } from './harness/run.ts'
import { renderRun } from './harness/terminal.ts'
import { compare } from './report/guard.ts'
import { renderComparison } from './report/guard-table.ts'
import { missingHeadlines } from './report/headlines.ts'
import { withSummary } from './report/summary-table.ts'
import { writeReport } from './report/write-report.ts'
import { subjectNames } from './subjects/subjects.ts'
import { openTrace } from './workloads/open-trace.ts'

/** Of `--report`, where it is not given. */
const defaultFolder = join(dirname(fileURLToPath(import.meta.url)), '..', 'report')

/** What each bench runs in. */
const benchProcess = new URL('bench-child.js', import.meta.url)

/** Worse than an earlier run beyond noise. */
const WORSE = 3

/** Ended by a signal: what was finished is reported. */
const INTERRUPTED = 130

/** Does what the command line asks for and returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const progress = progressOn(stderr)
  const interrupt = new AbortController()
  // Once: what is open is closed in order. A second signal ends the process as it always does.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort())
  try {
    const wanted = parseArguments(argv)
    if (wanted.help) {
      const { loadBenches } = await import('./benches.ts')
      const benches = await loadBenches()
      stdout.write(
        `${usage}\nbenches:\n${benches.map(({ name, question }) => `  ${name.padEnd(14)} ${question}\n`).join('')}`,
      )
      return 0
    }
    refuseAbsent(wanted)
    // Before it may be written over.
    const before = wanted.against.map((file) => readRun('against', file))
    const broken: string[] = []
    const run =
      wanted.from === undefined
        ? await measureAll(wanted, progress, interrupt.signal, broken)
        : readRun('from', wanted.from)
    progress.end()
    const isWhole = run.interrupted === undefined
    stdout.write(renderRun(run))
    const comparison = before.length === 0 ? undefined : compare(before, run)
    if (comparison !== undefined) stdout.write(`\n${renderComparison(comparison)}`)
    if (wanted.json !== undefined) writeFileSync(wanted.json, `${JSON.stringify(jsonOf(run), undefined, 2)}\n`)
    for (const file of wanted.tables) {
      const text = withTables(readFileSync(file, 'utf8'), run)
      writeFileSync(file, isWhole ? withSummary(text, run) : text)
    }
    if (wanted.tables.length > 0 && isWhole) {
      for (const missing of missingHeadlines(run)) stderr.write(`a summary lacks ${missing}\n`)
    }
    if (wanted.report !== false) {
      const page = writeReport(wanted.report ?? defaultFolder, run, comparison)
      stderr.write(`the report: ${relative(process.cwd(), page)}\n`)
    }
    if (interrupt.signal.aborted && !isWhole) return INTERRUPTED
    if (broken.length > 0) return 1
    return comparison?.changes.some(({ verdict }) => verdict === 'worse') === true ? WORSE : 0
  } catch (error) {
    progress.end()
    if (interrupt.signal.aborted) {
      stderr.write('interrupted: no numbers\n')
      return INTERRUPTED
    }
    return explain(error)
  }
}

/** Said before anything is measured. */
function refuseAbsent(wanted: Arguments): void {
  if (wanted.json !== undefined && !existsSync(dirname(resolve(wanted.json)))) {
    throw new UsageError(`--json ${wanted.json}: there is no such folder`)
  }
  for (const file of wanted.tables) {
    if (!existsSync(file)) throw new UsageError(`--tables ${file}: there is no such file`)
  }
}

/** `broken` gets the names of benches that broke. */
async function measureAll(wanted: Arguments, progress: Progress, signal: AbortSignal, broken: string[]): Promise<Run> {
  const { loadBenches, typicalMs } = await import('./benches.ts')
  const unknown = wanted.subjects.filter((name) => !(subjectNames as readonly string[]).includes(name))
  if (unknown.length > 0) {
    throw new UsageError(`no library is called ${unknown.join(' or ')}; there are ${subjectNames.join(', ')}`)
  }
  const benches = (await loadBenches()).map((bench) => isolated(bench, wanted.only, benchProcess))
  const onBroken = (bench: string, error: unknown): void => {
    broken.push(bench)
    progress.end()
    stderr.write(`${bench} broke, and has no numbers: ${textOf(error)}\n`)
  }
  return runBenches(benches, wanted, { progress, signal, openTrace, earlier: earlierRun(), typicalMs, onBroken })
}

/** What the last report was of. Only an estimate depends on it, so one that cannot be read is none. */
function earlierRun(): Run | undefined {
  try {
    return runOf(readFileSync(join(defaultFolder, 'results.json'), 'utf8'))
  } catch {
    return undefined
  }
}

function readRun(option: string, file: string): Run {
  try {
    return runOf(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof ResultsError) throw new UsageError(`--${option} ${file}: ${error.message}`, { cause: error })
    throw new UsageError(`--${option} ${file}: it cannot be read`, { cause: error })
  }
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    stderr.write(`${error.message}\n\n${usage}`)
    return 2
  }
  if (error instanceof CheckFailed) {
    const replay = error.replay === undefined ? '' : `\nreplay it with: ${error.replay}`
    stderr.write(`no numbers: ${error.message}${replay}\n`)
    return 1
  }
  stderr.write(`${textOf(error)}\n`)
  return 1
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

process.exitCode = await main(process.argv.slice(2))
