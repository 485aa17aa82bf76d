import { expect, test } from 'vitest'
import { SynclineError } from '../errors.ts'
import { toStoreError } from './store-error.ts'

test.each([
  ['QuotaExceededError', 'store-full', true],
  ['SecurityError', 'store-unavailable', false],
  ['InvalidStateError', 'store-unavailable', false],
  ['NotFoundError', 'store-unavailable', false],
  ['VersionError', 'store-unavailable', false],
  ['AbortError', 'store-failed', true],
  ['UnknownError', 'store-failed', true],
])('%s is %s', (name, code, retryable) => {
  const cause = new DOMException('why', name)
  const error = toStoreError(cause, 'store an edit')
  expect(error).toMatchObject({ code, retryable, cause, message: `Could not store an edit: ${name}: why` })
})

test('an error of the client is passed on as it is', () => {
  const error = new SynclineError('store-blocked', 'why')
  expect(toStoreError(error, 'store an edit')).toBe(error)
})

test('whatever else was thrown is a failure of the store', () => {
  expect(toStoreError('why', 'store an edit')).toMatchObject({ code: 'store-failed', cause: 'why' })
  expect(toStoreError(undefined, 'store an edit')).toMatchObject({ code: 'store-failed' })
})
