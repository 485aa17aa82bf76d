/** The document of the trace, as rooms hold it and as many who join at once get it. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { OURS, check, type Metric, type TaskResult } from '../../harness/bench.ts'
import type { Contestant } from '../../harness/measure.ts'
import { measureAttempts } from '../automerge/attempts.ts'
import { startAutomergeLoad } from '../automerge/automerge-load.ts'
import { automergeDocumentOf } from '../automerge/document.ts'
import { documentOf, textOf } from '../../workloads/keystrokes.ts'
import type { Trace } from '../../workloads/trace.ts'
import { FIRST_CLIENT_ID } from '../load/authored.ts'
import { Flood, until } from '../load/flood.ts'
import { closeClients, joinAll, LoadClient } from '../load/load-client.ts'
import {
  AUTOMERGE,
  BARE,
  BATCHED,
  HOCUSPOCUS,
  withoutCodecs,
  Y_WEBSOCKET,
  type Contender,
} from '../servers/contenders.ts'
import type { Running, RunningContender } from '../servers/fleet.ts'
import type { Row, RowContext, Sizes } from './row.ts'

const ROOMS: Sizes<number> = { quick: 4, normal: 10, full: 200 }
const JOINS: Sizes<number> = { quick: 20, normal: 100, full: 100 }
const WARM_UP_JOINS = 8
/** More are too many for one process with clients of automerge-repo. */
const UNWIRED_ROOMS_MAX = 12
const SETTLES_WITHIN_MS = 60_000
/** Merging and storing that an update sets off has come to its end. */
const REST_MS: Sizes<number> = { quick: 100, normal: 1000, full: 3000 }

export const largeDocumentRows: readonly Row[] = [
  {
    name: ({ size }) => `${size(ROOMS)} idle rooms with the trace's document`,
    metrics: [
      { name: 'memory', unit: 'bytes', better: 'lower', varies: true },
      { name: 'resident', unit: 'bytes', better: 'none', varies: true },
    ] satisfies Metric[],
    targets: [{ metric: 'memory', atMost: 100_000 }],
    async run(context, task) {
      const { fleet, size, trace, contenders, unwired } = context
      await fleet.endShared()
      const document = documentOf(trace.edits)
      const runners: Contestant[] = contenders
        .filter(({ subject }) => [OURS, Y_WEBSOCKET, HOCUSPOCUS].includes(subject))
        .map((contender) => ({
          subject: contender.subject,
          round: () => fleet.alone(contender, (server) => hold(server, document, size(ROOMS), size(REST_MS))),
        }))
      for (const contender of context.fullCounts ? unwired : []) {
        const rooms = Math.min(size(ROOMS), UNWIRED_ROOMS_MAX)
        runners.push({
          subject: contender.subject,
          round: () =>
            fleet.alone(contender, (server) => holdUnwired(server, automergeDocumentOf(trace), rooms, size(REST_MS))),
        })
      }
      return withoutUnwired(await measureAttempts(task, this.metrics, runners, context.rounds ?? 1, context), context)
    },
  },
  {
    name: ({ size }) => `${size(JOINS)} clients join such a room at once`,
    metrics: [{ name: 'server CPU', unit: 'ms', better: 'lower' }] satisfies Metric[],
    targets: [{ metric: 'server CPU', against: BARE, timesAtLeast: 20 / 60 }],
    async run(context, task) {
      const { fleet, size, trace, contenders, unwired } = context
      await fleet.endShared()
      const document = documentOf(trace.edits)
      const runners: Contestant[] = (context.fullCounts ? contenders : withoutCodecs(contenders))
        .filter(({ subject }) => subject !== BATCHED)
        .map((contender) => ({
          subject: contender.subject,
          round: () =>
            fleet.alone(contender, (server) => joinAtOnce(server, document, trace, size(JOINS), size(REST_MS))),
        }))
      // So many of its clients take minutes to have such a document.
      const attempting = context.fullCounts ? unwired : []
      for (const contender of attempting) {
        runners.push({
          subject: contender.subject,
          roundsMax: 1,
          round: () =>
            fleet.alone(contender, (server) =>
              joinAtOnceUnwired(server, automergeDocumentOf(trace), size(JOINS), size(REST_MS)),
            ),
        })
      }
      const result = await measureAttempts(
        task,
        this.metrics,
        runners,
        context.rounds ?? size({ quick: 1, normal: 1, full: 3 }),
        context,
      )
      return withoutUnwired(result, context)
    },
  },
]

