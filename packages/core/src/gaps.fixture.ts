/** What is missing below what is there. */
import { IdSet } from './id-set.ts'

/** The units that are missing below a unit that is in the set: clocks that something known was built on. */
export function gapsOf(ids: IdSet): IdSet {
  const gaps = new IdSet()
  for (const client of ids.clients()) {
    let clock = 0
    for (const { start, end } of ids.ranges(client)) {
      gaps.add(client, clock, start)
      clock = end
    }
  }
  return gaps
}
