/** Rows about what somebody lacks: what a relay works out for a client that was away for a moment. */
import { UpdateStore, decodeStateVector, diffUpdate, encodeStateVectorFromUpdate } from '@syncline/core'
import * as Y from 'yjs'
import { check } from '../harness/bench.ts'
import { CLIENT_IDS, applyEdits, textOf } from '../workloads/keystrokes.ts'
import { YJS, bytesToBytes, result, time, type MergeTask, type Prepared, type RunShape, type Scale } from './task.ts'
import { encodedAndDestroyed, loaded, stateAfter, type TraceInput } from './trace-input.ts'
import { diffUpdate14, stateVectorOfUpdate14 } from './yjs-14.ts'

/** How far the late replica is behind. */
const BEHIND_EDITS = 200

const diffTargets = [{ metric: 'time', against: YJS, timesAtLeast: 20 }] as const

export const missingTasks: readonly MergeTask[] = [
  {
    name: `diff of an update, ${BEHIND_EDITS} keystrokes behind`,
    metrics: [time, result],
    targets: diffTargets,
    prepare: (input, { scale }) =>
      diffNearTheTip(input, scale, (state, stateVector) => () => diffUpdate(state, stateVector)),
  },
  {
    name: `diff of a store, ${BEHIND_EDITS} keystrokes behind`,
    metrics: [time, result],
    targets: diffTargets,
    prepare: (input, { scale }) =>
      diffNearTheTip(input, scale, (state, stateVector) => {
        // The store is there, as it is in an open room: the others have but the update.
        const store = UpdateStore.of([state])
        return () => store.diff(decodeStateVector(stateVector))
      }),
  },
  {
    name: 'state vector of an update',
    metrics: [time],
    targets: [{ metric: 'time', against: YJS, timesAtLeast: 3 }],
    prepare: stateVectorOfUpdate,
  },
]

/** The last keystrokes are by a client of their own, as those of somebody else would be. */
function diffNearTheTip(
  { trace }: TraceInput,
  scale: Scale,
  ours: (state: Uint8Array, stateVector: Uint8Array) => () => Uint8Array,
): Prepared {
  const before = stateAfter(trace.edits.slice(0, -BEHIND_EDITS))
  const doc = loaded(before)
  const stateVector = Y.encodeStateVector(doc)
  doc.clientID = CLIENT_IDS[1]
  applyEdits(doc, trace.edits.slice(-BEHIND_EDITS))
  const state = encodedAndDestroyed(doc)
  return bytesToBytes(
    {
      ours: ours(state, stateVector),
      yjs: () => Y.diffUpdate(state, stateVector),
      yjs14: () => diffUpdate14(state, stateVector),
      document: (fresh) => {
        Y.applyUpdate(fresh, state)
        return Y.encodeStateAsUpdate(fresh, stateVector)
      },
      check: (output, subject) => {
        const completed = textOf([before, output]) === trace.endContent
        check(completed, `${subject}: the diff does not complete the late replica`)
      },
    },
    scale,
  )
}

function stateVectorOfUpdate({ state }: TraceInput, { scale }: RunShape): Prepared {
  const doc = loaded(state)
  const stateVector = Y.encodeStateVector(doc)
  doc.destroy()
  return bytesToBytes(
    {
      ours: () => encodeStateVectorFromUpdate(state),
      yjs: () => Y.encodeStateVectorFromUpdate(state),
      yjs14: () => stateVectorOfUpdate14(state),
      document: (fresh) => {
        Y.applyUpdate(fresh, state)
        return Y.encodeStateVector(fresh)
      },
      check: (output, subject) => {
        check(Buffer.compare(output, stateVector) === 0, `${subject}: the state vector is not that of the document`)
      },
    },
    scale,
  )
}
