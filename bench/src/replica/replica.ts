/** How fast and how large are documents: ours beside Yjs, and beside the libraries that are called fast? */
import type { Bench, BenchContext } from '../harness/bench.ts'
import { grouped } from '../harness/format.ts'
import { measure } from '../harness/measure.ts'
import { profile } from '../harness/profile.ts'
import { exactly, roundsFor, type Rounds, type Sizes } from '../harness/rounds.ts'
import type { Subject } from '../subjects/subject.ts'
import { askedFor, askedSubjects } from './asked-subjects.ts'
import { openComponentTrace } from '../workloads/open-trace.ts'
import { Corpus } from './corpus.ts'
import { YJS, type ReplicaRow } from './row.ts'
import { bundleOfApp, bundleSize } from './rows/bundle-size.ts'
import { coldLoad, loadedMemory, smallDocuments } from './rows/in-processes.ts'
import { localEdits } from './rows/local-edits.ts'
import { remoteUpdates } from './rows/remote-updates.ts'
import { encode, warmLoad } from './rows/states.ts'
import { OURS_AS_UPDATE } from './stored-form.ts'
import { listOf, recordsOf, startOf, textOf } from './workload.ts'

const ROUNDS: Sizes<Rounds> = {
  quick: exactly(2),
  normal: { least: 3, most: 5, withinMs: 800 },
  full: { least: 3, most: 9, withinMs: 10_000 },
}
const PROFILE_MS = { full: 2000, quick: 300 } as const

const ENTRIES = { full: { count: 10_000, changes: 100_000 }, quick: { count: 100, changes: 400 } } as const

/** A delta of Yjs reads the text from its start, so that a row of all would measure nothing else. */
const DELTA_EDITS = 10_000

export const replica: Bench = {
  name: 'replica',
  question: 'How fast and how large are documents, beside Yjs and beside the libraries that are called fast?',
  workload: (context) => {
    const { count, changes } = ENTRIES[context.scale]
    const blocks =
      context.scale === 'quick'
        ? ''
        : `${grouped(openComponentTrace(context.scale).edits.length)} edits of the other author's trace, with pasted blocks; `
    return (
      `${context.trace.name}: ${grouped(context.trace.edits.length)} keystrokes by one client, one transaction and one update each; ` +
      `${blocks}${grouped(count)} records in a map, with ${grouped(changes)} changes of a field; a list of ${grouped(count)} objects, with ` +
      `${grouped(changes)} insertions and deletions`
    )
  },
  metric:
    'time for all of it, bytes, and bytes that stay in memory. Every replica must show what the edits make, and ours must emit and encode the bytes that ' +
    'yjs does, or there is no number. Lower is better. Median ± half the interquartile range over interleaved rounds, after warm-up; what is cold, and memory, in a ' +
    'process each. The column limit is about the least that the work can take. Targets are judged in full runs',
  baseline: YJS,
  roles: { [OURS_AS_UPDATE]: 'ours' },
  async *run(context) {
    const { scale, progress } = context
    const asked = await askedSubjects(context)
    for (const row of rowsOf(
      context,
      asked.subjects.find(({ name }) => name === YJS)!,
    )) {
      if (!context.selects(row.name)) continue
      progress.step(`replica · ${row.name}`)
      const tell = (text: string): void => progress.detail(`preparing ${text}`)
      const { able, notRun } = askedFor(asked, row.efforts, context, row.targets)
      const { contestants, profiled } = await row.prepare({ scale, subjects: able, tell })
      const measured = await measure(row.name, row.metrics, contestants, roundsFor(context, ROUNDS), context)
      yield {
        ...measured,
        notRun,
        ...(scale === 'full' ? { targets: row.targets } : {}),
        ...(context.profile && profiled !== undefined ? { profile: await profile(profiled, PROFILE_MS[scale]) } : {}),
      }
    }
  },
}

/** One after the other, so that what one workload left behind is gone before the next. A quick run does without those that resemble others. */
function* rowsOf({ scale, fullCounts, trace }: BenchContext, yjs: Subject): Generator<ReplicaRow> {
  const isQuick = scale === 'quick'
  const times = (timesAtLeast: number, metric = 'time', against = YJS) => ({ metric, against, timesAtLeast })
  const text = new Corpus(textOf(trace), yjs, scale)
  yield localEdits(text, [times(15), times(2, 'time', 'json-joy')], trace)
  yield remoteUpdates(text, { isObserved: true, targets: [times(8)] })
  if (!isQuick) {
    const start = new Corpus(textOf(startOf(trace, DELTA_EDITS)), yjs, scale)
    yield remoteUpdates(start, {
      name: 'first updates, deltas read',
      isObserved: true,
      readsDelta: true,
      targets: [times(8)],
    })
  }
  yield warmLoad(text, 'state', [times(4)])
  yield coldLoad(text, 'state', [times(1.8)])
  yield warmLoad(text, 'snapshot', [times(1, 'time', 'loro'), { metric: 'time', atMost: 0.5 }])
  if (!isQuick) yield coldLoad(text, 'snapshot', [times(1, 'time', 'loro')])
  yield encode(text, 'state', [times(2)])
  yield encode(text, 'snapshot', [])
  yield loadedMemory(text, [times(4, 'memory')])
  if (!isQuick) yield smallDocuments('an empty document', '', [times(1, 'memory')])
  yield smallDocuments('a document of a word', 'hello', [times(1, 'memory')])
  yield bundleSize([times(1, 'gzipped')])
  yield bundleOfApp([times(1, 'gzipped')])
  if (!isQuick) {
    const component = new Corpus(textOf(openComponentTrace(scale), 'blocks'), yjs, scale)
    yield localEdits(component, [times(2)])
    yield remoteUpdates(component, { isObserved: true, targets: [times(2)] })
    yield warmLoad(component, 'state', [times(2)])
  }
  const { count, changes } = ENTRIES[scale]
  for (const workload of [recordsOf(count, changes), listOf(count, changes)]) {
    const corpus = new Corpus(workload, yjs, scale)
    yield localEdits(corpus, [times(2)])
    yield remoteUpdates(corpus, { isObserved: false, targets: [times(2)] })
    if (isQuick) continue
    yield warmLoad(corpus, 'state', [times(2)])
    if (fullCounts) yield warmLoad(corpus, 'snapshot', [times(1, 'time', 'loro')])
    yield encode(corpus, 'state', [times(2)])
    yield loadedMemory(corpus, [times(2, 'memory')])
  }
}
