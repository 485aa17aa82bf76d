/**
 * A rate with a burst: so much a second, and so much at once after a rest. Pure, in integers, with time given; what has
 * happened is always counted, so that the balance may fall below zero. The debt is then waited off: nothing is refused
 * or lost, its author is only not listened to for a while.
 */

export interface Rate {
  readonly perSecond: number
  /** The most that a rest saves up. At least `perSecond`. */
  readonly burst: number
}

/** Units of the balance: one millisecond at a rate of one a second. So that no fraction is ever rounded away. */
const UNITS = 1000

export class TokenBucket {
  readonly #rate: Rate
  /** In thousandths. Never above the burst; below zero by what was taken beyond it. */
  #balance: number
  /** A whole millisecond. */
  #at: number

  /** Full. `now` and all other times: milliseconds, of which fractions are not looked at. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#balance = rate.burst * UNITS
    this.#at = Math.floor(now)
  }

  /**
   * Counts `amount`, a whole number. Returns for how many milliseconds its author has to rest until the balance is not
   * negative; 0 for none.
   */
  take(amount: number, now: number): number {
    this.#refill(now)
    // A debt of more than 2^53 units would stop to be exact; nobody lives to see it paid either way.
    this.#balance = Math.max(this.#balance - amount * UNITS, -Number.MAX_SAFE_INTEGER)
    return this.#restMs()
  }

  /** For how many milliseconds whoever draws on it has to rest. */
  restMs(now: number): number {
    this.#refill(now)
    return this.#restMs()
  }

  /** Whether nothing is missing: a bucket that is full is as good as a new one, and may be forgotten. */
  isFull(now: number): boolean {
    this.#refill(now)
    return this.#balance === this.#rate.burst * UNITS
  }

  #refill(now: number): void {
    const elapsedMs = Math.floor(now) - this.#at
    if (elapsedMs <= 0) return
    this.#at += elapsedMs
    this.#balance = Math.min(this.#rate.burst * UNITS, this.#balance + elapsedMs * this.#rate.perSecond)
  }

  #restMs(): number {
    return this.#balance >= 0 ? 0 : Math.ceil(-this.#balance / this.#rate.perSecond)
  }
}
