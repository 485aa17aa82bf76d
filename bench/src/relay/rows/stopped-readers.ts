/** What a server keeps for readers that stop reading while much awareness passes, and whether the one who reads is served. */
import { encodeAwareness } from '@syncline/protocol'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Metric } from '../../harness/bench.ts'
import { measure } from '../../harness/measure.ts'
import { FIRST_CLIENT_ID } from '../load/authored.ts'
import { ByteCursor } from '../load/byte-cursor.ts'
import { closeClients, joinAll, LoadClient } from '../load/load-client.ts'
import { BATCHED, withoutCodecs } from '../servers/contenders.ts'
import type { RunningContender } from '../servers/fleet.ts'
import type { Row, Sizes } from './row.ts'

const READERS = 20
const STATE_BYTES = 16 * 1024
const MEGABYTES: Sizes<number> = { quick: 8, normal: 64, full: 64 }
/** States on their way to the reader who reads: 1 MB. */
const WINDOW = 64
/** A reader who sees nothing new for so long, while others would have to wait for it, starves. */
const SERVED_WITHIN_MS = 2000
/** After so many windows that did not come, the writer waits no more. */
const PATIENCE = 3

const metrics: readonly Metric[] = [
  { name: 'memory', unit: 'bytes', better: 'lower', varies: true },
  { name: 'resident, peak', unit: 'bytes', better: 'lower', varies: true },
  { name: 'starved', unit: 'count', better: 'lower' },
]

export const stoppedReadersRow: Row = {
  name: ({ size }) => `${READERS} readers stop, ${size(MEGABYTES)} MB of awareness pass`,
  metrics,
  targets: [
    { metric: 'memory', atMost: 8e6 },
    { metric: 'resident, peak', atMost: 8e6 },
    { metric: 'starved', atMost: 0 },
  ],
  async run(context, task) {
    const { fleet, size, contenders, fullCounts } = context
    await fleet.endShared()
    const runners = (fullCounts ? contenders : withoutCodecs(contenders))
      .filter(({ subject }) => subject !== BATCHED)
      .map((contender) => ({
        subject: contender.subject,
        round: () => fleet.alone(contender, (server) => pass(server, (size(MEGABYTES) * 1024 * 1024) / STATE_BYTES)),
      }))
    return measure(task, metrics, runners, context.rounds ?? size({ quick: 1, normal: 1, full: 2 }), context)
  },
}

async function pass(server: RunningContender, states: number): Promise<Record<string, number>> {
  const room = 'room'
  const writer = await LoadClient.join(server, room)
  const healthy = await LoadClient.join(server, room)
  const stopped = await joinAll(server, READERS, () => room)
  try {
    const cursor = new ByteCursor()
    let seen = 0
    const see = (bytes: Uint8Array, start: number, end: number): void => {
      cursor.reset(bytes, start, end).uint()
      if (cursor.uint() === FIRST_CLIENT_ID) seen = Math.max(seen, cursor.uint())
    }
    healthy.onAwareness = see
    // The bare wire does not tell what a message is.
    if (server.server === 'bare') healthy.onUpdate = see
    for (const reader of stopped) reader.stopReading()
    const before = await server.process.memory()
    let peakBytes = before.rssBytes
    let starved = 0
    for (let clock = 1; clock <= states; clock++) {
      const state = JSON.stringify({ pad: 'x'.repeat(STATE_BYTES - 32), clock })
      writer.send(writer.encodeAwareness(encodeAwareness([{ clientID: FIRST_CLIENT_ID, clock, state }])))
      if (clock % WINDOW !== 0 && clock !== states) continue
      const served = starved < PATIENCE || clock === states ? await sees(() => seen >= clock) : seen >= clock
      if (!served) starved++
      peakBytes = Math.max(peakBytes, await server.process.rss())
    }
    const after = await server.process.memory()
    writer.assertWell()
    if (healthy.failure !== undefined) starved++
    return {
      memory: Math.max(0, after.heldBytes - before.heldBytes),
      'resident, peak': Math.max(0, peakBytes - before.rssBytes),
      starved,
    }
  } finally {
    for (const reader of stopped) reader.destroy()
    await closeClients([writer, healthy])
  }
}

/** Whether `condition` comes true in time. */
async function sees(condition: () => boolean): Promise<boolean> {
  for (const start = performance.now(); !condition(); await sleep(2)) {
    if (performance.now() - start > SERVED_WITHIN_MS) return false
  }
  return true
}
