/**
 * Rounds in which automerge-repo may give up: a library that puts the load on its own server has ends of its own, such as a connection that is cut because a
 * busy process answers late. The table says so in its cell then, and the others are measured all the same.
 */
import type { BenchContext, Metric, TaskResult } from '../../harness/bench.ts'
import { measure, type Contestant } from '../../harness/measure.ts'
import type { Rounds } from '../../harness/rounds.ts'
import { AUTOMERGE } from '../servers/contenders.ts'

const GAVE_UP = 'gave up'

/** As `measure`; if {@link AUTOMERGE} rejects in any round, it is among those that were not run. */
export async function measureAttempts(
  task: string,
  metrics: readonly Metric[],
  contestants: readonly Contestant[],
  rounds: Rounds | number,
  context: Pick<BenchContext, 'progress' | 'signal'>,
): Promise<TaskResult> {
  let gaveUp = false
  const attempt = (contestant: Contestant): Contestant => ({
    ...contestant,
    async round(index) {
      if (gaveUp) return {}
      try {
        return await contestant.round(index)
      } catch (error) {
        context.signal.throwIfAborted()
        process.stderr.write(`${task}: ${AUTOMERGE} gave up: ${String(error)}\n`)
        gaveUp = true
        return {}
      }
    },
  })
  const attempts = contestants.map((contestant) =>
    contestant.subject === AUTOMERGE ? attempt(contestant) : contestant,
  )
  const result = await measure(task, metrics, attempts, rounds, context)
  if (!gaveUp) return result
  const subjects = new Map([...result.subjects].filter(([subject]) => subject !== AUTOMERGE))
  return { ...result, subjects, notRun: new Map([[AUTOMERGE, GAVE_UP]]) }
}
