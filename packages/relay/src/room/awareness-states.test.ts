import { ProtocolLimits, decodeAwareness, type AwarenessEntry } from '@syncline/protocol'
import { expect, test } from 'vitest'
import { AwarenessStates } from './awareness-states.ts'

const ADA = 1
const BOB = 2
const entry = (clientID: number, clock: number, state: string | null = '{}'): AwarenessEntry => ({
  clientID,
  clock,
  state,
})
const states = (awarenessBytesMax = 10_000): AwarenessStates =>
  new AwarenessStates({ awarenessTtlMs: 100, awarenessBytesMax })
const held = (awareness: AwarenessStates): AwarenessEntry[] => awareness.encodeAll().flatMap(decodeAwareness)

test('a higher clock is news, a lower or equal one is not', () => {
  const awareness = states()
  expect(awareness.apply(ADA, [entry(1, 5, '1')], 0)).toHaveLength(1)
  expect(awareness.apply(ADA, [entry(1, 5, '2'), entry(1, 4, '3')], 0)).toEqual([])
  expect(awareness.apply(ADA, [entry(1, 6, '4')], 0)).toHaveLength(1)
  expect(held(awareness)).toEqual([entry(1, 6, '4')])
})

test('gone wins at the same clock', () => {
  const awareness = states()
  awareness.apply(ADA, [entry(1, 5)], 0)
  expect(awareness.apply(ADA, [entry(1, 5, null)], 0)).toEqual([entry(1, 5, null)])
  expect(awareness.size).toBe(0)
})

test('the same clock renews a state without being news', () => {
  const awareness = states()
  awareness.apply(ADA, [entry(1, 5)], 0)
  expect(awareness.apply(ADA, [entry(1, 5)], 80)).toEqual([])
  expect(awareness.expire(150)).toEqual([])
  expect(awareness.expire(180)).toEqual([entry(1, 5, null)])
})

test('a replica that came back by another connection outlives its old one', () => {
  const awareness = states()
  awareness.apply(ADA, [entry(1, 5)], 0)
  awareness.apply(BOB, [entry(1, 6)], 0)
  expect(awareness.release(ADA)).toEqual([])
  expect(held(awareness)).toEqual([entry(1, 6)])
  expect(awareness.release(BOB)).toEqual([entry(1, 6, null)])
})

test('what would take an owner above its bytes is dropped, and room is given back', () => {
  const awareness = states(100)
  const large = '"'.padEnd(60, 'x')
  expect(awareness.apply(ADA, [entry(1, 1, large), entry(2, 1, large)], 0)).toEqual([entry(1, 1, large)])
  expect(awareness.apply(BOB, [entry(2, 1, large)], 0)).toHaveLength(1)
  awareness.apply(ADA, [entry(1, 2, null)], 0)
  expect(awareness.apply(ADA, [entry(3, 1, large)], 0)).toHaveLength(1)
  // A new state takes the place of the old one's bytes.
  expect(awareness.apply(ADA, [entry(3, 2, large)], 0)).toHaveLength(1)
})

test('more states than fit into one payload are encoded as several', () => {
  const awareness = states(1_000_000)
  const count = ProtocolLimits.awarenessEntriesMax + 1
  awareness.apply(
    ADA,
    Array.from({ length: count }, (_, clientID) => entry(clientID, 1)),
    0,
  )
  expect(awareness.encodeAll()).toHaveLength(2)
  expect(held(awareness)).toHaveLength(count)
})

test('who goes takes its own replicas along, and nobody else’s', () => {
  const awareness = states()
  awareness.apply(ADA, [entry(1, 5), entry(2, 1)], 0)
  awareness.apply(BOB, [entry(3, 1)], 0)
  expect(awareness.release(ADA)).toEqual([entry(1, 5, null), entry(2, 1, null)])
  expect(held(awareness)).toEqual([entry(3, 1)])
})
