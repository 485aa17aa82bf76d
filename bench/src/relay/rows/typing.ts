/** Many rooms in which two people type, as most rooms are used: nothing is there to be batched. */
import { type Metric } from '../../harness/bench.ts'
import { measure } from '../../harness/measure.ts'
import { author, FIRST_CLIENT_ID } from '../load/authored.ts'
import { until } from '../load/flood.ts'
import { closeClients, joinAll } from '../load/load-client.ts'
import { Reading } from '../load/reading.ts'
import { BARE, BATCHED, type RunningContender } from '../servers/contenders.ts'
import type { Row, Sizes } from './row.ts'

const ROOMS: Sizes<number> = { quick: 100, normal: 1000, full: 1000 }
/** Per person. */
const KEYSTROKES_PER_SECOND = 5
const WARM_UP_KEYSTROKES = 3
const KEYSTROKES: Sizes<number> = { quick: 4, normal: 12, full: 100 }
const TICK_MS = 5
const SETTLES_WITHIN_MS = 30_000

const metrics: readonly Metric[] = [{ name: 'server CPU', unit: 'ms', better: 'lower' }]

export const typingRow: Row = {
  name: ({ size }) => `typing, ${size(ROOMS)} rooms × 2 people`,
  metrics,
  targets: [
    { metric: 'server CPU', against: BARE, timesAtLeast: 24 / 35 },
    { metric: 'server CPU', against: BATCHED, timesAtLeast: 26 / 35 },
  ],
  async run(context, task) {
    const { fleet, size, contenders } = context
    const runners = []
    for (const contender of contenders) {
      const running = await fleet.shared(contender)
      // Or the first round would measure the compiler.
      const warmUp = `${task} warm-up ${contender.subject}`
      await type(running, warmUp, size(ROOMS), size({ quick: 4, normal: 12, full: 12 }))
      runners.push({
        subject: contender.subject,
        round: (index: number) => type(running, `${task} ${index} ${contender.subject}`, size(ROOMS), size(KEYSTROKES)),
      })
    }
    return measure(task, metrics, runners, context.rounds ?? size({ quick: 1, normal: 1, full: 3 }), context)
  },
}

async function type(
  server: RunningContender,
  room: string,
  rooms: number,
  keystrokes: number,
): Promise<Record<string, number>> {
  // The same two people everywhere.
  const people = [FIRST_CLIENT_ID, FIRST_CLIENT_ID + 1].map((clientID) =>
    author(clientID, WARM_UP_KEYSTROKES + keystrokes),
  )
  const clients = await joinAll(server, rooms * 2, (index) => `${room} ${index >> 1}`)
  try {
    const readings: Reading[] = []
    const frames = clients.map((client, index) => {
      const reading = new Reading(people[1 - (index & 1)]!)
      const own = new Reading(people[index & 1]!)
      readings.push(reading)
      client.onUpdate = (bytes, start, end) => {
        // Some wires return to a writer what it wrote.
        if (own.isNext(bytes, start, end)) return own.take(bytes, start, end)
        reading.take(bytes, start, end)
      }
      return client.encodePushes(people[index & 1]!)
    })
    const press = (from: number, count: number): Promise<void> =>
      paced(count * clients.length, KEYSTROKES_PER_SECOND * clients.length, (nth) => {
        const client = nth % clients.length
        clients[client]!.send(frames[client]![from + Math.floor(nth / clients.length)]!)
      })
    await press(0, WARM_UP_KEYSTROKES)
    const before = await server.process.usage()
    await press(WARM_UP_KEYSTROKES, keystrokes)
    const after = await server.process.usage()
    await until(
      () => readings.every(({ complete }) => complete),
      `${server.subject}: delivery of what ${rooms * 2} people typed`,
      SETTLES_WITHIN_MS,
      clients,
      () => readings.reduce((sum, { upTo }) => sum + upTo, 0),
    )
    const verified = new Set<string>()
    for (const reading of readings) reading.verify(server.subject, verified)
    return { 'server CPU': (after.cpuMs - before.cpuMs) / (keystrokes * clients.length) }
  } finally {
    await closeClients(clients)
  }
}

/** Calls `work` for 0 … `count` − 1, evenly over time. What is late is made up for: the pace does not wait for a server. */
function paced(count: number, perSecond: number, work: (nth: number) => void): Promise<void> {
  const start = performance.now()
  return new Promise((resolve) => {
    let nth = 0
    const timer = setInterval(() => {
      const due = Math.min(count, ((performance.now() - start) / 1000) * perSecond)
      while (nth < due) work(nth++)
      if (nth < count) return
      clearInterval(timer)
      resolve()
    }, TICK_MS)
  })
}
