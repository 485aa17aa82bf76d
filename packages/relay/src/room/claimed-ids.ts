/**
 * The units that pushes under way speak of: nobody knows yet whether the log will have them. A push that speaks of the same has to
 * wait until that is known, or two members could store different content for the same unit at the same moment.
 *
 * Kept roughly: per client one range that covers all claims until none is left. So it may say yes where the answer is no, which
 * costs an inspection, and never the other way round. Its size follows the clients that write at this moment.
 */
import { RANGE_NUMBERS, type Ranges } from '../merger/update-ranges.ts'

interface Claims {
  /** How many ranges were claimed and not released. */
  count: number
  start: number
  end: number
}

export class ClaimedIds {
  readonly #clients = new Map<number, Claims>()

  claim(ranges: Ranges): void {
    for (let at = 0; at < ranges.length; at += RANGE_NUMBERS) {
      const start = ranges[at + 1]!
      const end = ranges[at + 2]!
      const claims = this.#clients.get(ranges[at]!)
      if (claims === undefined) {
        this.#clients.set(ranges[at]!, { count: 1, start, end })
        continue
      }
      claims.count++
      claims.start = Math.min(claims.start, start)
      claims.end = Math.max(claims.end, end)
    }
  }

  /** Takes back one {@link ClaimedIds.claim} of the same ranges. */
  release(ranges: Ranges): void {
    for (let at = 0; at < ranges.length; at += RANGE_NUMBERS) {
      const claims = this.#clients.get(ranges[at]!)
      if (claims === undefined) continue
      claims.count--
      if (claims.count === 0) this.#clients.delete(ranges[at]!)
    }
  }

  /** Whether any of these units may be claimed. */
  overlaps(ranges: Ranges): boolean {
    if (this.#clients.size === 0) return false
    for (let at = 0; at < ranges.length; at += RANGE_NUMBERS) {
      const claims = this.#clients.get(ranges[at]!)
      if (claims !== undefined && ranges[at + 1]! < claims.end && claims.start < ranges[at + 2]!) return true
    }
    return false
  }
}
