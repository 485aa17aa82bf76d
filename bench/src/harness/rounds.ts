/** How many rounds a task has: as many as there is time for, between a least and a most. */
import type { BenchContext } from './bench.ts'

export interface Rounds {
  readonly least: number
  readonly most: number
  /** Milliseconds. Beyond the least, a round that would end later than this does not begin. */
  readonly withinMs: number
}

/** One value for each amount of work: of `--quick`, of a run without options, of `--full`. */
export type Sizes<Size> = Readonly<Record<'quick' | 'normal' | 'full', Size>>

/** The one that this run asks for. */
export function sizeFor<Size>(
  { scale, fullCounts }: Pick<BenchContext, 'scale' | 'fullCounts'>,
  sizes: Sizes<Size>,
): Size {
  return scale === 'quick' ? sizes.quick : fullCounts ? sizes.full : sizes.normal
}

/** What `--rounds` asks for, else what this run has time for. */
export function roundsFor(
  context: Pick<BenchContext, 'scale' | 'fullCounts' | 'rounds'>,
  sizes: Sizes<Rounds>,
): Rounds {
  return context.rounds === undefined ? sizeFor(context, sizes) : exactly(context.rounds)
}

export function exactly(rounds: number): Rounds {
  return { least: rounds, most: rounds, withinMs: 0 }
}

/** Whether another round may begin when `done` rounds have taken `elapsedMs`. */
export function hasRoundLeft({ least, most, withinMs }: Rounds, done: number, elapsedMs: number): boolean {
  if (done < least) return true
  return done < most && (elapsedMs / done) * (done + 1) <= withinMs
}
