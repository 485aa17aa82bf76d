import { mergeUpdates } from '@syncline/core'
import { expect, test } from 'vitest'
import { updateOf } from '../relay-client.fixture.ts'
import { RUN_BYTES_MAX, flushRuns, mergeInRuns, type AcceptedPush } from './flush-run.ts'

test('entries of one flush are one update, at the place of the last, with who wrote all of it, if anybody did', () => {
  const updates = [updateOf('a', 1), updateOf('b', 2), updateOf('c', 3)]
  const pushes = updates.map((update, index): AcceptedPush => {
    return { author: 10 + (index % 2), update, position: { epoch: 9, seq: index + 4 } }
  })
  expect(flushRuns(pushes)).toEqual([
    { position: { epoch: 9, seq: 6 }, update: mergeUpdates(updates), onlyAuthor: undefined },
  ])
  const own = pushes.filter(({ author }) => author === 10)
  expect(flushRuns(own).map(({ onlyAuthor }) => onlyAuthor)).toEqual([10])
  expect(flushRuns(own.slice(1)).map(({ onlyAuthor }) => onlyAuthor)).toEqual([10])
  expect(flushRuns([])).toEqual([])
})

test('a run holds no more bytes than may be merged on the event loop; one that is longer is alone, and not copied', () => {
  const large = updateOf('x'.repeat(RUN_BYTES_MAX), 1)
  const half = [2, 3, 4].map((client) => updateOf('y'.repeat(RUN_BYTES_MAX / 2 - 100), client))
  const runs = mergeInRuns([large, ...half, large])
  expect(runs).toHaveLength(4)
  expect([runs[0], runs[3]]).toEqual([large, large])
  expect(runs[0]).toBe(large)
  expect(runs[1]).toEqual(mergeUpdates(half.slice(0, 2)))
  expect(runs[2]).toBe(half[2])
})
