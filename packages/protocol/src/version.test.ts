import { expect, test } from 'vitest'
import { negotiateVersion, supportedVersions } from './version.ts'

test('the highest version that both sides speak is chosen', () => {
  expect(negotiateVersion([1, 2, 3], [4, 2, 1])).toBe(2)
  expect(negotiateVersion(supportedVersions)).toBe(supportedVersions[0])
})

test('nothing in common is no version', () => {
  expect(negotiateVersion([], [1])).toBeUndefined()
  expect(negotiateVersion([7], [1])).toBeUndefined()
})
