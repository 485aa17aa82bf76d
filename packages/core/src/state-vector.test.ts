import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { DecodeError } from './errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { decodeStateVector, encodeStateVector } from './state-vector.ts'

const clock = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const stateVectors = fc.array(fc.tuple(fc.maxSafeNat(), clock)).map((entries) => new Map(entries))

test('a state vector is written as Yjs writes it, and read back', { timeout: FUZZ_TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(stateVectors, (stateVector) => {
      const bytes = encodeStateVector(stateVector)
      expect(bytes).toEqual(Y.encodeStateVector(stateVector))
      expect(decodeStateVector(bytes)).toEqual(stateVector)
      expect(Y.decodeStateVector(bytes)).toEqual(stateVector)
    }),
    fuzz(10),
  )
})

test('a client at clock 0 is not written: it says nothing', () => {
  expect(encodeStateVector(new Map([[1, 0]]))).toEqual(Uint8Array.of(0))
})

test('any bytes are a state vector or a DecodeError', { timeout: FUZZ_TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      try {
        decodeStateVector(bytes)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
      }
    }),
    fuzz(20),
  )
})

test.each([
  ['nothing', []],
  ['bytes after the end', [0, 0]],
  ['more entries than bytes', [0xff, 0xff, 0x7f, 1, 1]],
  ['a client twice', [2, 1, 1, 1, 2]],
  ['an entry that is cut off', [1, 1]],
  ['a clock above 2^53 − 1', [1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]],
])('refuses %s', (_what, bytes) => {
  expect(() => decodeStateVector(Uint8Array.from(bytes))).toThrow(DecodeError)
})
