/** What a row of the relay's table is: its metrics and targets as data, and how each contender's samples come about. */
import type { BenchContext, Metric, Point, TaskResult } from '../../harness/bench.ts'
import type { Sizes } from '../../harness/rounds.ts'
import type { Target } from '../../harness/target.ts'
import type { Contender, WiredContender } from '../servers/contenders.ts'
import type { Fleet } from '../servers/fleet.ts'

export type { Sizes }

export interface RowContext extends BenchContext {
  readonly fleet: Fleet
  /** Who takes part, in the order of the columns. */
  readonly contenders: readonly WiredContender[]
  /** Who takes part where a library puts the load on its server itself; none in quick runs. */
  readonly unwired: readonly Contender[]
  /** The size that this run asks for. */
  readonly size: <Size>(sizes: Sizes<Size>) => Size
}

export interface Row {
  /** May name counts, which depend on the run. */
  readonly name: (context: Pick<RowContext, 'size'>) => string
  /** Where the row lies on a growth curve, if it does. */
  readonly point?: (context: Pick<RowContext, 'size'>) => Point
  /** A quick run does without, as it has smaller or larger ones of the kind. */
  readonly notQuick?: true
  /** Only `--full` has it: a point of a curve that has other points, and no target of its own. */
  readonly onlyFull?: true
  readonly metrics: readonly Metric[]
  /** What ours is to reach; judged in all but quick runs. */
  readonly targets: readonly Target[]
  /** Subjects that cannot do the work, with the reason in a word or two. */
  readonly notRun?: ReadonlyMap<string, string>
  run(context: RowContext, task: string): Promise<TaskResult>
}

/** The row as one that is there for a curve, and that only `--full` has. */
export function onlyFull(row: Row): Row {
  return { ...row, onlyFull: true }
}

/** The row as one of several of its kind that a quick run does without. */
export function notQuick(row: Row): Row {
  return { ...row, notQuick: true }
}
