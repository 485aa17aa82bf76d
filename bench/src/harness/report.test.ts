import { describe, expect, it } from 'vitest'
import type { TaskResult } from './bench.ts'
import { formatRatio, formatSpread, formatValue } from './format.ts'
import { jsonOf, renderRun, type Run } from './report.ts'

const result: TaskResult = {
  task: 'merge 1,000 keystrokes',
  metrics: [
    { name: 'time', unit: 'ms', better: 'lower' },
    { name: 'rate', unit: 'per second', better: 'higher' },
    { name: 'cases', unit: 'count', better: 'none' },
  ],
  subjects: new Map([
    [
      'syncline',
      new Map([
        ['time', [2, 2, 2]],
        ['rate', [100, 100, 100]],
        ['cases', [7]],
      ]),
    ],
    [
      'yjs',
      new Map([
        ['time', [30, 20, 10]],
        ['rate', [200]],
        ['cases', [7]],
      ]),
    ],
  ]),
}

const run: Run = {
  environment: {
    cpu: 'a processor',
    cores: 2,
    memoryBytes: 4 * 2 ** 30,
    load: 1.5,
    system: 'linux',
    node: '20.19.0',
    v8: '11',
    versions: { yjs: '13.6.33', lmdb: undefined },
    temporaryFilesInMemory: true,
    commit: { hash: '0123456789abcdef', modified: true },
  },
  seed: 42,
  scale: 'quick',
  startedAt: new Date(0),
  elapsedMs: 1500,
  reports: [
    {
      bench: { name: 'merge', question: 'How fast?', metric: 'milliseconds', baseline: 'yjs' },
      workload: 'a generated trace',
      results: [result],
    },
  ],
}

describe('the table', () => {
  const lines = renderRun(run).split('\n')
  const row = (metric: string) => lines.slice(7).find((line) => line.includes(` ${metric} `))!

  it('opens with machine, versions, commit and the seed with the command that replays it', () => {
    expect(lines.slice(0, 5).join('\n')).toContain('2 cores, 4 GiB')
    expect(lines[2]).toBe('versions  yjs 13.6.33')
    expect(lines[3]).toContain('0123456789ab + changes')
    expect(lines[4]).toContain('npm run bench -- --seed 42 --quick')
  })

  it('says so when durability costs nothing on this machine', () => {
    expect(lines[5]).toContain('temporary files are in memory')
  })

  it('says so when the machine was busy before', () => {
    expect(lines[6]).toBe('note      other work kept 1.5 cores busy when the run began: times are long and noisy')
  })

  it('tells the question, the workload and the metric before any number', () => {
    const text = lines.join('\n')
    expect(text.indexOf('How fast?')).toBeLessThan(text.indexOf('a generated trace'))
    expect(text.indexOf('milliseconds')).toBeLessThan(text.indexOf('2.00 ms'))
  })

  it('gives no ratio of two counts that are 0', () => {
    const counts: TaskResult = {
      task: 'a kill',
      metrics: [{ name: 'missing', unit: 'count', better: 'lower' }],
      subjects: new Map([
        ['syncline', new Map([['missing', [0]]])],
        ['yjs', new Map([['missing', [0]]])],
      ]),
    }
    const [report] = run.reports
    const text = renderRun({ ...run, reports: [{ ...report!, results: [counts] }] })
    expect(text).not.toContain('NaN')
  })

  it('gives a ratio above 1 where ours is better and below 1 where it is worse', () => {
    expect(row('time')).toMatch(/2\.00 ms +20\.0 ms ±25 % +10\.0×$/)
    expect(row('rate')).toMatch(/100 \/s +200 \/s +0\.50×$/)
  })

  it('compares nothing where neither direction is better', () => {
    expect(row('cases')).toMatch(/7 +7$/)
  })
})

