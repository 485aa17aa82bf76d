/** How fast is the merge core at what a relay, an outbox and a device store do all day: work on update bytes without a document? */
import { profile } from '../harness/profile.ts'
import type { Bench } from '../harness/bench.ts'
import { grouped } from '../harness/format.ts'
import { measure } from '../harness/measure.ts'
import { exactly, roundsFor, type Rounds, type Sizes } from '../harness/rounds.ts'
import { compactionTasks } from './compaction.ts'
import { conversionTasks } from './conversion.ts'
import { ingestTask, VARINT_SCAN } from './ingest.ts'
import { memoryTasks } from './memory.ts'
import { mergeAllTask, mergeTasks } from './merge-updates.ts'
import { YJS, type MergeTask, type Scale } from './task.ts'
import { TraceInput } from './trace-input.ts'
import { missingTasks } from './what-is-missing.ts'

const ROUNDS: Sizes<Rounds> = {
  quick: exactly(2),
  normal: { least: 3, most: 5, withinMs: 600 },
  full: { least: 3, most: 9, withinMs: 10_000 },
}
const PROFILE_MS = { full: 2000, quick: 300 } as const

/** Those that keep a whole trace of small updates in memory come last. */
function tasksOf(scale: Scale): readonly MergeTask[] {
  return [
    ...mergeTasks(scale),
    ...missingTasks,
    ...compactionTasks,
    ...conversionTasks,
    mergeAllTask,
    ingestTask,
    ...memoryTasks,
  ]
}

export const merge: Bench = {
  name: 'merge',
  question: 'How fast are Yjs updates merged, compared and kept as bytes, without a document?',
  workload: ({ trace }) =>
    `${trace.name}: ${grouped(trace.edits.length)} keystrokes, one update each, by one Yjs client; its final text has ` +
    `${grouped(trace.endContent.length)} characters`,
  metric:
    'time per call (of ingest: per update), bytes of the result, and bytes that stay in memory; every result is applied to a Y.Doc and ' +
    'its content compared. Lower is better. Median ± half the interquartile range over interleaved rounds, after warm-up; times in one process, ' +
    'memory in a process each. Targets are judged in full runs',
  baseline: YJS,
  roles: { [VARINT_SCAN]: 'limit' },
  async *run(context) {
    const { scale } = context
    const input = new TraceInput(context.trace)
    for (const { name: task, point, metrics, targets, prepare } of tasksOf(scale)) {
      if (!context.selects(task)) continue
      context.progress.step(`merge · ${task}`)
      const { contestants, notRun, profiled } = prepare(input, context)
      const measured = await measure(task, metrics, contestants, roundsFor(context, ROUNDS), context)
      yield {
        ...measured,
        ...(point === undefined ? {} : { point: point(input) }),
        ...(notRun === undefined ? {} : { notRun }),
        ...(scale === 'full' ? { targets } : {}),
        ...(context.profile && profiled !== undefined ? { profile: await profile(profiled, PROFILE_MS[scale]) } : {}),
      }
    }
  },
}
