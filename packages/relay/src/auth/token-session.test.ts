import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TokenSession, type TokenEffect, type TokenEvent } from './token-session.ts'

const limits = { reauthenticateLeadMs: 60_000 }

/** A session whose client was let in at time 0. */
function begun(subject: string | undefined, validMs: number | undefined): TokenSession {
  const session = new TokenSession(limits)
  session.handle({ type: 'present', token: 't' })
  session.handle({ type: 'authenticated', attempt: 1, subject, validMs, now: 0 })
  return session
}

const tick = (session: TokenSession, now: number): readonly TokenEffect[] => session.handle({ type: 'tick', now })

test('a token is verified, and counts until it runs out; a fresh one is asked for once, in time', () => {
  const session = new TokenSession(limits)
  expect(session.handle({ type: 'present', token: 't' })).toEqual([{ type: 'authenticate', attempt: 1, token: 't' }])
  expect(tick(session, 1e9)).toEqual([])
  const found: TokenEvent = { type: 'authenticated', attempt: 1, subject: 'ada', validMs: 600_000, now: 0 }
  expect(session.handle(found)).toEqual([{ type: 'accept', attempt: 1, refreshed: false }])
  expect(session.subject).toBe('ada')
  expect(tick(session, 539_999)).toEqual([])
  expect(tick(session, 540_000.5)).toEqual([{ type: 'reauthenticate', deadlineMs: 60_000 }])
  expect(tick(session, 599_999)).toEqual([])
  expect(tick(session, 600_000)).toEqual([{ type: 'end', reason: 'expired' }])
  expect(tick(session, 600_001)).toEqual([])
})

test('a token that lives shorter than the lead time is asked for at half of its life', () => {
  const session = begun('ada', 10_000)
  expect(tick(session, 4999)).toEqual([])
  expect(tick(session, 5000)).toEqual([{ type: 'reauthenticate', deadlineMs: 5000 }])
})

test('a token that never runs out is never asked for', () => {
  expect(tick(begun('ada', undefined), 1e15)).toEqual([])
})

test('a refresh takes the place of the token, and its time that of the old one', () => {
  const session = begun('ada', 10_000)
  tick(session, 5000)
  expect(session.handle({ type: 'present', token: 'u' })).toEqual([{ type: 'authenticate', attempt: 2, token: 'u' }])
  const found: TokenEvent = { type: 'authenticated', attempt: 2, subject: 'ada', validMs: 10_000, now: 9999 }
  expect(session.handle(found)).toEqual([{ type: 'accept', attempt: 2, refreshed: true }])
  expect(tick(session, 10_000)).toEqual([])
  expect(tick(session, 19_998)).toEqual([{ type: 'reauthenticate', deadlineMs: 1 }])
  expect(tick(session, 19_999)).toEqual([{ type: 'end', reason: 'expired' }])
})

test('a refresh may also shorten the time', () => {
  const session = begun('ada', undefined)
  session.handle({ type: 'present', token: 'u' })
  session.handle({ type: 'authenticated', attempt: 2, subject: 'ada', validMs: 10, now: 100 })
  expect(tick(session, 110)).toEqual([{ type: 'end', reason: 'expired' }])
})

test('a token is not saved by a refresh that is still being verified', () => {
  const session = begun('ada', 10_000)
  session.handle({ type: 'present', token: 'u' })
  expect(tick(session, 9000)).toEqual([])
  expect(tick(session, 10_000)).toEqual([{ type: 'end', reason: 'expired' }])
})

test('only the newest token counts, in whatever order answers come', () => {
  const session = begun('ada', 10_000)
  session.handle({ type: 'present', token: 'u' })
  session.handle({ type: 'present', token: 'v' })
  expect(session.handle({ type: 'failed', attempt: 2, code: 'invalid-token', now: 1 })).toEqual([])
  const newest: TokenEvent = { type: 'authenticated', attempt: 3, subject: 'ada', validMs: undefined, now: 1 }
  expect(session.handle(newest)).toEqual([{ type: 'accept', attempt: 3, refreshed: true }])
  expect(session.handle({ ...newest, attempt: 2, validMs: 1 })).toEqual([])
  expect(tick(session, 1e9)).toEqual([])
})

test('a refresh that names somebody else ends the session; so does a bad one', () => {
  for (const [answer, reason] of [
    [{ type: 'authenticated', attempt: 2, subject: 'bob', validMs: 9, now: 1 }, 'other-subject'],
    [{ type: 'failed', attempt: 2, code: 'invalid-token', now: 1 }, 'invalid-token'],
    [{ type: 'failed', attempt: 2, code: 'missing-token', now: 1 }, 'invalid-token'],
  ] as const) {
    const session = begun('ada', 10_000)
    session.handle({ type: 'present', token: 'u' })
    expect(session.handle(answer)).toEqual([{ type: 'end', reason }])
    expect(session.handle({ type: 'present', token: 'v' })).toEqual([])
  }
})

