import { describe, expect, it } from 'vitest'
import { parseArguments } from './arguments.ts'
import { Estimate, planFor, remainingText } from './estimate.ts'
import { result, run, runWith } from './run.fixture.ts'

const benches = [{ name: 'merge' }, { name: 'relay' }]
const typical = { merge: { quick: 1, default: 10, full: 100 }, relay: { quick: 2, default: 20, full: 200 } }

describe('what a run is expected to take', () => {
  it('is what its benches usually take, where nothing ran here before', () => {
    expect(planFor(benches, parseArguments([]), undefined, typical)).toEqual([
      { bench: 'merge', expectedMs: 10 },
      { bench: 'relay', expectedMs: 20 },
    ])
  })

  it('is what its tasks took here before', () => {
    const earlier = runWith([
      { ...result, task: 'a', elapsedMs: 300 },
      { ...result, task: 'b', elapsedMs: 400 },
    ])
    const plan = (...argv: string[]) => planFor(benches.slice(0, 1), parseArguments(argv), earlier, typical)[0]
    expect(plan('--quick')).toEqual({ bench: 'merge', expectedMs: 700 })
    expect(plan('--quick', '--only', 'merge/b')).toEqual({ bench: 'merge', expectedMs: 400 })
    expect(plan()).toEqual({ bench: 'merge', expectedMs: 10 })
  })

  it('is not told by a run of some tasks', () => {
    const some = { ...run, command: 'npm run bench -- --quick --only merge/a --seed 1' }
    expect(planFor(benches.slice(0, 1), parseArguments(['--quick']), some, typical)[0]!.expectedMs).toBe(1)
    const rounds = parseArguments(['--rounds', '2'])
    expect(planFor(benches.slice(0, 1), rounds, undefined, typical)[0]!.expectedMs).toBeUndefined()
  })
})

describe('what remains', () => {
  const plan = [
    { bench: 'a', expectedMs: 100 },
    { bench: 'b', expectedMs: 200 },
  ]

  it('shrinks while a bench runs, and is never below what comes later', () => {
    const estimate = new Estimate(plan)
    expect(estimate.remainingMs(0)).toBe(300)
    estimate.begin(0)
    expect(estimate.remainingMs(60)).toBe(240)
    expect(estimate.remainingMs(500)).toBe(200)
  })

  it('follows the pace of what has ended, within reason', () => {
    const slow = new Estimate(plan)
    slow.begin(0)
    slow.begin(200)
    expect(slow.remainingMs(200)).toBe(400)
    const stopped = new Estimate(plan)
    stopped.begin(0)
    stopped.begin(9000)
    expect(stopped.remainingMs(9000)).toBe(600)
  })

  it('is not told where a bench is new', () => {
    expect(new Estimate([...plan, { bench: 'c', expectedMs: undefined }]).remainingMs(0)).toBeUndefined()
  })

  it('is told in minutes', () => {
    expect([20_000, 100_000].map(remainingText)).toEqual(['less than a minute left', 'about 2 min left'])
  })
})
