/** How fast is the merge core at what a relay and an outbox do all day: work on update bytes without a document? */
import { diffUpdate, encodeStateVectorFromUpdate, mergeUpdates } from '@syncline/core'
import * as Y from 'yjs'
import { OURS, check, type Bench, type BenchContext, type Metric } from '../harness/bench.ts'
import { grouped } from '../harness/format.ts'
import { measure } from '../harness/measure.ts'
import { timed, type TimingLimits, type Work } from '../harness/timing.ts'
import { applyEdits, keystrokeUpdates, textOf } from '../workloads/keystrokes.ts'
import { replay } from '../workloads/replay.ts'
import type { Edit, Trace } from '../workloads/trace.ts'

/** A Y.Doc that loads the input and encodes the output: what an app without a merge on bytes would do. */
const DOCUMENT = 'Y.Doc'

/** How far the late replica of the diff task is behind. */
const BEHIND_EDITS = 200

const ROUNDS = { full: 9, quick: 5 } as const
const TIMING: Readonly<Record<BenchContext['scale'], TimingLimits>> = {
  full: { warmUpMs: 250, sampleMs: 25, roundsMs: 5000 },
  quick: { warmUpMs: 60, sampleMs: 10, roundsMs: 1500 },
}

const metrics: readonly Metric[] = [
  { name: 'time', unit: 'ms', better: 'lower' },
  { name: 'result', unit: 'bytes', better: 'lower' },
]

export const merge: Bench = {
  name: 'merge',
  question: 'How fast are Yjs updates merged and compared as bytes, without a document?',
  workload: ({ trace }) =>
    `${trace.name}: ${grouped(trace.edits.length)} keystrokes, one update each, by one Yjs client; its final text has ` +
    `${grouped(trace.endContent.length)} characters`,
  metric:
    'time per call, and bytes of the result; every result is applied to a Y.Doc and its text compared. Lower is better. Median ± half ' +
    'the interquartile range over interleaved rounds in one process, after warm-up',
  baseline: 'yjs',
  async *run(context) {
    for (const { name, prepare } of tasks) {
      if (!context.selects(name)) continue
      context.progress.step(`merge · ${name}`)
      const rounds = context.rounds ?? ROUNDS[context.scale]
      // Warmed up one after the other, measured in turns.
      const contestants = prepare(context.trace).map((work) => timed(work, TIMING[context.scale]))
      yield await measure(name, metrics, contestants, rounds, context)
    }
  },
}

interface Task {
  readonly name: string
  /** Makes the input, and says what each subject does with it. */
  readonly prepare: (trace: Trace) => readonly Work<Uint8Array>[]
}

const tasks: readonly Task[] = [
  { name: 'merge 1,000 keystrokes', prepare: (trace) => mergeKeystrokes(trace, 1000) },
  { name: 'merge 10,000 keystrokes', prepare: (trace) => mergeKeystrokes(trace, 10_000) },
  { name: 'merge two large states', prepare: mergeStates },
  { name: `diff, ${BEHIND_EDITS} keystrokes behind`, prepare: diffNearTheTip },
  { name: 'state vector of an update', prepare: stateVectorOfUpdate },
]

/** What an outbox does before it pushes, and a relay before it checkpoints. */
function mergeKeystrokes(trace: Trace, count: number): Work<Uint8Array>[] {
  const edits = trace.edits.slice(0, count)
  const updates = keystrokeUpdates(edits)
  const text = replay(edits)
  return works({
    ours: () => mergeUpdates(updates),
    yjs: () => Y.mergeUpdates(updates),
    document: (doc) => {
      for (const update of updates) Y.applyUpdate(doc, update)
      return Y.encodeStateAsUpdate(doc)
    },
    check: (output, subject) => check(textOf([output]) === text, `${subject}: the merged keystrokes give another text`),
  })
}

/** Two replicas that went apart after half of the trace and typed on, each on its own. */
function mergeStates(trace: Trace): Work<Uint8Array>[] {
  const middle = trace.edits.length >> 1
  const shared = stateAfter(trace.edits.slice(0, middle))
  const own = trace.edits.slice(middle, middle + Math.min(5000, middle))
  const states = [2, 3].map((clientID) => {
    const doc = loaded(shared)
    doc.clientID = clientID
    applyEdits(doc, own)
    return encodedAndDestroyed(doc)
  })
  const text = textOf(states)
  return works({
    ours: () => mergeUpdates(states),
    yjs: () => Y.mergeUpdates(states),
    document: (doc) => {
      for (const state of states) Y.applyUpdate(doc, state)
      return Y.encodeStateAsUpdate(doc)
    },
    check: (output, subject) => check(textOf([output]) === text, `${subject}: the merged states give another text`),
  })
}

/** What a relay sends to a client that was away for a moment, if all it has is the stored update. */
function diffNearTheTip(trace: Trace): Work<Uint8Array>[] {
  const before = stateAfter(trace.edits.slice(0, -BEHIND_EDITS))
  const doc = loaded(before)
  const stateVector = Y.encodeStateVector(doc)
  doc.clientID = 2
  applyEdits(doc, trace.edits.slice(-BEHIND_EDITS))
  const state = encodedAndDestroyed(doc)
  return works({
    ours: () => diffUpdate(state, stateVector),
    yjs: () => Y.diffUpdate(state, stateVector),
    document: (fresh) => {
      Y.applyUpdate(fresh, state)
      return Y.encodeStateAsUpdate(fresh, stateVector)
    },
    check: (output, subject) => {
      check(textOf([before, output]) === trace.endContent, `${subject}: the diff does not complete the late replica`)
    },
  })
}

function stateVectorOfUpdate(trace: Trace): Work<Uint8Array>[] {
  const state = stateAfter(trace.edits)
  const doc = loaded(state)
  const stateVector = Y.encodeStateVector(doc)
  doc.destroy()
  return works({
    ours: () => encodeStateVectorFromUpdate(state),
    yjs: () => Y.encodeStateVectorFromUpdate(state),
    document: (fresh) => {
      Y.applyUpdate(fresh, state)
      return Y.encodeStateVector(fresh)
    },
    check: (output, subject) => {
      check(Buffer.compare(output, stateVector) === 0, `${subject}: the state vector is not that of the document`)
    },
  })
}

/** The three subjects of a task; `document` gets an empty Y.Doc to work in. */
function works(task: {
  readonly ours: () => Uint8Array
  readonly yjs: () => Uint8Array
  readonly document: (doc: Y.Doc) => Uint8Array
  readonly check: (output: Uint8Array, subject: string) => void
}): Work<Uint8Array>[] {
  const inDocument = (): Uint8Array => {
    const doc = new Y.Doc()
    const output = task.document(doc)
    doc.destroy()
    return output
  }
  const runs: readonly (readonly [subject: string, run: () => Uint8Array])[] = [
    [OURS, task.ours],
    ['yjs', task.yjs],
    [DOCUMENT, inDocument],
  ]
  return runs.map(([subject, run]) => ({
    subject,
    run,
    check: (output) => task.check(output, subject),
    gauge: (output) => ({ result: output.length }),
  }))
}

/** The state of a Yjs document after these edits. */
function stateAfter(edits: readonly Edit[]): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 1
  applyEdits(doc, edits)
  return encodedAndDestroyed(doc)
}

function loaded(state: Uint8Array): Y.Doc {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, state)
  return doc
}

function encodedAndDestroyed(doc: Y.Doc): Uint8Array {
  const state = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return state
}
