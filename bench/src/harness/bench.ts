/**
 * The seams of the bench. A *bench* asks one question and answers it by *tasks*; in a task, one or more *subjects* (ours and
 * its peers) do the same work, and each yields samples per *metric*. Everything that is reported, as table or as JSON, is made
 * of {@link TaskResult}s, so a new bench, subject or metric needs no change here.
 */
import type { HotFunction } from './profile.ts'
import type { Progress } from './progress.ts'
import type { Target } from './target.ts'
import type { Trace } from '../workloads/trace.ts'

/** Names our own side in every task; the other names are the peers'. */
export const OURS = 'syncline'

/** The subject that is about the least the work can take; each row says what that is. No peer: nobody can be it. */
export const LIMIT = 'limit'

/** How a metric is written and compared. */
export interface Metric {
  readonly name: string
  readonly unit: Unit
  /** Which direction is better; `none` for numbers that are told, not compared. */
  readonly better: 'lower' | 'higher' | 'none'
  /** Of bytes and counts: whether the same code has others each time, as memory is. Times always vary. */
  readonly varies?: true
  /**
   * The metric that this one is told beside, as CPU time is beside wall time: in the JSON and, small, on the report's page. Tables of a terminal leave it
   * out, and nothing is judged by it.
   */
  readonly beside?: string
}

/** Samples of a metric are in this unit. */
export type Unit = 'ms' | 'bytes' | 'per second' | 'count' | 'times'

/**
 * What a subject is to ours. A `peer` is what somebody would use instead; a `limit` what no program of the kind can beat; a `yardstick` shows a distance and
 * promises less than ours; `ours` is our own work in another place of the table.
 */
export type Role = 'peer' | 'limit' | 'yardstick' | 'ours'

/** The samples of one subject, one list per metric name: one sample per round. */
export type Samples = ReadonlyMap<string, readonly number[]>

/**
 * The task is a point of a growth curve. Tasks of one bench with the same `curve` differ in `value`, and the report joins their medians, subject by
 * subject and metric by metric; all of them name the same `axis`. A subject called {@link LIMIT} is drawn as the physical limit.
 */
export interface Point {
  /** What grows, as a heading: `local edit, by document size`. */
  readonly curve: string
  /** What `value` counts, with its unit: `keystrokes in the document`. */
  readonly axis: string
  /** Where the task lies on the axis; above 0, since axes may be logarithmic. */
  readonly value: number
}

export interface TaskResult {
  readonly task: string
  /** Makes the task a point of a growth curve. */
  readonly point?: Point
  readonly metrics: readonly Metric[]
  /** In the order of the table's columns, ours first. */
  readonly subjects: ReadonlyMap<string, Samples>
  /** Subjects that the task does not ask, by rule and not by timeout, and the reason in a word. */
  readonly notRun?: ReadonlyMap<string, string>
  /** What our side is to reach. */
  readonly targets?: readonly Target[]
  /** Where our side spends its time, when `--profile` asked. */
  readonly profile?: readonly HotFunction[]
  /** What the task took with all its preparation. Set by who runs the bench. */
  readonly elapsedMs?: number
}

export interface BenchContext {
  /** `quick` makes the work smaller, leaves out tasks that resemble others, and keeps every check. */
  readonly scale: 'quick' | 'full'
  /** Whether `--full` asked for counts that take many minutes, where a bench has such. */
  readonly fullCounts: boolean
  /** What `--subject` asked for; empty for all. */
  readonly subjects: readonly string[]
  /** What `--rounds` asked for. */
  readonly rounds: number | undefined
  /** Whether `--profile` asked where our side spends its time. */
  readonly profile: boolean
  readonly seed: number
  readonly trace: Trace
  readonly progress: Progress
  /** Aborted when the run is to end early; what was opened is closed then, as always. */
  readonly signal: AbortSignal
  /** Whether `--only` lets this task run. A task that is left out costs nothing, its preparation included. */
  selects(task: string): boolean
}

export interface Bench {
  /** What `--only` matches: this, or `name/task`. */
  readonly name: string
  readonly question: string
  workload(context: BenchContext): string
  /** What is measured, in which unit, and how it is summarised. */
  readonly metric: string
  /** The subject that ours is compared with. */
  readonly baseline: string
  /** Of subjects that are no peers, by their names. {@link LIMIT} and {@link OURS} need no entry. */
  readonly roles?: Readonly<Record<string, Role>>
  /** Throws {@link CheckFailed} when a result is wrong; then no number of the run counts. */
  run(context: BenchContext): AsyncIterable<TaskResult>
}

/** What a subject is to ours in this bench. */
export function roleOf({ roles }: Pick<Bench, 'roles'>, subject: string): Role {
  if (subject === OURS) return 'ours'
  return roles?.[subject] ?? (subject === LIMIT ? 'limit' : 'peer')
}

/** A replica, a merge or a delivery was wrong: the run prints no numbers. `replay` is the command line that shows it again. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed'
  readonly replay: string | undefined

  constructor(message: string, replay?: string) {
    super(message)
    this.replay = replay
  }
}

/** Throws {@link CheckFailed} unless `condition` holds. */
export function check(condition: boolean, message: string, replay?: string): asserts condition {
  if (!condition) throw new CheckFailed(message, replay)
}
