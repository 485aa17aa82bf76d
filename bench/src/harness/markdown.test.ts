import { describe, expect, it } from 'vitest'
import { withTables } from './markdown.ts'
import type { Run } from './report.ts'

const run: Run = {
  environment: {
    cpu: 'a processor',
    cores: 2,
    memoryBytes: 4 * 2 ** 30,
    load: 0,
    system: 'linux',
    node: '20.19.0',
    v8: '11',
    versions: {},
    temporaryFilesInMemory: false,
    commit: { hash: '0123456789abcdef', modified: false },
  },
  seed: 42,
  scale: 'full',
  startedAt: new Date(0),
  elapsedMs: 1500,
  reports: [
    {
      bench: { name: 'merge', question: 'How fast?', metric: 'milliseconds', baseline: 'yjs' },
      workload: 'a generated trace',
      results: [
        {
          task: 'this | that',
          metrics: [{ name: 'time', unit: 'ms', better: 'lower' }],
          subjects: new Map([
            ['syncline', new Map([['time', [2]]])],
            ['yjs', new Map([['time', [20]]])],
          ]),
        },
      ],
    },
  ],
}

describe('a file with places for tables', () => {
  const text =
    'before\n<!-- table merge -->\nold\n<!-- end merge -->\nafter\n<!-- table relay -->\nkept\n<!-- end relay -->\n'
  const filled = withTables(text, run)

  it('gets the table of the bench that ran, with where it was measured', () => {
    expect(filled).toContain('| this \\| that | time | 2.00 ms | 20.0 ms | 10.0× |')
    expect(filled).toContain(
      '1970-01-01 at 0123456789ab, a processor, 2 cores, Node 20.19.0, full, seed 42. a generated trace.',
    )
    expect(filled).not.toContain('old')
  })

  it('keeps everything else', () => {
    expect(filled.startsWith('before\n')).toBe(true)
    expect(filled).toContain('<!-- end merge -->\nafter\n<!-- table relay -->\nkept\n<!-- end relay -->\n')
  })

  it('gets the same when it is filled again', () => {
    expect(withTables(filled, run)).toBe(filled)
  })

  it('stays as it is without a place', () => {
    expect(withTables('# title\n', run)).toBe('# title\n')
  })
})
