/** Runs the traces that are kept, then seeds, on each mutant until a promise that it is about breaks, and says in a table which, and when. */
import type { OracleName } from './broken-oracle.ts'
import { mutants, type Mutant } from './mutants.ts'
import type { planTrace } from './plan.ts'
import type { shrink } from './shrink.ts'
import { keptTraces, type Trace } from './trace.ts'
import type { runTrace } from './world.ts'

/** The simulation on a mutant: modules of its own. */
export interface Simulation {
  readonly planTrace: typeof planTrace
  readonly runTrace: typeof runTrace
  readonly shrink: typeof shrink
}

export interface Judged {
  readonly mutant: Mutant
  /** What caught it; `undefined` for one that got away. */
  readonly caught: Catch | undefined
  /** The first that broke a promise which this mutant is not about, before it was caught, if it was. */
  readonly beside: Catch | undefined
  readonly steps: number
}

export interface Catch {
  /** The trace, or the seed. */
  readonly by: string
  readonly oracle: OracleName
  readonly trace: Trace
}

/** Judges the mutants whose names contain `named`, one by one. `load` loads the simulation with replacements. */
export async function judgeMutants(
  load: (mutant: Mutant) => Promise<Simulation>,
  named: string,
  onJudged: (judged: Judged, simulation: Simulation) => Promise<void> | void,
): Promise<readonly Judged[]> {
  const all: Judged[] = []
  for (const mutant of mutants.filter(({ name }) => name.includes(named))) {
    const simulation = await load(mutant)
    const judged = await judge(mutant, simulation)
    await onJudged(judged, simulation)
    all.push(judged)
  }
  return all
}

/** Judges one: it is caught when one of the promises breaks that it is about. */
export async function judge(mutant: Mutant, simulation: Simulation): Promise<Judged> {
  let steps = 0
  let beside: Catch | undefined
  for (const { by, trace } of tracesFor(mutant, simulation)) {
    const result = await simulation.runTrace(trace)
    // Of another world of modules, so its classes are others.
    if (!('error' in result)) {
      steps += result.steps
      continue
    }
    steps += result.step
    const found = { by, oracle: result.error.oracle, trace }
    if (mutant.breaks.includes(found.oracle)) return { mutant, caught: found, beside, steps }
    beside ??= found
  }
  return { mutant, caught: undefined, beside, steps }
}

/** Those that are kept first: they are short, and some are of the very bug. */
function* tracesFor({ seedsMax }: Mutant, { planTrace: plan }: Simulation): Generator<{ by: string; trace: Trace }> {
  for (const [name, trace] of keptTraces()) yield { by: name, trace }
  for (let seed = 1; seed <= seedsMax; seed++) yield { by: `seed ${seed} of ${seedsMax}`, trace: plan(seed) }
}

export function mutantLine({ mutant, caught, beside, steps }: Judged): string {
  const { name, breaks, seedsMax } = mutant
  const also = beside && `${beside.oracle} by ${beside.by}`
  if (caught !== undefined) {
    const text = `${name.padEnd(66)} ${caught.oracle.padEnd(26)} ${caught.by}`
    return also === undefined ? text : `${text} (first ${also})`
  }
  const text = `${name.padEnd(66)} NOT CAUGHT by ${breaks.join(' or ')} in ${seedsMax} seeds, ${steps} steps`
  return also === undefined ? text : `${text}; only ${also}`
}
