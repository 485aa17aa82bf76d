/** A distribution by its quantiles: what generated traces draw lengths and distances from. */
import type { Random } from './random.ts'

/** The share of values up to each value. From 0 to 1; values are above 0. */
export type Quantiles = readonly (readonly [share: number, value: number])[]

/** A value of the distribution; between two quantiles the logarithm is even, since most are small and few are large. */
export function sample(random: Random, quantiles: Quantiles): number {
  const share = random.fraction()
  const above = quantiles.findIndex(([upTo]) => upTo > share)
  const [lowShare, low] = quantiles[above - 1]!
  const [highShare, high] = quantiles[above]!
  return low * (high / low) ** ((share - lowShare) / (highShare - lowShare))
}
