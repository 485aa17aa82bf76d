import { describe, expect, it } from 'vitest'
import { exactly, hasRoundLeft, roundsFor } from './rounds.ts'

const rounds = { least: 2, most: 4, withinMs: 100 }

describe('rounds', () => {
  it('are as many as there is time for', () => {
    expect(hasRoundLeft(rounds, 3, 75)).toBe(true)
    expect(hasRoundLeft(rounds, 3, 76)).toBe(false)
  })

  it('are never fewer than the least, nor more than the most', () => {
    expect(hasRoundLeft(rounds, 0, 0)).toBe(true)
    expect(hasRoundLeft(rounds, 1, 1000)).toBe(true)
    expect(hasRoundLeft(rounds, 2, 1000)).toBe(false)
    expect(hasRoundLeft(rounds, 4, 1)).toBe(false)
  })

  it('are as many as somebody asks for, however long they take', () => {
    const sizes = { quick: rounds, normal: rounds, full: rounds }
    const asked = roundsFor({ scale: 'full', fullCounts: false, rounds: 7 }, sizes)
    expect(asked).toEqual(exactly(7))
    expect(hasRoundLeft(asked, 6, 1e9)).toBe(true)
    expect(hasRoundLeft(asked, 7, 0)).toBe(false)
  })
})
