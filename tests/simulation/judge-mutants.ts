/** Runs the traces that are kept, then seeds, on each mutant until an oracle breaks, and says in a table which one, and when. */
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
  /** What caught it, with the oracle that broke; `undefined` for one that got away. */
  readonly caught: { readonly by: string; readonly oracle: OracleName; readonly trace: Trace } | undefined
  readonly steps: number
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

async function judge(mutant: Mutant, simulation: Simulation): Promise<Judged> {
  let steps = 0
  for (const { by, trace } of tracesFor(mutant, simulation)) {
    const result = await simulation.runTrace(trace)
    // Of another world of modules, so its classes are others.
    if (!('error' in result)) {
      steps += result.steps
      continue
    }
    return { mutant, caught: { by, oracle: result.error.oracle, trace }, steps: steps + result.step }
  }
  return { mutant, caught: undefined, steps }
}

/** Those that are kept first: they are short, and some are of the very bug. */
function* tracesFor({ seedsMax }: Mutant, { planTrace: plan }: Simulation): Generator<{ by: string; trace: Trace }> {
  for (const [name, trace] of keptTraces()) yield { by: name, trace }
  for (let seed = 1; seed <= seedsMax; seed++) yield { by: `seed ${seed} of ${seedsMax}`, trace: plan(seed) }
}

export function mutantLine({ mutant, caught, steps }: Judged): string {
  const { name, seedsMax } = mutant
  if (caught === undefined) return `${name.padEnd(66)} NOT CAUGHT in ${seedsMax} seeds, ${steps} steps`
  return `${name.padEnd(66)} ${caught.oracle.padEnd(26)} ${caught.by}`
}
