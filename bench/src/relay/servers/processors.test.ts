import { expect, it } from 'vitest'
import { numbersIn, processorsFor } from './processors.ts'

it('reads lists of processors', () => {
  expect(numbersIn('0-2,5')).toEqual([0, 1, 2, 5])
  expect(numbersIn('7')).toEqual([7])
})

it('gives server and load a processor each, or none', () => {
  expect(processorsFor('2,4-7')).toEqual({ server: 2, load: 4 })
  expect(processorsFor('3')).toBeUndefined()
})
