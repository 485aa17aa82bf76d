import { expect, test } from 'vitest'
import { ClaimedIds } from './claimed-ids.ts'

test('units are claimed until every claim of their client is released', () => {
  const claims = new ClaimedIds()
  claims.claim([7, 0, 3])
  claims.claim([7, 3, 5, 8, 0, 1])
  expect(claims.overlaps([7, 4, 6])).toBe(true)
  claims.release([7, 3, 5, 8, 0, 1])
  expect(claims.overlaps([8, 0, 1])).toBe(false)
  claims.release([7, 0, 3])
  expect(claims.overlaps([7, 0, 5])).toBe(false)
})

test('what a client writes next is not claimed, nor what another writes', () => {
  const claims = new ClaimedIds()
  claims.claim([7, 2, 5])
  expect([claims.overlaps([7, 5, 6]), claims.overlaps([7, 0, 2]), claims.overlaps([8, 2, 5])]).toEqual([
    false,
    false,
    false,
  ])
})
