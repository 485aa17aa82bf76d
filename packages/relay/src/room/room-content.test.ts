import { expect, test } from 'vitest'
import { RoomContent } from './room-content.ts'

const limits = { deletedRangesMax: 2, islandsMax: 2 }

test('deletions are known one by one until there are too many', () => {
  const content = new RoomContent(limits)
  content.open({ structs: [1, 0, 9], deletes: [1, 0, 2] })
  expect(content.hasDeletes([1, 0, 2])).toBe(true)
  expect(content.hasDeletes([1, 0, 2, 1, 4, 5])).toBe(false)
  content.add({ structs: [], deletes: [1, 4, 5] })
  expect(content.hasDeletes([1, 0, 2, 1, 4, 5])).toBe(true)
  content.add({ structs: [], deletes: [1, 6, 7] })
  expect(content.hasDeletes([1, 0, 2])).toBeUndefined()
})

test('of a log with too many deletions nobody says that it lacks one', () => {
  const content = new RoomContent(limits)
  content.open({ structs: [1, 0, 9], deletes: undefined })
  expect(content.hasDeletes([1, 0, 2])).toBeUndefined()
})
