/** Our relay, run as a child process with its defaults. The parameter is the folder of its log, which exists. */
import { argv } from 'node:process'
import { createRelay, eventLog, openLmdbLog } from '@syncline/relay'
import { serveBench } from './server-child.ts'

const log = await openLmdbLog({ directory: argv[2]! })
const expected = new Set(['listening', 'draining', 'closed', 'compacted'])
const tell = eventLog()
const relay = createRelay({
  log,
  port: 0,
  onEvent: (event) => {
    if (!expected.has(event.type)) tell(event)
  },
})
await relay.open()

serveBench({
  url: relay.url,
  logStats: () => log.stats,
  close: () => relay.close(),
})
