import { describe, expect, it } from 'vitest'
import type { BenchContext, TaskResult } from '../harness/bench.ts'
import { generateTrace } from '../workloads/generated-trace.ts'
import { growth } from './growth.ts'

async function run(subjects: readonly string[], only: string): Promise<TaskResult[]> {
  const context: BenchContext = {
    scale: 'quick',
    fullCounts: false,
    subjects,
    rounds: 1,
    profile: false,
    seed: 1,
    trace: generateTrace(1, 6000),
    progress: { step() {}, detail() {}, end() {} },
    signal: new AbortController().signal,
    selects: (task) => task.startsWith(only),
  }
  const results: TaskResult[] = []
  for await (const result of growth.run(context)) results.push(result)
  return results
}

describe('growth', () => {
  it.each(['local edit', 'remote update', 'load', 'resolve a conflict'])(
    'has a curve of %s, with a limit in it',
    async (name) => {
      const results = await run(['syncline'], name)
      expect(results.map(({ point }) => point!.curve)).toEqual([name, name])
      const [smaller, larger] = results.map(({ point }) => point!.value)
      expect(smaller).toBeLessThan(larger!)
      for (const { subjects } of results) expect([...subjects.keys()]).toEqual(['syncline', 'yjs', 'limit'])
    },
  )
})
