/** All benches, in the order of a run. Loads every library that is measured, which takes a second: only who measures asks for it. */
import { convergence } from './convergence/convergence.ts'
import { crdtBenchmarks } from './crdt-benchmarks/crdt-benchmarks.ts'
import { coldStart } from './device/cold-start.ts'
import { growth } from './growth/growth.ts'
import { merge } from './merge/merge.ts'
import { people } from './people/people.ts'
import { relayTable } from './relay/relay-table.ts'
import { replica } from './replica/replica.ts'
import { traces } from './traces/traces.ts'
import type { Bench } from './harness/bench.ts'
import type { Typical } from './harness/estimate.ts'

export const benches: readonly Bench[] = [
  convergence,
  merge,
  replica,
  crdtBenchmarks,
  growth,
  traces,
  relayTable,
  people,
  coldStart,
]

/** Of a machine with two cores; a run in the report's folder knows better. Only the estimate of what remains depends on it. */
export const typicalMs: Typical = {
  convergence: { quick: 2000, default: 15_000, full: 90_000 },
  merge: { quick: 6000, default: 30_000, full: 60_000 },
  replica: { quick: 21_000, default: 150_000, full: 600_000 },
  'crdt-benchmarks': { quick: 10_000, default: 70_000, full: 250_000 },
  growth: { quick: 3000, default: 40_000, full: 200_000 },
  traces: { quick: 1000, default: 3000, full: 3000 },
  relay: { quick: 20_000, default: 140_000, full: 900_000 },
  people: { quick: 8000, default: 50_000, full: 200_000 },
  'cold-start': { quick: 5000, default: 30_000, full: 60_000 },
}
