/** Rows about forgetting what was deleted: what a relay does to a room's checkpoint, and Yjs by loading a document that collects its garbage. */
import { UpdateStore } from '@syncline/core'
import * as Y from 'yjs'
import { check } from '../harness/bench.ts'
import { textOf } from '../workloads/keystrokes.ts'
import { editRandomly, visibleContent } from '../workloads/random-edits.ts'
import { Random } from '../workloads/random.ts'
import { DOCUMENT, bytesToBytes, result, time, type MergeTask, type Prepared, type Scale } from './task.ts'
import { encodedAndDestroyed, loaded } from './trace-input.ts'

/** The document of every type is the same in every run, so that its bytes compare. */
const DOCUMENT_SEED = 1
const DOCUMENT_EDITS: Readonly<Record<Scale, number>> = { full: 5000, quick: 1000 }
const DOCUMENT_REPLICAS = 3
/** The replicas tell each other what they did after so many edits. */
const EDITS_BETWEEN_SYNCS = 25

const targets = [{ metric: 'result', against: DOCUMENT, timesAtLeast: 1 }] as const

export const compactionTasks: readonly MergeTask[] = [
  {
    name: 'compact the trace',
    metrics: [time, result],
    targets,
    prepare: ({ trace, history }, { scale }) =>
      compacted(history, scale, (output) => textOf([output]) === trace.endContent),
  },
  {
    name: 'compact a document of every type',
    metrics: [time, result],
    targets,
    prepare: (_, { scale }) => {
      const history = documentOfEveryType(DOCUMENT_EDITS[scale])
      const content = contentOf(history)
      return compacted(history, scale, (output) => contentOf(output) === content)
    },
  },
]

/** From bytes to bytes, loading included on both sides. */
function compacted(history: Uint8Array, scale: Scale, isRight: (output: Uint8Array) => boolean): Prepared {
  return bytesToBytes(
    {
      ours: () => {
        const store = UpdateStore.of([history])
        store.compact()
        return store.encode()
      },
      document: (doc) => {
        Y.applyUpdate(doc, history)
        return Y.encodeStateAsUpdate(doc)
      },
      check: (output, subject) => check(isRight(output), `${subject}: compaction changes what the document shows`),
    },
    scale,
  )
}

/** Text with formatting, maps, arrays, XML and nested types, edited by a few replicas, with the content of what was deleted. */
function documentOfEveryType(edits: number): Uint8Array {
  const random = new Random(DOCUMENT_SEED, 'compaction')
  const docs = Array.from({ length: DOCUMENT_REPLICAS }, (_, index) => {
    const doc = new Y.Doc({ gc: false })
    doc.clientID = index + 1
    return doc
  })
  for (let edit = 0; edit < edits; edit++) {
    editRandomly(random.pick(docs), random)
    if ((edit + 1) % EDITS_BETWEEN_SYNCS === 0) exchange(docs)
  }
  const [first, ...others] = docs
  for (const doc of others) doc.destroy()
  return encodedAndDestroyed(first!)
}

function exchange(docs: readonly Y.Doc[]): void {
  const stateVectors = docs.map((doc) => Y.encodeStateVector(doc))
  const diffs = docs.map((doc) => stateVectors.map((stateVector) => Y.encodeStateAsUpdate(doc, stateVector)))
  docs.forEach((doc, to) => diffs.forEach((diff) => Y.applyUpdate(doc, diff[to]!)))
}

function contentOf(update: Uint8Array): string {
  const doc = loaded(update)
  const content = visibleContent(doc)
  doc.destroy()
  return content
}
