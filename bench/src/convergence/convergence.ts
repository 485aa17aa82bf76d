/** Does everything converge, whatever the network does, and what does that cost? */
import type { Bench, BenchContext, Metric, TaskResult } from '../harness/bench.ts'
import { grouped } from '../harness/format.ts'
import { measure, type Contestant } from '../harness/measure.ts'
import { core, yjs, type Merger } from './merger.ts'
import { runCase, type CaseShape } from './swarm.ts'

interface Task extends CaseShape {
  readonly name: string
  readonly cases: Readonly<Record<BenchContext['scale'], number>>
}

const tasks: readonly Task[] = [
  { name: '3 replicas', replicas: 3, edits: 200, cases: { full: 20, quick: 4 } },
  { name: '10 replicas', replicas: 10, edits: 300, cases: { full: 8, quick: 2 } },
  { name: '30 replicas', replicas: 30, edits: 400, cases: { full: 3, quick: 1 } },
]

const metrics: readonly Metric[] = [
  { name: 'identical', unit: 'count', better: 'none' },
  { name: 'converge', unit: 'ms', better: 'lower' },
  { name: 'merging', unit: 'ms', better: 'lower' },
  { name: 'delivered', unit: 'bytes', better: 'lower' },
  { name: 'log', unit: 'bytes', better: 'lower' },
]

export const convergence: Bench = {
  name: 'convergence',
  question: 'Do replicas end byte-identical, whatever the network does to their updates, and what does it cost?',
  workload: () =>
    `Y.Doc replicas that edit at random (${tasks.map(({ name, edits }) => `${name}: ${edits} edits`).join(', ')}) behind a relay that ` +
    'merges and diffs bytes; delivery late, reordered, repeated, merged, overlapping; a fifth of the replicas offline until the end',
  metric:
    'identical: cases, all checked; per case: converge, time in relay and replicas without the editing; merging, the relay alone; ' +
    'delivered, bytes to all replicas; log, bytes of everything merged. Lower is better. Median ± half the interquartile range over cases',
  baseline: yjs.subject,
  async *run(context) {
    for (const task of tasks) if (context.selects(task.name)) yield await runTask(context, task)
  },
}

async function runTask(context: BenchContext, task: Task): Promise<TaskResult> {
  const cases = context.rounds ?? task.cases[context.scale]
  context.progress.step(`convergence · ${task.name}, ${grouped(cases)} cases`)
  const contestants = [core, yjs].map((merger) => contestant(context.seed, task, merger))
  const result = await measure(task.name, metrics, contestants, cases, context)
  // Every case was checked, or there would be no result.
  const subjects = new Map(
    [...result.subjects].map(([subject, samples]) => [subject, new Map([...samples, ['identical', [cases]]])]),
  )
  return { ...result, subjects }
}

function contestant(seed: number, task: Task, merger: Merger): Contestant {
  return {
    subject: merger.subject,
    async round(index) {
      const caseSeed = (seed + index) >>> 0
      const replay = `npm run bench -- --only "convergence/${task.name}" --seed ${caseSeed} --rounds 1`
      return { ...runCase(caseSeed, task, merger, replay) }
    },
  }
}
