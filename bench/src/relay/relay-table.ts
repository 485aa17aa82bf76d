/** What does our relay cost and promise, beside the servers that people run today and beside what a server without promises would cost? */
import type { Bench } from '../harness/bench.ts'
import { PinnedLoad, processorsFor } from './servers/processors.ts'
import { acceptedRows } from './rows/accepted.ts'
import { deliveryRows } from './rows/deliveries.ts'
import { durableRows } from './rows/durable.ts'
import { hostileRow } from './rows/hostile.ts'
import { idleClientsRows } from './rows/idle-clients.ts'
import { killRow } from './rows/kill.ts'
import { largeDocumentRows } from './rows/large-document.ts'
import { notQuick, type Row, type RowContext, type Sizes } from './rows/row.ts'
import { stoppedReadersRow } from './rows/stopped-readers.ts'
import { typingRows } from './rows/typing.ts'
import { automerge, BARE, contenders, quickOf, roles } from './servers/contenders.ts'
import { Fleet } from './servers/fleet.ts'

const rows: readonly Row[] = [
  ...deliveryRows,
  ...acceptedRows,
  ...durableRows,
  ...typingRows.map(notQuick),
  ...idleClientsRows.map(notQuick),
  ...largeDocumentRows.map(notQuick),
  killRow,
  hostileRow,
  notQuick(stoppedReadersRow),
]

export const relayTable: Bench = {
  name: 'relay',
  question:
    'What does our relay cost and promise, beside the servers people run, and beside one that promises nothing?',
  workload: () =>
    'the server is a process of its own, ' +
    (processorsFor() === undefined
      ? 'it and the load run where the system puts them, for want of taskset or of a second processor'
      : 'alone on one processor, the load on another') +
    '; clients speak each protocol on raw sockets, pushes are real Yjs edits of one character, encoded before the clock runs. ' +
    'bare ws: a frame per update and socket, nothing checked, nothing stored; limit: bare ws that batches, one write per socket and turn of the event loop, the ' +
    'same bytes for all, and where one by one is accepted, a file that is appended and flushed once for all rooms; y-websocket 2: the server that it brings, with y-leveldb; Hocuspocus 4: with a hook that writes documents to files, since its SQLite ' +
    'extension downloads a compiled library. Accepted means acknowledged (ours, after the flush; Hocuspocus, before it stores) or, where a wire ' +
    'has no acknowledgement (bare, limit, /y, y-websocket), that the writer got its own update back',
  metric:
    'server CPU: user and system time of all threads of the server; per delivery, update or join. Every delivery is compared with what was ' +
    'pushed. Median ± half the interquartile range over interleaved rounds',
  baseline: BARE,
  roles,
  async *run(context) {
    const size = <Size>(sizes: Sizes<Size>): Size =>
      context.scale === 'quick' ? sizes.quick : context.fullCounts ? sizes.full : sizes.normal
    const taken = rows.filter(
      (row) => (row.notQuick !== true || context.scale === 'full') && (row.onlyFull !== true || context.fullCounts),
    )
    const selected = taken.filter((row) => context.selects(row.name({ size })))
    if (selected.length === 0) return
    using pinned = new PinnedLoad()
    await using fleet = await Fleet.open(pinned.processors?.server)
    const rowContext: RowContext = {
      ...context,
      fleet,
      size,
      contenders: context.scale === 'quick' ? quickOf(contenders) : contenders,
      unwired: context.scale === 'quick' ? [] : [automerge],
    }
    for (const row of selected) {
      const task = row.name({ size })
      context.progress.step(`relay · ${task}`)
      const result = await row.run(rowContext, task)
      yield {
        ...result,
        ...(row.point === undefined ? {} : { point: row.point({ size }) }),
        notRun: new Map([...(row.notRun ?? []), ...(result.notRun ?? [])]),
        ...(context.scale === 'quick' ? {} : { targets: row.targets }),
      }
    }
  },
}
