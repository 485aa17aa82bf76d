/** A scenario of this bench: edits of some replicas and their exchange, of which the replicas at the end must show the same. */
import type { Content } from '../subjects/content.ts'
import type { Replica, Subject } from '../subjects/subject.ts'

export interface Scenario {
  /** With its number in crdt-benchmarks. */
  readonly name: string
  /** How many times faster than yjs ours is to be. */
  readonly timesAtLeast: number
  /** What may be made before the clock runs. Returns what is measured. */
  prepare(subject: Subject): () => Outcome
  /** Whether replicas that ended like this merged rightly; which of concurrent edits comes first is the library's affair. */
  isRight(content: Content): boolean
}

export interface Outcome {
  /** All that got everything. */
  readonly replicas: readonly [Replica, ...Replica[]]
  /** Of all updates together. */
  readonly updateBytes: number
}
