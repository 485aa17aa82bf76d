import { describe, expect, it } from 'vitest'
import { Edits } from '../workloads/edits.ts'
import { parseArguments, UsageError } from './arguments.ts'
import { check, CheckFailed, type Bench } from './bench.ts'
import { result } from './run.fixture.ts'
import { runBenches, type Surroundings } from './run-benches.ts'

function surroundings(told: string[] = [], signal = new AbortController().signal): Surroundings {
  const tell = (text: string): void => void told.push(text)
  return {
    progress: { step: tell, detail: tell, end: () => {} },
    signal,
    openTrace: () => ({ name: 'no trace', edits: Edits.of([]), endContent: '' }),
    earlier: undefined,
    typicalMs: { merge: { quick: 5000, default: 240_000, full: 0 } },
    onBroken: (name, error) => tell(`${name}: ${String(error)}`),
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

  it('keeps the benches that had ended when it is interrupted, and nothing of the one under way', async () => {
    const controller = new AbortController()
    const long = bench('relay', async function* ({ signal }) {
      yield result
      controller.abort()
      signal.throwIfAborted()
      yield result
    })
    const later = bench('people', async function* () {
      yield result
    })
    const told = surroundings([], controller.signal)
    const run = await runBenches([merge, long, later], parseArguments([]), told)
    expect(run.reports.map(({ bench: { name } }) => name)).toEqual(['merge'])
    expect(run.interrupted).toEqual(['relay', 'people'])
  })

  it('goes on when a bench breaks, of which there are no numbers, and says so', async () => {
    const breaking = bench('relay', async function* () {
      yield result
      throw new Error('no server')
    })
    const later = bench('people', async function* () {
      yield result
    })
    const told: string[] = []
    const run = await runBenches([merge, breaking, later], parseArguments([]), surroundings(told))
    expect(run.reports.map(({ bench: { name } }) => name)).toEqual(['merge', 'people'])
    expect(run.interrupted).toEqual(['relay'])
    expect(told.slice(2)).toEqual(['relay: Error: no server'])
    await expect(runBenches([breaking], parseArguments([]), surroundings())).rejects.toThrow('no server')
  })

  it('has no numbers when it is interrupted before any bench has ended', async () => {
    const controller = new AbortController()
    const long = bench('merge', async function* ({ signal }) {
      yield result
      controller.abort()
      signal.throwIfAborted()
    })
    await expect(runBenches([long], parseArguments([]), surroundings([], controller.signal))).rejects.toThrow('abort')
  })

  it('is whole when the interruption comes too late to end anything', async () => {
    const controller = new AbortController()
    const last = bench('merge', async function* () {
      controller.abort()
      yield result
    })
    const run = await runBenches([last], parseArguments([]), surroundings([], controller.signal))
    expect(run.interrupted).toBeUndefined()
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
