/** What the HTTP API needs of a relay: the verbs that are not the log's own. */
import type { Position } from '@syncline/protocol'
import type { CountedLimit } from '../../limit-outcomes.ts'
import type { Rest, TrafficAmounts, TrafficKind } from '../../rate/traffic.ts'
import type { Refusal } from '../../room/admission.ts'

export interface ApiRelay {
  /** How many members an open room has; 0 if it is not open. */
  membersOf(room: string): number
  /**
   * Pushes an update as a member that is `subject` would: it is checked in the same way, goes to everybody, and is durable when this
   * resolves. The update is handed over. Never rejects. `signal` gives up waiting; the update may still be written.
   */
  push(room: string, update: Uint8Array, subject: string | undefined, signal: AbortSignal): Promise<Position | Refusal>
  /** Evicts the members of a room, and forgets everything that the log has of it. Rejects with `LogError`. */
  drop(room: string): Promise<void>
  /** Closes the connections of a subject, and says how many there were. */
  expelSubject(subject: string): number
  /**
   * Counts what came from a subject, together with what its connections send. Returns how long it has to rest before more is
   * taken; nobody in particular never has to.
   */
  count(subject: string | undefined, amounts: TrafficAmounts): Rest
  /** A limit has bitten: counts it. */
  limitHit(limit: CountedLimit): void
  /** A subject was refused, since it has to rest: counts it. */
  throttled(kind: TrafficKind): void
}
