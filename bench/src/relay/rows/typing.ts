/** Many rooms in which two people type, as most rooms are used: nothing is there to be batched. What does an update cost the server, few rooms or many? */
import { type Metric } from '../../harness/bench.ts'
import type { Target } from '../../harness/target.ts'
import { measureAttempts } from '../automerge/attempts.ts'
import { joinCrowd } from '../automerge/join-crowd.ts'
import { BARE, BATCHED, withoutCodecs, type Contender } from '../servers/contenders.ts'
import type { Running } from '../servers/fleet.ts'
import { onlyFull, type Row, type Sizes } from './row.ts'

/** Per person. */
const KEYSTROKES_PER_SECOND = 5
/** Or a sample would measure the compiler. */
const WARM_UP_KEYSTROKES: Sizes<number> = { quick: 2, normal: 2, full: 10 }
/** A keystroke takes clients of automerge-repo a millisecond: those of more rooms do not keep the pace. */
const UNWIRED_ROOMS_MAX = 30

/** Typing takes its time, however fast the servers are. */
const ROUNDS: Sizes<number> = { quick: 1, normal: 1, full: 2 }

const metrics: readonly Metric[] = [{ name: 'server CPU', unit: 'ms', better: 'lower' }]

export const typingRows: readonly Row[] = [
  onlyFull(row({ quick: 30, normal: 30, full: 30 }, { quick: 4, normal: 5, full: 40 })),
  onlyFull(row({ quick: 60, normal: 300, full: 300 }, { quick: 4, normal: 5, full: 40 })),
  row({ quick: 100, normal: 1000, full: 1000 }, { quick: 2, normal: 5, full: 40 }, [
    { metric: 'server CPU', against: BARE, timesAtLeast: 24 / 35 },
    { metric: 'server CPU', against: BATCHED, timesAtLeast: 26 / 35 },
  ]),
]

/** Our codecs are only in rows with targets, of `--full`: they would wait for their typists, too. */
function row(rooms: Sizes<number>, keystrokes: Sizes<number>, targets: readonly Target[] = []): Row {
  return {
    name: ({ size }) => `typing, ${size(rooms)} rooms × 2 people`,
    point: ({ size }) => ({
      curve: 'server CPU per update, by rooms',
      axis: 'rooms in which two people type',
      value: size(rooms),
    }),
    metrics,
    targets,
    async run(context, task) {
      const { fleet, size, contenders, unwired, fullCounts } = context
      const runners = []
      const wired: readonly Contender[] = targets.length === 0 || !fullCounts ? withoutCodecs(contenders) : contenders
      const others = size(rooms) > UNWIRED_ROOMS_MAX ? [] : unwired
      for (const contender of [...wired, ...others]) {
        const running = await fleet.shared(contender)
        runners.push({
          subject: contender.subject,
          round: (index: number) =>
            type(running, `${task} ${index} ${contender.subject}`, {
              rooms: size(rooms),
              warmUp: size(WARM_UP_KEYSTROKES),
              keystrokes: size(keystrokes),
            }),
        })
      }
      return measureAttempts(task, metrics, runners, context.rounds ?? size(ROUNDS), context)
    },
  }
}

interface Typing {
  readonly rooms: number
  readonly warmUp: number
  readonly keystrokes: number
}

async function type(
  server: Running<Contender>,
  room: string,
  { rooms, warmUp, keystrokes }: Typing,
): Promise<Record<string, number>> {
  const keystrokesPerSecond = KEYSTROKES_PER_SECOND
  const crowd = await joinCrowd(server, room, { rooms, keystrokesMax: warmUp + keystrokes, keystrokesPerSecond })
  try {
    await crowd.press(warmUp)
    const before = await server.process.usage()
    await crowd.press(keystrokes)
    const after = await server.process.usage()
    await crowd.settle()
    return { 'server CPU': (after.cpuMs - before.cpuMs) / (keystrokes * rooms * 2) }
  } finally {
    await crowd.close()
  }
}
