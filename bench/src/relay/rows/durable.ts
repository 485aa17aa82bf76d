/**
 * How long until an edit is accepted, which of ours is: durable. A person in each of N rooms pushes the next keystroke when the last one is accepted.
 * The limit is the disk at its barest: one file, a write per room, and one flush for all of them.
 */
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LIMIT, type Metric } from '../../harness/bench.ts'
import { measure, type Contestant } from '../../harness/measure.ts'
import { quantile } from '../../harness/statistics.ts'
import { Arrivals } from '../load/arrivals.ts'
import { author, FIRST_CLIENT_ID } from '../load/authored.ts'
import { until } from '../load/flood.ts'
import { closeClients, joinAll, type LoadClient } from '../load/load-client.ts'
import { BATCHED, withoutCodecs } from '../servers/contenders.ts'
import type { RunningContender } from '../servers/fleet.ts'
import { temporaryFolder } from '../servers/temporary-folder.ts'
import { notQuick, onlyFull, type Row, type Sizes } from './row.ts'
import { verifyStored } from './stored.ts'

const ROUNDS: Sizes<number> = { quick: 1, normal: 3, full: 4 }
const DURATION_MS: Sizes<number> = { quick: 100, normal: 200, full: 1000 }
/** All together push no more in a round, … */
const PUSHES_MAX: Sizes<number> = { quick: 2000, normal: 8000, full: 20_000 }
/** … but each may push so many: many share a server, and none gets far. */
const PUSHES_EACH: Sizes<number> = { quick: 500, normal: 500, full: 1500 }
const SETTLES_WITHIN_MS = 30_000

/** What a room's write to the disk at its barest takes, about as much as an entry of a log. */
const DISK_BYTES = 256
const DISK_FLUSHES: Sizes<number> = { quick: 20, normal: 60, full: 200 }

const metrics: readonly Metric[] = [
  { name: 'accepted after, p50', unit: 'ms', better: 'lower' },
  { name: 'accepted after, p99', unit: 'ms', better: 'lower' },
  { name: 'accepted', unit: 'per second', better: 'higher' },
  { name: 'server CPU', unit: 'ms', better: 'lower' },
  { name: 'per flush', unit: 'count', better: 'none' },
]

export const durableRows: readonly Row[] = [row(1), onlyFull(row(16)), notQuick(row(128))]

function row(rooms: number): Row {
  return {
    name: () => `one by one, ${rooms === 1 ? '1 room' : `${rooms} rooms`}`,
    point: () => ({ curve: 'until an edit is accepted, by rooms', axis: 'rooms that write', value: rooms }),
    metrics,
    targets: [],
    async run(context, task) {
      const { fleet, size, contenders } = context
      const runners: Contestant[] = []
      const pushes = Math.max(size(PUSHES_EACH), Math.ceil(size(PUSHES_MAX) / rooms))
      const taking = rooms === 1 ? contenders : withoutCodecs(contenders)
      await fleet.startShared(taking)
      for (const contender of taking.filter(({ subject }) => subject !== BATCHED)) {
        const running = await fleet.shared(contender)
        const round = (name: string): Promise<Record<string, number>> =>
          writeOneByOne(running, name, rooms, pushes, size(DURATION_MS))
        // Or the first round would measure the compiler.
        await round(`${task} warm-up ${contender.subject}`)
        runners.push({
          subject: contender.subject,
          round: (index) => round(`${task} ${index} ${contender.subject}`),
        })
      }
      runners.push({ subject: LIMIT, round: () => flushOneByOne(rooms, size(DISK_FLUSHES)) })
      return measure(task, metrics, runners, context.rounds ?? size(ROUNDS), context)
    },
  }
}

async function writeOneByOne(
  server: RunningContender,
  name: string,
  rooms: number,
  pushesMax: number,
  durationMs: number,
): Promise<Record<string, number>> {
  const authored = author(FIRST_CLIENT_ID, pushesMax)
  const roomOf = (index: number): string => `${name} ${index}`
  const clients = await joinAll(server, rooms, roomOf)
  try {
    const people = clients.map((client) => new Patient(client, client.encodePushes(authored)))
    const before = await server.process.usage()
    const start = performance.now()
    for (const person of people) person.start(start + durationMs)
    await until(
      () => people.every(({ settled }) => settled),
      `${server.subject}: acceptance of what ${rooms} people pushed one by one`,
      SETTLES_WITHIN_MS,
      clients,
      () => clients.reduce((sum, { accepted }) => sum + accepted, 0),
    )
    const seconds = (Math.max(...people.map(({ lastAt }) => lastAt)) - start) / 1000
    const after = await server.process.usage()
    if (server.keeps) {
      const pushed = clients.map(({ accepted }) => authored.updates.slice(0, accepted))
      await verifyStored(server, roomOf, pushed)
    }
    const accepted = clients.reduce((sum, client) => sum + client.accepted, 0)
    const delays = people.flatMap(({ arrivals }) => arrivals.delays)
    const flushes = after.flushes - before.flushes
    return {
      'accepted after, p50': quantile(delays, 0.5),
      'accepted after, p99': quantile(delays, 0.99),
      accepted: accepted / seconds,
      'server CPU': (after.cpuMs - before.cpuMs) / accepted,
      ...(flushes === 0 ? {} : { 'per flush': (after.entries - before.entries) / flushes }),
    }
  } finally {
    await closeClients(clients)
  }
}

/** Pushes the next when the last is accepted, until the time is over. */
class Patient {
  readonly #client: LoadClient
  readonly #frames: readonly Buffer[]
  readonly arrivals = new Arrivals(1)
  #endAt = 0
  #sent = 0
  /** When the last push was accepted, by `performance.now()`. */
  lastAt = 0

  constructor(client: LoadClient, frames: readonly Buffer[]) {
    this.#client = client
    this.#frames = frames
    client.onAccepted = () => {
      this.lastAt = performance.now()
      this.arrivals.arrived(0, client.accepted, this.lastAt)
      if (this.lastAt < this.#endAt) this.#pushNext()
    }
  }

  get settled(): boolean {
    const over = this.#sent === this.#frames.length || performance.now() >= this.#endAt
    return over && this.#client.accepted >= this.#sent
  }

  /** Pushes until `endAt`, by `performance.now()`. */
  start(endAt: number): void {
    this.#endAt = endAt
    this.#pushNext()
  }

  #pushNext(): void {
    const frame = this.#frames[this.#sent]
    if (frame === undefined) return
    this.#sent++
    this.arrivals.sent(performance.now())
    this.#client.send(frame)
  }
}

/** In this process, which does nothing else meanwhile, where the servers' stores are. */
async function flushOneByOne(rooms: number, flushes: number): Promise<Record<string, number>> {
  const folder = await temporaryFolder()
  try {
    const file = await open(join(folder, 'flushed'), 'a')
    const delays: number[] = []
    const before = process.cpuUsage()
    try {
      const bytes = new Uint8Array(DISK_BYTES * rooms)
      for (let flush = 0; flush < flushes; flush++) {
        const start = performance.now()
        await file.write(bytes)
        await file.datasync()
        delays.push(performance.now() - start)
      }
    } finally {
      await file.close()
    }
    const { user, system } = process.cpuUsage(before)
    const seconds = delays.reduce((sum, delay) => sum + delay, 0) / 1000
    return {
      'accepted after, p50': quantile(delays, 0.5),
      'accepted after, p99': quantile(delays, 0.99),
      accepted: (flushes * rooms) / seconds,
      'server CPU': (user + system) / 1000 / (flushes * rooms),
      'per flush': rooms,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
