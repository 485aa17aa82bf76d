/**
 * What one reader has of what one author pushed: every delivery is compared, byte by byte or, where the server merged several, by what the
 * merge holds. So a count of deliveries is a count of the right bytes in the right place.
 */
import { createHash } from 'node:crypto'
import { decodeUpdate, encodeUpdate, mergeUpdates } from '@syncline/core'
import { CheckFailed, check } from '../../harness/bench.ts'
import { authoredEnd, sameBytes, type Authored } from './authored.ts'

export class Reading {
  readonly #authored: Authored
  /** How many of the updates are here, from the first on. */
  #upTo = 0
  /** Deliveries that were not the next update as it was pushed. */
  readonly #merged: Uint8Array[] = []
  /** Of the updates that came as they were pushed. */
  readonly #asPushed: number[] = []

  constructor(authored: Authored) {
    this.#authored = authored
  }

  get upTo(): number {
    return this.#upTo
  }

  get complete(): boolean {
    return this.#upTo >= this.#authored.updates.length
  }

  /** Whether this is the next update, as it was pushed. */
  isNext(bytes: Uint8Array, start: number, end: number): boolean {
    const next = this.#authored.updates[this.#upTo]
    return next !== undefined && sameBytes(next, bytes, start, end)
  }

  take(bytes: Uint8Array, start: number, end: number): void {
    const { clientID } = this.#authored
    if (this.isNext(bytes, start, end)) {
      this.#asPushed.push(this.#upTo++)
      return
    }
    const merged = Buffer.from(bytes.subarray(start, end))
    const clock = authoredEnd(merged, clientID)
    // Of somebody else.
    if (clock === 0) return
    this.#merged.push(merged)
    this.#upTo = Math.max(this.#upTo, clock)
  }

  /** Checks that all of it is exactly what was pushed, up to {@link upTo}. `verified` remembers what other readers had. */
  verify(who: string, verified: Set<string>): void {
    const { clientID, updates } = this.#authored
    check(this.#upTo <= updates.length, `${who}: a reader has more than was pushed`)
    if (this.#merged.length === 0) return
    const digest = createHash('sha1')
    for (const merged of this.#merged) digest.update(merged)
    const key = `${this.#upTo} ${this.#asPushed.length} ${digest.digest('hex')}`
    if (verified.has(key)) return
    const have = only(clientID, mergeUpdates([...this.#asPushed.map((index) => updates[index]!), ...this.#merged]))
    const expected = mergeUpdates(updates.slice(0, this.#upTo))
    if (Buffer.compare(have, expected) !== 0)
      throw new CheckFailed(`${who}: a reader has something else than was pushed`)
    verified.add(key)
  }
}

/** The author's part of an update: servers merge what several wrote. */
function only(clientID: number, update: Uint8Array): Uint8Array {
  const { clients, deletes } = decodeUpdate(update)
  return encodeUpdate({ clients: clients.filter(({ client }) => client === clientID), deletes })
}
