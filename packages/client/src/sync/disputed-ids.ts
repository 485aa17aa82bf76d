/**
 * Units that two writers claimed with different content, by their ranges: what a person is told when a client ID was copied, with
 * a profile or a disk, and both copies went on writing. A report, not a record: beyond `disputedRangesMax` ranges, no more are listed.
 */
import { IdSet, updateIds, type IdRange } from '@syncline/core'
import type { WireCode } from '@syncline/protocol'
import { SynclineError } from '../errors.ts'
import { ClientLimits } from '../limits.ts'

/** The relay's reason for refusing an edit that claims units which the room has with other content. */
export const CONFLICTING_UPDATE: WireCode = 'conflicting-update'

export class DisputedIds {
  readonly #ids = new IdSet()
  #ranges: readonly IdRange[] = []

  /** Another value after each change; plain objects. */
  get ranges(): readonly IdRange[] {
    return this.#ranges
  }

  /** Returns whether one of them is new. */
  add(ranges: Iterable<IdRange>): boolean {
    let added = false
    for (const { client, start, end } of ranges) {
      if (this.#ids.rangeCount >= ClientLimits.disputedRangesMax || this.#ids.hasRange(client, start, end)) continue
      this.#ids.add(client, start, end)
      added = true
    }
    if (added) this.#ranges = [...this.#ids]
    return added
  }

  /** Some unit of `update`, nobody said which, is disputed: adds those of writers of whom nothing is known to be. */
  addRefused(update: Uint8Array): void {
    const named = new Set(this.#ranges.map(({ client }) => client))
    this.add([...updateIds(update).structs].filter(({ client }) => !named.has(client)))
  }
}

/** Whether the sets have a unit in common. Cost: the ranges of `a`, times those that `b` has of the same client. */
export function haveCommonIds(a: IdSet, b: IdSet): boolean {
  for (const { client, start, end } of a) {
    for (const range of b.ranges(client)) if (range.start < end && start < range.end) return true
  }
  return false
}

/** The error that tells of these ranges; `undefined` when there are none. */
export function conflictOf(ranges: readonly IdRange[]): SynclineError | undefined {
  const [first] = ranges
  if (first === undefined) return undefined
  const where = ranges.map(({ client, start, end }) => `${start} … ${end - 1} of client ${client}`).join(', ')
  const what = 'Units were written twice, differently, as when a copied device goes on writing'
  return new SynclineError('conflict', `${what}: ${where}`, { conflicts: ranges })
}