test('a refresh about which nothing can be said changes nothing, and is asked for again', () => {
  const session = begun('ada', 10_000)
  tick(session, 5000)
  session.handle({ type: 'present', token: 'u' })
  expect(session.handle({ type: 'failed', attempt: 2, code: 'unavailable', now: 6000 })).toEqual([])
  expect(tick(session, 7999)).toEqual([])
  expect(tick(session, 8000)).toEqual([{ type: 'reauthenticate', deadlineMs: 2000 }])
  expect(tick(session, 10_000)).toEqual([{ type: 'end', reason: 'expired' }])
})

test('a first token that is bad ends the session, and so does one that cannot be judged; a missing one may still come', () => {
  for (const code of ['invalid-token', 'unavailable'] as const) {
    const session = new TokenSession(limits)
    session.handle({ type: 'present', token: 't' })
    expect(session.handle({ type: 'failed', attempt: 1, code, now: 0 })).toEqual([{ type: 'end', reason: code }])
  }
  const session = new TokenSession(limits)
  session.handle({ type: 'present', token: undefined })
  expect(session.handle({ type: 'failed', attempt: 1, code: 'missing-token', now: 0 })).toEqual([{ type: 'withhold' }])
  expect(session.handle({ type: 'present', token: 't' })).toEqual([{ type: 'authenticate', attempt: 2, token: 't' }])
  const found: TokenEvent = { type: 'authenticated', attempt: 2, subject: 'ada', validMs: undefined, now: 0 }
  expect(session.handle(found)).toEqual([{ type: 'accept', attempt: 2, refreshed: false }])
})

test('a grant may name the subject, and may end earlier than the token, but not later', () => {
  const session = begun(undefined, 10_000)
  session.handle({ type: 'granted', subject: 'ada', validMs: 20_000, now: 0 })
  session.handle({ type: 'granted', subject: undefined, validMs: 5000, now: 0 })
  session.handle({ type: 'granted', subject: 'ada', validMs: undefined, now: 0 })
  expect(session.subject).toBe('ada')
  expect(tick(session, 2500)).toEqual([{ type: 'reauthenticate', deadlineMs: 2500 }])
  const stranger: TokenEvent = { type: 'granted', subject: 'bob', validMs: undefined, now: 0 }
  expect(session.handle(stranger)).toEqual([{ type: 'end', reason: 'other-subject' }])
})

test('whatever happens: no session outlives the token that counts, and none changes its subject', () => {
  const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined })
  const subject = maybe(fc.constantFrom('ada', 'bob'))
  const validMs = maybe(fc.integer({ min: -10, max: 100 }))
  const code = fc.constantFrom('missing-token' as const, 'invalid-token' as const, 'unavailable' as const)
  const step = fc.oneof(
    fc.record({ type: fc.constant('present' as const), token: fc.constantFrom('t', undefined) }),
    fc.record({ type: fc.constant('authenticated' as const), back: fc.nat(2), subject, validMs }),
    fc.record({ type: fc.constant('failed' as const), back: fc.nat(2), code }),
    fc.record({ type: fc.constant('granted' as const), subject, validMs }),
    fc.record({ type: fc.constant('tick' as const), ms: fc.nat(50) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const session = new TokenSession({ reauthenticateLeadMs: 20 })
      let now = 0
      let attempts = 0
      let known: string | undefined
      let ended = false
      const validUntil = new Map<number, number>()
      let granted = Number.POSITIVE_INFINITY
      let counts: number | undefined
      for (const each of steps) {
        if (each.type === 'tick') now += each.ms
        const attempt = attempts - ('back' in each ? each.back : 0)
        if (each.type === 'authenticated' && !validUntil.has(attempt)) {
          validUntil.set(attempt, each.validMs === undefined ? Number.POSITIVE_INFINITY : now + each.validMs)
        } else if (each.type === 'authenticated') continue
        if (each.type === 'granted' && counts === undefined) continue
        const effects = session.handle({ ...each, attempt, now } as TokenEvent)
        expect(ended && effects.length > 0, 'an ended session is silent').toBe(false)
        for (const effect of effects) {
          if (effect.type === 'authenticate') attempts = effect.attempt
          if (effect.type === 'end') ended = true
          if (effect.type === 'reauthenticate') expect(effect.deadlineMs).toBeGreaterThan(0)
          if (effect.type === 'accept') {
            expect(effect.attempt, 'the newest token counts').toBe(attempts)
            counts = effect.attempt
            granted = Number.POSITIVE_INFINITY
          }
        }
        if (each.type === 'granted' && each.validMs !== undefined) granted = Math.min(granted, now + each.validMs)
        if (known !== undefined) expect(session.subject).toBe(known)
        known = session.subject
        if (each.type === 'tick' && counts !== undefined && now >= Math.min(validUntil.get(counts)!, granted)) {
          expect(ended, 'its time is over').toBe(true)
        }
      }
    }),
    { numRuns: 2000 },
  )
})
