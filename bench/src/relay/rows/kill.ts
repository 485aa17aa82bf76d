/** What is left of acknowledged updates when the server is killed: 2,000 in a burst, `kill -9` on the last acknowledgement, a new start. */
import { mergeUpdates, updateIds } from '@syncline/core'
import { OURS, check, type Metric } from '../../harness/bench.ts'
import { measure } from '../../harness/measure.ts'
import { author, FIRST_CLIENT_ID } from '../load/authored.ts'
import { Flood } from '../load/flood.ts'
import { LoadClient } from '../load/load-client.ts'
import { within } from '../../harness/deadline.ts'
import { withoutCodecs, type WiredContender } from '../servers/contenders.ts'
import { running, type Fleet } from '../servers/fleet.ts'
import type { Row } from './row.ts'

const ACCEPTED = 2000
/** Still under way when the server is killed. */
const BEYOND = 500
const ACCEPTED_WITHIN_MS = 30_000
const ROOM = 'room'

const metrics: readonly Metric[] = [{ name: 'missing', unit: 'count', better: 'lower' }]

export const killRow: Row = {
  name: () => `missing after kill -9, of ${ACCEPTED.toLocaleString('en-GB')} accepted`,
  metrics,
  targets: [{ metric: 'missing', atMost: 0 }],
  async run(context, task) {
    const { fleet, size, contenders, fullCounts } = context
    const runners = (fullCounts ? contenders : withoutCodecs(contenders))
      // Ours loses none of them, or a quick run would be of no use; what others lose is told by a longer one.
      .filter(({ stores, subject }) => stores && (context.scale === 'full' || subject === OURS))
      .map((contender) => ({ subject: contender.subject, round: () => killed(fleet, contender) }))
    return measure(task, metrics, runners, context.rounds ?? size({ quick: 1, normal: 1, full: 10 }), context)
  },
}

async function killed(fleet: Fleet, contender: WiredContender): Promise<Record<string, number>> {
  const authored = author(FIRST_CLIENT_ID, ACCEPTED + BEYOND)
  const store = await fleet.newStore()
  {
    await using server = await fleet.startAt(contender, store)
    const client = await LoadClient.join(running(contender, server), ROOM)
    try {
      const flood = new Flood(client, authored, authored.updates.length)
      const { onAccepted } = client
      const accepted = new Promise<void>((resolve) => {
        client.onAccepted = () => {
          onAccepted()
          if (client.accepted >= ACCEPTED) resolve()
        }
      })
      flood.start()
      await within(accepted, ACCEPTED_WITHIN_MS, `${contender.subject}: acceptance of ${ACCEPTED} updates`)
      await server.kill()
    } finally {
      client.destroy()
    }
  }
  await using again = await fleet.startAt(contender, store)
  const late = await LoadClient.join(running(contender, again), ROOM)
  await late.close()
  let there = 0
  let all = 0
  const stored = mergeUpdates(late.stored)
  for (const { start, end } of updateIds(stored).structs.ranges(FIRST_CLIENT_ID)) {
    there += Math.max(0, Math.min(end, ACCEPTED) - start)
    all = Math.max(all, end)
  }
  if (there === ACCEPTED) {
    check(
      Buffer.compare(stored, mergeUpdates(authored.updates.slice(0, all))) === 0,
      `${contender.subject}: what is stored is not what was pushed`,
    )
  }
  return { missing: ACCEPTED - there }
}
