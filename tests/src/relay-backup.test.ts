/** What an operator does about disasters: copies the log of a relay that is busy, and starts a relay on the copy. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { RelayProcess } from './relay-process.fixture.ts'

const launcher = fileURLToPath(new URL('../../packages/relay/bin/syncline-relay.js', import.meta.url))

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function backUp(data: string, to: string): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'backup', '--data', data, '--to', to], (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

let directory: string
const relays: RelayProcess[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-backup-'))
})

afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.kill()
  await rm(directory, { recursive: true, force: true })
})

async function startOn(data: string): Promise<RelayProcess> {
  const relay = await RelayProcess.start(['--port', '0', '--data', data])
  relays.push(relay)
  return relay
}

/** Adds `text` to a room, as a replica of its own; resolves when it is durable. */
async function add(relay: RelayProcess, room: string, text: string): Promise<void> {
  const doc = new Y.Doc()
  doc.getArray('list').push([text])
  const response = await fetch(`${relay.page}api/v1/rooms/${room}/updates`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(Y.encodeStateAsUpdate(doc)),
  })
  expect(response.status).toBe(200)
}

async function listIn(relay: RelayProcess, room: string): Promise<ReadonlySet<unknown>> {
  const response = await fetch(`${relay.page}api/v1/rooms/${room}/update`)
  expect(response.status).toBe(200)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, new Uint8Array(await response.arrayBuffer()))
  return new Set(doc.getArray('list').toArray())
}

test('a copy that was made while the relay was written to has everything that was acknowledged before, and serves', async () => {
  const relay = await startOn(join(directory, 'data'))
  const rooms = ['a', 'b', 'c']
  const before = Array.from({ length: 20 }, (_, index) => `before ${index}`)
  for (const text of before) await Promise.all(rooms.map((room) => add(relay, room, text)))
  const copied = new AbortController()
  let written = 0
  const writing = (async () => {
    while (!copied.signal.aborted) await Promise.all(rooms.map((room) => add(relay, room, `during ${written++}`)))
  })()
  const copy = join(directory, 'copies', 'one')
  const { code, stdout, stderr } = await backUp(join(directory, 'data'), copy)
  copied.abort()
  await writing
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^3 rooms, \d+ bytes in /)
  expect(written).toBeGreaterThan(0)
  expect(await readdir(copy)).toContain('log.mdb')

  const restored = await startOn(copy)
  for (const room of rooms) {
    const list = await listIn(restored, room)
    for (const text of before) expect(list).toContain(text)
    // And what was copied of the rest is the beginning of it, not a part from anywhere.
    await add(restored, room, 'after')
    expect(await listIn(restored, room)).toContain('after')
    expect(await listIn(relay, room)).not.toContain('after')
  }
})

test('a copy does not overwrite anything, and what is no log is not copied', async () => {
  const data = join(directory, 'data')
  const relay = await startOn(data)
  await add(relay, 'a', 'x')
  await mkdir(join(directory, 'taken'))
  await writeFile(join(directory, 'taken', 'precious'), '')
  expect(await backUp(data, join(directory, 'taken'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('precious') as string,
  })
  const missing = await backUp(join(directory, 'gone'), join(directory, 'copy'))
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('no log') as string })
  expect((await readdir(directory)).sort()).toEqual(['data', 'taken'])
})
