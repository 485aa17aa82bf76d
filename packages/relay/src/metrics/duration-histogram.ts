/**
 * Durations counted in fixed buckets, each about 2½ times as wide as the one before, from a quarter of a millisecond to
 * ten seconds: what a flush takes on a disk that works, and on one that hardly does.
 */

/** Upper bounds, inclusive, in milliseconds. */
export const BUCKET_BOUNDS_MS: readonly number[] = [
  0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
]

export class DurationHistogram {
  /** By bucket; the last one takes what is longer than every bound. */
  readonly #counts = new Float64Array(BUCKET_BOUNDS_MS.length + 1)
  #sumMs = 0
  #count = 0

  /** Counts one duration, in milliseconds. Costs a few comparisons. */
  observe(durationMs: number): void {
    let bucket = 0
    while (bucket < BUCKET_BOUNDS_MS.length && durationMs > BUCKET_BOUNDS_MS[bucket]!) bucket++
    this.#counts[bucket]! += 1
    this.#sumMs += durationMs
    this.#count++
  }

  get sumMs(): number {
    return this.#sumMs
  }

  get count(): number {
    return this.#count
  }

  /** How many durations were at most as long as each of {@link BUCKET_BOUNDS_MS}. */
  cumulative(): readonly number[] {
    let sum = 0
    return BUCKET_BOUNDS_MS.map((_, bucket) => (sum += this.#counts[bucket]!))
  }
}
