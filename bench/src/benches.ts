/** All benches, in the order of a run. Each loads the libraries that it measures when it is asked for. */
import type { Bench } from './harness/bench.ts'
import type { Typical } from './harness/estimate.ts'

const loaders = {
  convergence: async () => (await import('./convergence/convergence.ts')).convergence,
  merge: async () => (await import('./merge/merge.ts')).merge,
  replica: async () => (await import('./replica/replica.ts')).replica,
  'crdt-benchmarks': async () => (await import('./crdt-benchmarks/crdt-benchmarks.ts')).crdtBenchmarks,
  growth: async () => (await import('./growth/growth.ts')).growth,
  traces: async () => (await import('./traces/traces.ts')).traces,
  relay: async () => (await import('./relay/relay-table.ts')).relayTable,
  people: async () => (await import('./people/people.ts')).people,
  'cold-start': async () => (await import('./device/cold-start.ts')).coldStart,
} satisfies Readonly<Record<string, () => Promise<Bench>>>

export type BenchName = keyof typeof loaders

export const benchNames = Object.keys(loaders) as BenchName[]

/** The bench with this name. */
export function loadBench(name: BenchName): Promise<Bench> {
  return loaders[name]()
}

/** All of them: loads every library that is measured, which takes a second. */
export function loadBenches(): Promise<readonly Bench[]> {
  return Promise.all(benchNames.map(loadBench))
}

/** Of a machine with two cores; a run in the report's folder knows better. Only the estimate of what remains depends on it. */
export const typicalMs: Typical = {
  convergence: { quick: 2000, default: 16_000, full: 90_000 },
  merge: { quick: 6000, default: 50_000, full: 60_000 },
  replica: { quick: 21_000, default: 155_000, full: 330_000 },
  'crdt-benchmarks': { quick: 10_000, default: 105_000, full: 250_000 },
  growth: { quick: 3000, default: 25_000, full: 200_000 },
  traces: { quick: 1000, default: 2000, full: 3000 },
  relay: { quick: 20_000, default: 135_000, full: 1_300_000 },
  people: { quick: 8000, default: 40_000, full: 200_000 },
  'cold-start': { quick: 5000, default: 13_000, full: 60_000 },
}
