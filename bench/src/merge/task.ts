/**
 * What the rows of the merge bench are made of. A row names its metrics and its targets as data, and makes, from the trace, the work of
 * each subject: ours, yjs 13.6, yjs 14, and a `Y.Doc` that loads the input and encodes the output.
 */
import * as Y from 'yjs'
import { OURS, check, type BenchContext, type Metric, type Point } from '../harness/bench.ts'
import type { Contestant } from '../harness/measure.ts'
import type { Target } from '../harness/target.ts'
import { timed, type TimingLimits, type Work } from '../harness/timing.ts'
import type { TraceInput } from './trace-input.ts'
import { scanVarints } from './varint-scan.ts'

export const YJS = 'yjs'
/** The release candidate of the next major version, whose functions on bytes are much faster than those of 13.6. */
export const YJS_14 = 'yjs 14 rc'
/** What an app without a merge on bytes would do. Of 13.6. */
export const DOCUMENT = 'Y.Doc'

export type Scale = BenchContext['scale']

/** How much a run asks for. */
export type RunShape = Pick<BenchContext, 'scale' | 'fullCounts'>

export interface MergeTask {
  readonly name: string
  /** Where the task lies on a growth curve. */
  readonly point?: (input: TraceInput) => Point
  readonly metrics: readonly Metric[]
  /** What ours is to reach on the work of a full run. */
  readonly targets: readonly Target[]
  /** Makes the input, and what each subject does with it. */
  readonly prepare: (input: TraceInput, context: RunShape) => Prepared
}

export interface Prepared {
  /** Warmed up one after the other, measured in turns. */
  readonly contestants: readonly Contestant[]
  /** Subjects that are left out although they could do the work, with the reason. */
  readonly notRun?: ReadonlyMap<string, string>
  /** Our work once more, for the profiler; absent where another process does it. */
  readonly profiled?: () => unknown
}

export const time: Metric = { name: 'time', unit: 'ms', better: 'lower' }
export const result: Metric = { name: 'result', unit: 'bytes', better: 'lower' }

/** Of us, and of whom we are compared with. */
const TIMING: Readonly<Record<Scale, TimingLimits>> = {
  full: { warmUpMs: 300, sampleMs: 20, roundsMs: 500 },
  quick: { warmUpMs: 20, sampleMs: 4, roundsMs: 50 },
}

const WARM_UP_MS_OF_OTHERS: Readonly<Record<Scale, number>> = { full: 120, quick: 20 }

/** A peer whose first call takes longer than this is called once. */
const ONCE_MS: Readonly<Record<Scale, number>> = { full: 150, quick: 50 }

/** A subject's contestant, warmed up. */
export function contestant<Output>(work: Work<Output>, scale: Scale): Contestant {
  const { subject } = work
  return timed(work, {
    ...TIMING[scale],
    ...(subject === OURS || subject === YJS ? {} : { warmUpMs: WARM_UP_MS_OF_OTHERS[scale] }),
    ...(subject === OURS ? {} : { onceMs: ONCE_MS[scale] }),
  })
}

/** A physical limit rather than a peer: every byte looked at once. `parts` as in {@link Work}. */
export function varintScan(subject: string, updates: readonly Uint8Array[], scale: Scale, parts = 1): Contestant {
  let lastBytes = 0
  for (const update of updates) for (const byte of update) if (byte < 128) lastBytes++
  return contestant(
    {
      subject,
      parts,
      run: () => scanVarints(updates),
      check: ({ varints }) => check(varints === lastBytes, `${subject}: not every byte was read`),
    },
    scale,
  )
}

/** What the subjects do that turn bytes into bytes; those that are not given do not take part. */
export interface BytesWork {
  readonly ours: () => Uint8Array
  readonly yjs?: () => Uint8Array
  readonly yjs14?: () => Uint8Array
  /** Gets an empty Y.Doc to work in. */
  readonly document?: (doc: Y.Doc) => Uint8Array
  /** Throws `CheckFailed` when an output is wrong. */
  readonly check: (output: Uint8Array, subject: string) => void
}

/** The contestants of a task from bytes to bytes. Their metrics are `time` and `result`. */
export function bytesToBytes(work: BytesWork, scale: Scale): Prepared {
  const { ours, yjs, yjs14, document } = work
  const runs: readonly (readonly [subject: string, run: (() => Uint8Array) | undefined])[] = [
    [OURS, ours],
    [YJS, yjs],
    [YJS_14, yjs14],
    [DOCUMENT, document === undefined ? undefined : () => inDocument(document)],
  ]
  const contestants = runs.flatMap(([subject, run]) => {
    if (run === undefined) return []
    const checkOutput = (output: Uint8Array): void => work.check(output, subject)
    return [contestant({ subject, run, check: checkOutput, gauge: (output) => ({ result: output.length }) }, scale)]
  })
  return { contestants, profiled: ours }
}

function inDocument(work: (doc: Y.Doc) => Uint8Array): Uint8Array {
  const doc = new Y.Doc()
  const output = work(doc)
  doc.destroy()
  return output
}
