/**
 * The server that y-websocket 2 brings, run as a child process, as it is: its own file, its own `ws`, persistence by y-leveldb in the folder
 * that the parameter names. It reads where to listen and where to store from the environment.
 */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect, createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { argv, env } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveBench } from './server-child.ts'

const HOST = '127.0.0.1'
const LISTENS_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 10

const port = await freePort()
env['HOST'] = HOST
env['PORT'] = String(port)
env['YPERSISTENCE'] = argv[2]
const require = createRequire(import.meta.url)
// The server's file is not among the package's exports, the one beside it is.
require(join(dirname(require.resolve('y-websocket/bin/utils')), 'server.cjs'))
await listens(port)

serveBench({
  url: `ws://${HOST}:${port}`,
  logStats: () => ({ flushes: 0, entries: 0 }),
  // It has no way to be closed.
  close: async () => {},
})

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST)
  await once(probe, 'listening')
  const address = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return address.port
}

/** Resolves when somebody can connect: the server tells nobody when it listens. */
async function listens(on: number): Promise<void> {
  for (const start = performance.now(); performance.now() - start < LISTENS_WITHIN_MS; await sleep(LOOK_EVERY_MS)) {
    const socket = connect(on, HOST)
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (connected) return
  }
  throw new Error('the server of y-websocket does not listen')
}
