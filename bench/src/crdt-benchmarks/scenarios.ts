/** All scenarios, at full size or smaller: what a library takes for a small one says how long it would take for the whole. */
import { costMs, probed, type Forecast } from '../harness/forecast.ts'
import { mayBeRefused } from '../replica/row.ts'
import { startOf } from '../replica/workload.ts'
import type { Replica, Subject } from '../subjects/subject.ts'
import { firstEvents, type ConcurrentTrace } from '../workloads/concurrent-trace.ts'
import type { Trace } from '../workloads/trace.ts'
import { authors } from './authors.ts'
import { manyWriters } from './many-writers.ts'
import { oneAuthor } from './one-author.ts'
import { oneWriter } from './one-writer.ts'
import type { Scenario } from './scenario.ts'
import { twoWriters } from './two-writers.ts'

export class Scenarios {
  readonly #n: number
  readonly #trace: Trace
  readonly #openConcurrent: () => ConcurrentTrace
  #concurrent: ConcurrentTrace | undefined
  /** By their `n`. */
  readonly #made = new Map<number, readonly Scenario[]>()

  /** `n` is the number of B1 to B3; the traces are played whole. The one of several authors is opened when it is first played: it is large. */
  constructor(n: number, trace: Trace, openConcurrent: () => ConcurrentTrace) {
    this.#n = n
    this.#trace = trace
    this.#openConcurrent = openConcurrent
  }

  /** In the order of their numbers. */
  get all(): readonly Scenario[] {
    return this.#at(this.#n)
  }

  /** How long a subject would take for the scenario with this place in {@link all}, preparations included. */
  effort(place: number, subject: Subject): Forecast | undefined {
    if (!mayBeRefused(subject)) return undefined
    return probed((n) => {
      const scenario = this.#at(n)[place]!
      const replicas: Replica[] = []
      const ms = costMs(() => replicas.push(...scenario.prepare(subject)().replicas))
      for (const replica of replicas) replica.free()
      return ms
    }, this.#n)
  }

  #at(n: number): readonly Scenario[] {
    const known = this.#made.get(n)
    if (known !== undefined) return known
    const partOf = (count: number): number => Math.ceil((count * n) / this.#n)
    const made = [
      ...oneWriter(n),
      ...twoWriters(n),
      ...manyWriters(n),
      oneAuthor(n === this.#n ? this.#trace : startOf(this.#trace, partOf(this.#trace.edits.length))),
      authors(() => {
        const whole = (this.#concurrent ??= this.#openConcurrent())
        return firstEvents(whole, partOf(whole.events.length))
      }),
    ]
    this.#made.set(n, made)
    return made
  }
}
