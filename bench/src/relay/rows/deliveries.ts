/** CPU per delivery: one writer at full speed, and many who read. */
import { OURS, type Metric } from '../../harness/bench.ts'
import type { Contestant } from '../../harness/measure.ts'
import { measureAttempts } from '../automerge/attempts.ts'
import { startAutomergeLoad } from '../automerge/automerge-load.ts'
import { author, FIRST_CLIENT_ID, type Authored } from '../load/authored.ts'
import { Flood, until } from '../load/flood.ts'
import { closeClients, joinAll, LoadClient } from '../load/load-client.ts'
import { Reading } from '../load/reading.ts'
import { BARE, BATCHED, slowToMany, withoutCodecs, type Contender } from '../servers/contenders.ts'
import type { Running, RunningContender } from '../servers/fleet.ts'
import { notQuick, type Row, type Sizes } from './row.ts'

/** Pushes that are not accepted yet. */
const WINDOW = 512
const SETTLES_WITHIN_MS = 30_000

const metrics: readonly Metric[] = [
  { name: 'server CPU', unit: 'ms', better: 'lower' },
  { name: 'deliveries', unit: 'per second', better: 'higher' },
]

export const deliveryRows: readonly Row[] = [
  // A sample that a quick run has time for is the compiler's.
  notQuick(row(10, { quick: 1000, normal: 5000, full: 30_000 }, { bare: 2.9 / 1.0, batched: 0.78 / 1.0 })),
  row(100, { quick: 200, normal: 1000, full: 4000 }, { bare: 2.7 / 0.35, batched: 0.26 / 0.35 }),
  notQuick(row(1000, { quick: 50, normal: 150, full: 1000 }, { bare: 3.8 / 0.3, batched: 0.24 / 0.3 })),
]

const ROUNDS: Sizes<number> = { quick: 1, normal: 3, full: 5 }

/** More would take long where each reader costs a frame, and find nothing new. */
const WARM_UP_READERS_MAX = 100
/** Samples' worth of it: one of ten readers is too little for a compiler to have seen everything. */
const WARM_UPS_MAX = 3
/** Who is slow is warm after one. */
const WARM_UP_MS: Sizes<number> = { quick: 100, normal: 300, full: 2000 }

const MANY_READERS = 100
const SLOW_ROUNDS: Sizes<number> = { quick: 1, normal: 1, full: 3 }

/** More of either are too many for one process with clients of automerge-repo. */
const UNWIRED_READERS_MAX = 100
/** Pushes times readers. */
const UNWIRED_DELIVERIES_MAX: Sizes<number> = { quick: 0, normal: 4000, full: 100_000 }

/** How many times better ours is to be than each; below 1, how much worse it may be. */
interface Times {
  readonly bare: number
  readonly batched: number
}

function row(readers: number, pushes: Sizes<number>, times: Times): Row {
  return {
    name: () => `deliveries to ${readers} readers`,
    point: () => ({ curve: 'server CPU per delivery, by readers', axis: 'readers of one room', value: readers }),
    metrics,
    targets: [
      { metric: 'server CPU', against: BARE, timesAtLeast: times.bare },
      { metric: 'server CPU', against: BATCHED, timesAtLeast: times.batched },
    ],
    async run(context, task) {
      const { fleet, size, contenders, unwired } = context
      const authored = author(FIRST_CLIENT_ID, size(pushes))
      const runners: Contestant[] = []
      await fleet.startShared(contenders)
      // Our codecs onto the same rooms are in the smaller rows.
      for (const contender of readers > MANY_READERS ? withoutCodecs(contenders) : contenders) {
        const running = await fleet.shared(contender)
        const start = performance.now()
        for (let nth = 0; nth < WARM_UPS_MAX && performance.now() - start < size(WARM_UP_MS); nth++) {
          await deliver(running, `${task} warm-up ${nth}`, Math.min(readers, WARM_UP_READERS_MAX), authored)
        }
        runners.push({
          subject: contender.subject,
          ...(readers >= MANY_READERS && slowToMany.has(contender.subject) ? { roundsMax: size(SLOW_ROUNDS) } : {}),
          round: (index: number) => deliver(running, `${task} ${index}`, readers, authored),
        })
      }
      for (const contender of readers > UNWIRED_READERS_MAX ? [] : unwired) {
        runners.push({
          subject: contender.subject,
          roundsMax: size({ quick: 1, normal: 1, full: 3 }),
          round: () =>
            fleet.alone(contender, (server) =>
              deliverUnwired(server, readers, Math.min(size(pushes), size(UNWIRED_DELIVERIES_MAX) / readers)),
            ),
        })
      }
      const result = await measureAttempts(task, metrics, runners, context.rounds ?? size(ROUNDS), context)
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

/** Of a server whose own library puts the load on it; what it writes, some hundreds at a time go in one message. */
async function deliverUnwired(
  { process: server, url }: Running<Contender>,
  readers: number,
  pushes: number,
): Promise<Record<string, number>> {
  await using load = await startAutomergeLoad()
  await load.ask({ type: 'gather', url, readers })
  await load.ask({ type: 'flood', characters: pushes })
  const before = await server.usage()
  const { ms } = await load.ask({ type: 'flood', characters: pushes })
  const after = await server.usage()
  const deliveries = pushes * readers
  return { 'server CPU': (after.cpuMs - before.cpuMs) / deliveries, deliveries: (deliveries / ms) * 1000 }
}
