/**
 * A relay whose disk is full: it stays up, reads go on, it says that it is not ready and counts what it refuses, its clients keep their
 * edits and know it, and when there is room again nobody has to do anything.
 *
 * LMDB's own bound, the size of its map, is no case of its own: the binding makes the map larger whenever it is used up.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { MemoryDeviceStore, Syncline, type Room } from 'syncline'
import { afterEach, describe, expect, test, type TestContext } from 'vitest'
import { WebSocket } from 'ws'
import { live, text, type, until } from '../../../packages/client/src/room.fixture.ts'
import { editsInLog } from '../kill-loop.fixture.ts'
import { RelayProcess, dataFolder } from '../relay-process.fixture.ts'
import { limitFileSize, mountSmallDisk } from './small-disk.fixture.ts'

const DISK_BYTES = 6 * 1024 * 1024
/** More than a disk has left when it counts as full. */
const LARGE = 'x'.repeat(600_000)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A data directory, and how its disk gets full while a relay runs on it. */
interface Place {
  readonly path: string
  fill(relay: RelayProcess): void
  empty(relay: RelayProcess): void
}

const places: readonly { readonly kind: string; readonly open: (context: TestContext) => Promise<Place> }[] = [
  {
    kind: 'a small file system',
    open: async (context) => {
      const disk = await mountSmallDisk(context, DISK_BYTES)
      cleanups.push(() => disk.remove())
      return { path: disk.path, fill: () => disk.fill(), empty: () => disk.empty() }
    },
  },
  {
    kind: 'a limit on the size of files',
    open: async () => {
      const data = await dataFolder()
      cleanups.push(() => data.remove())
      return {
        path: data.path,
        fill: ({ pid }) => limitFileSize(pid, statSync(join(data.path, 'log.mdb')).size),
        empty: ({ pid }) => limitFileSize(pid, 'unlimited'),
      }
    },
  },
]

async function start(data: string, ...parameters: readonly string[]): Promise<RelayProcess> {
  const relay = await RelayProcess.start(['--port', '0', '--data', data, ...parameters])
  cleanups.push(() => relay.kill())
  return relay
}

async function joinRoom(relay: RelayProcess, name: string): Promise<Room> {
  const client = new Syncline({ url: relay.url, WebSocket, store: new MemoryDeviceStore() })
  cleanups.push(() => client.close())
  const room = client.room(name)
  await live(room)
  return room
}

async function health(relay: RelayProcess, path: 'healthz' | 'readyz'): Promise<readonly [number, readonly string[]]> {
  const response = await fetch(`${relay.page}${path}`)
  return [response.status, ((await response.json()) as { readonly failing: readonly string[] }).failing]
}

/** What a metric counts; 0 while it is not there. */
async function metric(relay: RelayProcess, name: string): Promise<number> {
  const lines = (await (await fetch(`${relay.page}metrics`)).text()).split('\n')
  return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? 0)
}

/** Asks again and again until `found` is true of an answer. */
async function eventually<Answer>(ask: () => Promise<Answer>, found: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (found(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe.each(places)('on $kind', ({ open }) => {
  test('a full disk costs nobody an edit: pushes are refused for now, and stored when there is room', async (context) => {
    const place = await open(context)
    const relay = await start(place.path)
    const room = await joinRoom(relay, 'a')
    type(room, 'before ')
    await room.whenAcked()

    place.fill(relay)
    type(room, LARGE)
    let acked = false
    const ack = room.whenAcked().then(() => (acked = true))
    await until(room, () => room.status.lastError !== undefined)
    expect(room.status).toMatchObject({
      latestEdit: 'device',
      unacked: 1,
      rejected: 0,
      lastError: { wireCode: 'log-unavailable', retryable: true },
    })
    // A disk that is full is no reason to start the relay anew, and one not to send anybody here.
    expect(await health(relay, 'readyz')).toEqual([503, ['append']])
    expect((await health(relay, 'healthz'))[0]).toBe(200)
    expect(await metric(relay, 'syncline_log_failures_total{operation="append"}')).toBeGreaterThan(0)
    // Who only reads is served as ever, and sees nothing that is not durable.
    const reader = await joinRoom(relay, 'a')
    await until(reader, () => text(reader) === 'before ')
    expect(acked).toBe(false)

    place.empty(relay)
    await ack
    await until(reader, () => text(reader) === `before ${LARGE}`)
    await until(room, () => room.status.lastError === undefined)
    expect(room.status).toMatchObject({ latestEdit: 'relay', unacked: 0, rejected: 0 })
    expect(await health(relay, 'readyz')).toEqual([200, []])
    expect(await metric(relay, 'syncline_internal_errors_total')).toBe(0)
    await relay.kill()
    const again = await joinRoom(await start(place.path), 'a')
    await until(again, () => text(again) === `before ${LARGE}`)
  })

  test('a checkpoint that the disk has no room for is left for later, and costs no edit', async (context) => {
    const place = await open(context)
    const limits = ['compactionTailBytes=700000', 'compactionRetryMs=200', 'tickMs=100']
    const relay = await start(place.path, ...limits.flatMap((limit) => ['--limit', limit]))
    const room = await joinRoom(relay, 'a')
    const edits = room.doc.getArray<string>('edits')
    const push = async (edit: string): Promise<void> => {
      edits.push([edit])
      await room.whenAcked()
    }
    await push(`1:${LARGE}`)
    // What a dropped room leaves free is enough for an edit, and not for a checkpoint of all of them.
    const passing = await joinRoom(relay, 'passing')
    type(passing, LARGE.slice(0, 200_000))
    await passing.whenAcked()
    await (await fetch(`${relay.page}api/v1/rooms/passing`, { method: 'DELETE' })).text()
    for (let edit = 2; edit <= 4; edit++) await push(`${edit}:`)
    place.fill(relay)
    await push(`5:${LARGE.slice(0, 110_000)}`)
    await eventually(
      () => metric(relay, 'syncline_log_failures_total{operation="compact"}'),
      (count) => count > 1,
    )
    expect(await metric(relay, 'syncline_compactions_total')).toBe(0)
    expect(await health(relay, 'readyz')).toEqual([503, ['compact']])
    expect((await health(relay, 'healthz'))[0]).toBe(200)
    // Edits go on for as long as there are pages for them.
    await push('6:')

    place.empty(relay)
    await eventually(
      () => metric(relay, 'syncline_compactions_total'),
      (count) => count > 0,
    )
    expect(await health(relay, 'readyz')).toEqual([200, []])
    await relay.kill()
    const kept = (await editsInLog(place.path, ['a'])).get('a')!
    expect([...kept].map((edit) => edit.split(':')[0])).toEqual(['1', '2', '3', '4', '5', '6'])
  })
})

test('a relay does not start on a full disk, says so, and harms nothing', async (context) => {
  const disk = await mountSmallDisk(context, DISK_BYTES)
  cleanups.push(() => disk.remove())
  disk.fill()
  await expect(start(join(disk.path, 'new'))).rejects.toThrow(/exited with 1: (.*\n)*.*no space left/i)
  disk.empty()
  const relay = await start(disk.path)
  const room = await joinRoom(relay, 'a')
  type(room, 'kept')
  await room.whenAcked()
  await relay.kill()
  disk.fill()
  // Even taking the directory for oneself is a write.
  await expect(start(disk.path)).rejects.toThrow(/exited with 1: (.*\n)*.*no space left/i)
  disk.empty()
  const again = await joinRoom(await start(disk.path), 'a')
  await until(again, () => text(again) === 'kept')
})
