import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AddressCount } from './address-count.ts'
import { SubjectTraffic } from './subject-traffic.ts'
import { TokenBucket } from './token-bucket.ts'
import { Traffic, longerRest, noRest } from './traffic.ts'
import { UnknownClientBudget } from './unknown-client-budget.ts'

describe('a token bucket', () => {
  test('gives a burst at once, then as much as its rate', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 20 }, 0)
    expect(bucket.take(20, 0)).toBe(0)
    expect(bucket.take(1, 0)).toBe(100)
    expect(bucket.restMs(99)).toBe(1)
    expect(bucket.restMs(100)).toBe(0)
    expect(bucket.isFull(100)).toBe(false)
    expect(bucket.isFull(2099)).toBe(false)
    expect(bucket.isFull(2100)).toBe(true)
  })

  test('saves up no more than its burst, and takes a clock that stands still or goes back as no time', () => {
    const bucket = new TokenBucket({ perSecond: 1000, burst: 1000 }, 1000)
    expect(bucket.take(1000, 1e9)).toBe(0)
    expect(bucket.take(1, 1e9)).toBe(1)
    expect(bucket.restMs(0)).toBe(1)
  })

  test('counts what is far above its burst, and all of it', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 0)
    expect(bucket.take(11, 0)).toBe(10_000)
    expect(bucket.take(Number.MAX_SAFE_INTEGER, 0)).toBe(Number.MAX_SAFE_INTEGER)
  })

  test('lets nobody have more than burst and rate allow, and whoever rests as told never owes', () => {
    const steps = fc.array(fc.record({ amount: fc.nat(50), waitMs: fc.double({ min: 0, max: 3000, noNaN: true }) }))
    const rate = fc.record({ perSecond: fc.integer({ min: 1, max: 999 }), extra: fc.nat(100) })
    fc.assert(
      fc.property(rate, steps, ({ perSecond, extra }, taken) => {
        const burst = perSecond + extra
        const bucket = new TokenBucket({ perSecond, burst }, 0)
        let now = 0
        let sum = 0
        for (const { amount, waitMs } of taken) {
          now += waitMs
          const restMs = bucket.take(amount, now)
          sum += amount
          expect(Number.isInteger(restMs)).toBe(true)
          now += restMs
          expect(bucket.restMs(now)).toBe(0)
          expect(sum * 1000).toBeLessThanOrEqual(burst * 1000 + Math.floor(now) * perSecond)
        }
      }),
    )
  })
})

const rates = {
  updates: { perSecond: 1, burst: 10 },
  bytes: { perSecond: 1000, burst: 5000 },
  joins: { perSecond: 1, burst: 2 },
}

test('traffic rests for as long as the rate that was exceeded most', () => {
  const traffic = new Traffic(rates, 0)
  expect(traffic.take({ updates: 10, bytes: 5000, joins: 2 }, 0)).toEqual(noRest)
  expect(traffic.take({ updates: 1, bytes: 500, joins: 0 }, 0)).toEqual({ ms: 1000, kind: 'updates' })
  expect(traffic.take({ updates: 0, bytes: 0, joins: 3 }, 0)).toEqual({ ms: 3000, kind: 'joins' })
  expect(longerRest({ ms: 1, kind: 'joins' }, { ms: 2, kind: 'bytes' })).toEqual({ ms: 2, kind: 'bytes' })
  expect(longerRest({ ms: 1, kind: 'joins' }, noRest)).toEqual({ ms: 1, kind: 'joins' })
})

test('the connections of a subject share what it may send, and nobody else does', () => {
  const traffic = new SubjectTraffic(rates)
  const ten = { updates: 10, bytes: 0, joins: 0 }
  expect(traffic.take('ada', ten, 0).ms).toBe(0)
  expect(traffic.take('ada', ten, 0).ms).toBe(10_000)
  expect(traffic.take('bob', ten, 0).ms).toBe(0)
  expect(traffic.take(undefined, ten, 0).ms).toBe(0)
  expect(traffic.take(undefined, ten, 0).ms).toBe(0)
  expect(traffic.size).toBe(2)
  traffic.sweep(10_000)
  expect(traffic.size).toBe(1)
  expect(traffic.take('ada', ten, 10_000).ms, 'its debt is not forgotten').toBe(10_000)
  traffic.sweep(1e6)
  expect(traffic.size).toBe(0)
})

test('an address has so many connections and no more, and is forgotten with its last', () => {
  const count = new AddressCount(2)
  expect([count.enter('a'), count.enter('a'), count.enter('a'), count.enter('b')]).toEqual([true, true, false, true])
  count.leave('a')
  expect(count.enter('a')).toBe(true)
  for (const address of ['a', 'a', 'b']) count.leave(address)
  expect(count.size).toBe(0)
})

test('a client that is not known yet may send little, and not for long', () => {
  const limits = { unknownFramesMax: 2, unknownBytesMax: 100, helloTimeoutMs: 1000 }
  const budget = new UnknownClientBudget(limits, 5)
  expect([budget.take(50), budget.take(50), budget.take(0)]).toEqual([undefined, undefined, 'frames'])
  expect(new UnknownClientBudget(limits, 5).take(101)).toBe('bytes')
  expect([budget.check(1004), budget.check(1005)]).toEqual([undefined, 'time'])
})
