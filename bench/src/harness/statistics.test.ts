import { describe, expect, it } from 'vitest'
import { quantile, ratioOf, relativeSpread, summarise } from './statistics.ts'

describe('statistics', () => {
  it('takes the middle sample, or the mean of the two in the middle', () => {
    expect(summarise([9, 1, 5]).median).toBe(5)
    expect(summarise([4, 1, 3, 2]).median).toBe(2.5)
    expect(summarise([7])).toEqual({ median: 7, low: 7, high: 7, samples: 1 })
  })

  it('interpolates quantiles and leaves the samples in their order', () => {
    const samples = [40, 10, 30, 20, 50]
    expect([0, 0.25, 0.9, 1].map((q) => quantile(samples, q))).toEqual([10, 20, 46, 50])
    expect(samples).toEqual([40, 10, 30, 20, 50])
  })

  it('refuses to summarise nothing', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })

  it('gives the spread as a share of the median', () => {
    expect(relativeSpread({ median: 100, low: 90, high: 130, samples: 9 })).toBeCloseTo(0.2)
    expect(relativeSpread({ median: 0, low: 0, high: 0, samples: 9 })).toBe(0)
  })

  it('compares round with round, so that a slow machine slows both sides', () => {
    expect(ratioOf([1, 10, 2], [3, 30, 6], 'lower')?.median).toBe(3)
    expect(ratioOf([100, 50], [200, 100], 'higher')?.median).toBe(0.5)
  })

  it('compares as many rounds as both sides have', () => {
    expect(ratioOf([1, 1, 1, 1], [8], 'lower')).toMatchObject({ median: 8, samples: 1 })
  })

  it('compares nothing with what is below noise, nor with nothing', () => {
    expect(ratioOf([-91, 40], [2168, 2168], 'lower')).toBeUndefined()
    expect(ratioOf([1300], [-3], 'lower')).toBeUndefined()
    expect(ratioOf([0], [5], 'lower')).toBeUndefined()
    expect(ratioOf([4, 0], [2], 'higher')?.median).toBe(2)
    expect(relativeSpread({ median: -91, low: -100, high: 40, samples: 3 })).toBe(0)
  })
})
