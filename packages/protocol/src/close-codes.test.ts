import { expect, test } from 'vitest'
import { CloseCode, afterClose } from './close-codes.ts'

test('the network and the relay are retried, a disagreement is not, a token is renewed', () => {
  expect(afterClose(CloseCode.abnormal)).toBe('retry')
  expect(afterClose(CloseCode.slowConsumer)).toBe('retry')
  expect(afterClose(CloseCode.unsupportedVersion)).toBe('stop')
  expect(afterClose(CloseCode.unauthorized)).toBe('reauthenticate')
})

test('a code that nobody declared is retried: a proxy in between may close with anything', () => {
  expect(afterClose(1014)).toBe('retry')
  expect(afterClose(4999)).toBe('retry')
})
