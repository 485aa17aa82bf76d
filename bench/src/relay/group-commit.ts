/** How long until an edit is durable, and what happens to that when many rooms write at once? */
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench, BenchContext, Metric } from '../harness/bench.ts'
import { measure, type Contestant } from '../harness/measure.ts'
import { quantile } from '../harness/statistics.ts'
import { keystrokeUpdates } from '../workloads/keystrokes.ts'
import { RoomLoad } from './room-load.ts'
import { BARE, closeSubjects, startSubjects, temporaryFolder, type RelaySubject } from './subjects.ts'

const ROUNDS = { full: 4, quick: 2 } as const
const ROOMS: readonly number[] = [1, 16, 128]
const ROUND_MS = { full: 500, quick: 200 } as const

/** No writer pushes more than this in a round. */
const PUSHES_MAX = { full: 20_000, quick: 5000 } as const

/** What the disk does at its barest: the subject that no relay can beat. */
const BARE_DISK = 'fdatasync'
const DISK_BYTES = 256
const DISK_WRITES = { full: 100, quick: 30 } as const

const metrics: readonly Metric[] = [
  { name: 'acks', unit: 'per second', better: 'higher' },
  { name: 'ack p50', unit: 'ms', better: 'lower' },
  { name: 'ack p99', unit: 'ms', better: 'lower' },
  { name: 'server CPU', unit: 'ms', better: 'lower' },
  { name: 'per flush', unit: 'count', better: 'none' },
]

export const groupCommit: Bench = {
  name: 'group-commit',
  question: 'How long until an edit is durable, and does that hold when many rooms write at once?',
  workload: ({ scale, trace }) =>
    `N rooms with a writer each, on its own loopback socket, that pushes its next keystroke (${trace.name}) when the last one is ` +
    `acknowledged, for ${ROUND_MS[scale]} ms; beside it, one file that is appended ${DISK_BYTES} bytes and flushed, again and again; without disk is our relay with its log in memory`,
  metric:
    'acks: per second, all rooms; ack: from push to acknowledgement (bare ws: receipt; fdatasync: write and flush); server CPU: ' +
    'milliseconds per 1,000 pushes (fdatasync: writes); per flush: pushes that one flush made durable. What is stored is compared with what was pushed. ' +
    'Median ± half the interquartile range over interleaved rounds',
  baseline: BARE,
  async *run(context) {
    const selected = ROOMS.filter((rooms) => context.selects(taskName(rooms)))
    if (selected.length === 0) return
    context.progress.step('group-commit · starting servers')
    const subjects = await startSubjects()
    try {
      const updates = keystrokeUpdates(context.trace.edits.slice(0, PUSHES_MAX[context.scale]))
      for (const rooms of selected) {
        const task = taskName(rooms)
        context.progress.step(`group-commit · ${task}`)
        const contestants = subjects.map((subject) => contestant(context, subject, rooms, updates))
        for (const warming of contestants) await warming.round(-1)
        if (rooms === 1) contestants.push(diskContestant(DISK_WRITES[context.scale]))
        const rounds = context.rounds ?? ROUNDS[context.scale]
        yield await measure(task, metrics, contestants, rounds, context)
      }
    } finally {
      await closeSubjects(subjects)
    }
  },
}

function taskName(rooms: number): string {
  return rooms === 1 ? '1 room' : `${rooms} rooms`
}

function contestant(
  { scale }: BenchContext,
  subject: RelaySubject,
  rooms: number,
  updates: readonly Uint8Array[],
): Contestant {
  return {
    subject: subject.subject,
    round: (index) => runRound(subject, `commit-${rooms}-${index}`, rooms, updates, ROUND_MS[scale]),
  }
}

async function runRound(
  subject: RelaySubject,
  name: string,
  rooms: number,
  updates: readonly Uint8Array[],
  durationMs: number,
): Promise<Record<string, number>> {
  const loads: RoomLoad[] = []
  try {
    for (let room = 0; room < rooms; room++) loads.push(await RoomLoad.open(subject, `${name}-${room}`, 0, updates))
    const before = await subject.usage()
    const start = performance.now()
    for (const load of loads) {
      load.onAck = () => {
        if (load.hasNext && performance.now() - start < durationMs) load.pushNext()
      }
      load.pushNext()
    }
    await Promise.all(loads.map((load) => load.settled()))
    const seconds = (Math.max(...loads.map(({ lastArrivalAt }) => lastArrivalAt)) - start) / 1000
    const after = await subject.usage()
    for (const load of loads) await load.verify()
    const acks = loads.reduce((sum, { acked }) => sum + acked, 0)
    const delays = loads.flatMap(({ ackDelays }) => ackDelays)
    const flushes = after.flushes - before.flushes
    return {
      acks: acks / seconds,
      'ack p50': quantile(delays, 0.5),
      'ack p99': quantile(delays, 0.99),
      'server CPU': ((after.cpuMs - before.cpuMs) / acks) * 1000,
      ...(flushes === 0 ? {} : { 'per flush': (after.entries - before.entries) / flushes }),
    }
  } finally {
    await Promise.all(loads.map((load) => load[Symbol.asyncDispose]()))
  }
}

/** Appends to one file and flushes it, one write after the other, where the relay's log is; in this process, which does nothing else. */
function diskContestant(writes: number): Contestant {
  return {
    subject: BARE_DISK,
    async round() {
      const folder = await temporaryFolder()
      try {
        const file = await open(join(folder, 'flushed'), 'a')
        const delays: number[] = []
        const before = process.cpuUsage()
        try {
          const bytes = new Uint8Array(DISK_BYTES)
          for (let write = 0; write < writes; write++) {
            const start = performance.now()
            await file.write(bytes)
            await file.datasync()
            delays.push(performance.now() - start)
          }
        } finally {
          await file.close()
        }
        const used = process.cpuUsage(before)
        const seconds = delays.reduce((sum, delay) => sum + delay, 0) / 1000
        return {
          acks: writes / seconds,
          'ack p50': quantile(delays, 0.5),
          'ack p99': quantile(delays, 0.99),
          // Microseconds per write are milliseconds per 1,000 writes.
          'server CPU': (used.user + used.system) / writes,
        }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}
