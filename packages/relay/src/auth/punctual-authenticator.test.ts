import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { AuthError } from '../errors.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import type { Grant } from '../access.ts'
import type { Principal } from './authenticator.ts'
import { punctual } from './punctual-authenticator.ts'

const credentials = { token: 't', address: '10.0.0.1' }

function world(principal: Promise<Principal>): {
  readonly scheduler: ManualScheduler
  readonly authenticate: () => Promise<Principal>
  readonly lateAnswers: () => number
} {
  const scheduler = new ManualScheduler()
  let late = 0
  const options = { timeoutMs: 1000, scheduler, onLate: () => void late++ }
  const authenticator = punctual({ authenticate: () => principal }, options)
  return { scheduler, authenticate: () => authenticator.authenticate(credentials), lateAnswers: () => late }
}

function granting(grant: () => Grant | Promise<Grant>): Promise<Principal> {
  return Promise.resolve({ subject: 'ada', expiresAt: 7, grant })
}

test('an answer in time is passed on, and leaves no timer', async () => {
  const { scheduler, authenticate, lateAnswers } = world(granting(() => Promise.resolve({ access: 'read' })))
  const principal = await authenticate()
  expect(principal).toMatchObject({ subject: 'ada', expiresAt: 7 })
  expect(await principal.grant('a')).toEqual({ access: 'read' })
  expect([scheduler.size, lateAnswers()]).toEqual([0, 0])
})

test('a token about which nothing is said in time may be tried again', async () => {
  const { scheduler, authenticate, lateAnswers } = world(new Promise(() => {}))
  const asked = authenticate()
  scheduler.advance(999)
  expect(lateAnswers()).toBe(0)
  scheduler.advance(1)
  await expect(asked).rejects.toMatchObject({ name: 'AuthError', code: 'unavailable', retryable: true })
  expect([scheduler.size, lateAnswers()]).toEqual([0, 1])
})

test('so may a room, and what is said too late is dropped, an error too', async () => {
  let fail: (error: Error) => void = () => {}
  const { scheduler, authenticate } = world(granting(() => new Promise((_, reject) => (fail = reject))))
  const asked = (await authenticate()).grant('a')
  scheduler.advance(1000)
  await expect(asked).rejects.toBeInstanceOf(AuthError)
  fail(new Error('too late'))
})

test('a promise of another make has no more time', async () => {
  const never = runInNewContext('new Promise(() => {})') as Promise<Grant>
  expect(never).not.toBeInstanceOf(Promise)
  const { scheduler, authenticate, lateAnswers } = world(granting(() => never))
  const asked = (await authenticate()).grant('a')
  scheduler.advance(1000)
  expect(lateAnswers()).toBe(1)
  await expect(asked).rejects.toMatchObject({ code: 'unavailable' })
})

test('errors are passed on', async () => {
  const error = new AuthError('invalid-token', 'bad')
  await expect(world(Promise.reject(error)).authenticate()).rejects.toBe(error)
  const thrown = new Error('no')
  const principal = await world(
    granting(() => {
      throw thrown
    }),
  ).authenticate()
  await expect(principal.grant('a')).rejects.toBe(thrown)
})
