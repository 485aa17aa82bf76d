/**
 * Back after an hour: two people have a large document, one of them goes offline, both edit it once a second for an hour, and the one comes back. How
 * long until both show the same, and how many bytes does it take, both ways?
 */
import { check, type Metric } from '../harness/bench.ts'
import type { Contestant } from '../harness/measure.ts'
import { measureAttempts } from '../relay/automerge/attempts.ts'
import { automergeDocumentOf } from '../relay/automerge/document.ts'
import type { Sizes } from '../relay/rows/row.ts'
import { AUTOMERGE, BARE, BATCHED, withoutCodecs } from '../relay/servers/contenders.ts'
import { generateTrace } from '../workloads/generated-trace.ts'
import { documentOf } from '../workloads/keystrokes.ts'
import type { Trace } from '../workloads/trace.ts'
import type { PeopleContender, PeopleServer } from './contenders.ts'
import { CountedWire } from './counted-wire.ts'
import type { Person } from './person.ts'
import type { PeopleRow } from './row.ts'

const ROUNDS: Sizes<number> = { quick: 1, normal: 1, full: 5 }
/** Of the one that takes as long as the others together. */
const ROUNDS_OF_AUTOMERGE: Sizes<number> = { quick: 1, normal: 1, full: 3 }
/** Of each of the two: one a second, for an hour. */
const EDITS: Sizes<number> = { quick: 600, normal: 3600, full: 3600 }

const metrics: readonly Metric[] = [
  { name: 'level after', unit: 'ms', better: 'lower' },
  { name: 'received', unit: 'bytes', better: 'lower', varies: true },
  { name: 'sent', unit: 'bytes', better: 'lower', varies: true },
]

const NAME = 'back after an hour offline'

export const reconnectRow: PeopleRow = {
  name: NAME,
  notQuick: true,
  metrics,
  targets: [],
  notRun: new Map([[BARE, 'forgets']]),
  async run(context) {
    const { fleet, cast, size, fullCounts, contenders, trace, seed } = context
    const edits = size(EDITS)
    const yjsDocument = documentOf(trace.edits)
    const documentFor = ({ library }: PeopleContender): Uint8Array =>
      library === 'automerge' ? automergeDocumentOf(trace) : yjsDocument
    const runners: Contestant[] = []
    const taking = fullCounts ? contenders : withoutCodecs(contenders).filter(({ library }) => library !== 'automerge')
    for (const contender of taking.filter(({ keeps }) => keeps)) {
      runners.push({
        subject: contender.subject,
        ...(contender.library === 'automerge' ? { roundsMax: size(ROUNDS_OF_AUTOMERGE) } : {}),
        round: (index) =>
          fleet.alone(contender, async (server) =>
            comeBack(
              server,
              await cast.of(contender.library, 3),
              `${NAME} ${index}`,
              documentFor(contender),
              trace,
              hours(seed + index, edits),
            ),
          ),
      })
    }
    runners.push({ subject: BATCHED, round: async (index) => leastBytes(hours(seed + index, edits)) })
    const result = await measureAttempts(NAME, metrics, runners, context.rounds ?? size(ROUNDS), context)
    return fullCounts ? result : { ...result, notRun: new Map([[AUTOMERGE, 'with --full']]) }
  },
}

/** What each of the two did: the one who stayed at the beginning of the text, the one who was away at its end. */
interface Hours {
  readonly stayed: Trace
  readonly away: Trace
}

function hours(seed: number, edits: number): Hours {
  return { stayed: generateTrace(seed, edits), away: generateTrace(seed + 0x10000, edits) }
}

async function comeBack(
  server: PeopleServer,
  people: readonly Person[],
  name: string,
  document: Uint8Array,
  { endContent }: Trace,
  { stayed, away }: Hours,
): Promise<Record<string, number>> {
  const { subject, url } = server
  const [traveller, stayer, witness] = people as readonly [Person, Person, Person]
  await using wire = await CountedWire.open(url)
  const { room } = await traveller.ask({ type: 'open', url: wire.url, room: name, first: true, document })
  for (const person of [stayer, witness]) {
    await person.ask({ type: 'open', url, room, first: false })
    await person.ask({ type: 'wait', length: endContent.length })
  }
  await traveller.ask({ type: 'go offline' })
  await Promise.all([
    traveller.ask({ type: 'edit', edits: [...away.edits], from: endContent.length }),
    stayer.ask({ type: 'edit', edits: [...stayed.edits], from: 0 }),
    // The server has all of it when somebody else has it.
    witness.ask({ type: 'wait', length: endContent.length + stayed.endContent.length }),
  ])
  await witness.ask({ type: 'close' })
  const before = { down: wire.bytesDown, up: wire.bytesUp }
  const expected = stayed.endContent + endContent + away.endContent
  const there = stayer.ask({ type: 'wait', length: expected.length })
  const back = await traveller.ask({ type: 'go online', length: expected.length })
  const level = Math.max(back.at, (await there).at) - back.from
  const sample = { 'level after': level, received: wire.bytesDown - before.down, sent: wire.bytesUp - before.up }
  for (const person of [traveller, stayer]) {
    const { text } = await person.ask({ type: 'read' })
    check(text === expected, `${subject}: somebody is not level after all`)
    await person.ask({ type: 'close' })
  }
  return sample
}

/** What the other lacks, merged, and nothing else. */
function leastBytes({ stayed, away }: Hours): Record<string, number> {
  return { received: documentOf(stayed.edits).length, sent: documentOf(away.edits).length }
}
