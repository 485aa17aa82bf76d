/** Rows about what stays in memory of a loaded store, each sample by a process of its own, in which nothing else lives. */
import { atOnce } from '../harness/at-once.ts'
import { OURS, check, type Metric } from '../harness/bench.ts'
import { askChild } from '../harness/child.ts'
import type { Contestant } from '../harness/measure.ts'
import { textOf } from '../workloads/keystrokes.ts'
import { packed } from '../workloads/packed-updates.ts'
import type { Holder, MemoryReport, MemoryRequest } from './memory-report.ts'
import { DOCUMENT, type MergeTask, type Prepared, type Scale } from './task.ts'

const ROUNDS: Readonly<Record<Scale, number>> = { full: 1, quick: 1 }
const CHILD_TIMEOUT_MS = 60_000

const child = new URL('memory-child.js', import.meta.url)

const metrics: readonly Metric[] = [
  { name: 'memory', unit: 'bytes', better: 'lower', varies: true },
  { name: 'of its encoding', unit: 'times', better: 'lower', varies: true },
]
const targets = [{ metric: 'of its encoding', atMost: 1.5 }] as const

export const memoryTasks: readonly MergeTask[] = [
  {
    name: 'memory, loaded from one update',
    metrics,
    targets,
    prepare: ({ trace, history }, { scale }) => retained([history], trace.endContent, scale),
  },
  {
    name: 'memory, typed keystroke by keystroke',
    metrics,
    targets,
    prepare: ({ trace, updates }, { scale }) => retained(updates, trace.endContent, scale),
  },
]

function retained(updates: readonly Uint8Array[], text: string, scale: Scale): Prepared {
  const loaded = packed(updates)
  const contestant = (subject: string, holder: Holder): Contestant => ({
    subject,
    roundsMax: ROUNDS[scale],
    async round() {
      const request: MemoryRequest = { holder, updates: loaded }
      const { retainedBytes, encoded } = await askChild<MemoryReport>(child, request, CHILD_TIMEOUT_MS)
      check(textOf([encoded]) === text, `${subject}: what is in memory has another text`)
      return { memory: retainedBytes, 'of its encoding': retainedBytes / encoded.length }
    },
  })
  return { contestants: atOnce([contestant(OURS, 'store'), contestant(DOCUMENT, 'document')]) }
}
