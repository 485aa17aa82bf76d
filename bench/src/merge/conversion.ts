/** Rows about the two update formats: what serving a client costs that stores the other one. */
import { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from '@syncline/core'
import * as Y from 'yjs'
import { check } from '../harness/bench.ts'
import { textIn, textOf } from '../workloads/keystrokes.ts'
import { bytesToBytes, result, time, type MergeTask } from './task.ts'
import { convertV1ToV2With14, convertV2ToV1With14 } from './yjs-14.ts'

export const conversionTasks: readonly MergeTask[] = [
  {
    name: 'convert v1 to v2',
    metrics: [time, result],
    targets: [],
    prepare: ({ trace, state }, { scale }) =>
      bytesToBytes(
        {
          ours: () => convertUpdateFormatV1ToV2(state),
          yjs: () => Y.convertUpdateFormatV1ToV2(state),
          yjs14: () => convertV1ToV2With14(state),
          document: (doc) => {
            Y.applyUpdate(doc, state)
            return Y.encodeStateAsUpdateV2(doc)
          },
          check: (output, subject) => check(textOfV2(output) === trace.endContent, `${subject}: v2 gives another text`),
        },
        scale,
      ),
  },
  {
    name: 'convert v2 to v1',
    metrics: [time, result],
    targets: [],
    prepare: ({ trace, state }, { scale }) => {
      const stateV2 = Y.convertUpdateFormatV1ToV2(state)
      return bytesToBytes(
        {
          ours: () => convertUpdateFormatV2ToV1(stateV2),
          yjs: () => Y.convertUpdateFormatV2ToV1(stateV2),
          yjs14: () => convertV2ToV1With14(stateV2),
          document: (doc) => {
            Y.applyUpdateV2(doc, stateV2)
            return Y.encodeStateAsUpdate(doc)
          },
          check: (output, subject) => check(textOf([output]) === trace.endContent, `${subject}: v1 gives another text`),
        },
        scale,
      )
    },
  },
]

function textOfV2(update: Uint8Array): string {
  const doc = new Y.Doc()
  Y.applyUpdateV2(doc, update)
  const text = textIn(doc)
  doc.destroy()
  return text
}
