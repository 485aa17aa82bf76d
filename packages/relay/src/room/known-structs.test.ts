import { IdSet, encodeStateVector } from '@syncline/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KnownStructs } from './known-structs.ts'

const range = fc
  .tuple(fc.nat(40), fc.nat(30), fc.integer({ min: 1, max: 6 }))
  .map(([client, start, length]) => [client, start, start + length] as const)
const update = fc.array(range, { maxLength: 40 })

/** As an update lists them. */
function listed(ranges: readonly (readonly [number, number, number])[]): number[] {
  return [...IdSet.of(ranges.flat())].flatMap(({ client, start, end }) => [client, start, end])
}

test('with room for every island it knows what a set of all units knows', () => {
  fc.assert(
    fc.property(fc.array(update, { maxLength: 8 }), update, (updates, asked) => {
      const known = new KnownStructs(1000)
      const oracle = new IdSet()
      for (const ranges of updates) {
        const ids = IdSet.of(ranges.flat())
        const leftGap = [...ids].some(({ client, start }) => {
          const top = [...oracle.ranges(client), ...ids.ranges(client)]
            .filter(({ end }) => end <= start)
            .reduce((highest, { end }) => Math.max(highest, end), 0)
          const beyond = [...oracle.ranges(client)].every(({ end }) => end <= start)
          return beyond && top < start
        })
        expect(known.add(listed(ranges))).toBe(leftGap)
        oracle.addAll(ids)
      }
      expect(known.encodeStateVector()).toEqual(encodeStateVector(oracle.stateVector()))
      for (const ids of asked) {
        const isNew = IdSet.of([...ids])
          .difference(oracle)
          .equals(IdSet.of([...ids]))
        expect(known.hasNone(ids)).toBe(isNew)
      }
    }),
  )
})

test('with too many islands it is careful: it never calls new what it has, nor claims what it has not', () => {
  fc.assert(
    fc.property(fc.array(update, { maxLength: 8 }), update, (updates, asked) => {
      const known = new KnownStructs(2)
      const oracle = new IdSet()
      for (const ranges of updates) {
        known.add(listed(ranges))
        oracle.addAll(IdSet.of(ranges.flat()))
      }
      for (const ids of asked) {
        const isNew = IdSet.of([...ids])
          .difference(oracle)
          .equals(IdSet.of([...ids]))
        if (known.hasNone(ids)) expect(isNew).toBe(true)
      }
      expect(known.byteLength).toBeLessThanOrEqual(2 * 16 + 64 * 24)
    }),
  )
})

test('a client takes 24 bytes, however much it wrote, and half as many again at most', () => {
  const known = new KnownStructs(512)
  for (let client = 0; client < 4000; client++) known.add([client, 0, 1_000_000])
  expect(known.byteLength).toBeLessThan(4000 * 36)
})
