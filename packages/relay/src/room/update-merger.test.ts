import { encodeStateVector } from '@syncline/core'
import { expect, test } from 'vitest'
import { updateOf } from '../relay-client.fixture.ts'
import { inlineMerger } from './update-merger.ts'

test('between two jobs the event loop gets its turn', async () => {
  const updates = [updateOf('a', 1), updateOf('b', 2)]
  let turns = 0
  const count = (): void => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  await inlineMerger.merge(updates)
  expect(turns).toBeGreaterThan(0)
  turns = 0
  await inlineMerger.diff(updates, encodeStateVector(new Map()))
  expect(turns).toBeGreaterThan(0)
  clearImmediate(timer)
})
