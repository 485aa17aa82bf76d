import { expect, it } from 'vitest'
import { Pieces } from './pieces.ts'

it('the last two sizes tell what the next takes', () => {
  const pieces = new Pieces()
  expect(pieces.forecast(1)).toBeUndefined()
  pieces.add({ size: 10, ms: 5 })
  expect(pieces.forecast(40)!.ms).toBeCloseTo(20)
  pieces.add({ size: 20, ms: 20 })
  expect(pieces.forecast(40)!.ms).toBeCloseTo(80)
  pieces.add({ size: 40, ms: 20 })
  expect(pieces.forecast(80)!.ms).toBeCloseTo(40)
})
