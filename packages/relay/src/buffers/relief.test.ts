import { expect, test } from 'vitest'
import { furthest, heaviest, stuckMost, type BufferLoad, type Loaded } from './relief.ts'

function loaded(load: Partial<BufferLoad>): Loaded {
  return { load: { settlingBytes: 0, stuckBytes: 0, partBytes: 0, drains: false, isStill: false, ...load } }
}

test('the heaviest are held, and no more of them than it takes', () => {
  const [light, pushing, queued, idle] = [
    loaded({ settlingBytes: 10 }),
    loaded({ settlingBytes: 60 }),
    loaded({ stuckBytes: 40, settlingBytes: 10 }),
    loaded({}),
  ]
  expect(heaviest([light, pushing, queued, idle], 60)).toEqual([pushing])
  expect(heaviest([light, pushing, queued, idle], 59)).toEqual([pushing, queued])
  expect(heaviest([light, pushing, queued, idle], 0)).toEqual([pushing, queued, light])
  expect(heaviest([light, pushing, queued, idle], 120)).toEqual([])
})

test('the connection whose frame has come furthest is found, if any frame has begun to come', () => {
  const [little, much] = [loaded({ partBytes: 1 }), loaded({ partBytes: 2 })]
  expect(furthest([little, much, loaded({ settlingBytes: 9 })])).toBe(much)
  expect(furthest([loaded({})])).toBe(undefined)
})

const MiB = 1024 * 1024

test('those with the most that does not drain are ended, as many as it takes', () => {
  const [draining, large, small] = [
    loaded({ stuckBytes: 10 * MiB, drains: true }),
    loaded({ stuckBytes: 5 * MiB }),
    loaded({ stuckBytes: 2 * MiB }),
  ]
  const all = [small, draining, large, loaded({ settlingBytes: 50 * MiB })]
  expect(stuckMost(all, 17 * MiB, 17 * MiB, true)).toEqual([])
  expect(stuckMost(all, 17 * MiB, 12 * MiB, true)).toEqual([large])
  expect(stuckMost(all, 17 * MiB, 12 * MiB - 1, true)).toEqual([large, small])
  expect(stuckMost(all, 17 * MiB, 0, true)).toEqual([large, small])
  expect(stuckMost(all, 17 * MiB, 12 * MiB - 1, false)).toEqual([draining])
})

test('nobody is ended for what one read of a socket brings, nor for what others have little of', () => {
  const many = Array.from({ length: 16 }, () => loaded({ stuckBytes: MiB / 8 }))
  expect(stuckMost(many, 2 * MiB, MiB, true)).toEqual([])
  const one = loaded({ stuckBytes: MiB })
  expect(stuckMost([...many, one], 3 * MiB, MiB, true)).toEqual([])
  expect(stuckMost([...many, one], 3 * MiB, MiB - 1, true)).toEqual([one])
})

test('those with little are ended when they take nothing of it for long, the others still are not', () => {
  const still = Array.from({ length: 16 }, () => loaded({ stuckBytes: MiB / 16, isStill: true }))
  const taking = Array.from({ length: 16 }, () => loaded({ stuckBytes: MiB / 16 }))
  expect(stuckMost([...taking, ...still], 2 * MiB, MiB / 2, true)).toEqual([])
  expect(stuckMost([...taking, ...still], 2 * MiB, MiB / 2, false)).toEqual(still.slice(0, 8))
})

test('what several share is not counted for each of them', () => {
  const sharing = Array.from({ length: 4 }, () => loaded({ stuckBytes: MiB }))
  expect(stuckMost(sharing, MiB, MiB, true)).toEqual([])
})
