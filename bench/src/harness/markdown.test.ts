import { describe, expect, it } from 'vitest'
import type { TaskResult } from './bench.ts'
import { withTables } from './markdown.ts'
import { runWith } from './run.fixture.ts'

const task: TaskResult = {
  task: 'this | that',
  metrics: [{ name: 'time', unit: 'ms', better: 'lower' }],
  subjects: new Map([
    ['syncline', new Map([['time', [2]]])],
    ['yjs', new Map([['time', [20]]])],
  ]),
}
const run = runWith([task])

describe('a file with places for tables', () => {
  const text =
    'before\n<!-- table merge -->\nold\n<!-- end merge -->\nafter\n<!-- table relay -->\nkept\n<!-- end relay -->\n'
  const filled = withTables(text, run)

  it('gets the table of the bench that ran, with where it was measured', () => {
    expect(filled).toContain('| this \\| that | time | 2.00 ms | 20.0 ms | 10.0× |')
    expect(filled).toContain(
      '1970-01-01 at 0123456789ab + changes, a processor, 2 cores, Node 20.19.0, quick run, seed 42. a generated trace.',
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
