/**
 * Our relay, run as a child process with its defaults. The parameter is the folder of an LMDB log, which exists and is empty;
 * without one, the log is in memory.
 */
import { argv } from 'node:process'
import { MemoryLog, createRelay, eventLog, openLmdbLog } from '@syncline/relay'
import { serveBench } from './server-child.ts'

const directory = argv[2]
const log = directory === undefined ? new MemoryLog() : await openLmdbLog({ directory })
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
