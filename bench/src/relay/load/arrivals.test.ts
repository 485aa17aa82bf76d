import { describe, expect, it } from 'vitest'
import { Arrivals } from './arrivals.ts'

describe('Arrivals', () => {
  it('counts a push as arrived when the last waiter has it', () => {
    const arrivals = new Arrivals(2)
    arrivals.sent(100)
    arrivals.sent(110)
    arrivals.arrived(0, 1, 120)
    expect(arrivals.complete).toBe(0)
    arrivals.arrived(1, 2, 130)
    expect([arrivals.complete, arrivals.delays]).toEqual([1, [30]])
    arrivals.arrived(0, 2, 150)
    expect([arrivals.complete, arrivals.delays]).toEqual([2, [30, 40]])
  })

  it('lets one arrival stand for all pushes before it, as a merged update does', () => {
    const arrivals = new Arrivals(1)
    for (const at of [0, 1, 2]) arrivals.sent(at)
    arrivals.arrived(0, 3, 10)
    expect(arrivals.delays).toEqual([10, 9, 8])
  })

  it('ignores what it heard before and what was never pushed', () => {
    const arrivals = new Arrivals(1)
    arrivals.sent(0)
    arrivals.arrived(0, 7, 5)
    arrivals.arrived(0, 1, 9)
    expect(arrivals.delays).toEqual([5])
    arrivals.sent(10)
    arrivals.arrived(0, 2, 12)
    expect(arrivals.delays).toEqual([5, 2])
  })
})
