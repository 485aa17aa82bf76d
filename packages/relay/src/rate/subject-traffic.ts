/**
 * The traffic of each subject over all of its connections. Kept by name as long as it matters: a subject that has
 * rested enough is as good as a new one, and forgotten. So its size follows the subjects that were active lately, each
 * of which has, or had, a connection.
 */
import { Traffic, noRest, type Rest, type TrafficAmounts, type TrafficRates } from './traffic.ts'

export class SubjectTraffic {
  readonly #rates: TrafficRates
  readonly #bySubject = new Map<string, Traffic>()

  constructor(rates: TrafficRates) {
    this.#rates = rates
  }

  /** Subjects that are remembered. */
  get size(): number {
    return this.#bySubject.size
  }

  /** Counts what came from a subject. Nobody in particular shares nothing with anybody. */
  take(subject: string | undefined, amounts: TrafficAmounts, now: number): Rest {
    if (subject === undefined) return noRest
    let traffic = this.#bySubject.get(subject)
    if (traffic === undefined) {
      traffic = new Traffic(this.#rates, now)
      this.#bySubject.set(subject, traffic)
    }
    return traffic.take(amounts, now)
  }

  /** Forgets who has rested enough. Cost: the subjects that are remembered. */
  sweep(now: number): void {
    for (const [subject, traffic] of this.#bySubject) if (traffic.isFull(now)) this.#bySubject.delete(subject)
  }
}
