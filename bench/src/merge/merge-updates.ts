/** Rows about joining updates: what an outbox does before it pushes, and a relay before it checkpoints. */
import { mergeUpdates } from '@syncline/core'
import * as Y from 'yjs'
import { LIMIT, check, type Point } from '../harness/bench.ts'
import { costMs, probed } from '../harness/forecast.ts'
import { grouped } from '../harness/format.ts'
import type { Target } from '../harness/target.ts'
import { CLIENT_IDS, applyEdits, keystrokeUpdates, textOf } from '../workloads/keystrokes.ts'
import { replay } from '../workloads/replay.ts'
import { judging, whyNot } from '../replica/asked-subjects.ts'
import {
  YJS,
  YJS_14,
  bytesToBytes,
  result,
  time,
  varintScan,
  type MergeTask,
  type Prepared,
  type RunShape,
  type Scale,
} from './task.ts'
import { encodedAndDestroyed, loaded, stateAfter, type TraceInput } from './trace-input.ts'
import { mergeUpdates14 } from './yjs-14.ts'

/** How far two replicas went on, each on its own, after half of the trace. */
const APART_EDITS_MAX = 5000

/** How merging grows with the number of updates, as far as a run of this scale goes; then the whole trace. */
const COUNTS: Readonly<Record<Scale, readonly number[]>> = {
  full: [1000, 5000, 20_000, 80_000],
  quick: [500, 2000],
}

export function mergeTasks(scale: Scale): readonly MergeTask[] {
  return [
    ...COUNTS[scale].map(keystrokes),
    {
      name: 'merge two large states',
      metrics: [time, result],
      targets: [{ metric: 'time', against: YJS, timesAtLeast: 3 }],
      prepare: mergeStates,
    },
  ]
}

/** Apart from the others, because its input stays in memory. */
export const mergeAllTask: MergeTask = {
  name: 'merge all keystrokes',
  point: ({ trace }) => pointOf(trace.edits.length),
  metrics: [time, result],
  targets: [
    { metric: 'time', against: YJS_14, timesAtLeast: 15 },
    { metric: 'result', against: YJS_14, timesAtLeast: 6 },
  ],
  prepare: ({ trace, updates }, context) => mergeOf(updates, trace.endContent, context),
}

const targetsOf: Readonly<Record<number, readonly Target[]>> = {
  1000: [
    { metric: 'time', against: YJS, timesAtLeast: 100 },
    { metric: 'time', against: YJS_14, timesAtLeast: 30 },
    { metric: 'result', against: YJS, timesAtLeast: 6 },
    { metric: 'result', against: YJS_14, timesAtLeast: 6 },
  ],
  20_000: [
    { metric: 'time', against: YJS, timesAtLeast: 1000 },
    { metric: 'time', against: YJS_14, timesAtLeast: 10 },
  ],
}

function keystrokes(count: number): MergeTask {
  const targets = targetsOf[count] ?? []
  return {
    name: `merge ${grouped(count)} keystrokes`,
    point: () => pointOf(count),
    metrics: [time, result],
    targets,
    prepare: ({ trace }, context) => {
      const edits = trace.edits.slice(0, count)
      return mergeOf(keystrokeUpdates(edits), replay(edits), judging(YJS, targets, context))
    },
  }
}

function pointOf(value: number): Point {
  return { curve: 'merge, by number of updates', axis: 'updates', value }
}

/** The limit: every byte of every update, looked at once. */
function mergeOf(updates: readonly Uint8Array[], text: string, context: RunShape): Prepared {
  // Theirs take arrays that they may change.
  const list = [...updates]
  const refused = whyNot(
    probed((count) => costMs(() => Y.mergeUpdates(updates.slice(0, count))), updates.length),
    context,
  )
  const prepared = bytesToBytes(
    {
      ours: () => mergeUpdates(updates),
      ...(refused === undefined ? { yjs: () => Y.mergeUpdates(list) } : {}),
      yjs14: () => mergeUpdates14(list),
      document: (doc) => {
        for (const update of updates) Y.applyUpdate(doc, update)
        return Y.encodeStateAsUpdate(doc)
      },
      check: (output, subject) =>
        check(textOf([output]) === text, `${subject}: the merged keystrokes give another text`),
    },
    context.scale,
  )
  const limit = varintScan(LIMIT, updates, context.scale)
  return {
    ...prepared,
    contestants: [...prepared.contestants, limit],
    ...(refused === undefined ? {} : { notRun: new Map([[YJS, refused]]) }),
  }
}

/** Two replicas that went apart after half of the trace and typed on, each on its own. */
function mergeStates({ trace }: TraceInput, { scale }: RunShape): Prepared {
  const middle = trace.edits.length >> 1
  const shared = stateAfter(trace.edits.slice(0, middle))
  const own = trace.edits.slice(middle, middle + Math.min(APART_EDITS_MAX, middle))
  const states = CLIENT_IDS.slice(1).map((clientID) => {
    const doc = loaded(shared)
    doc.clientID = clientID
    applyEdits(doc, own)
    return encodedAndDestroyed(doc)
  })
  const text = textOf(states)
  return bytesToBytes(
    {
      ours: () => mergeUpdates(states),
      yjs: () => Y.mergeUpdates(states),
      yjs14: () => mergeUpdates14(states),
      document: (doc) => {
        for (const state of states) Y.applyUpdate(doc, state)
        return Y.encodeStateAsUpdate(doc)
      },
      check: (output, subject) => check(textOf([output]) === text, `${subject}: the merged states give another text`),
    },
    scale,
  )
}
