/** What a client costs that does nothing, with the room that it is alone in. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Metric } from '../../harness/bench.ts'
import { measure } from '../../harness/measure.ts'
import { closeClients, joinAll } from '../load/load-client.ts'
import { BARE, BATCHED } from '../servers/contenders.ts'
import type { RunningContender } from '../servers/fleet.ts'
import type { Row, Sizes } from './row.ts'

const CLIENTS: Sizes<number> = { quick: 300, normal: 2000, full: 5000 }
/** So that what a server makes once is there before. */
const WARM_UP_CLIENTS = 50
const REST_MS = 500

const metrics: readonly Metric[] = [
  { name: 'memory', unit: 'bytes', better: 'lower' },
  { name: 'resident', unit: 'bytes', better: 'lower' },
]

export const idleClientsRow: Row = {
  name: ({ size }) => `${size(CLIENTS)} idle clients, a room each`,
  metrics,
  targets: [{ metric: 'resident', against: BARE, timesAtLeast: 11.6 / 14 }],
  async run(context, task) {
    const { fleet, size, contenders } = context
    await fleet.endShared()
    const runners = contenders
      .filter(({ subject }) => subject !== BATCHED)
      .map((contender) => ({
        subject: contender.subject,
        round: () => fleet.alone(contender, (server) => idle(server, size(CLIENTS))),
      }))
    return measure(task, metrics, runners, context.rounds ?? size({ quick: 1, normal: 1, full: 3 }), context)
  },
}

async function idle(server: RunningContender, count: number): Promise<Record<string, number>> {
  const first = await joinAll(server, WARM_UP_CLIENTS, (index) => `first ${index}`)
  const before = await server.process.memory()
  const clients = await joinAll(server, count, (index) => `room ${index}`)
  try {
    await sleep(REST_MS)
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
