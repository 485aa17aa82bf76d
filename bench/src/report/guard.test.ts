import { describe, expect, it } from 'vitest'
import type { Metric, Samples, TaskResult } from '../harness/bench.ts'
import { cpu } from '../harness/cpu-time.ts'
import { run, runWith } from '../harness/run.fixture.ts'
import type { Run } from '../harness/run.ts'
import { compare, type Verdict } from './guard.ts'
import { renderComparison } from './guard-table.ts'

const time: Metric = { name: 'time', unit: 'ms', better: 'lower' }
const size: Metric = { name: 'size', unit: 'bytes', better: 'lower' }

/** Nine rounds around 10 ms and around 30 ms, each within ±8 %, drawn once. */
const ours = [9.8, 10.4, 9.6, 10.1, 10.7, 9.3, 10.0, 10.2, 9.9]
const theirs = [30.9, 29.1, 30.3, 28.4, 31.6, 30.0, 29.7, 32.1, 30.2]

function runOf(samples: Readonly<Record<string, readonly number[]>>, metric: Metric = time): Run {
  const subjects = Object.entries(samples).map(([subject, list]): [string, Samples] => [
    subject,
    new Map([[metric.name, list]]),
  ])
  const result: TaskResult = { task: 'a task', metrics: [metric], subjects: new Map(subjects) }
  return runWith([result])
}

function verdictOf(before: Run, now: Run): Verdict {
  return compare([before], now).changes[0]!.verdict
}

const slowed = (list: readonly number[], by: number): number[] => list.map((sample) => sample * by)
const shifted = (list: readonly number[], by: number): number[] => [...list.slice(by), ...list.slice(0, by)]

