import { expect, test } from 'vitest'
import { BUCKET_BOUNDS_MS, DurationHistogram } from './duration-histogram.ts'

test('a duration is counted in every bucket that it fits into, and once in all', () => {
  const histogram = new DurationHistogram()
  for (const duration of [0, 0.25, 0.5, 10_000, 10_001, 99_999]) histogram.observe(duration)
  const cumulative = histogram.cumulative()
  expect(cumulative.length).toBe(BUCKET_BOUNDS_MS.length)
  expect([cumulative.at(0), cumulative.at(1), cumulative.at(-2), cumulative.at(-1)]).toEqual([2, 3, 3, 4])
  expect([histogram.count, histogram.sumMs]).toEqual([6, 120_000.75])
})
