/** The process of one bench; see `harness/isolated.ts`. */
import { loadBench, type BenchName } from './benches.ts'
import { selects } from './harness/arguments.ts'
import { CheckFailed, type BenchContext } from './harness/bench.ts'
import type { BenchNews, BenchQuestion } from './harness/isolated.ts'
import { openTrace } from './workloads/open-trace.ts'

const interrupt = new AbortController()
const stop = (): void => interrupt.abort()
// Once: what is open is closed in order. A second signal ends the process as it always does.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
// Nobody waits for the numbers any more.
process.once('disconnect', stop)
process.once('message', (question) => void answer(question as BenchQuestion))

async function answer({ bench: name, only, ...asked }: BenchQuestion): Promise<void> {
  try {
    const context: BenchContext = {
      ...asked,
      trace: openTrace(asked.scale),
      progress: {
        step: (text) => tell({ type: 'step', text }),
        detail: (text) => tell({ type: 'detail', text }),
        end: () => {},
      },
      signal: interrupt.signal,
      selects: (task) => selects(only, name, task),
    }
    const bench = await loadBench(name as BenchName)
    for await (const result of bench.run(context)) tell({ type: 'result', result })
  } catch (error) {
    if (!interrupt.signal.aborted) tell(failureOf(error))
  }
  const ended: BenchNews = { type: 'ended' }
  if (process.connected) process.send!(ended, () => process.disconnect())
}

function tell(news: BenchNews): void {
  if (process.connected) process.send!(news)
}

function failureOf(error: unknown): BenchNews {
  const isCheck = error instanceof CheckFailed
  const message = error instanceof Error ? ((isCheck ? undefined : error.stack) ?? error.message) : String(error)
  return { type: 'failed', isCheck, message, replay: isCheck ? error.replay : undefined }
}
