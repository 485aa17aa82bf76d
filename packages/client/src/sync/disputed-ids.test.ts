import { IdSet } from '@syncline/core'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { describe, expect, test } from 'vitest'
import { ClientLimits } from '../limits.ts'
import { conflictOf, DisputedIds, haveCommonIds } from './disputed-ids.ts'

function ids(...ranges: readonly (readonly [client: number, start: number, end: number])[]): IdSet {
  const set = new IdSet()
  for (const [client, start, end] of ranges) set.add(client, start, end)
  return set
}

describe('disputed IDs', () => {
  test('are told by their ranges, each once', () => {
    const disputed = new DisputedIds()
    expect(disputed.ranges).toEqual([])
    expect(disputed.add(ids([1, 2, 5]))).toBe(true)
    const { ranges } = disputed
    expect(disputed.add(ids([1, 3, 4]))).toBe(false)
    expect(disputed.ranges).toBe(ranges)
    disputed.add(ids([2, 0, 1]))
    expect(disputed.ranges).toEqual([
      { client: 2, start: 0, end: 1 },
      { client: 1, start: 2, end: 5 },
    ])
  })

  test('are not listed without an end', () => {
    const disputed = new DisputedIds()
    for (let at = 0; at < 1_000; at += 1) disputed.add(ids([1, at * 2, at * 2 + 1]))
    expect(disputed.ranges).toHaveLength(ClientLimits.disputedRangesMax)
  })

  test('of a refused update are all of its units, unless more is known of their writer', () => {
    const doc = new Doc()
    doc.clientID = 7
    doc.getText('text').insert(0, 'abc')
    const disputed = new DisputedIds()
    disputed.addRefused(encodeStateAsUpdate(doc))
    expect(disputed.ranges).toEqual([{ client: 7, start: 0, end: 3 }])
    const known = new DisputedIds()
    known.add(ids([7, 1, 2]))
    known.addRefused(encodeStateAsUpdate(doc))
    expect(known.ranges).toEqual([{ client: 7, start: 1, end: 2 }])
  })

  test('make an error that names them', () => {
    expect(conflictOf([])).toBeUndefined()
    const error = conflictOf([{ client: 7, start: 1, end: 3 }])
    expect(error).toMatchObject({ code: 'conflict', retryable: false, conflicts: [{ client: 7, start: 1, end: 3 }] })
    expect(error?.message).toContain('1 … 2 of client 7')
  })
})

test.each([
  [ids([1, 0, 5]), ids([1, 4, 6]), true],
  [ids([1, 0, 5]), ids([1, 5, 6]), false],
  [ids([1, 0, 5]), ids([2, 0, 5]), false],
  [ids([1, 0, 1], [1, 8, 9]), ids([1, 2, 3], [1, 7, 20]), true],
  [ids(), ids([1, 0, 1]), false],
])('sets have units in common, or not: %#', (a, b, common) => {
  expect([haveCommonIds(a, b), haveCommonIds(b, a)]).toEqual([common, common])
})