describe('a table with targets', () => {
  const judged: TaskResult = {
    ...result,
    notRun: new Map([['slow peer', 'not run: quadratic']]),
    targets: [
      { metric: 'time', against: 'yjs', timesAtLeast: 8 },
      { metric: 'time', atMost: 1 },
    ],
    profile: [{ name: 'append', place: 'log.js:7', share: 0.25 }],
  }
  const judgedRun: Run = { ...run, reports: [{ ...run.reports[0]!, results: [judged] }] }
  const lines = renderRun(judgedRun).split('\n')
  const at = lines.findIndex((line) => line.includes(' time '))

  it('has one line per target, and says whether it is met', () => {
    expect(lines[at]).toMatch(/10\.0× +≥ 8× yjs: met, 10\.0×$/)
    expect(lines[at + 1]).toMatch(/^ +≤ 1\.00 ms: missed, 2\.00 ms$/)
  })

  it('says why a subject is not asked', () => {
    expect(lines[at]).toContain('not run: quadratic')
  })

  it('tells below the table where our time goes', () => {
    expect(lines.slice(at).join('\n')).toMatch(/merge 1,000 keystrokes: share .*\n +25\.0 % {2}append {2}log\.js:7/)
  })

  it('keeps targets, reasons and profile in the JSON', () => {
    const { benches } = JSON.parse(JSON.stringify(jsonOf(judgedRun))) as {
      benches: { measurements: { targets?: object[] }[]; notRun: object[]; profiles: object[] }[]
    }
    const target = { metric: 'time', against: 'yjs', timesAtLeast: 8 }
    expect(benches[0]!.measurements[0]!.targets![0]).toEqual({ target, text: '≥ 8× yjs', reached: 10, met: true })
    expect(benches[0]!.notRun).toEqual([
      { task: 'merge 1,000 keystrokes', subject: 'slow peer', reason: 'not run: quadratic' },
    ])
    expect(benches[0]!.profiles).toEqual([{ task: 'merge 1,000 keystrokes', functions: judged.profile }])
  })
})

describe('the JSON', () => {
  it('says which tasks are points of a growth curve', () => {
    const point = { curve: 'load, by document size', axis: 'keystrokes', value: 1000 }
    const [report] = run.reports
    const pointed = { ...run, reports: [{ ...report!, results: [{ ...result, point }] }] }
    const { benches } = JSON.parse(JSON.stringify(jsonOf(pointed))) as { benches: { points: object[] }[] }
    expect(benches[0]!.points).toEqual([{ task: result.task, ...point }])
  })

  it('keeps every sample beside its summary and ratio', () => {
    const json = JSON.parse(JSON.stringify(jsonOf(run))) as {
      benches: { measurements: Record<string, unknown>[] }[]
    }
    const measurements = json.benches[0]!.measurements
    expect(measurements).toHaveLength(6)
    expect(measurements[0]).toMatchObject({ subject: 'syncline', metric: 'time', median: 2, samples: [2, 2, 2] })
    expect(measurements[0]!['ratio']).toMatchObject({ median: 10, samples: 3 })
    expect(measurements[1]).not.toHaveProperty('ratio')
  })
})

describe('numbers for people', () => {
  it('picks the unit that fits', () => {
    expect([0.0000423, 0.0423, 4.23, 4230].map((ms) => formatValue(ms, 'ms'))).toEqual([
      '42.3 ns',
      '42.3 µs',
      '4.23 ms',
      '4.23 s',
    ])
    expect([1126, 2_500_000].map((bytes) => formatValue(bytes, 'bytes'))).toEqual(['1,126 B', '2.50 MB'])
    expect([12_345, 99.94].map((rate) => formatValue(rate, 'per second'))).toEqual(['12,300 /s', '99.9 /s'])
  })

  it('writes ratios and spreads short', () => {
    expect([0.312, 2, 1234].map(formatRatio)).toEqual(['0.31×', '2.00×', '1,230×'])
    expect([0, 0.004, 0.126].map(formatSpread)).toEqual(['', '', ' ±13 %'])
  })
})
