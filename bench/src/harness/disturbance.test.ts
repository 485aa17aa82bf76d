import { describe, expect, it } from 'vitest'
import type { TaskResult } from './bench.ts'
import { cpu } from './cpu-time.ts'
import { disturbance, isDisturbed } from './disturbance.ts'
import { cautions } from './run.ts'
import { result, run, runWith } from './run.fixture.ts'

const [time] = result.metrics

function timedWith(cpuMs: number): TaskResult {
  const samples = new Map([
    ['time', [10, 10, 40]],
    ['CPU', [cpuMs, cpuMs, cpuMs]],
  ])
  return { task: 'a task', metrics: [time!, cpu], subjects: new Map([['yjs', samples]]) }
}

describe('a row', () => {
  it('is disturbed where more time passed than CPU time was used', () => {
    expect([3, 7.9, 8.1, 10, 25].map((cpuMs) => isDisturbed(timedWith(cpuMs), time!))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('tells nothing without CPU time, nor of a subject that has none', () => {
    expect(isDisturbed(result, time!)).toBeUndefined()
    expect(isDisturbed(timedWith(3), time!, 'syncline')).toBe(false)
  })
})

it('is counted, and the run says so', () => {
  expect(disturbance([timedWith(3), timedWith(10), result])).toEqual({ timed: 2, disturbed: 1 })
  const disturbed = runWith([timedWith(3), timedWith(10)])
  expect(cautions(disturbed).at(-1)).toBe(
    'in 1 of 2 timed rows somebody else had the processor for more than a fifth of the time: these ratios may be wrong',
  )
  expect(cautions(runWith([timedWith(10)]))).toEqual(cautions(run))
})
