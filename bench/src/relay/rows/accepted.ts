/** Accepted updates per second: fifty writers at full speed, in one room, where each gets what the others write, or in a room each. */
import { mergeUpdates, updateIds } from '@syncline/core'
import { setTimeout as sleep } from 'node:timers/promises'
import { OURS, check, type Metric } from '../../harness/bench.ts'
import { measure } from '../../harness/measure.ts'
import type { Target } from '../../harness/target.ts'
import { author, FIRST_CLIENT_ID, type Authored } from '../load/authored.ts'
import { Flood, until } from '../load/flood.ts'
import { closeClients, joinAll, LoadClient } from '../load/load-client.ts'
import { BARE, BATCHED, slowToMany, withoutCodecs, type WiredContender } from '../servers/contenders.ts'
import type { RunningContender } from '../servers/fleet.ts'
import { notQuick, onlyFull, type Row, type RowContext, type Sizes } from './row.ts'
import { verifyStored } from './stored.ts'

const WRITERS = 50
/** Pushes of one writer that are not accepted yet, and of all: where each gets what the others write, they come to many frames. */
const WINDOW = 64
const WINDOWS_MAX = 3200
const SETTLES_WITHIN_MS = 30_000

const ROUNDS: Sizes<number> = { quick: 1, normal: 3, full: 4 }
/** Of rows that are there for the curve. */
const POINT_ROUNDS: Sizes<number> = { quick: 1, normal: 1, full: 3 }
const DURATION_MS: Sizes<number> = { quick: 100, normal: 200, full: 1500 }
/** What all who write in one room have to push, more than they can in that time. */
const UPDATES: Sizes<number> = { quick: 20_000, normal: 90_000, full: 200_000 }
/** Fewer do not get more each: no server takes so many of one. */
const WRITERS_OF_LEAST_UPDATES = 5

const metrics: readonly Metric[] = [
  { name: 'accepted', unit: 'per second', better: 'higher' },
  { name: 'server CPU', unit: 'ms', better: 'lower' },
]

export const acceptedRows: readonly Row[] = [
  onlyFull(inOneRoom(1)),
  onlyFull(inOneRoom(10)),
  notQuick(
    inOneRoom(WRITERS, [
      { metric: 'accepted', against: BARE, timesAtLeast: 60 / 12 },
      { metric: 'accepted', against: BATCHED, timesAtLeast: 60 / 112 },
    ]),
  ),
  onlyFull(inOneRoom(100)),
  {
    name: () => `accepted, ${WRITERS} writers in ${WRITERS} rooms`,
    metrics,
    targets: [
      { metric: 'accepted', against: BARE, timesAtLeast: 120 / 261 },
      { metric: 'accepted', against: BATCHED, timesAtLeast: 120 / 376 },
    ],
    run: (context, task) => {
      const one = author(FIRST_CLIENT_ID, context.size({ quick: 1500, normal: 5000, full: 15_000 }))
      const authors = Array.from({ length: WRITERS }, () => one)
      const taking = context.fullCounts ? context.contenders : withoutCodecs(context.contenders)
      return run(context, task, taking, {
        authors,
        roomOf: (room, index) => `${room} ${index}`,
        together: false,
        rounds: ROUNDS,
      })
    },
  },
]

/** Rows without targets are there for the curve; our codecs are only in the others, of `--full`. */
function inOneRoom(writers: number, targets: readonly Target[] = []): Row {
  return {
    name: () => `accepted, ${writers === 1 ? '1 writer' : `${writers} writers`} in one room`,
    point: () => ({ curve: 'accepted updates, by writers', axis: 'writers in one room', value: writers }),
    metrics,
    targets,
    run: (context, task) => {
      const updates = Math.ceil(context.size(UPDATES) / Math.max(writers, WRITERS_OF_LEAST_UPDATES))
      const authors = Array.from({ length: writers }, (_, index) => author(FIRST_CLIENT_ID + index, updates))
      const taking = targets.length > 0 && context.fullCounts ? context.contenders : withoutCodecs(context.contenders)
      return run(context, task, taking, {
        authors,
        roomOf: (room) => room,
        together: true,
        rounds: targets.length === 0 ? POINT_ROUNDS : ROUNDS,
      })
    },
  }
}

interface Writers {
  readonly authors: readonly Authored[]
  readonly roomOf: (room: string, index: number) => string
  /** Whether all of them are in one room. */
  readonly together: boolean
  readonly rounds: Sizes<number>
}

