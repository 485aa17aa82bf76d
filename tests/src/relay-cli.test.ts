import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { RelayProcess } from './relay-process.fixture.ts'

const launcher = fileURLToPath(new URL('../../packages/relay/bin/syncline-relay.js', import.meta.url))

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command to its end. */
function run(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...args], (error, stdout, stderr) => {
      // A process that a signal ended has no exit code.
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

let directory: string
let relay: RelayProcess | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-cli-'))
})

afterEach(async () => {
  await relay?.kill()
  relay = undefined
  await rm(directory, { recursive: true, force: true })
})

async function start(...args: readonly string[]): Promise<RelayProcess> {
  relay = await RelayProcess.start(['--port', '0', ...args])
  return relay
}

test('it prints exactly one line when it is ready, and drains and exits with 0 on SIGTERM', async () => {
  const started = await start('--data', join(directory, 'log'))
  const socket = new WebSocket(started.url, 'syncline.v1')
  await once(socket, 'open')
  const closed = once(socket, 'close')
  expect(await started.stop()).toEqual({ code: 0, signal: null })
  const [code] = (await closed) as [number]
  expect(code).toBe(1001)
  expect(started.lines).toEqual([`listening on ws://127.0.0.1:${started.port}`])
})

test('a second signal ends it at once, whoever does not say goodbye', async () => {
  const started = await start('--memory')
  const upgrade = request(started.url.replace('ws:', 'http:'), {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    },
  })
  upgrade.end()
  const [, socket] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Duplex]
  const exited = started.stop()
  // The relay's close frame, which is never answered.
  await once(socket, 'data')
  void started.stop()
  expect(await exited).toEqual({ code: null, signal: 'SIGTERM' })
  socket.destroy()
})

test('a data directory that another relay holds is refused, naming it', async () => {
  const data = join(directory, 'log')
  await start('--data', data)
  const { code, stdout, stderr } = await run('--port', '0', '--data', data)
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain(data)
  expect(stderr).toContain('another relay')
})

test('a data directory that cannot be used is a failure with a line that says why, not a crash', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  const refused = await run('--port', '0', '--data', file)
  expect([refused.code, refused.stdout]).toEqual([1, ''])
  expect(refused.stderr).toContain(`${file} is not a directory`)

  // What the binding of the store cannot open ends its process, unless it is found before.
  await mkdir(join(directory, 'log', 'log.mdb-lock'), { recursive: true })
  const obstructed = await run('--port', '0', '--data', join(directory, 'log'))
  expect([obstructed.code, obstructed.stdout]).toEqual([1, ''])
  expect(obstructed.stderr).toContain('log.mdb-lock is not a file')
})

test('a relay that was killed leaves nothing in the way of the next', async () => {
  const data = join(directory, 'log')
  const killed = await start('--data', data)
  await killed.kill()
  const next = await start('--data', data)
  expect((await fetch(new URL('healthz', next.page))).status).toBe(200)
})

test('a port that is taken is a failure', async () => {
  const { port } = await start('--memory')
  const { code, stderr } = await run('--memory', '--port', String(port))
  expect(code).toBe(1)
  expect(stderr).toContain('EADDRINUSE')
})

test('a host beyond this machine is misuse while there is no authorization', async () => {
  const { code, stdout, stderr } = await run('--memory', '--port', '0', '--host', '0.0.0.0')
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('0.0.0.0')
})

test.each([['--bogus'], ['--port', 'abc'], ['--demo', '/nowhere/at/all']])(
  'a command line that makes no sense exits with 2 and says what is wrong: %s',
  async (...args) => {
    const { code, stdout, stderr } = await run(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(args.at(-1))
    expect(stderr).toContain('--help')
  },
)

test('help and version go to stdout', async () => {
  const help = await run('--help')
  expect(help.code).toBe(0)
  expect(help.stdout).toContain('--data DIR')
  const version = await run('--version')
  expect([version.code, version.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)])
})

test('the app in the directory given is served at /', async () => {
  await writeFile(join(directory, 'index.html'), '<title>app</title>')
  const { page } = await start('--memory', '--demo', directory)
  expect(await (await fetch(page)).text()).toBe('<title>app</title>')
})

test('limits of the threads that merge reach them', { timeout: 60_000 }, async () => {
  const { page } = await start('--memory', '--limit', 'mergeQueueBytesMax=1', '--limit', 'mergeThreads=2')
  const doc = new Y.Doc()
  const text = doc.getText('text')
  // No two characters are one run, so that it takes a thread some time.
  doc.transact(() => {
    for (let count = 0; count < 50_000; count++) text.insert(0, 'a')
  })
  const room = `${page}api/v1/rooms/r`
  const body = new Uint8Array(Y.encodeStateAsUpdate(doc))
  const posted = await fetch(`${room}/updates`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/octet-stream' },
  })
  expect(posted.status).toBe(200)
  const statuses = new Set<number>()
  // One job may be larger than the bound; others that come meanwhile are refused.
  while (statuses.size < 2) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(`${room}/update?stateVector=AA`)))
    for (const answer of answers) {
      statuses.add(answer.status)
      await answer.arrayBuffer()
    }
  }
  expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 500])
  const metrics = await (await fetch(`${page}metrics`)).text()
  expect(metrics).toMatch(/^syncline_limit_hits_total\{limit="mergeQueueBytesMax"\} [1-9]/m)
})
