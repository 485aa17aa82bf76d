/** Rows about joining updates: what an outbox does before it pushes, and a relay before it checkpoints. */
import { mergeUpdates } from '@syncline/core'
import * as Y from 'yjs'
import { check } from '../harness/bench.ts'
import { grouped } from '../harness/format.ts'
import type { Target } from '../harness/target.ts'
import { CLIENT_IDS, applyEdits, keystrokeUpdates, textOf } from '../workloads/keystrokes.ts'
import { replay } from '../workloads/replay.ts'
import { YJS, YJS_14, bytesToBytes, result, time, type MergeTask, type Prepared, type Scale } from './task.ts'
import { encodedAndDestroyed, loaded, stateAfter, type TraceInput } from './trace-input.ts'
import { mergeUpdates14 } from './yjs-14.ts'

/** `Y.mergeUpdates` of 13.6 takes time that grows with the square of their number: more updates than this are not asked of it. */
const QUADRATIC_UPDATES_MAX = 20_000

/** How far two replicas went on, each on its own, after half of the trace. */
const APART_EDITS_MAX = 5000

export const mergeTasks: readonly MergeTask[] = [
  keystrokes({ full: 1000, quick: 1000 }, [
    { metric: 'time', against: YJS, timesAtLeast: 100 },
    { metric: 'time', against: YJS_14, timesAtLeast: 30 },
    { metric: 'result', against: YJS, timesAtLeast: 6 },
    { metric: 'result', against: YJS_14, timesAtLeast: 6 },
  ]),
  keystrokes({ full: QUADRATIC_UPDATES_MAX, quick: 4000 }, [
    { metric: 'time', against: YJS, timesAtLeast: 1000 },
    { metric: 'time', against: YJS_14, timesAtLeast: 10 },
  ]),
  {
    name: () => 'merge two large states',
    metrics: [time, result],
    targets: [{ metric: 'time', against: YJS, timesAtLeast: 3 }],
    prepare: mergeStates,
  },
]

/** Apart from the others, because its input stays in memory. */
export const mergeAllTask: MergeTask = {
  name: () => 'merge all keystrokes',
  metrics: [time, result],
  targets: [
    { metric: 'time', against: YJS_14, timesAtLeast: 15 },
    { metric: 'result', against: YJS_14, timesAtLeast: 6 },
  ],
  notRun: new Map([[YJS, 'not run: quadratic']]),
  prepare: ({ trace, updates }, scale) => mergeOf(updates, trace.endContent, scale),
}

function keystrokes(counts: Readonly<Record<Scale, number>>, targets: readonly Target[]): MergeTask {
  return {
    name: (scale) => `merge ${grouped(counts[scale])} keystrokes`,
    metrics: [time, result],
    targets,
    prepare: ({ trace }, scale) => {
      const edits = trace.edits.slice(0, counts[scale])
      return mergeOf(keystrokeUpdates(edits), replay(edits), scale)
    },
  }
}

function mergeOf(updates: readonly Uint8Array[], text: string, scale: Scale): Prepared {
  // Theirs take arrays that they may change.
  const list = [...updates]
  return bytesToBytes(
    {
      ours: () => mergeUpdates(updates),
      ...(updates.length <= QUADRATIC_UPDATES_MAX ? { yjs: () => Y.mergeUpdates(list) } : {}),
      yjs14: () => mergeUpdates14(list),
      document: (doc) => {
        for (const update of updates) Y.applyUpdate(doc, update)
        return Y.encodeStateAsUpdate(doc)
      },
      check: (output, subject) =>
        check(textOf([output]) === text, `${subject}: the merged keystrokes give another text`),
    },
    scale,
  )
}

/** Two replicas that went apart after half of the trace and typed on, each on its own. */
function mergeStates({ trace }: TraceInput, scale: Scale): Prepared {
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
