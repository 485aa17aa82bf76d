import { describe, expect, it } from 'vitest'
import type { TaskResult } from './bench.ts'
import { result, run, runWith } from './run.fixture.ts'
import { renderRun } from './terminal.ts'

describe('the table', () => {
  const lines = renderRun(run).split('\n')
  const row = (metric: string) => lines.slice(7).find((line) => line.includes(` ${metric} `))!

  it('opens with machine, versions, commit and the seed with the command that replays it', () => {
    expect(lines.slice(0, 5).join('\n')).toContain('2 cores, 4 GiB')
    expect(lines[2]).toBe('versions  yjs 13.6.33')
    expect(lines[3]).toContain('0123456789ab + changes')
    expect(lines[4]).toContain('npm run bench -- --quick --seed 42')
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
    const text = renderRun(runWith([counts]))
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
  const lines = renderRun(runWith([judged])).split('\n')
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
})
