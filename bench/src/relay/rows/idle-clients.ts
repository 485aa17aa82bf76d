/** What a client costs that does nothing, with the room that it is alone in; and whether that stays so when they are many. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Metric } from '../../harness/bench.ts'
import type { Contestant } from '../../harness/measure.ts'
import type { Target } from '../../harness/target.ts'
import { measureAttempts } from '../automerge/attempts.ts'
import { startAutomergeLoad } from '../automerge/automerge-load.ts'
import { closeClients, joinAll } from '../load/load-client.ts'
import { BARE, BATCHED, withoutCodecs, type Contender } from '../servers/contenders.ts'
import type { Running, RunningContender } from '../servers/fleet.ts'
import { onlyFull, type Row, type Sizes } from './row.ts'

/** So that what a server makes once is there before. */
const WARM_UP_CLIENTS = 50
const REST_MS: Sizes<number> = { quick: 200, normal: 300, full: 500 }
/** More are too many for one process with clients of automerge-repo. */
const UNWIRED_CLIENTS_MAX = 1000

const metrics: readonly Metric[] = [
  { name: 'memory', unit: 'bytes', better: 'lower', varies: true },
  { name: 'resident', unit: 'bytes', better: 'lower', varies: true },
]

const TARGET: Target = { metric: 'resident', against: BARE, timesAtLeast: 11.6 / 14 }

export const idleClientsRows: readonly Row[] = [
  onlyFull(row({ quick: 100, normal: 500, full: 500 })),
  onlyFull(row({ quick: 200, normal: 1000, full: 2000 })),
  row({ quick: 300, normal: 2000, full: 5000 }, [TARGET]),
]

/** Our codecs are only in rows with targets, of `--full`. */
function row(clients: Sizes<number>, targets: readonly Target[] = []): Row {
  return {
    name: ({ size }) => `${size(clients)} idle clients, a room each`,
    point: ({ size }) => ({
      curve: 'memory per idle client, by clients',
      axis: 'idle clients, a room each',
      value: size(clients),
    }),
    metrics,
    targets,
    async run(context, task) {
      const { fleet, size, contenders, unwired, fullCounts } = context
      await fleet.endShared()
      const wired = targets.length === 0 || !fullCounts ? withoutCodecs(contenders) : contenders
      const runners: Contestant[] = wired
        .filter(({ subject }) => subject !== BATCHED)
        .map((contender) => ({
          subject: contender.subject,
          round: () => fleet.alone(contender, (server) => idle(server, size(clients), size(REST_MS))),
        }))
      for (const contender of size(clients) > UNWIRED_CLIENTS_MAX ? [] : unwired) {
        runners.push({
          subject: contender.subject,
          round: () => fleet.alone(contender, (server) => idleUnwired(server, size(clients), size(REST_MS))),
        })
      }
      return measureAttempts(task, metrics, runners, context.rounds ?? size({ quick: 1, normal: 1, full: 2 }), context)
    },
  }
}

async function idle(server: RunningContender, count: number, restMs: number): Promise<Record<string, number>> {
  const first = await joinAll(server, WARM_UP_CLIENTS, (index) => `first ${index}`)
  const before = await server.process.memory()
  const clients = await joinAll(server, count, (index) => `room ${index}`)
  try {
    await sleep(restMs)
    const after = await server.process.memory()
    for (const client of clients) client.assertWell()
    return {
      memory: (after.heldBytes - before.heldBytes) / count,
      resident: (after.rssBytes - before.rssBytes) / count,
    }
  } finally {
    await closeClients([...first, ...clients])
  }
}

async function idleUnwired(
  { process: server, url }: Running<Contender>,
  count: number,
  restMs: number,
): Promise<Record<string, number>> {
  await using load = await startAutomergeLoad()
  await load.ask({ type: 'idle', url, clients: WARM_UP_CLIENTS })
  await sleep(restMs)
  const before = await server.memory()
  await load.ask({ type: 'idle', url, clients: count })
  await sleep(restMs)
  const after = await server.memory()
  return {
    memory: (after.heldBytes - before.heldBytes) / count,
    resident: (after.rssBytes - before.rssBytes) / count,
  }
}
