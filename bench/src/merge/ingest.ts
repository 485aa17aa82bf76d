/** The row about taking updates in as they come: what a relay and a device store do with every keystroke. */
import { UpdateStore } from '@syncline/core'
import * as Y from 'yjs'
import { OURS, check } from '../harness/bench.ts'
import { textIn, textOf } from '../workloads/keystrokes.ts'
import { DOCUMENT, contestant, time, varintScan, type MergeTask } from './task.ts'

/** A physical limit rather than a peer. */
export const VARINT_SCAN = 'varint scan'

export const ingestTask: MergeTask = {
  name: 'ingest a keystroke',
  metrics: [time],
  targets: [
    { metric: 'time', atMost: 250e-6 },
    { metric: 'time', against: VARINT_SCAN, timesAtLeast: 1 / 3 },
  ],
  prepare: ({ trace, updates }, { scale }) => {
    const parts = updates.length
    const ingestAll = (): UpdateStore => {
      const store = new UpdateStore()
      for (const update of updates) store.ingest(update)
      return store
    }
    const applyAll = (): Y.Doc => {
      const doc = new Y.Doc()
      for (const update of updates) Y.applyUpdate(doc, update)
      return doc
    }
    return {
      contestants: [
        contestant(
          {
            subject: OURS,
            parts,
            run: ingestAll,
            check: (store) =>
              check(textOf([store.encode()]) === trace.endContent, `${OURS}: the store has another text`),
          },
          scale,
        ),
        contestant(
          {
            subject: DOCUMENT,
            parts,
            run: applyAll,
            check: (doc) => check(textIn(doc) === trace.endContent, `${DOCUMENT}: the document has another text`),
          },
          scale,
        ),
        varintScan(VARINT_SCAN, updates, scale, parts),
      ],
      profiled: ingestAll,
    }
  },
}
