/** Many rooms in which two people type, as most rooms are used: nothing is there to be batched. */
import { type Metric } from '../../harness/bench.ts'
import { measure } from '../../harness/measure.ts'
import { TypingCrowd } from '../load/typing-crowd.ts'
import { BARE, BATCHED } from '../servers/contenders.ts'
import type { RunningContender } from '../servers/fleet.ts'
import type { Row, Sizes } from './row.ts'

const ROOMS: Sizes<number> = { quick: 100, normal: 1000, full: 1000 }
/** Per person. */
const KEYSTROKES_PER_SECOND = 5
const WARM_UP_KEYSTROKES = 3
const KEYSTROKES: Sizes<number> = { quick: 4, normal: 12, full: 100 }

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
  const crowd = await TypingCrowd.join(server, room, rooms, WARM_UP_KEYSTROKES + keystrokes, KEYSTROKES_PER_SECOND)
  try {
    await crowd.press(WARM_UP_KEYSTROKES)
    const before = await server.process.usage()
    await crowd.press(keystrokes)
    const after = await server.process.usage()
    await crowd.settle()
    return { 'server CPU': (after.cpuMs - before.cpuMs) / (keystrokes * rooms * 2) }
  } finally {
    await crowd.close()
  }
}