/** Says that automerge-repo was not asked, which takes as long as all the others together, unless it was. */
function withoutUnwired(result: TaskResult, { fullCounts }: RowContext): TaskResult {
  return fullCounts ? result : { ...result, notRun: new Map([[AUTOMERGE, 'with --full']]) }
}

/** Joins, pushes the document, and stays. */
async function bring(server: RunningContender, document: Uint8Array, room: string): Promise<LoadClient> {
  const client = await LoadClient.join(server, room)
  const flood = new Flood(client, { clientID: FIRST_CLIENT_ID, updates: [document] }, 1)
  flood.start()
  await until(() => flood.settled, `${server.subject}: acceptance of a document`, SETTLES_WITHIN_MS, [client])
  return client
}

async function hold(
  server: RunningContender,
  document: Uint8Array,
  rooms: number,
  restMs: number,
): Promise<Record<string, number>> {
  const clients = [await bring(server, document, 'first')]
  try {
    await sleep(restMs)
    const before = await server.process.memory()
    for (let room = 0; room < rooms; room++) clients.push(await bring(server, document, `room ${room}`))
    await sleep(restMs)
    const after = await server.process.memory()
    for (const client of clients) client.assertWell()
    return {
      memory: (after.heldBytes - before.heldBytes) / rooms,
      resident: (after.rssBytes - before.rssBytes) / rooms,
    }
  } finally {
    await closeClients(clients)
  }
}

async function joinAtOnce(
  server: RunningContender,
  document: Uint8Array,
  { endContent }: Trace,
  joins: number,
  restMs: number,
): Promise<Record<string, number>> {
  const clients = [await bring(server, document, 'room')]
  try {
    await sleep(restMs)
    clients.push(...(await joinAll(server, WARM_UP_JOINS, () => 'room')))
    const before = await server.process.usage()
    const joined = await joinAll(server, joins, () => 'room', joins)
    const after = await server.process.usage()
    clients.push(...joined)
    const texts = new Map<string, string>()
    for (const { stored } of joined) {
      const digest = createHash('sha1')
      for (const update of stored) digest.update(update)
      const key = digest.digest('hex')
      const text = texts.get(key) ?? textOf(stored)
      texts.set(key, text)
      check(text === endContent, `${server.subject}: who joined has another document`)
    }
    return { 'server CPU': after.cpuMs - before.cpuMs }
  } finally {
    await closeClients(clients)
  }
}

async function holdUnwired(
  { process: server, url }: Running<Contender>,
  document: Uint8Array,
  rooms: number,
  restMs: number,
): Promise<Record<string, number>> {
  await using load = await startAutomergeLoad()
  await load.ask({ type: 'bring', url, document, rooms: 1 })
  await sleep(restMs)
  const before = await server.memory()
  await load.ask({ type: 'bring', url, document, rooms })
  await sleep(restMs)
  const after = await server.memory()
  return {
    memory: (after.heldBytes - before.heldBytes) / rooms,
    resident: (after.rssBytes - before.rssBytes) / rooms,
  }
}

async function joinAtOnceUnwired(
  { process: server, url }: Running<Contender>,
  document: Uint8Array,
  joins: number,
  restMs: number,
): Promise<Record<string, number>> {
  await using load = await startAutomergeLoad()
  await load.ask({ type: 'bring', url, document, rooms: 1 })
  await sleep(restMs)
  await load.ask({ type: 'herd', url, joins: WARM_UP_JOINS })
  const before = await server.usage()
  await load.ask({ type: 'herd', url, joins })
  const after = await server.usage()
  return { 'server CPU': after.cpuMs - before.cpuMs }
}
