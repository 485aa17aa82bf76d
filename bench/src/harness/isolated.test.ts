import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { Edits } from '../workloads/edits.ts'
import { CheckFailed, type Bench, type BenchContext, type TaskResult } from './bench.ts'
import { isolated } from './isolated.ts'

const folder = mkdtempSync(join(tmpdir(), 'syncline-isolated-'))
afterAll(() => rmSync(folder, { recursive: true }))

const here: Bench = {
  name: 'merge',
  question: 'How fast?',
  workload: () => 'nothing',
  metric: 'milliseconds',
  baseline: 'yjs',
  // oxlint-disable-next-line require-yield -- it is the process that has results
  async *run() {
    throw new Error('it ran here')
  },
}

/** A bench whose process does `body`, which has `question`, `tell` and `end`. */
function doing(body: string): Bench {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`)
  const tools = `import { writeFileSync } from 'node:fs'
const tell = (news) => process.send(news)
const end = () => process.send({ type: 'ended' }, () => process.disconnect())`
  writeFileSync(file, `${tools}\nprocess.once('message', async (question) => {\n${body}\n})\n`)
  return isolated(here, ['merge/a'], pathToFileURL(file))
}

function contextOf(told: string[] = [], signal = new AbortController().signal): BenchContext {
  return {
    scale: 'quick',
    fullCounts: false,
    subjects: ['yjs'],
    rounds: 2,
    profile: false,
    seed: 7,
    trace: { name: 'no trace', edits: Edits.of([]), endContent: '' },
    progress: { step: (text) => void told.push(text), detail: (text) => void told.push(text), end: () => {} },
    signal,
    selects: () => true,
  }
}

async function resultsOf(bench: Bench, context = contextOf()): Promise<TaskResult[]> {
  const results: TaskResult[] = []
  for await (const one of bench.run(context)) results.push(one)
  return results
}

describe('a bench in a process of its own', () => {
  it('is asked what it would be asked here, and says what it does', async () => {
    const told: string[] = []
    const bench = doing(
      `tell({ type: 'step', text: JSON.stringify(question) }); tell({ type: 'detail', text: 'round 1' }); end()`,
    )
    expect(await resultsOf(bench, contextOf(told))).toEqual([])
    const question = { bench: 'merge', only: ['merge/a'], scale: 'quick', fullCounts: false, subjects: ['yjs'] }
    expect(JSON.parse(told[0]!)).toEqual({ ...question, rounds: 2, profile: false, seed: 7 })
    expect(told[1]).toBe('round 1')
  })

  it('has its results, maps included', async () => {
    const bench = doing(`
      const subjects = new Map([['yjs', new Map([['time', [1, 2]]])]])
      tell({ type: 'result', result: { task: 'a', metrics: [], subjects } })
      tell({ type: 'result', result: { task: 'b', metrics: [], subjects: new Map() } })
      end()`)
    const [first, second] = await resultsOf(bench)
    expect(first!.subjects.get('yjs')!.get('time')).toEqual([1, 2])
    expect(second!.task).toBe('b')
  })

  it('fails as it failed there', async () => {
    const wrong = doing(`tell({ type: 'failed', isCheck: true, message: 'two differ', replay: 'npm run' }); end()`)
    const failure = await resultsOf(wrong).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CheckFailed)
    expect(failure).toMatchObject({ message: 'two differ', replay: 'npm run' })
    const broken = doing(`tell({ type: 'failed', isCheck: false, message: 'no such file', replay: undefined }); end()`)
    await expect(resultsOf(broken)).rejects.toThrow('no such file')
  })

  it('fails when the process ends without a word', async () => {
    await expect(resultsOf(doing('process.exit(9)'))).rejects.toThrow('merge ended early (exit code 9)')
    await expect(resultsOf(doing(`process.kill(process.pid, 'SIGKILL')`))).rejects.toThrow('(SIGKILL)')
  })

  it('is ended with the run, in order', async () => {
    const controller = new AbortController()
    const file = join(folder, 'ended')
    const bench = doing(`
      const alive = setInterval(() => {}, 1000)
      process.on('SIGTERM', () => {
        clearInterval(alive)
        writeFileSync(${JSON.stringify(file)}, 'in order')
        end()
      })
      tell({ type: 'step', text: 'begun' })`)
    const context = contextOf([], controller.signal)
    const run = bench.run({ ...context, progress: { ...context.progress, step: () => controller.abort() } })
    await expect(run[Symbol.asyncIterator]().next()).rejects.toThrow('aborted')
    expect(readFileSync(file, 'utf8')).toBe('in order')
  })

  it('does not begin when the run has ended', async () => {
    await expect(resultsOf(doing('end()'), contextOf([], AbortSignal.abort()))).rejects.toThrow('aborted')
  })
})
