/** CPU per delivery: one writer at full speed, and many who read. */
import { OURS, type Metric } from '../../harness/bench.ts'
import { measure } from '../../harness/measure.ts'
import { author, FIRST_CLIENT_ID, type Authored } from '../load/authored.ts'
import { Flood, until } from '../load/flood.ts'
import { closeClients, joinAll, LoadClient } from '../load/load-client.ts'
import { Reading } from '../load/reading.ts'
import { BARE, BATCHED } from '../servers/contenders.ts'
import type { RunningContender } from '../servers/fleet.ts'
import type { Row, Sizes } from './row.ts'

/** Pushes that are not accepted yet. */
const WINDOW = 512
const SETTLES_WITHIN_MS = 30_000

const metrics: readonly Metric[] = [
  { name: 'server CPU', unit: 'ms', better: 'lower' },
  { name: 'deliveries', unit: 'per second', better: 'higher' },
]

export const deliveryRows: readonly Row[] = [
  row(10, { quick: 2000, normal: 20_000, full: 60_000 }, { bare: 2.9 / 1.0, batched: 0.78 / 1.0 }),
  row(100, { quick: 300, normal: 4000, full: 10_000 }, { bare: 2.7 / 0.35, batched: 0.26 / 0.35 }),
  row(1000, { quick: 100, normal: 1000, full: 4000 }, { bare: 3.8 / 0.3, batched: 0.24 / 0.3 }),
]

const ROUNDS: Sizes<number> = { quick: 1, normal: 3, full: 5 }

/** More would take long where each reader costs a frame, and find nothing new. */
const WARM_UP_READERS_MAX = 100
/** Samples' worth of it: one of ten readers is too little for a compiler to have seen everything. */
const WARM_UPS: Sizes<number> = { quick: 1, normal: 3, full: 3 }

/** How many times better ours is to be than each; below 1, how much worse it may be. */
interface Times {
  readonly bare: number
  readonly batched: number
}

function row(readers: number, pushes: Sizes<number>, times: Times): Row {
  return {
    name: () => `deliveries to ${readers} readers`,
    metrics,
    targets: [
      { metric: 'server CPU', against: BARE, timesAtLeast: times.bare },
      { metric: 'server CPU', against: BATCHED, timesAtLeast: times.batched },
    ],
    async run(context, task) {
      const { fleet, size, contenders } = context
      const authored = author(FIRST_CLIENT_ID, size(pushes))
      const runners = []
      for (const contender of contenders) {
        const running = await fleet.shared(contender)
        for (let nth = 0; nth < size(WARM_UPS); nth++) {
          await deliver(running, `${task} warm-up ${nth}`, Math.min(readers, WARM_UP_READERS_MAX), authored)
        }
        runners.push({
          subject: contender.subject,
          round: (index: number) => deliver(running, `${task} ${index}`, readers, authored),
        })
      }
      const result = await measure(task, metrics, runners, context.rounds ?? size(ROUNDS), context)
      if (!context.profile) return result
      const ours = await fleet.shared(contenders.find(({ subject }) => subject === OURS)!)
      const profile = await ours.process.profile(() => deliver(ours, `${task} profiled`, readers, authored))
      return { ...result, profile }
    },
  }
}

/** Every reader gets every update, or there is no sample. */
async function deliver(
  server: RunningContender,
  room: string,
  readers: number,
  authored: Authored,
): Promise<Record<string, number>> {
  const pushes = authored.updates.length
  // Contenders may share a server.
  const name = `${room} ${server.subject}`
  const clients: LoadClient[] = []
  try {
    const writer = await LoadClient.join(server, name)
    clients.push(writer)
    clients.push(...(await joinAll(server, readers, () => name)))
    let complete = 0
    let lastAt = 0
    const readings = clients.slice(1).map((client) => {
      const reading = new Reading(authored)
      client.onUpdate = (bytes, start, end) => {
        reading.take(bytes, start, end)
        if (!reading.complete) return
        client.onUpdate = () => {}
        complete++
        lastAt = performance.now()
      }
      return reading
    })
    const flood = new Flood(writer, authored, WINDOW)
    const before = await server.process.usage()
    const start = performance.now()
    flood.start()
    await until(
      () => complete === readers && flood.settled,
      `${server.subject}: ${pushes} updates to ${readers} readers`,
      SETTLES_WITHIN_MS,
      clients,
      () => complete + writer.accepted + readings[0]!.upTo,
    )
    const after = await server.process.usage()
    const verified = new Set<string>()
    for (const reading of readings) reading.verify(server.subject, verified)
    const deliveries = pushes * readers
    return {
      'server CPU': (after.cpuMs - before.cpuMs) / deliveries,
      deliveries: (deliveries / (lastAt - start)) * 1000,
    }
  } finally {
    await closeClients(clients)
  }
}
