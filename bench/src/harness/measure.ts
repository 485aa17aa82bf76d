/**
 * Interleaved rounds. Each round asks every subject once, in an order that rotates, so that a machine that gets slower, warmer
 * or busier during a task does so for all of them. Knows nothing of what is measured.
 */
import { setImmediate } from 'node:timers/promises'
import type { BenchContext, Metric, Samples, TaskResult } from './bench.ts'
import { withCpu } from './cpu-time.ts'
import { collectGarbage } from './garbage.ts'
import { exactly, hasRoundLeft, type Rounds } from './rounds.ts'

/** One subject's part in a task. */
export interface Contestant {
  readonly subject: string
  /** What one round costs in this subject may allow fewer rounds than the others have. */
  readonly roundsMax?: number
  /** Does the work of one round, warmed up before, and returns one sample per metric name. */
  round(index: number): Promise<Readonly<Record<string, number>>>
}

/** Runs the rounds and collects the samples. Rejects between two samples when the run is interrupted. */
export async function measure(
  task: string,
  metrics: readonly Metric[],
  contestants: readonly Contestant[],
  rounds: Rounds | number,
  { progress, signal }: Pick<BenchContext, 'progress' | 'signal'>,
): Promise<TaskResult> {
  const subjects = new Map<string, Map<string, number[]>>(contestants.map(({ subject }) => [subject, new Map()]))
  const wanted = typeof rounds === 'number' ? exactly(rounds) : rounds
  const start = performance.now()
  for (let round = 0; hasRoundLeft(wanted, round, performance.now() - start); round++) {
    progress.detail(`round ${round + 1} of ${wanted.most}`)
    for (const contestant of rotated(contestants, round)) {
      if (round >= (contestant.roundsMax ?? Infinity)) continue
      // Signals are heard between turns of the event loop, and work that only computes never ends one.
      await setImmediate()
      signal.throwIfAborted()
      // What an earlier round left behind is not this one's to collect.
      collectGarbage()
      append(subjects.get(contestant.subject)!, await contestant.round(round))
    }
  }
  const sampled = new Set<string>()
  for (const samples of subjects.values()) for (const name of samples.keys()) sampled.add(name)
  return { task, metrics: withCpu(metrics, sampled), subjects: subjects satisfies ReadonlyMap<string, Samples> }
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

function append(samples: Map<string, number[]>, round: Readonly<Record<string, number>>): void {
  for (const [metric, value] of Object.entries(round)) {
    const list = samples.get(metric)
    if (list === undefined) samples.set(metric, [value])
    else list.push(value)
  }
}
