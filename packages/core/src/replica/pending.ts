/** Updates that could not be applied because something is missing that they build on. */
import { IdSet } from '../id-set.ts'
import { mergeUpdates } from '../merge.ts'

export class PendingUpdates {
  /** Structs that wait, as one update in format v1; null if none do. */
  structs: Uint8Array | null = null
  /** Client → the lowest clock that one of them waits for: once the document has it, some can go on. */
  missing: Map<number, number> = new Map()
  /** Deletions of units that the document does not have. */
  deletes: IdSet = new IdSet()

  get isEmpty(): boolean {
    return this.structs === null && this.deletes.isEmpty
  }

  /** Adds structs that wait for `missing`. */
  addStructs(structs: Uint8Array, missing: ReadonlyMap<number, number>): void {
    this.structs = this.structs === null ? structs : mergeUpdates([this.structs, structs])
    for (const [client, clock] of missing) {
      const known = this.missing.get(client)
      if (known === undefined || clock < known) this.missing.set(client, clock)
    }
  }
}
