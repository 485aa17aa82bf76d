import { describe, expect, it } from 'vitest'
import type { Metric, TaskResult } from './bench.ts'
import { judge, verdict, type Target } from './target.ts'

const time: Metric = { name: 'time', unit: 'ms', better: 'lower' }

function verdicts(...targets: Target[]): string[] {
  const result: TaskResult = {
    task: 'task',
    metrics: [time],
    subjects: new Map([
      ['syncline', new Map([['time', [2, 2, 8]]])],
      ['peer', new Map([['time', [200, 200, 200]]])],
      ['limit', new Map([['time', [1, 1, 1]]])],
    ]),
    targets,
  }
  return judge(result, time).map((judged) => verdict(judged, time))
}

describe('a target', () => {
  it('against a peer is judged by the median of the ratios', () => {
    expect(verdicts({ metric: 'time', against: 'peer', timesAtLeast: 100 })).toEqual(['≥ 100× peer: met, 100×'])
    expect(verdicts({ metric: 'time', against: 'peer', timesAtLeast: 101 })).toEqual(['≥ 101× peer: missed, 100×'])
  })

  it('that lets us be worse says by how much we are', () => {
    expect(verdicts({ metric: 'time', against: 'limit', timesAtLeast: 1 / 3 })).toEqual(['≤ 3× limit: met, 2.00×'])
    expect(verdicts({ metric: 'time', against: 'limit', timesAtLeast: 1 / 1.5 })).toEqual([
      '≤ 1.5× limit: missed, 2.00×',
    ])
  })

  it('in the unit of the metric is an upper limit', () => {
    expect(verdicts({ metric: 'time', atMost: 2 })).toEqual(['≤ 2.00 ms: met, 2.00 ms'])
    expect(verdicts({ metric: 'time', atMost: 0.00025 })).toEqual(['≤ 250 ns: missed, 2.00 ms'])
  })

  it('is not met by what was not measured', () => {
    expect(verdicts({ metric: 'time', against: 'absent', timesAtLeast: 2 })).toEqual(['≥ 2× absent: not measured'])
  })

  it('is not met by what is below noise', () => {
    const memory: Metric = { name: 'memory', unit: 'bytes', better: 'lower' }
    const result: TaskResult = {
      task: 'task',
      metrics: [memory],
      subjects: new Map([
        ['syncline', new Map([['memory', [-91]]])],
        ['peer', new Map([['memory', [2168]]])],
      ]),
      targets: [
        { metric: 'memory', against: 'peer', timesAtLeast: 1 },
        { metric: 'memory', atMost: 1000 },
      ],
    }
    const judged = judge(result, memory)
    expect(judged.map(({ met }) => met)).toEqual([false, false])
    expect(judged.map((one) => verdict(one, memory))).toEqual(['≥ 1× peer: not measured', '≤ 1,000 B: not measured'])
  })

  it('of another metric is not this one’s', () => {
    expect(verdicts({ metric: 'bytes', atMost: 2 })).toEqual([])
  })
})
