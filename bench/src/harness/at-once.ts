/** Rounds whose samples do not depend on what else the machine does: memory of processes, for one. */
import type { Contestant } from './measure.ts'

/** The contestants with rounds that begin all at once, when the first of them is asked. A process or so for each: a handful of them. */
export function atOnce(contestants: readonly Contestant[]): Contestant[] {
  const rounds = new Map<number, readonly ReturnType<Contestant['round']>[]>()
  const begin = (index: number): readonly ReturnType<Contestant['round']>[] => {
    const begun = contestants.map((contestant) => contestant.round(index))
    // Who fails is heard of when it is asked, and after one that failed nobody is.
    for (const round of begun) round.catch(() => {})
    rounds.set(index, begun)
    return begun
  }
  return contestants.map((contestant, place) => ({
    ...contestant,
    round: (index) => (rounds.get(index) ?? begin(index))[place]!,
  }))
}
