/**
 * A bench in a process of its own. What one bench has taught the compiler, and left in the heap, would show in the numbers of the next, by a factor of three in
 * places; so a bench measures the same in a run of all as in a run of itself (decision 0030).
 */
import { fork } from 'node:child_process'
import { on, once } from 'node:events'
import { CheckFailed, type Bench, type BenchContext, type TaskResult } from './bench.ts'

/** What the process is asked: a context as data. It opens the trace itself. */
export interface BenchQuestion extends Pick<
  BenchContext,
  'scale' | 'fullCounts' | 'subjects' | 'rounds' | 'profile' | 'seed'
> {
  readonly bench: string
  /** As on the command line; what the bench's `selects` goes by. */
  readonly only: readonly string[]
}

/** What the process tells: steps and results as they come, why there are no more if so, and that this is all. */
export type BenchNews =
  | { readonly type: 'step'; readonly text: string }
  | { readonly type: 'detail'; readonly text: string }
  | { readonly type: 'result'; readonly result: TaskResult }
  | {
      readonly type: 'failed'
      /** Whether a result was wrong. */
      readonly isCheck: boolean
      readonly message: string
      readonly replay: string | undefined
    }
  | { readonly type: 'ended' }

/** `bench`, run by the compiled `module`: a process that is sent a {@link BenchQuestion}, sends {@link BenchNews}, and closes its channel. */
export function isolated(bench: Bench, only: readonly string[], module: URL): Bench {
  return { ...bench, run: (context) => resultsOf({ bench: bench.name, only }, context, module) }
}

/** Throws what the bench threw, as {@link CheckFailed} or as an error; when the run is interrupted, its reason. The process has ended when this ends. */
async function* resultsOf(
  asked: Pick<BenchQuestion, 'bench' | 'only'>,
  { scale, fullCounts, subjects, rounds, profile, seed, progress, signal }: BenchContext,
  module: URL,
): AsyncGenerator<TaskResult> {
  signal.throwIfAborted()
  const child = fork(module, [], {
    // Who asks for a profile means this process.
    execArgv: ['--expose-gc', ...process.execArgv.filter((flag) => flag.startsWith('--cpu-prof'))],
    serialization: 'advanced',
    // stdout is the report's: what a library prints goes to stderr.
    stdio: ['ignore', process.stderr, 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  let hasEnded = false
  try {
    const question: BenchQuestion = { ...asked, scale, fullCounts, subjects, rounds, profile, seed }
    child.send(question)
    for await (const [news] of on(child, 'message', { close: ['disconnect'] }) as AsyncIterable<[BenchNews]>) {
      if (news.type === 'step') progress.step(news.text)
      else if (news.type === 'detail') progress.detail(news.text)
      else if (news.type === 'result') yield news.result
      else if (news.type === 'ended') hasEnded = true
      else if (news.isCheck) throw new CheckFailed(news.message, news.replay)
      else throw new Error(news.message)
    }
    const [code, endedBy] = (await exited) as [number | null, NodeJS.Signals | null]
    signal.throwIfAborted()
    if (!hasEnded) throw new Error(`${asked.bench} ended early (${endedBy ?? `exit code ${String(code)}`})`)
  } finally {
    signal.removeEventListener('abort', stop)
    if (child.exitCode === null && child.signalCode === null) {
      stop()
      await exited
    }
  }
}
