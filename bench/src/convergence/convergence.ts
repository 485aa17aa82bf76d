/** Does everything converge, whatever the network does, and what does that cost? */
import type { Bench, BenchContext, Metric, TaskResult } from '../harness/bench.ts'
import { grouped } from '../harness/format.ts'
import { measure, type Contestant } from '../harness/measure.ts'
import { mixed, mixedWithYjs14, oursAlone, yjsAlone, type Mix } from './mix.ts'
import { runCase, type CaseShape } from './swarm.ts'

interface Task {
  readonly name: string
  readonly replicas: number
  readonly edits: Readonly<Record<BenchContext['scale'], number>>
  readonly cases: Readonly<Record<BenchContext['scale'], number>>
}

const tasks: readonly Task[] = [
  { name: '3 replicas', replicas: 3, edits: { full: 200, quick: 100 }, cases: { full: 8, quick: 1 } },
  { name: '10 replicas', replicas: 10, edits: { full: 300, quick: 100 }, cases: { full: 5, quick: 1 } },
  { name: '30 replicas', replicas: 30, edits: { full: 300, quick: 100 }, cases: { full: 3, quick: 1 } },
]

/** `--full` runs so many times the cases. */
const FULL_TIMES = 6

const metrics: readonly Metric[] = [
  { name: 'identical', unit: 'count', better: 'none' },
  { name: 'first seed', unit: 'count', better: 'none' },
  { name: 'converge', unit: 'ms', better: 'lower' },
  { name: 'rounds', unit: 'count', better: 'lower' },
  { name: 'delivered', unit: 'bytes', better: 'lower' },
  { name: 'log', unit: 'bytes', better: 'lower' },
]

export const convergence: Bench = {
  name: 'convergence',
  question: 'Do replicas end byte-identical, whatever the network does to their updates, and what does it cost?',
  workload: ({ scale }) =>
    `replicas that edit text, formatting, maps, arrays, nested types and XML at random (${tasks.map(({ name, edits }) => `${name}: ${edits[scale]} edits`).join(', ')}), ` +
    'and one more that only listens and answers; delivery late, reordered, repeated, merged, overlapping, or lost for good; a fifth of them offline until the ' +
    'last edit; then everybody asks somebody else for what it lacks, round after round. syncline: our documents, and our update store listens; mixed: our documents and those of ' +
    'yjs in turns, and our store, once with the release candidate of yjs 14 too; yjs: its documents alone',
  metric:
    'identical: cases, all of them checked; first seed: of these cases, the others follow; per case: converge, time of joining, answering and applying, ' +
    'without the editing; rounds, until all are identical; delivered, bytes to all; log, bytes of all updates merged. Lower is better. Median ± half ' +
    'the interquartile range over cases',
  baseline: yjsAlone.subject,
  // Ours take part in them.
  roles: { [mixed.subject]: 'ours', [mixedWithYjs14.subject]: 'ours' },
  async *run(context) {
    for (const task of tasks) if (context.selects(task.name)) yield await runTask(context, task)
  },
}

async function runTask(context: BenchContext, task: Task): Promise<TaskResult> {
  const cases = context.rounds ?? task.cases[context.scale] * (context.fullCounts ? FULL_TIMES : 1)
  context.progress.step(`convergence · ${task.name}, ${grouped(cases)} cases`)
  const contestants = [oursAlone, yjsAlone, mixed, mixedWithYjs14].map((mix) => contestant(context, task, mix))
  const result = await measure(task.name, metrics, contestants, cases, context)
  // Every case was checked, or there would be no result.
  const checked: readonly (readonly [string, readonly number[]])[] = [
    ['identical', [cases]],
    ['first seed', [context.seed]],
  ]
  const subjects = new Map(
    [...result.subjects].map(([subject, samples]) => [subject, new Map([...samples, ...checked])]),
  )
  return { ...result, subjects, point: { curve: 'converge, by replicas', axis: 'replicas', value: task.replicas } }
}

function contestant({ seed, scale }: BenchContext, task: Task, mix: Mix): Contestant {
  const shape: CaseShape = { replicas: task.replicas, edits: task.edits[scale] }
  return {
    subject: mix.subject,
    async round(index) {
      const caseSeed = (seed + index) >>> 0
      const replay = `npm run bench -- ${scale === 'quick' ? '--quick ' : ''}--only "convergence/${task.name}" --seed ${caseSeed} --rounds 1`
      return { ...runCase(caseSeed, shape, mix, replay) }
    },
  }
}
