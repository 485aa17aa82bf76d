/** What a trace is like, in numbers: by these, generated traces are compared with recorded ones. Pure. */
import { quantile } from '../harness/statistics.ts'
import type { ConcurrentTrace } from './concurrent-trace.ts'
import type { Edit, Trace } from './trace.ts'

export interface TraceStatistics {
  readonly edits: number
  /** Of the text in the end. */
  readonly endLength: number
  /** 0 … 1: of the edits, those that delete. */
  readonly deleting: number
  readonly insertedMean: number
  readonly deletedMean: number
  /** Edits of one kind, each where the one before ended. */
  readonly typedBurst: Burst
  readonly deletedBurst: Burst
  /** 0 … 1: of the bursts, those that begin elsewhere than where the one before ended. */
  readonly elsewhere: number
  /** 0 … 1: how far away, as a share of the text; the median of those that begin elsewhere. */
  readonly jumpMedian: number
}

export interface Burst {
  readonly mean: number
  readonly median: number
  readonly high: number
}

/** The share of bursts that are no longer than {@link Burst.high}. */
const HIGH = 0.9

export function statisticsOf(trace: Pick<Trace, 'edits' | 'endContent'>): TraceStatistics {
  const edits = [...trace.edits]
  const inserted = edits.filter((edit) => edit.inserted !== '').map((edit) => edit.inserted.length)
  const deleted = edits.filter((edit) => edit.deleted > 0).map((edit) => edit.deleted)
  const bursts = burstsOf(edits)
  const jumps = bursts.flatMap(({ jump }) => (jump === undefined ? [] : [jump]))
  const lengths = (isTyped: boolean): number[] =>
    bursts.filter((one) => one.isTyped === isTyped).map(({ length }) => length)
  return {
    edits: edits.length,
    endLength: trace.endContent.length,
    deleting: deleted.length / edits.length,
    insertedMean: mean(inserted),
    deletedMean: mean(deleted),
    typedBurst: burst(lengths(true)),
    deletedBurst: burst(lengths(false)),
    elsewhere: jumps.length / bursts.length,
    jumpMedian: jumps.length === 0 ? 0 : quantile(jumps, 0.5),
  }
}

interface OneBurst {
  readonly isTyped: boolean
  length: number
  /** From where the one before ended, as a share of the text; absent where it goes on there. */
  readonly jump: number | undefined
}

function burstsOf(edits: readonly Edit[]): OneBurst[] {
  const bursts: OneBurst[] = []
  let cursor = 0
  let textLength = 0
  for (const { position, deleted, inserted } of edits) {
    const isTyped = inserted !== ''
    // Backspace ends where it began to delete, the other key where it stands.
    const isHere = position === cursor || (deleted > 0 && position + deleted === cursor)
    const last = bursts.at(-1)
    if (last !== undefined && isHere && last.isTyped === isTyped) {
      last.length++
    } else {
      const jump = isHere ? undefined : Math.abs(position - cursor) / Math.max(1, textLength)
      bursts.push({ isTyped, length: 1, jump })
    }
    cursor = position + inserted.length
    textLength += inserted.length - deleted
  }
  return bursts
}

export interface ConcurrencyStatistics {
  readonly events: number
  readonly endLength: number
  /** 0 … 1: of the events, those that delete. */
  readonly deleting: number
  /** 0 … 1: of the events, those of somebody who lacked something that was there. */
  readonly apart: number
  /** Events of an author from one hearing of others to the next. */
  readonly alone: Burst
  /** Events of others that an author hears of at once. */
  readonly heard: Burst
}

export function concurrencyOf({ authors, events, endLength }: ConcurrentTrace): ConcurrencyStatistics {
  const known = Array.from({ length: authors }, () => 0)
  const sinceHeard = Array.from({ length: authors }, () => 0)
  const alone: number[] = []
  const heard: number[] = []
  let apart = 0
  events.forEach(({ author, receives }, index) => {
    if (receives.length > 0) {
      heard.push(receives.length)
      if (sinceHeard[author]! > 0) alone.push(sinceHeard[author]!)
      sinceHeard[author] = 0
    }
    known[author]! += receives.length
    if (known[author]! < index) apart++
    known[author]!++
    sinceHeard[author]!++
  })
  const deleting = events.filter(({ edits }) => edits.some(({ deleted }) => deleted > 0)).length
  return {
    events: events.length,
    endLength,
    deleting: deleting / events.length,
    apart: apart / events.length,
    alone: burst(alone),
    heard: burst(heard),
  }
}

function burst(lengths: readonly number[]): Burst {
  if (lengths.length === 0) return { mean: 0, median: 0, high: 0 }
  return { mean: mean(lengths), median: quantile(lengths, 0.5), high: quantile(lengths, HIGH) }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
