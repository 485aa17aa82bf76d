/** From a keystroke to the other's screen: when the writer's edit is made until the reader's document shows it, with a server between them that others use, too, or not. */
import { check, type Metric } from '../harness/bench.ts'
import type { Contestant } from '../harness/measure.ts'
import { quantile } from '../harness/statistics.ts'
import { measureAttempts } from '../relay/automerge/attempts.ts'
import { joinCrowd, type CrowdSize } from '../relay/automerge/join-crowd.ts'
import type { Sizes } from '../relay/rows/row.ts'
import { AUTOMERGE, withoutCodecs } from '../relay/servers/contenders.ts'
import type { PeopleContender, PeopleServer } from './contenders.ts'
import type { Person } from './person.ts'
import type { PeopleContext, PeopleRow } from './row.ts'
import { typedText } from './typed-text.ts'

const ROUNDS: Sizes<number> = { quick: 1, normal: 3, full: 3 }
const KEYSTROKES: Sizes<number> = { quick: 40, normal: 40, full: 200 }
const EVERY_MS: Sizes<number> = { quick: 5, normal: 10, full: 20 }

/** Two people each, in rooms of their own: a thousand keystrokes a second. Clients of automerge-repo take a millisecond for each, so it has no such load. */
const BACKGROUND_ROOMS: Sizes<number> = { quick: 20, normal: 100, full: 100 }
const BACKGROUND_KEYSTROKES_PER_SECOND = 5
/** A minute of typing: none of them runs out while something is measured. */
const BACKGROUND_KEYSTROKES_MAX = 300

const metrics: readonly Metric[] = [
  { name: 'shown after, p50', unit: 'ms', better: 'lower' },
  { name: 'shown after, p95', unit: 'ms', better: 'lower' },
  { name: 'shown after, p99', unit: 'ms', better: 'lower' },
]

export const keystrokeRows: readonly PeopleRow[] = [
  {
    name: 'keystroke, idle server',
    metrics,
    targets: [],
    run: (context) => run(context, 'keystroke, idle server', contendersOf(context), 0),
  },
  {
    name: 'keystroke, busy server',
    notQuick: true,
    metrics,
    targets: [],
    notRun: new Map([[AUTOMERGE, 'no such load']]),
    run(context) {
      const contenders = contendersOf(context).filter(({ wire }) => wire !== undefined)
      return run(context, 'keystroke, busy server', contenders, context.size(BACKGROUND_ROOMS))
    },
  },
]

/** Our codecs wait for typists, too: only with `--full`. */
function contendersOf({ fullCounts, contenders }: PeopleContext): readonly PeopleContender[] {
  return fullCounts ? contenders : withoutCodecs(contenders)
}

/** Every contender has its server and its people for all rounds, so that none is cold; each round is in a room of its own. */
async function run(
  context: PeopleContext,
  task: string,
  contenders: readonly PeopleContender[],
  backgroundRooms: number,
): ReturnType<PeopleRow['run']> {
  const { fleet, cast, size, seed } = context
  const background: CrowdSize = {
    rooms: backgroundRooms,
    keystrokesMax: BACKGROUND_KEYSTROKES_MAX,
    keystrokesPerSecond: BACKGROUND_KEYSTROKES_PER_SECOND,
  }
  const runners: Contestant[] = []
  await fleet.startShared(contenders)
  // Contenders may share a library, and its people.
  await Promise.all([...new Set(contenders.map(({ library }) => library))].map((library) => cast.of(library, 2)))
  for (const contender of contenders) {
    const server = await fleet.shared(contender)
    const [writer, reader] = await cast.of(contender.library, 2)
    const round = async (name: string, roundSeed: number): Promise<Record<string, number>> => {
      const room = `${task} ${name} ${contender.subject}`
      const crowd = backgroundRooms === 0 ? undefined : await joinCrowd(server, `${room} others`, background)
      try {
        await crowd?.start()
        const delays = await type(server, { writer: writer!, reader: reader! }, room, {
          seed: roundSeed,
          keystrokes: size(KEYSTROKES),
          everyMs: size(EVERY_MS),
        })
        await crowd?.settle()
        return {
          'shown after, p50': quantile(delays, 0.5),
          'shown after, p95': quantile(delays, 0.95),
          'shown after, p99': quantile(delays, 0.99),
        }
      } finally {
        await crowd?.close()
      }
    }
    runners.push({
      subject: contender.subject,
      async round(index) {
        // Or it would measure the compilers of three processes.
        if (index === 0) await round('warm-up', seed)
        return round(String(index), seed + index)
      },
    })
  }
  return measureAttempts(task, metrics, runners, context.rounds ?? size(ROUNDS), context)
}

interface Typing {
  readonly seed: number
  readonly keystrokes: number
  readonly everyMs: number
}

/** Milliseconds from each keystroke to where it is read. Both have the whole text in the end. */
async function type(
  { subject, url }: PeopleServer,
  { writer, reader }: { readonly writer: Person; readonly reader: Person },
  name: string,
  { seed, keystrokes, everyMs }: Typing,
): Promise<number[]> {
  const { room } = await writer.ask({ type: 'open', url, room: name, first: true })
  await reader.ask({ type: 'open', url, room, first: false })
  await reader.ask({ type: 'watch', characters: keystrokes })
  const [typed, seen] = await Promise.all([
    writer.ask({ type: 'type', seed, keystrokes, everyMs }),
    reader.ask({ type: 'seen' }),
  ])
  const expected = typedText(seed, keystrokes)
  for (const person of [writer, reader]) {
    const { text } = await person.ask({ type: 'read' })
    check(text === expected, `${subject}: somebody sees another text than what was typed`)
    await person.ask({ type: 'close' })
  }
  return Array.from(seen.at, (at, index) => at - typed.at[index]!)
}
