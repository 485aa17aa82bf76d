/** What is said about a list of samples: the middle and how far the samples lie from it. Pure. */

/** Samples in four numbers. `low` and `high` are the quartiles: half of the samples lie between them. */
export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
  readonly samples: number
}

/** The summary of at least one sample. */
export function summarise(samples: readonly number[]): Summary {
  return {
    median: quantile(samples, 0.5),
    low: quantile(samples, 0.25),
    high: quantile(samples, 0.75),
    samples: samples.length,
  }
}

/**
 * The value below which the share `q` (0 … 1) of the samples lies, interpolated between the two nearest. Throws a `RangeError`
 * for no samples: a quantile of nothing is a bug of the bench. Costs a sort.
 */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError('no samples')
  const sorted = [...samples].sort((a, b) => a - b)
  const place = q * (sorted.length - 1)
  const below = sorted[Math.floor(place)]!
  const above = sorted[Math.ceil(place)]!
  // Not between two infinities.
  return below === above ? below : below + (above - below) * (place - Math.floor(place))
}

/** The spread as a share of the median: half the distance between the quartiles. 0 when the median is 0, or below: that is noise. */
export function relativeSpread({ median, low, high }: Summary): number {
  return median <= 0 ? 0 : (high - low) / 2 / median
}

/**
 * How many times better `ours` is than `theirs`, round by round: above 1 we are ahead. Samples of the same round are compared with each other, because the
 * rounds were interleaved: what slowed the machine down slowed both. As many as both sides have; `undefined` where one of them is 0, of which nothing is a
 * multiple, or less, as a difference of two measurements is that is smaller than their noise.
 */
export function ratiosOf(
  ours: readonly number[],
  theirs: readonly number[],
  better: 'lower' | 'higher',
): number[] | undefined {
  const rounds = Math.min(ours.length, theirs.length)
  const compared = [...ours.slice(0, rounds), ...theirs.slice(0, rounds)]
  if (!compared.every((sample) => sample > 0)) return undefined
  return Array.from({ length: rounds }, (_, round) =>
    better === 'lower' ? theirs[round]! / ours[round]! : ours[round]! / theirs[round]!,
  )
}

/** The summary of {@link ratiosOf}. */
export function ratioOf(
  ours: readonly number[],
  theirs: readonly number[],
  better: 'lower' | 'higher',
): Summary | undefined {
  const ratios = ratiosOf(ours, theirs, better)
  return ratios && summarise(ratios)
}
