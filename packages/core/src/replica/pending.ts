/** Updates that could not be applied because something is missing that they build on. */
import { IdSet } from '../id-set.ts'
import { decodeUpdate, encodeUpdate, type Update } from '../update.ts'
import { diffUpdateValue, mergeUpdateValues } from '../update-values.ts'
import type { StateVector } from '../state-vector.ts'

export class PendingUpdates {
  /** Structs that wait, in format v1; in as many updates as they came. */
  #structs: Uint8Array[] = []
  #bytes = 0
  /** How many bytes the structs took when they were merged last. */
  #mergedBytes = 0
  /** Client → the lowest clock that one of them waits for: once the document has it, some can go on. */
  readonly missing: Map<number, number> = new Map()
  /** Deletions of units that the document does not have. */
  deletes: IdSet = new IdSet()

  get isEmpty(): boolean {
    return this.#structs.length === 0 && this.deletes.isEmpty
  }

  /** Adds structs that wait for `missing`. Merged when they have doubled, so cost is n log n however many come one by one, and what comes again and again takes no room. */
  addStructs(structs: Uint8Array, missing: ReadonlyMap<number, number>): void {
    this.#structs.push(structs)
    this.#bytes += structs.length
    if (this.#bytes > this.#mergedBytes * 2) {
      this.#bytes = this.#merge()?.length ?? 0
      this.#mergedBytes = this.#bytes
    }
    for (const [client, clock] of missing) {
      const known = this.missing.get(client)
      if (known === undefined || clock < known) this.missing.set(client, clock)
    }
  }

  /** Takes the structs out, as one update; null if there are none. */
  takeStructs(): Uint8Array | null {
    const structs = this.#merge()
    this.#structs = []
    this.#bytes = 0
    this.#mergedBytes = 0
    this.missing.clear()
    return structs
  }

  /** All that waits, without what a replica with this state vector has. */
  lackedBy(known: StateVector): Update {
    const structs = this.#merge()
    const { clients } = structs === null ? { clients: [] } : diffUpdateValue(decodeUpdate(structs), known)
    return { clients, deletes: this.deletes }
  }

  #merge(): Uint8Array | null {
    if (this.#structs.length > 1) {
      // Which values have a key is known where they are integrated. Joined, they would not delete each other.
      this.#structs = [encodeUpdate(mergeUpdateValues(Array.from(this.#structs, decodeUpdate), 'all'))]
    }
    return this.#structs[0] ?? null
  }
}
