/**
 * The rows that this device has of a room, in the shape in which a document gets them: the row that outweighs all others as it is, and what is
 * in the others as one update after it. Folding sees to it that there nearly always is such a row (fold.ts).
 *
 * Nobody looks into that row before the document does. It was decoded whole before it was stored, and to decode it again, merge it with
 * little and encode it takes longer than to apply it; what else there is to know of it is found out when somebody asks.
 */
import type { IdRange } from '@syncline/core'
import { GatheredUpdates } from '../device-store/gathered-updates.ts'

export class StoredRows {
  /** The update that has more bytes than all others together, if there is one. It may be damaged. */
  readonly largest: Uint8Array | undefined
  /** What is in the others. */
  readonly others: GatheredUpdates
  readonly #updates: readonly Uint8Array[]
  #all: GatheredUpdates | undefined

  /** Borrows the updates. Cost: that of gathering all but the largest. */
  constructor(updates: readonly Uint8Array[]) {
    const total = updates.reduce((bytes, { length }) => bytes + length, 0)
    const largest = updates.findIndex(({ length }) => length * 2 > total)
    this.#updates = updates
    this.largest = updates[largest]
    this.others = GatheredUpdates.of(updates.filter((_, index) => index !== largest))
  }

  /** All of them as one update, but for what is damaged. Linear in all bytes, once. */
  merged(): Uint8Array {
    return this.#gathered().merged()
  }

  /** Where they contradict each other. Linear in all bytes, once. */
  get conflicts(): readonly IdRange[] {
    return this.#gathered().conflicts
  }

  #gathered(): GatheredUpdates {
    return (this.#all ??= this.largest === undefined ? this.others : GatheredUpdates.of(this.#updates))
  }
}
