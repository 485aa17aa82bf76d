import { expect, test } from 'vitest'
import { smallestFailure } from './smallest-failure.fixture.ts'

test('what has no part in the failure is left out, and numbers that do not matter are zero', () => {
  const steps = Array.from({ length: 60 }, (_, at) => ({ at, noise: at * 7 }))
  const fails = (left: readonly { at: number }[]): boolean =>
    left.some(({ at }) => at === 17) && left.some(({ at }) => at === 42)
  expect(smallestFailure(steps, fails)).toEqual([
    { at: 17, noise: 0 },
    { at: 42, noise: 0 },
  ])
})

test('what fails with everything alone stays whole', () => {
  const steps = [{ at: 1 }, { at: 2 }, { at: 3 }]
  expect(smallestFailure(steps, (left) => left.length === 3)).toEqual([{ at: 0 }, { at: 0 }, { at: 0 }])
})
