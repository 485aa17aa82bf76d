/** How long a library would take to make a workload, or to apply its updates one by one: forecast from workloads like it that are smaller, once for each library. */
import { costMs, probed, type Forecast } from '../harness/forecast.ts'
import type { Replica, Subject } from '../subjects/subject.ts'
import { mayBeRefused, type Scale } from './row.ts'
import { playStored, READER, WRITER, type Workload } from './workload.ts'

export class Effort {
  readonly #workload: Workload
  readonly #scale: Scale
  readonly #writing = new Map<Subject, Forecast | undefined>()
  readonly #storing = new Map<Subject, Forecast | undefined>()
  readonly #applying = new Map<Subject, Forecast | undefined>()

  constructor(workload: Workload, scale: Scale) {
    this.#workload = workload
    this.#scale = scale
  }

  /** Of all edits, a transaction each, of which a listener is told. */
  writing(subject: Subject): Forecast | undefined {
    return told(
      this.#writing,
      subject,
      (transactions) => {
        const replica = subject.create(WRITER)
        replica.onUpdate(() => {})
        const part = this.#workload.part(transactions)
        const ms = costMs(() => part.play(replica))
        replica.free()
        return ms
      },
      this.#workload.transactions,
      this.#scale,
    )
  }

  /** Of a document with all edits, of which nobody is told. */
  storing(subject: Subject): Forecast | undefined {
    return told(
      this.#storing,
      subject,
      (transactions) => {
        const replica = subject.create(WRITER)
        const part = this.#workload.part(transactions)
        const ms = costMs(() => playStored(part, subject, replica))
        replica.free()
        return ms
      },
      this.#workload.transactions,
      this.#scale,
    )
  }

  /** Of all updates, one by one. */
  applying(subject: Subject): Forecast | undefined {
    return told(
      this.#applying,
      subject,
      (transactions) => {
        const updates = updatesOf(subject, this.#workload.part(transactions))
        const replica: Replica = subject.create(READER)
        // Some do half of the work for who listens.
        replica.onTextChange(() => {})
        const ms = costMs(() => updates.forEach((update) => replica.applyUpdate(update)))
        replica.free()
        return ms
      },
      this.#workload.transactions,
      this.#scale,
    )
  }
}

function updatesOf(subject: Subject, workload: Workload): readonly Uint8Array[] {
  const updates: Uint8Array[] = []
  const replica = subject.create(WRITER)
  replica.onUpdate((update) => updates.push(update))
  workload.play(replica)
  replica.free()
  return updates
}

/** From memory, or by pieces. */
function told(
  known: Map<Subject, Forecast | undefined>,
  subject: Subject,
  work: (transactions: number) => number,
  transactions: number,
  scale: Scale,
): Forecast | undefined {
  if (!mayBeRefused(subject)) return undefined
  if (!known.has(subject)) known.set(subject, probed(work, transactions, scale))
  return known.get(subject)
}
