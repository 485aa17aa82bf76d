/**
 * How long randomised tests run: briefly in every run of the tests, longer where somebody asks for it.
 *
 *     SYNCLINE_FUZZ_RUNS=20000 SYNCLINE_FUZZ_SEED=1 npx vitest run --project node packages/core
 */
import process from 'node:process'

/** Longer than any run asked for should take: a slow machine is no failure. */
export const FUZZ_TIMEOUT_MS = 3_600_000

export interface FuzzParameters {
  readonly numRuns: number
  readonly seed?: number
}

/** Parameters for `fc.assert`. `share` is the part of the runs that this property gets; fast-check prints the seed of a failure. */
export function fuzz(share = 1): FuzzParameters {
  const runs = Number(process.env['SYNCLINE_FUZZ_RUNS'] ?? 60)
  const seed = process.env['SYNCLINE_FUZZ_SEED']
  const numRuns = Math.max(1, Math.round(runs * share))
  return seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) }
}
