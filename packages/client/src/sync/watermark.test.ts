import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Watermark } from './watermark.ts'

test('is the end of the stretch without gaps, in whatever order numbers are done', () => {
  const change = fc.record({ number: fc.integer({ min: 1, max: 30 }), all: fc.boolean() })
  fc.assert(
    fc.property(fc.nat(5), fc.array(change), (start, changes) => {
      const watermark = new Watermark(start)
      const done = new Set(Array.from({ length: start }, (_, index) => index + 1))
      for (const { number, all } of changes) {
        if (all) {
          watermark.raise(number)
          for (let below = 1; below <= number; below += 1) done.add(below)
        } else {
          expect(watermark.add(number)).toBe(!done.has(number))
          done.add(number)
        }
        let end = 0
        while (done.has(end + 1)) end += 1
        expect(watermark.value).toBe(end)
        expect(watermark.gap).toBe(done.size > end)
        expect(watermark.has(number)).toBe(true)
        expect(watermark.has(31)).toBe(false)
      }
    }),
  )
})
