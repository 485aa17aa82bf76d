import { expect, test } from 'vitest'
import { BrokenOracle, type OracleName } from './broken-oracle.ts'
import { judge, mutantLine, type Simulation } from './judge-mutants.ts'
import type { Mutant } from './mutants.ts'
import { planTrace } from './plan.ts'

const mutant: Mutant = { name: 'a mistake', breaks: ['acked-is-durable'], seedsMax: 3, replacements: [] }

/** A simulation in which seeds break promises as listed, and nothing else does. */
function breaking(oracles: Readonly<Record<string, OracleName>>): Simulation {
  return {
    planTrace,
    shrink: async (trace) => trace,
    runTrace: async ({ from }) => {
      const oracle = oracles[from]
      if (oracle !== undefined) return { step: 1, error: new BrokenOracle(oracle, 'as told') }
      return { steps: 1, restMs: 0, digest: 0, edits: 0, checks: new Map() }
    },
  }
}

test('a mutant is caught by a promise that it is about', async () => {
  const judged = await judge(mutant, breaking({ 'seed 2': 'nothing-throws', 'seed 3': 'acked-is-durable' }))
  expect(judged.caught).toMatchObject({ by: 'seed 3 of 3', oracle: 'acked-is-durable' })
  expect(mutantLine(judged)).toMatch(/acked-is-durable +seed 3 of 3 \(first nothing-throws by seed 2 of 3\)$/)
})

test('a mutant that breaks another promise alone has got away, and it is said which', async () => {
  const judged = await judge(mutant, breaking({ 'seed 2': 'comes-to-rest' }))
  expect(judged.caught).toBeUndefined()
  expect(mutantLine(judged)).toMatch(/NOT CAUGHT by acked-is-durable in 3 seeds.*; only comes-to-rest by seed 2 of 3$/)
})