async function run(
  context: RowContext,
  task: string,
  contenders: readonly WiredContender[],
  writers: Writers,
): ReturnType<Row['run']> {
  const { fleet, size } = context
  const runners = []
  await fleet.startShared(contenders)
  for (const contender of contenders) {
    const running = await fleet.shared(contender)
    // Or the first round would measure the compiler.
    await flood(running, `${task} warm-up ${contender.subject}`, writers, size(DURATION_MS))
    runners.push({
      subject: contender.subject,
      ...(writers.together && slowToMany.has(contender.subject)
        ? { roundsMax: size({ quick: 1, normal: 1, full: 3 }) }
        : {}),
      round: (index: number) => flood(running, `${task} ${index} ${contender.subject}`, writers, size(DURATION_MS)),
    })
  }
  const result = await measure(task, metrics, runners, context.rounds ?? size(writers.rounds), context)
  if (!context.profile) return result
  const ours = await fleet.shared(contenders.find(({ subject }) => subject === OURS)!)
  const profile = await ours.process.profile(() => flood(ours, `${task} profiled`, writers, size(DURATION_MS)))
  return { ...result, profile }
}

async function flood(
  server: RunningContender,
  room: string,
  { authors, roomOf, together }: Writers,
  durationMs: number,
): Promise<Record<string, number>> {
  const clients = await joinAll(server, authors.length, (index) => roomOf(room, index))
  try {
    const observed = together ? await Observer.join(server, room) : undefined
    if (observed !== undefined) clients.push(observed.client)
    const floods = authors.map(
      (authored, index) => new Flood(clients[index]!, authored, Math.min(WINDOW, WINDOWS_MAX / authors.length)),
    )
    const accepted = (): number => clients.reduce((sum, client) => sum + client.accepted, 0)
    const before = await server.process.usage()
    const start = performance.now()
    for (const one of floods) one.start()
    await sleep(durationMs)
    for (const one of floods) one.stop()
    const what = `${server.subject}: acceptance of what ${authors.length} writers pushed`
    await until(() => floods.every(({ settled }) => settled), what, SETTLES_WITHIN_MS, clients, accepted)
    const seconds = (Math.max(...floods.map(({ lastAcceptedAt }) => lastAcceptedAt)) - start) / 1000
    const after = await server.process.usage()
    const pushed = floods.reduce((sum, { sent }) => sum + sent, 0)
    const slices = authors.map(({ updates }, index) => updates.slice(0, floods[index]!.sent))
    if (observed !== undefined) await observed.verify(slices.flat())
    else if (server.keeps) await verifyStored(server, (index) => roomOf(room, index), slices)
    return { accepted: pushed / seconds, 'server CPU': (after.cpuMs - before.cpuMs) / pushed }
  } finally {
    await closeClients(clients)
  }
}

/** A member that only reads: what it got in the end is compared with what was pushed. */
class Observer {
  readonly client: LoadClient
  readonly #subject: string
  readonly #updates: Uint8Array[] = []
  /** Units in those that were counted; each push brings one. */
  #units = 0
  #counted = 0

  private constructor(client: LoadClient, subject: string) {
    this.client = client
    this.#subject = subject
    client.onUpdate = (bytes, start, end) => this.#updates.push(Buffer.from(bytes.subarray(start, end)))
  }

  static async join(server: RunningContender, room: string): Promise<Observer> {
    return new Observer(await LoadClient.join(server, room), server.subject)
  }

  async verify(pushed: readonly Uint8Array[]): Promise<void> {
    const what = `${this.#subject}: delivery of all that was pushed to one who reads`
    await until(
      () => this.#count() >= pushed.length,
      what,
      SETTLES_WITHIN_MS,
      [this.client],
      () => this.#units,
    )
    check(
      Buffer.compare(mergeUpdates(this.#updates), mergeUpdates(pushed)) === 0,
      `${this.#subject}: a reader has something else than was pushed`,
    )
  }

  #count(): number {
    for (; this.#counted < this.#updates.length; this.#counted++) this.#units += unitsIn(this.#updates[this.#counted]!)
    return this.#units
  }
}

function unitsIn(update: Uint8Array): number {
  const { structs } = updateIds(update)
  let units = 0
  for (const client of structs.clients()) for (const { start, end } of structs.ranges(client)) units += end - start
  return units
}
