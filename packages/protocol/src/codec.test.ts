import { expect, test } from 'vitest'
import { decodeClientFrame, encodeFrame } from './codec.ts'
test('x', () => {
  expect(decodeClientFrame(encodeFrame([{ type: 'ping' }]))).toEqual([{ type: 'ping' }])
})