describe('the guard', () => {
  const before = runOf({ syncline: ours, yjs: theirs })

  it('finds that ours became 30 % slower', () => {
    const { changes } = compare([before], runOf({ syncline: slowed(shifted(ours, 4), 1.3), yjs: shifted(theirs, 2) }))
    expect(changes[0]).toMatchObject({ verdict: 'worse', against: 'yjs' })
    expect(changes[0]!.times).toBeCloseTo(1 / 1.3, 1)
  })

  it('finds that ours became 30 % faster', () => {
    expect(verdictOf(before, runOf({ syncline: slowed(ours, 1 / 1.3), yjs: shifted(theirs, 3) }))).toBe('better')
  })

  it('says nothing of two equal runs, nor of two whose rounds merely fell otherwise', () => {
    expect(verdictOf(before, before)).toBe('same')
    for (let by = 1; by < ours.length; by++) {
      expect(verdictOf(before, runOf({ syncline: shifted(ours, by), yjs: shifted(theirs, by + 3) }))).toBe('same')
    }
  })

  it('says nothing of a machine that became three times slower for both', () => {
    expect(verdictOf(before, runOf({ syncline: slowed(ours, 3), yjs: slowed(theirs, 3) }))).toBe('same')
  })

  it('says nothing of a slowdown that is smaller than what rounds differ by', () => {
    const wild = [5, 20, 9, 12, 30, 7, 11, 26, 8]
    expect(verdictOf(runOf({ syncline: wild, yjs: theirs }), runOf({ syncline: slowed(wild, 1.3), yjs: theirs }))).toBe(
      'same',
    )
  })

  it('does not judge a row during which somebody else had the processor', () => {
    const withCpu = (share: number, by: number): Run => {
      const samples = (times: readonly number[]): Samples =>
        new Map([
          ['time', times],
          ['CPU', slowed(times, share)],
        ])
      const subjects = new Map([
        ['syncline', samples(slowed(ours, by))],
        ['yjs', samples(theirs)],
      ])
      return runWith([{ task: 'a task', metrics: [time, cpu], subjects }])
    }
    expect(verdictOf(withCpu(1, 1), withCpu(0.5, 3))).toBe('disturbed')
    expect(verdictOf(withCpu(1, 1), withCpu(1.2, 3))).toBe('worse')
  })

  it('does not judge times of fewer than three rounds, and says so', () => {
    const few = (by: number): Run => runOf({ syncline: slowed([10, 11], by), yjs: [30, 31] })
    expect(verdictOf(few(1), few(2))).toBe('unjudged')
  })

  it('compares with another subject where the baseline took no part', () => {
    const without = (by: number): Run => runOf({ syncline: slowed(ours, by), 'Y.Doc': theirs })
    expect(compare([without(1)], without(1.3)).changes[0]).toMatchObject({ against: 'Y.Doc', verdict: 'worse' })
  })

  it('compares sizes as they are where nobody else has any, and never times', () => {
    const alone = (bytes: number): Run => runOf({ syncline: [bytes] }, size)
    expect(compare([alone(1000)], alone(1100)).changes[0]).toMatchObject({ against: undefined, verdict: 'worse' })
    expect(verdictOf(alone(1000), alone(1001))).toBe('same')
    expect(verdictOf(runOf({ syncline: ours }), runOf({ syncline: slowed(ours, 9) }))).toBe('unjudged')
  })

  it('allows memory more, which differs each time', () => {
    const memory: Metric = { name: 'memory', unit: 'bytes', better: 'lower', varies: true }
    const held = (bytes: number): Run => runOf({ syncline: [bytes], yjs: [5e6] }, memory)
    expect(verdictOf(held(1e6), held(1.15e6))).toBe('same')
    expect(verdictOf(held(1e6), held(1.25e6))).toBe('worse')
  })

  it('counts a change only where it is one since each of several runs', () => {
    const slower = runOf({ syncline: slowed(ours, 1.5), yjs: theirs })
    const now = runOf({ syncline: slowed(shifted(ours, 4), 1.45), yjs: theirs })
    expect(compare([before, slower], now).changes[0]).toMatchObject({ verdict: 'same' })
    expect(compare([before, slower], now).changes[0]!.times).toBeCloseTo(1.5 / 1.45, 1)
    const { changes } = compare([before, runOf({ syncline: slowed(ours, 1.1), yjs: theirs })], now)
    expect(changes[0]).toMatchObject({ verdict: 'worse' })
    expect(changes[0]!.times).toBeCloseTo(1.1 / 1.45, 1)
  })

  it('finds a count that is 0 no more, and one that became 0', () => {
    const missing: Metric = { name: 'missing', unit: 'count', better: 'lower' }
    const lost = (count: number): Run => runOf({ syncline: [count], yjs: [0] }, missing)
    expect(verdictOf(lost(0), lost(0))).toBe('same')
    expect(verdictOf(lost(0), lost(3))).toBe('worse')
    expect(verdictOf(lost(3), lost(0))).toBe('better')
  })

  it('does not judge sizes that are below noise', () => {
    const alone = (bytes: number): Run => runOf({ syncline: [bytes] }, size)
    expect(verdictOf(alone(1300), alone(-91))).toBe('unjudged')
    const both = (bytes: number): Run => runOf({ syncline: [bytes], yjs: [2168] }, size)
    expect(verdictOf(both(1300), both(-91))).toBe('unjudged')
  })

  it('tells rows that are new or gone', () => {
    const [report] = before.reports
    const renamed = { ...before, reports: [{ ...report!, results: [{ ...report!.results[0]!, task: 'another' }] }] }
    const { added, gone, changes } = compare([before], renamed)
    expect({ added, gone, changes }).toEqual({
      added: ['merge/another: time'],
      gone: ['merge/a task: time'],
      changes: [],
    })
  })

  it('warns of everything else that is different', () => {
    const { environment } = run
    const elsewhere: Run = {
      ...before,
      seed: 43,
      scale: 'full',
      environment: { ...environment, load: 0, cpu: 'another', cores: 8, versions: { yjs: '13.6.34' } },
      reports: [{ ...before.reports[0]!, workload: 'a recorded trace' }],
    }
    expect(compare([before], elsewhere).warnings).toEqual([
      'the amount of work was quick and is default',
      'the seed of the random cases was 42 and is 43',
      'the processor was a processor and is another',
      'the number of cores was 2 and is 8',
      'yjs was 13.6.33 and is 13.6.34',
      'the workload of merge was another: a generated trace',
      'the earlier run began on a busy machine',
    ])
  })

  it('tells the worst first, how sure it is, and how many stayed', () => {
    const text = renderComparison(compare([before], runOf({ syncline: slowed(ours, 3), yjs: theirs })))
    expect(text).toMatch(
      /merge\/a task +time +yjs +3\.0\d× +1\.0\d× +3\.00× worse +[23]\.\d+× worse … [23]\.\d+× worse +worse/,
    )
    expect(text).toContain(
      '1 worse, 0 better, 0 the same within noise, 0 disturbed by other work, 0 with too few rounds to tell',
    )
  })
})
