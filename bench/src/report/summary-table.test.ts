import { describe, expect, it } from 'vitest'
import type { TaskResult } from '../harness/bench.ts'
import { run } from '../harness/run.fixture.ts'
import type { Run } from '../harness/run.ts'
import { missingHeadlines } from './headlines.ts'
import { withSummary } from './summary-table.ts'

function raced(task: string, ms: Readonly<Record<string, number>>): TaskResult {
  return {
    task,
    metrics: [{ name: 'time', unit: 'ms', better: 'lower' }],
    subjects: new Map(Object.entries(ms).map(([subject, time]) => [subject, new Map([['time', [time, time, time]]])])),
    targets: [{ metric: 'time', against: 'yjs', timesAtLeast: 15 }],
  }
}

const [report] = run.reports
const replica: Run = {
  ...run,
  reports: [
    {
      ...report!,
      bench: { ...report!.bench, name: 'replica' },
      results: [
        raced('text: local edits', { syncline: 100, yjs: 1600, 'json-joy': 200, limit: 10 }),
        raced('text: load, warm', { syncline: 4, yjs: 8, loro: 1 }),
        raced('text: something else', { syncline: 4, yjs: 2, loro: 1 }),
      ],
    },
  ],
}

describe('the summary in a README', () => {
  const text = withSummary('before\n<!-- table summary -->\nold\n<!-- end summary -->\nafter\n', replica)

  it('has the headlines that the run can give, each with its peer and the nearest other', () => {
    expect(text).toContain(
      '| typing, with an update for each keystroke | 100 ms | yjs: 1.60 s | 16.0× | json-joy: 2.00× |',
    )
    expect(text).toContain('| load a document | 4.00 ms | yjs: 8.00 ms | 2.00× | loro: 0.25× |')
    expect(text).not.toContain('old')
    expect(text).toMatch(/^before\n.*\nafter\n$/s)
  })

  it('tells our losses beside them, each row once, by the peer that is furthest ahead', () => {
    expect(text).toContain('Of 6 comparisons with peers we are ahead in 3, level in 0 and behind in 3.')
    expect(text).toContain(
      '**Behind**, the furthest first: text: load, warm (loro 0.25×); text: something else (loro 0.25×).',
    )
    expect(text).toContain('Of 3 targets that we set ourselves, 1 are met.')
  })

  it('says where the figures are from and how to get them again', () => {
    expect(text).toContain('1970-01-01 at 0123456789ab + changes, a processor, 2 cores')
    expect(text).toContain('Caution: other work kept 1.5 cores busy when the run began')
    expect(text).toContain('`npm run bench -- --quick --seed 42` measures it again')
  })

  it('knows which headlines a bench should have had', () => {
    expect(missingHeadlines(replica)).toContain('replica/^text: load, cold: time against yjs')
    expect(missingHeadlines(replica).join()).not.toContain('merge/')
  })
})
