/**
 * Runs benches one after the other. All numbers come out at the end, or none: a check that fails ends the run. One that is interrupted, or in which a bench
 * breaks, keeps what was finished.
 */
import { randomInt } from 'node:crypto'
import { SEED_MAX } from '../workloads/random.ts'
import type { Trace } from '../workloads/trace.ts'
import { commandOf, selects, UsageError, type Arguments } from './arguments.ts'
import { CheckFailed, type Bench, type BenchContext, type TaskResult } from './bench.ts'
import { environment } from './environment.ts'
import { Estimate, planFor, remainingText, type Typical } from './estimate.ts'
import type { Progress } from './progress.ts'
import type { BenchReport, Run } from './run.ts'

export interface Surroundings {
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly openTrace: (scale: BenchContext['scale']) => Trace
  /** What ran here before: tells how long this run may take. */
  readonly earlier: Run | undefined
  /** What benches usually take, where there is no earlier run. */
  readonly typicalMs: Typical
  /** Told of a bench that broke, which is not for a wrong result: it has no numbers, and the others go on. */
  readonly onBroken: (bench: string, error: unknown) => void
}

/**
 * The run that the command line asks for. Rejects with {@link UsageError} when it names what does not exist, with `CheckFailed` when a result was
 * wrong, and with the signal's reason when it was interrupted before any bench had ended. A bench that was under way then has no numbers. Rejects with what broke the
 * last bench when all of them broke.
 */
export async function runBenches(
  benches: readonly Bench[],
  wanted: Arguments,
  surroundings: Surroundings,
): Promise<Run> {
  const chosen = benches.filter(({ name }) => selects(wanted.only, name))
  if (chosen.length === 0) throw new UsageError(`no bench is called ${wanted.only.join(' or ')}; see --help`)
  const { signal, openTrace, earlier, typicalMs, onBroken } = surroundings
  const scale = wanted.quick ? 'quick' : 'full'
  const seed = wanted.seed ?? randomInt(SEED_MAX)
  // Before we are the load ourselves.
  const on = environment()
  const startedAt = new Date()
  const start = performance.now()
  // Said at once: a run that hangs or is killed can be repeated too.
  surroundings.progress.step(`seed ${seed}`)
  const trace = openTrace(scale)
  const estimate = new Estimate(planFor(chosen, wanted, earlier, typicalMs))
  const progress = estimating(surroundings.progress, estimate)
  const reports: BenchReport[] = []
  let broken: { readonly by: unknown } | undefined
  for (const bench of chosen) {
    if (signal.aborted) break
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
    estimate.begin(performance.now())
    let results: TaskResult[] | undefined
    try {
      results = await resultsOf(bench, context)
    } catch (error) {
      if (error instanceof CheckFailed) throw error
      onBroken(bench.name, error)
      broken = { by: error }
      continue
    }
    if (results === undefined) break
    if (results.length === 0) throw new UsageError(`${bench.name} has no task that begins like that`)
    reports.push({ bench, workload: bench.workload(context), results })
  }
  if (reports.length === 0) signal.throwIfAborted()
  if (reports.length === 0 && broken !== undefined) throw broken.by
  const missing = chosen.filter((bench) => reports.every((report) => report.bench !== bench))
  return {
    environment: on,
    seed,
    scale,
    fullCounts: wanted.full,
    command: commandOf(wanted, seed),
    startedAt,
    elapsedMs: performance.now() - start,
    reports,
    ...(missing.length === 0 ? {} : { interrupted: missing.map(({ name }) => name) }),
  }
}

/** All results of a bench, or `undefined` when the run was interrupted meanwhile: whatever went wrong then did so for that. */
async function resultsOf(bench: Bench, context: BenchContext): Promise<TaskResult[] | undefined> {
  const results: TaskResult[] = []
  let start = performance.now()
  try {
    for await (const result of bench.run(context)) {
      results.push({ ...result, elapsedMs: performance.now() - start })
      start = performance.now()
    }
    return results
  } catch (error) {
    if (context.signal.aborted) return undefined
    throw error
  }
}

/** Says with every step how long the run still takes. */
function estimating(progress: Progress, estimate: Estimate): Progress {
  return {
    step(text) {
      const remainingMs = estimate.remainingMs(performance.now())
      progress.step(remainingMs === undefined ? text : `${text} · ${remainingText(remainingMs)}`)
    },
    detail: (text) => progress.detail(text),
    end: () => progress.end(),
  }
}
