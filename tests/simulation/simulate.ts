/**
 * The command `npm run simulate`: many seeds with progress and throughput, or one trace, for people.
 *
 * ```
 * --seeds N       how many (100)          --trace FILE   one trace instead
 * --from S        the first (1)           --log          print what happens
 * --steps N       stop after so many steps
 * --mutants       run the broken variants of the product instead; --named TEXT: those alone
 * --shrink FILE   make the first trace that breaks something small, and write it there
 * ```
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { judgeMutants, mutantLine, type Simulation } from './judge-mutants.ts'
import type { Mutant, Replacement } from './mutants.ts'
import { planTrace } from './plan.ts'
import { shrink } from './shrink.ts'
import { formatTrace, readTrace, type Trace } from './trace.ts'
import { isFailure, runTrace, type Failure } from './world.ts'

/** How often progress is told. */
const PROGRESS_MS = 5_000
const SHRINK_RUNS_MAX = 600

/** Loads a module of this folder anew, on a product with replacements. */
export type Load = (module: string, replacements: readonly Replacement[]) => Promise<unknown>

export async function simulate(parameters: readonly string[], load: Load): Promise<number> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      steps: { type: 'string' },
      trace: { type: 'string' },
      shrink: { type: 'string' },
      mutants: { type: 'boolean', default: false },
      named: { type: 'string', default: '' },
      log: { type: 'boolean', default: false },
    },
  })
  const log = values.log ? say : undefined
  const { shrink: smallFile } = values
  if (values.mutants) return simulateMutants(values.named, smallFile, load)
  if (values.trace !== undefined) {
    const trace = readTrace(values.trace)
    const code = await simulateOne(trace, `--trace ${values.trace}`, log)
    if (code !== 0 && smallFile !== undefined) await shrinkTo(smallFile, trace)
    return code
  }
  const from = Number(values.from)
  const stepsMax = Number(values.steps ?? Number.POSITIVE_INFINITY)
  const totals = { seeds: 0, steps: 0, edits: 0, failures: 0, restMsMax: 0 }
  const begun = performance.now()
  let toldAt = begun
  const tell = (): void => {
    const seconds = (performance.now() - begun) / 1_000
    const { seeds, steps, edits, failures, restMsMax } = totals
    say(
      `${seeds} seeds, ${steps} steps (${Math.round(steps / seconds)}/s), ${edits} edits, ` +
        `slowest to rest ${restMsMax / 1_000} s of its time, ${failures} broken`,
    )
  }
  for (let seed = from; seed < from + Number(values.seeds) && totals.steps < stepsMax; seed++) {
    const result = await runTrace(planTrace(seed), { log })
    totals.seeds += 1
    if (isFailure(result)) {
      totals.failures += 1
      totals.steps += result.step
      report(result, `--seeds 1 --from ${seed}`)
      if (smallFile !== undefined) {
        await shrinkTo(smallFile, planTrace(seed))
        return 1
      }
    } else {
      totals.steps += result.steps
      totals.edits += result.edits
      totals.restMsMax = Math.max(totals.restMsMax, result.restMs)
    }
    if (performance.now() - toldAt > PROGRESS_MS) {
      toldAt = performance.now()
      tell()
    }
  }
  tell()
  return totals.failures === 0 ? 0 : 1
}

async function simulateMutants(named: string, smallFile: string | undefined, load: Load): Promise<number> {
  const loadMutant = ({ replacements }: Mutant): Promise<Simulation> =>
    load('simulation.ts', replacements) as Promise<Simulation>
  const judged = await judgeMutants(loadMutant, named, async (one, simulation) => {
    say(mutantLine(one))
    if (smallFile !== undefined && one.caught !== undefined) await shrinkTo(smallFile, one.caught.trace, simulation)
  })
  const caught = judged.filter((one) => one.caught !== undefined).length
  say(`${caught} of ${judged.length} mutants caught`)
  return caught === judged.length && judged.length > 0 ? 0 : 1
}

async function simulateOne(
  trace: Trace,
  parameters: string,
  log: ((line: string) => void) | undefined,
): Promise<number> {
  const result = await runTrace(trace, { log })
  if (isFailure(result)) {
    report(result, parameters)
    return 1
  }
  say(`${trace.from}: ${result.steps} steps, ${result.edits} edits, nothing broken`)
  return 0
}

async function shrinkTo(
  file: string,
  trace: Trace,
  simulation: Pick<Simulation, 'shrink'> = { shrink },
): Promise<void> {
  const small = await simulation.shrink(trace, {
    runsMax: SHRINK_RUNS_MAX,
    onSmaller: ({ actions }, runs) => say(`  ${actions.length} actions after ${runs} runs`),
  })
  writeFileSync(file, formatTrace(small))
  say(`  ${small.actions.length} of ${trace.actions.length} actions are in ${file}`)
}

function report({ step, error }: Failure, parameters: string): void {
  say(`broken at step ${step}: ${error.message}`)
  say(`  replay: npm run simulate -- ${parameters} --log`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
