/** Curves over the size of a document: an edit, an update that arrives, and loading. */
import { LIMIT, check, type BenchContext, type Metric } from '../harness/bench.ts'
import type { Contestant } from '../harness/measure.ts'
import { scanVarints } from '../merge/varint-scan.ts'
import { GapBuffer } from '../replica/gap-buffer.ts'
import { time } from '../replica/row.ts'
import { playText } from '../replica/workload.ts'
import type { Replica, Subject } from '../subjects/subject.ts'
import { replay } from '../workloads/replay.ts'
import type { Edits } from '../workloads/edits.ts'
import { growing, type Curve } from './curve.ts'
import type { GrowingDocuments } from './growing-documents.ts'

type Scale = BenchContext['scale']

const SIZES: Readonly<Record<Scale, readonly number[]>> = {
  full: [1000, 8000, 64_000, 256_000],
  quick: [500, 2000],
}

/** How far the author goes on from there: some ten places, in most of which it types. */
const EDITS = 500

const AXIS = 'keystrokes in the document'

const metrics: readonly Metric[] = [time]

/** The three curves. `yjs` is whose updates the limits read. */
export function documentSize(documents: GrowingDocuments, yjs: Subject, context: BenchContext): readonly Curve[] {
  const { scale, trace } = context
  const common = {
    axis: AXIS,
    unit: 'keystrokes',
    metrics,
    sizes: SIZES[scale].filter((size) => size + EDITS <= trace.edits.length),
  }
  const textAfter = (size: number): string => replay(documents.editsFrom(0, size + EDITS))
  const checked = (subject: Subject, size: number) => {
    const expected = textAfter(size)
    return (replicas: readonly Replica[]): void => {
      for (const replica of replicas)
        check(replica.text() === expected, `${subject.name}: an edit of ${size} went wrong`)
    }
  }

  const localEdit: Curve = {
    ...common,
    name: 'local edit',
    work(subject, size) {
      const state = documents.stateAt(subject, size, context)
      if (typeof state === 'string') return state
      const edits = documents.editsFrom(size, EDITS)
      return inFreshReplicas(subject, state, scale, checked(subject, size), (replica) => {
        replica.onUpdate(() => {})
        return () => playText(replica, edits)
      })
    },
    limit(size) {
      const [text, edits] = [documents.textAt(size), documents.editsFrom(size, EDITS)]
      const expected = textAfter(size)
      return inFresh(
        LIMIT,
        scale,
        () => {
          const buffer = new GapBuffer()
          buffer.edit({ position: 0, deleted: 0, inserted: text })
          return buffer
        },
        (buffer) => () => edit(buffer, edits),
        (buffers) => {
          for (const buffer of buffers) check(buffer.text() === expected, 'the gap buffer has another text')
        },
      )
    },
  }

  const remoteUpdate: Curve = {
    ...common,
    name: 'remote update',
    work(subject, size) {
      const state = documents.stateAt(subject, size, context)
      if (typeof state === 'string') return state
      const updates = updatesOf(subject, state, documents.editsFrom(size, EDITS))
      return inFreshReplicas(subject, state, scale, checked(subject, size), (replica) => {
        replica.onTextChange(() => {})
        return () => updates.forEach((update) => replica.applyUpdate(update))
      })
    },
    limit(size) {
      const state = documents.stateAt(yjs, size, context) as Uint8Array
      return scanned(updatesOf(yjs, state, documents.editsFrom(size, EDITS)), EDITS, scale)
    },
  }

  const load: Curve = {
    ...common,
    name: 'load',
    work(subject, size) {
      const state = documents.stateAt(subject, size, context)
      if (typeof state === 'string') return state
      const expected = documents.textAt(size)
      return growing(
        {
          subject: subject.name,
          run() {
            const replica = subject.load(state)
            return { replica, text: replica.text() }
          },
          check: ({ text }) => check(text === expected, `${subject.name}: another text is loaded`),
          dispose: ({ replica }) => replica.free(),
        },
        scale,
      )
    },
    limit: (size) => scanned([documents.stateAt(yjs, size, context) as Uint8Array], 1, scale),
  }
  return [localEdit, remoteUpdate, load]
}

function edit(buffer: GapBuffer, edits: Edits): void {
  for (let index = 0; index < edits.length; index++) buffer.edit(edits.at(index))
}

function updatesOf(subject: Subject, state: Uint8Array, edits: Edits): readonly Uint8Array[] {
  const updates: Uint8Array[] = []
  const replica = subject.load(state)
  replica.onUpdate((update) => updates.push(update))
  playText(replica, edits)
  replica.free()
  check(updates.length === edits.length, `${subject.name}: ${updates.length} updates of ${edits.length} edits`)
  return updates
}

function scanned(updates: readonly Uint8Array[], parts: number, scale: Scale): Contestant {
  return growing(
    {
      subject: LIMIT,
      parts,
      run: () => scanVarints(updates),
      check: ({ varints }) => check(varints > 0, 'nothing was read'),
    },
    scale,
  )
}

function inFreshReplicas(
  subject: Subject,
  state: Uint8Array,
  scale: Scale,
  checkAll: (replicas: readonly Replica[]) => void,
  prepare: (replica: Replica) => () => void,
): Contestant {
  const open = (): Replica => {
    const replica = subject.load(state)
    // Somebody reads what they edit.
    replica.text()
    return replica
  }
  return inFresh(subject.name, scale, open, prepare, checkAll, (replica) => replica.free())
}

/** A sample is at least this much of measured work, as long as it takes no more copies than allowed. */
const SAMPLE_MS: Readonly<Record<Scale, number>> = { full: 8, quick: 0.5 }
const COPIES_MAX = 16
/** Warm-up ends after this much measured work, or when it took so long in all. */
const WARM_UP_MS: Readonly<Record<Scale, number>> = { full: 40, quick: 1 }
const WARM_UP_MS_MAX: Readonly<Record<Scale, number>> = { full: 250, quick: 10 }
/** Work that takes longer is one sample of one copy. */
const ONCE_MS = 150

/** Work of {@link EDITS} parts that changes what it works on: each copy is made anew, does it once, and is checked. `time` is that of a part. */
function inFresh<Copy>(
  subject: string,
  scale: Scale,
  open: () => Copy,
  prepare: (copy: Copy) => () => void,
  checkAll: (copies: readonly Copy[]) => void,
  free: (copy: Copy) => void = () => {},
): Contestant {
  // Kept until the next are there: without any, the collector takes compiled code along.
  let kept: readonly Copy[] = []
  const sample = (count: number): number => {
    const copies = Array.from({ length: count }, open)
    const works = copies.map(prepare)
    const start = performance.now()
    for (const work of works) work()
    const ms = (performance.now() - start) / count
    checkAll(copies)
    kept.forEach(free)
    kept = copies
    return ms
  }
  const start = performance.now()
  let callMs = sample(1)
  if (callMs > ONCE_MS) return { subject, roundsMax: 1, round: async () => ({ time: callMs / EDITS }) }
  for (
    let spent = callMs;
    spent < WARM_UP_MS[scale] && performance.now() - start < WARM_UP_MS_MAX[scale];
    spent += callMs
  ) {
    callMs = sample(1)
  }
  const count = Math.min(COPIES_MAX, Math.max(1, Math.ceil(SAMPLE_MS[scale] / Math.max(callMs, 1e-3))))
  return {
    subject,
    async round() {
      sample(1)
      return { time: sample(count) / EDITS }
    },
  }
}
