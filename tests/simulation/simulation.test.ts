/** A share of the simulation for every test run: fixed seeds, so that a failure is a change's, not a day's. `npm run simulate` runs more. */
import { expect, test } from 'vitest'
import { planTrace } from './plan.ts'
import { isFailure, runTrace } from './world.ts'

const SEEDS = 250
const SEEDS_AT_A_TIME = 50

for (let from = 1; from <= SEEDS; from += SEEDS_AT_A_TIME) {
  test(`seeds ${from} … ${from + SEEDS_AT_A_TIME - 1} keep every promise`, async () => {
    for (let seed = from; seed < from + SEEDS_AT_A_TIME; seed++) {
      const result = await runTrace(planTrace(seed))
      if (!isFailure(result)) continue
      const replay = `npm run simulate -- --seeds 1 --from ${seed} --log`
      throw new Error(`seed ${seed}, step ${result.step}: ${result.error.message}\nReplay it: ${replay}`, {
        cause: result.error,
      })
    }
  })
}

test('the same seed is the same run', async () => {
  for (const seed of [3, 39, 82]) {
    const one: string[] = []
    const other: string[] = []
    const first = await runTrace(planTrace(seed), { log: (line) => one.push(line) })
    const second = await runTrace(planTrace(seed), { log: (line) => other.push(line) })
    expect(one.length).toBeGreaterThan(100)
    expect(other).toEqual(one)
    expect(second).toEqual(first)
  }
})
