import { describe, expect, it } from 'vitest'
import type { Metric, TaskResult, Unit } from '../harness/bench.ts'
import { listed, standingsIn, type Standing } from './standings.ts'

const bench = { name: 'merge', question: '', metric: '', baseline: 'yjs', roles: { 'bare ws': 'yardstick' } } as const

function places(ours: readonly number[], theirs: readonly number[], unit: Unit = 'ms'): string[] {
  const metric: Metric = { name: 'm', unit, better: 'lower' }
  const result: TaskResult = {
    task: 'task',
    metrics: [metric, { ...metric, name: 'CPU', beside: 'm' }, { ...metric, name: 'cases', better: 'none' }],
    subjects: new Map([
      ['syncline', new Map([['m', ours]])],
      ['yjs', new Map([['m', theirs]])],
      ['bare ws', new Map([['m', theirs]])],
      ['limit', new Map([['m', theirs]])],
    ]),
  }
  return standingsIn(bench, result).map(({ peer, place }) => `${peer} ${place}`)
}

describe('a standing', () => {
  it('is of peers alone, and of what has a better side', () => {
    expect(places([1, 1, 1], [2, 2, 2])).toEqual(['yjs ahead'])
    expect(places([2, 2, 2], [1, 1, 1])).toEqual(['yjs behind'])
  })

  it('is level where rounds disagree, or where it is next to nothing', () => {
    expect(places([1, 1, 1, 1], [2, 2, 0.5, 0.5])).toEqual(['yjs level'])
    expect(places([1, 1, 1], [1.01, 1.01, 1.01])).toEqual(['yjs level'])
  })

  it('asks for more where fewer than three rounds were timed, and not of sizes', () => {
    expect(places([1], [1.05])).toEqual(['yjs level'])
    expect(places([1], [1.2])).toEqual(['yjs ahead'])
    expect(places([100], [105], 'bytes')).toEqual(['yjs ahead'])
  })

  it('is not told of counts of 0, of which nothing is a multiple', () => {
    expect(places([0], [0], 'count')).toEqual([])
  })
})

describe('a list of standings', () => {
  const standing = (task: string, ratio: number, curve?: string): Standing => ({
    bench: 'growth',
    task,
    metric: { name: 'time', unit: 'ms', better: 'lower' },
    peer: 'yjs',
    ratio: { median: ratio, low: ratio, high: ratio, samples: 9 },
    place: 'behind',
    curve,
  })

  it('has the furthest first, and a curve once', () => {
    const rows = listed([
      standing('a', 0.5),
      standing('b 10', 0.9, 'b'),
      standing('b 20', 0.1, 'b'),
      standing('c', 0.2),
    ])
    expect(rows.map((row) => [row.standing.task, row.points])).toEqual([
      ['b 20', 2],
      ['c', 1],
      ['a', 1],
    ])
  })
})
