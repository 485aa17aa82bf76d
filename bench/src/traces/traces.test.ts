import { expect, it } from 'vitest'
import type { BenchContext } from '../harness/bench.ts'
import { generateTrace } from '../workloads/generated-trace.ts'
import { traces } from './traces.ts'

it('every trace has figures of what is generated, and of what was recorded or why not', async () => {
  const context: BenchContext = {
    scale: 'quick',
    fullCounts: false,
    subjects: [],
    rounds: 1,
    profile: false,
    seed: 1,
    trace: generateTrace(1, 10),
    progress: { step() {}, detail() {}, end() {} },
    signal: new AbortController().signal,
    selects: () => true,
  }
  const names: string[] = []
  for await (const { task, metrics, subjects, notRun } of traces.run(context)) {
    names.push(task)
    for (const { name } of metrics) expect(subjects.get('generated')!.get(name)![0]).toBeGreaterThan(0)
    expect(subjects.has('recorded')).toBe(notRun === undefined)
  }
  expect(names).toEqual(['automerge-paper', 'sveltecomponent', 'friendsforever'])
})
