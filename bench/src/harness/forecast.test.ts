import { describe, expect, it } from 'vitest'
import { costMs, forecast, probed, refusal } from './forecast.ts'

describe('a forecast', () => {
  it('goes on as the pieces grew', () => {
    const linear = forecast({ size: 100, ms: 10 }, { size: 200, ms: 20 }, 2000)
    expect(linear.ms).toBeCloseTo(200)
    expect(linear.exponent).toBeCloseTo(1)
    const quadratic = forecast({ size: 100, ms: 10 }, { size: 200, ms: 40 }, 2000)
    expect(quadratic.ms).toBeCloseTo(4000)
    expect(quadratic.exponent).toBeCloseTo(2)
  })

  it('does not believe that more work costs less', () => {
    expect(forecast({ size: 100, ms: 80 }, { size: 200, ms: 60 }, 400)).toEqual({ ms: 120, exponent: 1 })
    expect(forecast({ size: 100, ms: 0 }, { size: 200, ms: 0 }, 400)).toEqual({ ms: 0, exponent: 1 })
  })

  it('is made of the first pieces that take long enough, and of no more', () => {
    const done: number[] = []
    const told = probed((size) => {
      done.push(size)
      return size / 10
    }, 3000)
    expect(done).toEqual([100, 200, 400, 800])
    expect(told).toEqual({ ms: 300, exponent: 1 })
  })

  it('goes by a share of work that may begin to be slow later', () => {
    const done: number[] = []
    // Quadratic, once there are a thousand.
    const told = probed((size) => {
      done.push(size)
      return size / 10 + Math.max(0, size - 1000) ** 2 / 10_000
    }, 9000)
    expect(done).toEqual([100, 200, 400, 800, 1600, 3200])
    expect(told!.ms).toBeGreaterThan(4000)
    const steady: number[] = []
    probed((size) => {
      steady.push(size)
      return size / 10
    }, 9000)
    expect(steady).toEqual([100, 200, 400, 800, 1600, 3200])
  })

  it('is made again of larger pieces when it would refuse something for its warm-up', () => {
    // What is slow is the compiler, and then it is done.
    const told = probed((size) => size / 2000 + (size <= 800 ? 62 : 0), 400_000)
    expect(told!.ms).toBeCloseTo(200)
    const slow = probed((size) => size / 10 + (size <= 800 ? 50 : 0), 400_000)
    expect(slow).toEqual({ ms: 40_000, exponent: 1 })
  })

  it('is not needed of what takes no time, and never does the whole work', () => {
    const done: number[] = []
    const told = probed((size) => {
      done.push(size)
      return 0
    }, 700)
    expect(told).toBeUndefined()
    expect(done).toEqual([100, 200, 400])
    expect(probed(() => 1000, 399)).toBeUndefined()
  })

  it('refuses what takes longer than allowed, and says how long and why', () => {
    expect(refusal({ ms: 4000, exponent: 2 }, 4000)).toBeUndefined()
    expect(refusal(undefined, 1)).toBeUndefined()
    expect(refusal({ ms: 4200, exponent: 1.1 }, 4000)).toBe('slow: ~4 s')
    expect(refusal({ ms: 84_000, exponent: 1.9 }, 4000)).toBe('quadratic: ~84 s')
    expect(refusal({ ms: 790_000, exponent: 2 }, 4000)).toBe('quadratic: ~13 min')
    expect(refusal({ ms: 7_200_000, exponent: 2 }, 4000)).toBe('quadratic: ~2 h')
  })

  it('counts what this process does, and not what it waits for', () => {
    const waiting = new Int32Array(new SharedArrayBuffer(4))
    let sum = 0
    const working = costMs(() => {
      for (let index = 0; index < 2e7; index++) sum += index % 7
    })
    expect(sum).toBeGreaterThan(0)
    expect(working).toBeGreaterThan(0)
    const start = performance.now()
    const idle = costMs(() => Atomics.wait(waiting, 0, 0, 300))
    expect(idle).toBeLessThan(performance.now() - start)
  })
})
