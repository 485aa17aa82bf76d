/**
 * What a room has, without having it: which structs its log has, and which deletions while they are few. From it come the state
 * vector that a newcomer is told, and the knowledge whether a push brings something new, or has to be inspected to know that.
 * Its size follows the clients that ever wrote, and is bounded otherwise.
 *
 * Invariant: only what the log has flushed is in here.
 */
import { IdSet } from '@syncline/core'
import type { RelayLimits } from '../limits.ts'
import type { LogSummary } from '../merger/merge-job.ts'
import { RANGE_NUMBERS, type Ranges, type UpdateRanges } from '../merger/update-ranges.ts'
import { KnownStructs } from './known-structs.ts'

/** Shared by the rooms that have none, and never added to. */
const noDeletes = new IdSet()

export class RoomContent {
  readonly #structs: KnownStructs
  readonly #deletedRangesMax: number
  /** `undefined` once there were too many ranges. */
  #deletes: IdSet | undefined = noDeletes
  /** Kept between two additions: a crowd that joins is told the same. */
  #stateVector: Uint8Array | undefined

  constructor(limits: Pick<RelayLimits, 'deletedRangesMax' | 'islandsMax'>) {
    this.#structs = new KnownStructs(limits.islandsMax)
    this.#deletedRangesMax = limits.deletedRangesMax
  }

  /** Adds what the log had when the room was opened. */
  open({ structs, deletes }: LogSummary): void {
    this.add({ structs, deletes: deletes ?? [] })
    if (deletes === undefined) this.#deletes = undefined
  }

  /**
   * Adds what an update holds. Idempotent; in any order. Returns whether the update left a gap that was not there. Costs what the
   * update's ranges cost.
   */
  add({ structs, deletes }: Pick<UpdateRanges, 'structs' | 'deletes'>): boolean {
    this.#addDeletes(deletes)
    if (structs.length === 0) return false
    this.#stateVector = undefined
    return this.#structs.add(structs)
  }

  /** Whether certainly none of these structs is in the log. */
  hasNone(structs: Ranges): boolean {
    return this.#structs.hasNone(structs)
  }

  /** Whether all of these deletions are in the log; `undefined` if that is not known. */
  hasDeletes(deletes: Ranges): boolean | undefined {
    if (this.#deletes === undefined) return undefined
    for (let at = 0; at < deletes.length; at += RANGE_NUMBERS) {
      if (!this.#deletes.hasRange(deletes[at]!, deletes[at + 1]!, deletes[at + 2]!)) return false
    }
    return true
  }

  /** Per client the clock up to which nothing is missing. The bytes are shared: nobody may change them. */
  encodeStateVector(): Uint8Array {
    return (this.#stateVector ??= this.#structs.encodeStateVector())
  }

  #addDeletes(deletes: Ranges): void {
    if (this.#deletes === undefined || deletes.length === 0) return
    if (deletes.length / RANGE_NUMBERS > this.#deletedRangesMax) {
      this.#deletes = undefined
      return
    }
    if (this.#deletes === noDeletes) this.#deletes = new IdSet()
    for (let at = 0; at < deletes.length; at += RANGE_NUMBERS) {
      this.#deletes.add(deletes[at]!, deletes[at + 1]!, deletes[at + 2]!)
    }
    if (this.#deletes.rangeCount > this.#deletedRangesMax) this.#deletes = undefined
  }
}
