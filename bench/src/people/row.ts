/** What a row about people is. */
import type { BenchContext, Metric, TaskResult } from '../harness/bench.ts'
import type { Target } from '../harness/target.ts'
import type { Sizes } from '../relay/rows/row.ts'
import type { Fleet } from '../relay/servers/fleet.ts'
import type { Cast } from './cast.ts'
import type { PeopleContender } from './contenders.ts'

export interface PeopleContext extends BenchContext {
  readonly fleet: Fleet
  readonly cast: Cast
  /** Who takes part, in the order of the columns. */
  readonly contenders: readonly PeopleContender[]
  readonly size: <Size>(sizes: Sizes<Size>) => Size
}

export interface PeopleRow {
  readonly name: string
  /** A quick run does without. */
  readonly notQuick?: true
  readonly metrics: readonly Metric[]
  readonly targets: readonly Target[]
  readonly notRun?: ReadonlyMap<string, string>
  run(context: PeopleContext): Promise<TaskResult>
}
