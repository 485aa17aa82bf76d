/** Comparing bytes in long runs: `toEqual` looks at each element as a value, and takes most of a run's time. */
import { Buffer } from 'node:buffer'
import { expect } from 'vitest'

/** As `expect(actual).toEqual(expected)`, which is what says how they differ. */
export function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) !== 0) expect(actual).toEqual(expected)
}
