import { describe, expect, it } from 'vitest'
import { Random } from './random.ts'

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.uint32())

describe('Random', () => {
  it('repeats itself for the same seed and label, and only for those', () => {
    expect(draw(new Random(7, 'edits'), 50)).toEqual(draw(new Random(7, 'edits'), 50))
    expect(draw(new Random(7, 'edits'), 50)).not.toEqual(draw(new Random(8, 'edits'), 50))
    expect(draw(new Random(7, 'edits'), 50)).not.toEqual(draw(new Random(7, 'jumps'), 50))
  })

  it('gives the numbers of the published generator', () => {
    expect(draw(new Random(0), 100)).toEqual(reference(0, 100))
    expect(draw(new Random(123_456), 100)).toEqual(reference(123_456, 100))
  })

  it('spreads its numbers evenly over a range', () => {
    const random = new Random(1)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let index = 0; index < 10_000; index++) counts[random.below(10)]!++
    for (const count of counts) expect(count).toBeGreaterThan(850)
  })

  it('shuffles without losing or inventing an item', () => {
    const items = Array.from({ length: 40 }, (_, index) => index)
    const shuffled = new Random(3).shuffled(items)
    expect(shuffled).not.toEqual(items)
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items)
  })
})

/** The definition of xoshiro128** in integers of any size, to compare the 32-bit tricks with. */
function reference(seed: number, count: number): number[] {
  const mask = 0xffff_ffffn
  const rotate = (value: bigint, bits: bigint) => ((value << bits) | (value >> (32n - bits))) & mask
  const mix = (value: bigint) => {
    let mixed = ((value ^ (value >> 16n)) * 0x85ebca6bn) & mask
    mixed = ((mixed ^ (mixed >> 13n)) * 0xc2b2ae35n) & mask
    return mixed ^ (mixed >> 16n)
  }
  const state = [1n, 2n, 3n, 4n].map((factor) => mix((BigInt(seed) + factor * 0x9e3779b9n) & mask))
  return Array.from({ length: count }, () => {
    const result = (rotate((state[1]! * 5n) & mask, 7n) * 9n) & mask
    const shifted = (state[1]! << 9n) & mask
    state[2]! ^= state[0]!
    state[3]! ^= state[1]!
    state[1]! ^= state[2]!
    state[0]! ^= state[3]!
    state[2]! ^= shifted
    state[3] = rotate(state[3]!, 11n)
    return Number(result)
  })
}
