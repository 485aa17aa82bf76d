/** When pushes were made and when the last of those who wait for them had them. Pure: time is passed in. */

export class Arrivals {
  /** Per push, counted from 1. */
  readonly #sentAt: number[] = [0]
  readonly #missing: number[] = [0]
  /** Per waiter, the last push that it has. */
  readonly #upTo: number[]
  readonly #delays: number[] = []
  #complete = 0

  /** `waiters` is how many have to have a push before it counts as arrived. */
  constructor(waiters: number) {
    this.#upTo = Array.from({ length: waiters }, () => 0)
  }

  /** The next push was made at `now`, in milliseconds. */
  sent(now: number): void {
    this.#sentAt.push(now)
    this.#missing.push(this.#upTo.length)
  }

  /** At `now`, this waiter has every push up to `upTo`. What it says of pushes that it had, or that were not made, is ignored. */
  arrived(waiter: number, upTo: number, now: number): void {
    const last = Math.min(upTo, this.#sentAt.length - 1)
    for (let push = this.#upTo[waiter]! + 1; push <= last; push++) {
      this.#missing[push]!--
      if (this.#missing[push]! > 0) continue
      this.#complete++
      this.#delays.push(now - this.#sentAt[push]!)
    }
    this.#upTo[waiter] = Math.max(this.#upTo[waiter]!, last)
  }

  /** How many pushes everybody has. */
  get complete(): number {
    return this.#complete
  }

  /** Milliseconds from each push to the last waiter, for those that everybody has. */
  get delays(): readonly number[] {
    return this.#delays
  }
}
