/** What does a durable relay cost over a broadcast that forgets: how much gets through, and how late? */
import type { Bench, BenchContext, Metric } from '../harness/bench.ts'
import { measure, type Contestant } from '../harness/measure.ts'
import { quantile } from '../harness/statistics.ts'
import { keystrokeUpdates } from '../workloads/keystrokes.ts'
import { RoomLoad } from './room-load.ts'
import { BARE, closeSubjects, startSubjects, type RelaySubject } from './subjects.ts'

const ROUNDS = { full: 4, quick: 2 } as const
const READERS: readonly number[] = [1, 10, 50]

/** What one round pushes. */
interface Load {
  /** As fast as the window allows. */
  readonly flood: number
  /** One by one, this far apart. */
  readonly paced: number
}
const LOADS: Readonly<Record<BenchContext['scale'], Load>> = {
  full: { flood: 1000, paced: 200 },
  quick: { flood: 300, paced: 60 },
}
const WARM_UP: Load = { flood: 300, paced: 20 }

/** Pushes on their way at once, in a flood: enough for a flush to be shared, and a bound on what the sockets hold. */
const WINDOW = 256
const PACE_MS = 3

const metrics: readonly Metric[] = [
  { name: 'pushes', unit: 'per second', better: 'higher' },
  { name: 'server CPU', unit: 'ms', better: 'lower' },
  { name: 'arrival p50', unit: 'ms', better: 'lower' },
  { name: 'arrival p99', unit: 'ms', better: 'lower' },
  { name: 'ack p50', unit: 'ms', better: 'lower' },
  { name: 'ack p99', unit: 'ms', better: 'lower' },
]

export const fanOut: Bench = {
  name: 'fan-out',
  question: 'What does a relay that decodes, stores and acknowledges cost over a bare ws broadcast that does not?',
  workload: ({ scale, trace }) =>
    `one writer, N readers, each on its own loopback socket; keystrokes of the ${trace.name}; per round ${LOADS[scale].flood} pushes with ` +
    `${WINDOW} unacknowledged at most, then ${LOADS[scale].paced} pushes ${PACE_MS} ms apart; servers are processes of their own; bare ws ` +
    'acknowledges by a receipt at once; without disk is our relay with its log in memory',
  metric:
    'pushes: per second, each to all readers, flooding; server CPU: milliseconds per 1,000 pushes, flooding; arrival: from push to the ' +
    'last reader, ack: from push to acknowledgement (bare ws: receipt), both paced. What every reader got, and what is stored, is ' +
    'compared with what was pushed. Median ± half the interquartile range over interleaved rounds',
  baseline: BARE,
  async *run(context) {
    const selected = READERS.filter((readers) => context.selects(taskName(readers)))
    if (selected.length === 0) return
    context.progress.step('fan-out · starting servers')
    const subjects = await startSubjects()
    try {
      const { flood, paced } = LOADS[context.scale]
      const updates = keystrokeUpdates(context.trace.edits.slice(0, Math.max(flood, paced, WARM_UP.flood)))
      for (const readers of selected) {
        const task = taskName(readers)
        context.progress.step(`fan-out · ${task}`)
        for (const subject of subjects) await runRound(subject, `${task}/warm-up`, readers, updates, WARM_UP)
        const contestants = subjects.map((subject) => contestant(subject, task, readers, updates, LOADS[context.scale]))
        const rounds = context.rounds ?? ROUNDS[context.scale]
        yield await measure(task, metrics, contestants, rounds, context)
      }
    } finally {
      await closeSubjects(subjects)
    }
  },
}

function taskName(readers: number): string {
  return readers === 1 ? '1 reader' : `${readers} readers`
}

function contestant(
  subject: RelaySubject,
  task: string,
  readers: number,
  updates: readonly Uint8Array[],
  load: Load,
): Contestant {
  return {
    subject: subject.subject,
    round: (index) => runRound(subject, `${task}/${index}`, readers, updates, load),
  }
}

async function runRound(
  subject: RelaySubject,
  room: string,
  readers: number,
  updates: readonly Uint8Array[],
  load: Load,
): Promise<Record<string, number>> {
  const name = encodeURIComponent(room)
  return {
    ...(await runFlood(subject, `${name}-flood`, readers, updates.slice(0, load.flood))),
    ...(await runPaced(subject, `${name}-paced`, readers, updates.slice(0, load.paced))),
  }
}

async function runFlood(
  subject: RelaySubject,
  room: string,
  readers: number,
  updates: readonly Uint8Array[],
): Promise<Record<string, number>> {
  await using load = await RoomLoad.open(subject, room, readers, updates)
  const before = await subject.usage()
  const pump = (): void => {
    while (load.hasNext && load.unacked < WINDOW) load.pushNext()
  }
  load.onAck = pump
  const start = performance.now()
  pump()
  await load.settled()
  const seconds = (load.lastArrivalAt - start) / 1000
  const after = await subject.usage()
  await load.verify()
  return {
    pushes: updates.length / seconds,
    'server CPU': ((after.cpuMs - before.cpuMs) / updates.length) * 1000,
  }
}

async function runPaced(
  subject: RelaySubject,
  room: string,
  readers: number,
  updates: readonly Uint8Array[],
): Promise<Record<string, number>> {
  await using load = await RoomLoad.open(subject, room, readers, updates)
  // The pace does not wait for the server: a slow answer delays no later push, so no delay goes unseen.
  const start = performance.now()
  await new Promise<void>((resolve) => {
    let due = 0
    const timer = setInterval(() => {
      while (load.hasNext && due <= (performance.now() - start) / PACE_MS) {
        load.pushNext()
        due++
      }
      if (load.hasNext) return
      clearInterval(timer)
      resolve()
    }, PACE_MS)
  })
  await load.settled()
  await load.verify()
  return {
    'arrival p50': quantile(load.arrivalDelays, 0.5),
    'arrival p99': quantile(load.arrivalDelays, 0.99),
    'ack p50': quantile(load.ackDelays, 0.5),
    'ack p99': quantile(load.ackDelays, 0.99),
  }
}
