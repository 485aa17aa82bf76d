/** A small run, made up, for the tests of everything that shows or keeps a run. */
import type { TaskResult } from './bench.ts'
import type { Run } from './run.ts'

export const result: TaskResult = {
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

export const run: Run = {
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
  fullCounts: false,
  command: 'npm run bench -- --quick --seed 42',
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

/** The same run with other results in its one bench. */
export function runWith(results: readonly TaskResult[]): Run {
  return { ...run, reports: [{ ...run.reports[0]!, results }] }
}
