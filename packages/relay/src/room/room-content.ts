/**
 * What a room has, without having it: the IDs of every struct and every deletion in its log. From it come the state
 * vector that a newcomer is told, and the knowledge that a push brings nothing new. Holds ranges, not content: its size
 * follows the number of clients, gaps and deleted runs.
 *
 * Invariant: only what the log has flushed is in here.
 */
import { IdSet, encodeStateVector, type UpdateIds } from '@syncline/core'

export class RoomContent {
  readonly #structs = new IdSet()
  readonly #deletes = new IdSet()
  /** Kept between two additions: a crowd that joins is told the same. */
  #stateVector: Uint8Array | undefined

  /** Adds what an update holds. Idempotent; in any order. Costs what the update's ranges cost. */
  add({ structs, deletes }: UpdateIds): void {
    this.#structs.addAll(structs)
    this.#stateVector = undefined
    this.#deletes.addAll(deletes)
  }

  /**
   * Whether the log has all of an update, so that it may be acknowledged without being written. Only deletions are
   * taken at their IDs: the same struct ID may come with other content (a copied client ID, a forgery, a cut surrogate
   * pair), and an ack for content must mean that this content is on the disk. An update that holds nothing at all is
   * covered.
   */
  covers({ structs, deletes }: UpdateIds): boolean {
    return structs.isEmpty && this.#deletes.hasAll(deletes)
  }

  /** Per client the clock up to which nothing is missing. The bytes are shared: nobody may change them. */
  encodeStateVector(): Uint8Array {
    return (this.#stateVector ??= encodeStateVector(this.#structs.stateVector()))
  }
}
