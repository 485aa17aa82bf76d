import { expect, test } from 'vitest'
import { SparseMap } from './sparse-map.ts'

test('it is a map, empty or not', () => {
  const map = new SparseMap<string, number>()
  expect([map.size, map.get('a'), map.has('a'), map.delete('a'), [...map]]).toEqual([0, undefined, false, false, []])
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  expect([map.size, map.get('a'), map.has('b'), [...map]]).toEqual([
    2,
    3,
    true,
    [
      ['a', 3],
      ['b', 2],
    ],
  ])
  expect([map.delete('a'), map.delete('a'), map.size, [...map]]).toEqual([true, false, 1, [['b', 2]]])
})
