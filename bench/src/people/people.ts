/** What do people notice who use an app: how soon others see what they type, and how soon they are level again after a time offline? */
import type { Bench } from '../harness/bench.ts'
import type { Sizes } from '../relay/rows/row.ts'
import { quickOf, roles, Y_WEBSOCKET } from '../relay/servers/contenders.ts'
import { Fleet } from '../relay/servers/fleet.ts'
import { PinnedLoad, processorsFor } from '../relay/servers/processors.ts'
import { Cast } from './cast.ts'
import { peopleContenders } from './contenders.ts'
import { keystrokeRows } from './keystroke.ts'
import { reconnectRow } from './reconnect.ts'
import type { PeopleContext, PeopleRow } from './row.ts'

const rows: readonly PeopleRow[] = [...keystrokeRows, reconnectRow]

export const people: Bench = {
  name: 'people',
  question: 'How soon do others see what somebody types, and how soon is level again who was away?',
  workload: () =>
    'two people, a process each, with the client library that is made for the server: ours with documents of Yjs, the providers of y-websocket and of Hocuspocus ' +
    'also on the endpoints that ours has for them, twenty lines for bare ws and limit (bare ws that batches), automerge-repo. All with their defaults. The server is a process of its own' +
    (processorsFor() === undefined ? '' : ', alone on one processor, people on another') +
    '. On a busy server, others type five keys a second each, two in a room',
  metric:
    'shown after: from the call that makes the edit until the document of the other has it, on the way through the server, which in ours means through its log; ' +
    'in the end both have the text that was typed. Quantiles of a round; median ± half the interquartile range over interleaved rounds',
  baseline: Y_WEBSOCKET,
  roles,
  async *run(context) {
    const size = <Size>(sizes: Sizes<Size>): Size =>
      context.scale === 'quick' ? sizes.quick : context.fullCounts ? sizes.full : sizes.normal
    const selected = rows.filter(
      ({ name, notQuick = false }) => context.selects(name) && (!notQuick || context.scale === 'full'),
    )
    if (selected.length === 0) return
    using pinned = new PinnedLoad()
    await using fleet = await Fleet.open(pinned.processors?.server)
    await using cast = new Cast()
    const peopleContext: PeopleContext = {
      ...context,
      fleet,
      cast,
      size,
      // A quick run asks those who keep what they pass on.
      contenders: context.scale === 'quick' ? quickOf(peopleContenders).filter(({ keeps }) => keeps) : peopleContenders,
    }
    for (const row of selected) {
      context.progress.step(`people · ${row.name}`)
      const result = await row.run(peopleContext)
      yield {
        ...result,
        notRun: new Map([...(row.notRun ?? []), ...(result.notRun ?? [])]),
        ...(context.scale === 'quick' ? {} : { targets: row.targets }),
      }
    }
  },
}
