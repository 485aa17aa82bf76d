import { expect, it } from 'vitest'
import { pauses, typedText } from './typed-text.ts'

it('types the same for the same seed, and something else for another', () => {
  expect(typedText(1, 50)).toBe(typedText(1, 50))
  expect(typedText(1, 50)).not.toBe(typedText(2, 50))
  expect(typedText(1, 50)).toMatch(/^[a-z]{50}$/)
})

it('waits as long as it is asked to, on average, and never the same', () => {
  const waited = pauses(1, 1000, 10)
  expect(Math.min(...waited)).toBeGreaterThanOrEqual(5)
  expect(Math.max(...waited)).toBeLessThan(15)
  expect(waited.reduce((sum, pause) => sum + pause, 0) / 1000).toBeCloseTo(10, 0)
})
