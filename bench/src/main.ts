/**
 * `npm run bench`: parses the command line, runs the benches one after the other, prints the table on stdout and, when asked,
 * writes the JSON. A check that fails ends the run with exit code 1 and without a single number.
 */
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { stderr, stdout } from 'node:process'
import { convergence } from './convergence/convergence.ts'
import { UsageError, parseArguments, selects, usage, type Arguments } from './harness/arguments.ts'
import { CheckFailed, type Bench, type BenchContext, type TaskResult } from './harness/bench.ts'
import { crdtBenchmarks } from './crdt-benchmarks/crdt-benchmarks.ts'
import { environment } from './harness/environment.ts'
import { withTables } from './harness/markdown.ts'
import { progressOn, type Progress } from './harness/progress.ts'
import { jsonOf, renderRun, type BenchReport, type Run } from './harness/report.ts'
import { merge } from './merge/merge.ts'
import { fanOut } from './relay/fan-out.ts'
import { groupCommit } from './relay/group-commit.ts'
import { replica } from './replica/replica.ts'
import { relayTable } from './relay/relay-table.ts'
import { subjectNames } from './subjects/subjects.ts'
import { SEED_MAX } from './workloads/random.ts'
import { openTrace } from './workloads/open-trace.ts'

const benches: readonly Bench[] = [convergence, merge, replica, crdtBenchmarks, fanOut, groupCommit, relayTable]

/** Runs what the command line asks for and returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const progress = progressOn(stderr)
  const interrupt = new AbortController()
  // Once: what is open is closed in order. A second signal ends the process as it always does.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort())
  try {
    const wanted = parseArguments(argv)
    if (wanted.help) {
      stdout.write(
        `${usage}\nbenches:\n${benches.map(({ name, question }) => `  ${name.padEnd(14)} ${question}\n`).join('')}`,
      )
      return 0
    }
    if (wanted.json !== undefined && !existsSync(dirname(resolve(wanted.json)))) {
      throw new UsageError(`--json ${wanted.json}: there is no such folder`)
    }
    if (wanted.tables !== undefined && !existsSync(wanted.tables)) {
      throw new UsageError(`--tables ${wanted.tables}: there is no such file`)
    }
    const run = await runAll(wanted, progress, interrupt.signal)
    progress.end()
    stdout.write(renderRun(run))
    if (wanted.json !== undefined) writeFileSync(wanted.json, `${JSON.stringify(jsonOf(run), undefined, 2)}\n`)
    if (wanted.tables !== undefined) {
      writeFileSync(wanted.tables, withTables(readFileSync(wanted.tables, 'utf8'), run))
    }
    return 0
  } catch (error) {
    progress.end()
    if (interrupt.signal.aborted) {
      stderr.write('interrupted: no numbers\n')
      return 130
    }
    return explain(error)
  }
}

async function runAll(wanted: Arguments, progress: Progress, signal: AbortSignal): Promise<Run> {
  const chosen = benches.filter(({ name }) => selects(wanted.only, name))
  if (chosen.length === 0) throw new UsageError(`no bench is called ${wanted.only.join(' or ')}; see --help`)
  const unknown = wanted.subjects.filter((name) => !(subjectNames as readonly string[]).includes(name))
  if (unknown.length > 0) {
    throw new UsageError(`no library is called ${unknown.join(' or ')}; there are ${subjectNames.join(', ')}`)
  }
  const scale = wanted.quick ? 'quick' : 'full'
  const seed = wanted.seed ?? randomInt(SEED_MAX)
  // Before we are the load ourselves.
  const on = environment()
  const startedAt = new Date()
  const start = performance.now()
  // Said at once: a run that hangs or is killed can be repeated too.
  progress.step(`seed ${seed}`)
  const trace = openTrace(scale)
  const reports: BenchReport[] = []
  for (const bench of chosen) {
    const context: BenchContext = {
      scale,
      fullCounts: wanted.full,
      subjects: wanted.subjects,
      rounds: wanted.rounds,
      profile: wanted.profile,
      seed,
      trace,
      progress,
      signal,
      selects: (task) => selects(wanted.only, bench.name, task),
    }
    const results: TaskResult[] = []
    for await (const result of bench.run(context)) results.push(result)
    if (results.length === 0) throw new UsageError(`${bench.name} has no task that begins like that`)
    reports.push({ bench, workload: bench.workload(context), results })
  }
  return { environment: on, seed, scale, startedAt, elapsedMs: performance.now() - start, reports }
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
  stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}

process.exitCode = await main(process.argv.slice(2))
