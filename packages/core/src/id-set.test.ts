import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { DecodeError } from './errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { gapsOf } from './gaps.fixture.ts'
import { IdSet, decodeIdSet, encodeIdSet } from './id-set.ts'

type Added = readonly [client: number, start: number, length: number]

const added: fc.Arbitrary<Added[]> = fc.array(
  fc.tuple(fc.constantFrom(0, 7, Number.MAX_SAFE_INTEGER), fc.nat({ max: 60 }), fc.nat({ max: 8 })),
  { maxLength: 40 },
)

describe('IdSet, beside a plain set of units', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('adds ranges in any order, and keeps them sorted and apart', () => {
    fc.assert(
      fc.property(added, (ranges) => {
        const set = setOf(ranges)
        expect(unitsOf(set)).toEqual(unitsIn(ranges))
        expectNormal(set)
      }),
      fuzz(10),
    )
  })

  test('adds and unites sets', () => {
    fc.assert(
      fc.property(added, added, (a, b) => {
        const expected = setOf([...a, ...b])
        const grown = setOf(a)
        grown.addAll(setOf(b))
        expectNormal(grown)
        expect(grown.equals(expected)).toBe(true)
        const parts = [setOf(a), setOf(b)]
        const union = IdSet.union(parts)
        expectNormal(union)
        expect(union.equals(expected)).toBe(true)
        union.add(7, 1000, 1001)
        expect(parts.some((part) => part.has(7, 1000))).toBe(false)
      }),
      fuzz(10),
    )
  })

  test('answers what it has, what another adds, and what is left', () => {
    fc.assert(
      fc.property(added, added, (a, b) => {
        const [left, right] = [setOf(a), setOf(b)]
        const [leftUnits, rightUnits] = [new Set(unitsIn(a)), new Set(unitsIn(b))]
        for (const [client, start, length] of b) {
          const covered = unitsIn([[client, start, length]]).every((unit) => leftUnits.has(unit))
          expect(left.hasRange(client, start, start + length)).toBe(covered)
          expect(left.has(client, start)).toBe(leftUnits.has(`${client}:${start}`))
        }
        expect(left.hasAll(right)).toBe([...rightUnits].every((unit) => leftUnits.has(unit)))
        const difference = left.difference(right)
        expectNormal(difference)
        expect(unitsOf(difference)).toEqual(unitsIn(a).filter((unit) => !rightUnits.has(unit)))
        expect(left.equals(right)).toBe([...leftUnits].sort().join() === [...rightUnits].sort().join())
      }),
      fuzz(10),
    )
  })

  test('knows its gaps and its state vector', () => {
    fc.assert(
      fc.property(added, (ranges) => {
        const set = setOf(ranges)
        const gaps = gapsOf(set)
        expect(IdSet.union([set]).difference(gaps).equals(set)).toBe(true)
        const filled = IdSet.union([set, gaps])
        expectNormal(filled)
        for (const client of set.clients()) {
          expect([...filled.ranges(client)]).toEqual([{ client, start: 0, end: [...set.ranges(client)].at(-1)!.end }])
          expect(set.stateVector().get(client) ?? 0).toBe(firstMissing(set, client))
        }
      }),
      fuzz(10),
    )
  })

  test('decodes what it encodes, and writes what Yjs writes', () => {
    fc.assert(
      fc.property(added, (ranges) => {
        const set = setOf(ranges)
        const bytes = encodeIdSet(set)
        expect(decodeIdSet(bytes).equals(set)).toBe(true)
        // An update without structs is a zero and a delete set. Yjs passes a single update through unread.
        const updates = ranges.map((range) => Uint8Array.from([0, ...encodeIdSet(setOf([range]))]))
        expect(Uint8Array.from([0, ...bytes])).toEqual(
          Y.mergeUpdates([Uint8Array.of(0, 0), Uint8Array.of(0, 0), ...updates]),
        )
      }),
      fuzz(10),
    )
  })
})

describe('decodeIdSet', () => {
  test('unites ranges that are unsorted, overlapping, or listed under a client twice, as Yjs does', () => {
    const set = decodeIdSet(Uint8Array.from([3, 5, 3, 9, 2, 1, 2, 2, 1, 5, 1, 2, 4, 6, 0]))
    expect([...set]).toEqual([
      { client: 5, start: 1, end: 6 },
      { client: 5, start: 9, end: 11 },
    ])
  })

  test.each([
    ['nothing', []],
    ['bytes after the end', [0, 0]],
    ['more clients than bytes', [0xff, 0x7f, 1, 0]],
    ['an empty range', [1, 1, 1, 5, 0]],
    ['more ranges than bytes', [1, 1, 0x7f, 1, 1]],
    ['a range that ends above 2^53 − 1', [1, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('refuses %s', (_what, bytes) => {
    expect(() => decodeIdSet(Uint8Array.from(bytes))).toThrow(DecodeError)
  })
})

test('an empty set is empty: ranges without units add nothing', () => {
  const set = new IdSet()
  set.add(1, 5, 5)
  expect(set.isEmpty).toBe(true)
  expect(set.rangeCount).toBe(0)
  expect(set.hasAll(new IdSet())).toBe(true)
  expect(set.hasRange(1, 3, 3)).toBe(true)
  expect(set.has(1, 5)).toBe(false)
})

test('a clone goes its own way', () => {
  const set = setOf([[1, 0, 3]])
  const clone = set.clone()
  clone.add(1, 3, 4)
  expect([set.has(1, 3), clone.has(1, 3), clone.rangeCount]).toEqual([false, true, 1])
})

function setOf(ranges: readonly Added[]): IdSet {
  const set = new IdSet()
  for (const [client, start, length] of ranges) set.add(client, start, start + length)
  return set
}

/** Every unit by name, clients descending, clocks ascending. */
function unitsIn(ranges: readonly Added[]): string[] {
  const units = new Map<number, Set<number>>()
  for (const [client, start, length] of ranges) {
    const clocks = units.get(client) ?? new Set()
    units.set(client, clocks)
    for (let clock = start; clock < start + length; clock++) clocks.add(clock)
  }
  return [...units]
    .sort(([a], [b]) => b - a)
    .flatMap(([client, clocks]) => [...clocks].sort((a, b) => a - b).map((clock) => `${client}:${clock}`))
}

function unitsOf(set: IdSet): string[] {
  return unitsIn([...set].map(({ client, start, end }) => [client, start, end - start]))
}

function expectNormal(set: IdSet): void {
  for (const client of set.clients()) {
    let last = -1
    for (const { start, end } of set.ranges(client)) {
      expect(start).toBeGreaterThan(last)
      expect(end).toBeGreaterThan(start)
      last = end
    }
    expect(last).toBeGreaterThan(0)
  }
}

function firstMissing(set: IdSet, client: number): number {
  let clock = 0
  while (set.has(client, clock)) clock++
  return clock
}
