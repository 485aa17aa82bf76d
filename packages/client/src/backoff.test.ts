import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullJitter } from './backoff.ts'

test('lies anywhere between nothing and the doubled bound, and never above the largest', () => {
  fc.assert(
    fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const delayMs = fullJitter(attempt, random, 500, 30_000)
      expect(delayMs).toBeGreaterThanOrEqual(0)
      expect(delayMs).toBeLessThan(Math.min(30_000, 500 * 2 ** attempt))
    }),
  )
  expect(fullJitter(3, 0.5, 500, 30_000)).toBe(2_000)
  expect(fullJitter(100, 0.5, 500, 30_000)).toBe(15_000)
})
