/** One that takes part in a case: a replica of any library that speaks Yjs's update format, or a store of updates that only listens and answers. */
import type { Random } from '../workloads/random.ts'

export interface Participant {
  /** For messages: which library it is of. */
  readonly library: string
  /**
   * Whether what it encodes is, once yjs has loaded it, the same bytes as of all others. Of those that write a value in other bytes than they got it, content and
   * clocks alone are compared.
   */
  readonly isExact: boolean
  /** Does one random edit, as one transaction. Those that only listen do none. */
  edit(random: Random): void
  /** From now on, `listener` gets every update that is made here, by an edit or by what it caused elsewhere; not what was applied. */
  onUpdate(listener: (update: Uint8Array) => void): void
  apply(update: Uint8Array): void
  /** Encoded: what it has, up to the gaps. */
  stateVector(): Uint8Array
  /** What somebody with this state vector lacks, as an update. */
  diff(stateVector: Uint8Array): Uint8Array
  encode(): Uint8Array
  /** Everything that it shows; the same text for the same content, in every library. */
  content(): string
  /** Whether something that it got waits for something that it did not get. */
  isWaiting(): boolean
  destroy(): void
}
