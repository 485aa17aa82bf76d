import { describe, expect, it } from 'vitest'
import { parseArguments, UsageError } from './arguments.ts'
import { check, CheckFailed, type Bench } from './bench.ts'
import { result } from './run.fixture.ts'
import { runBenches, type Surroundings } from './run-benches.ts'

function surroundings(told: string[] = []): Surroundings {
  const tell = (text: string): void => void told.push(text)
  return {
    progress: { step: tell, detail: tell, end: () => {} },
    signal: new AbortController().signal,
    openTrace: () => ({ name: 'no trace', edits: [], endContent: '' }),
    earlier: undefined,
    typicalMs: { merge: { quick: 5000, default: 240_000, full: 0 } },
  }
}

const bench = (name: string, run: Bench['run']): Bench => ({
  name,
  question: 'How fast?',
  workload: () => 'nothing',
  metric: 'milliseconds',
  baseline: 'yjs',
  run,
})
const merge = bench('merge', async function* ({ progress }) {
  progress.step('merge · a')
  yield result
})

describe('a run', () => {
  it('has the results of each bench, with how long each task took and the command that repeats it', async () => {
    const run = await runBenches([merge], parseArguments(['--seed', '7']), surroundings())
    expect(run).toMatchObject({ seed: 7, scale: 'full', fullCounts: false, command: 'npm run bench -- --seed 7' })
    expect(run.reports[0]!.results).toMatchObject([result])
    expect(run.reports[0]!.results[0]!.elapsedMs).toBeGreaterThanOrEqual(0)
  })

  it('says with each step what remains', async () => {
    const told: string[] = []
    await runBenches([merge], parseArguments(['--seed', '7']), surroundings(told))
    expect(told).toEqual(['seed 7', 'merge · a · about 4 min left'])
  })

  it('gives no number at all when a replica of its last bench did not converge', async () => {
    const broken = bench('convergence', async function* () {
      yield result
      check(false, 'two replicas differ', 'npm run bench -- --seed 7')
    })
    await expect(runBenches([merge, broken], parseArguments([]), surroundings())).rejects.toThrow(CheckFailed)
  })

  it.each([[['--only', 'absent']], [['--only', 'merge/absent']]])(
    'refuses %s, which nothing is called',
    async (argv) => {
      const none = bench('merge', async function* (context) {
        if (context.selects('a')) yield result
      })
      await expect(runBenches([none], parseArguments(argv), surroundings())).rejects.toThrow(UsageError)
    },
  )
})
