/**
 * Updates of one room, kept merged as they come, where none may take others with it: neither one that is damaged, nor one that
 * contradicts the others, because it claims IDs of theirs with other content (a client ID that was copied with the device).
 * Those that agree are in one update store. What contradicts it is in a second one, and so on: nothing is lost, and a few
 * updates are left in the end, most often one.
 */
import { ConflictError, DecodeError, UpdateStore, emptyUpdate, mergeUpdates, type Conflict } from '@syncline/core'

/**
 * Stores for updates that contradict each other; what contradicts all of them is kept as it came. A copied device makes two,
 * a copy of the copy three.
 */
export const CONTRADICTIONS_MAX = 4

/** Where an update went: the number of the store that took it; `apart` when none did, `damaged` when it is no update. */
export type Gathered = number | 'apart' | 'damaged'

export class GatheredUpdates {
  readonly #stores: UpdateStore[] = []
  #apart: Uint8Array[] = []
  #conflicts: readonly Conflict[] = []

  static of(updates: Iterable<Uint8Array>): GatheredUpdates {
    const gathered = new GatheredUpdates()
    for (const update of updates) gathered.add(update)
    return gathered
  }

  /** The first contradiction that was found, by its ranges; empty while there is none. */
  get conflicts(): readonly Conflict[] {
    return this.#conflicts
  }

  get isEmpty(): boolean {
    return this.#stores.length === 0 && this.#apart.length === 0
  }

  /** Takes an update in; its bytes are copied. Throws nothing. Cost as of `UpdateStore.ingest`, once for each store that refuses it. */
  add(update: Uint8Array): Gathered {
    try {
      // By number: this runs once for each row of a room, and an iterator costs as much as a keystroke's merge.
      for (let number = 0; number < this.#stores.length; number += 1) {
        if (this.#agrees(this.#stores[number]!, update)) return number
      }
      if (this.#stores.length < CONTRADICTIONS_MAX) {
        this.#stores.push(UpdateStore.of([update]))
        return this.#stores.length - 1
      }
      this.#apart.push(update.slice())
      return 'apart'
    } catch (error) {
      if (error instanceof DecodeError) return 'damaged'
      throw error
    }
  }

  /** Drops the content of what is deleted. */
  compact(): void {
    for (const store of this.#stores) store.compact()
  }

  /** What went into the store of this number, as one update. */
  encode(store: number): Uint8Array {
    return this.#stores[store]!.encode()
  }

  /** All of it as one update: of contradicting contents, the one that `mergeUpdates` decides for. The empty update for nothing. */
  merged(): Uint8Array {
    const [only, ...others] = this.#stores
    if (only === undefined) return emptyUpdate()
    if (others.length === 0) return only.encode()
    return mergeUpdates([...this.#stores.map((store) => store.encode()), ...this.#apart])
  }

  #agrees(store: UpdateStore, update: Uint8Array): boolean {
    try {
      store.ingest(update)
      return true
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      if (this.#conflicts.length === 0) this.#conflicts = error.conflicts
      return false
    }
  }
}

/** The merge of all of `updates` that are updates. Throws nothing. */
export function mergeRows(updates: readonly Uint8Array[]): Uint8Array {
  return GatheredUpdates.of(updates).merged()
}

/** Whether these bytes are an update. */
export function isUpdate(update: Uint8Array): boolean {
  return new GatheredUpdates().add(update) !== 'damaged'
}
