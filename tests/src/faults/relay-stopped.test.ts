/**
 * A relay that stands still and goes on: a machine that swaps, is frozen for a snapshot, or is moved. Its sockets stay open and take bytes,
 * so that nothing but silence tells.
 */
import { MemoryDeviceStore, Syncline } from 'syncline'
import { afterEach, expect, test } from 'vitest'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { live, text, type, until } from '../../../packages/client/src/room.fixture.ts'
import { editsInLog } from '../kill-loop.fixture.ts'
import { RelayProcess, dataFolder } from '../relay-process.fixture.ts'
import { SynclineWriter } from '../syncline-writer.fixture.ts'

const CYCLES = Number(process.env['SYNCLINE_STOP_CYCLES'] ?? 12)
/** A relay that is dead for its clients after a second or two of silence. */
const IMPATIENT = ['--limit', 'heartbeatMs=500', '--limit', 'tickMs=100']
const STOP_MS_MAX = 150

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

test(`${CYCLES} times stopped in the midst of pushes, and sometimes killed there: nothing acknowledged is lost, nothing is there twice`, async () => {
  const data = await dataFolder()
  cleanups.push(() => data.remove())
  let relay = await RelayProcess.start(['--port', '0', '--data', data.path])
  cleanups.push(() => relay.kill())
  const rooms = ['red', 'green']
  let acks = 0
  let onAck = (): void => {}
  const writers = rooms.flatMap((room) =>
    [0, 1].map((index) => new SynclineWriter(relay.url, room, `${room}-${index}`)),
  )
  cleanups.push(...writers.map((writer) => () => writer.close()))
  const running = writers.map((writer) =>
    writer.run(() => {
      acks++
      onAck()
    }),
  )
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const target = acks + 5 + Math.floor(Math.random() * 20)
    await new Promise<void>((resolve) => {
      onAck = () => {
        if (acks >= target) resolve()
      }
    })
    relay.pause()
    await wait(Math.random() * STOP_MS_MAX)
    if (cycle % 4 !== 0) {
      relay.resume()
      continue
    }
    await relay.kill()
    const log = await editsInLog(data.path, rooms)
    const acknowledged = writers.flatMap((writer) =>
      [...writer.acknowledged].map((edit) => ({ room: writer.room.name, edit })),
    )
    expect(acknowledged.filter(({ room, edit }) => !log.get(room)!.has(edit))).toEqual([])
    relay = await RelayProcess.start(['--port', String(relay.port), '--data', data.path])
    for (const writer of writers) writer.wake()
  }
  for (const writer of writers) writer.stop()
  await Promise.all(running)
  expect(await relay.stop()).toEqual({ code: 0, signal: null })
  const log = await editsInLog(data.path, rooms)
  const written = writers.reduce((sum, writer) => sum + writer.written, 0)
  expect([...log.values()].reduce((sum, edits) => sum + edits.size, 0)).toBe(written)
})

test('clients notice the silence, say truly what the relay does not have, and find it again when it goes on', async () => {
  const relay = await RelayProcess.start(['--port', '0', '--memory', ...IMPATIENT])
  cleanups.push(() => relay.kill())
  const open = (): Syncline => {
    const client = new Syncline({ url: relay.url, WebSocket, store: new MemoryDeviceStore() })
    cleanups.push(() => client.close())
    return client
  }
  const room = open().room('a')
  const peer = open().room('a')
  await Promise.all([live(room), live(peer)])
  type(room, 'before ')
  await room.whenAcked()

  relay.pause()
  // The socket takes it, and that is all.
  type(room, 'into the void ')
  await until(room, () => room.status.unsent === 0)
  expect(room.status).toMatchObject({ latestEdit: 'device', unacked: 1 })
  await Promise.all([room, peer].map((each) => until(each, () => each.status.connection.state !== 'open')))
  expect(room.status).toMatchObject({ sync: 'offline', latestEdit: 'device', lastError: { code: 'connection-lost' } })
  type(room, 'offline ')
  type(peer, 'elsewhere ')
  let acked = false
  const ack = room.whenAcked().then(() => (acked = true))
  // Connections that the stopped relay's machine accepts on its own are no life of it.
  await until(room, () => room.status.connection.state === 'connecting')
  expect(acked).toBe(false)

  relay.resume()
  await Promise.all([ack, peer.whenAcked()])
  for (const each of [room, peer]) {
    await until(each, () => text(each).length === 'before into the void offline elsewhere '.length)
    await until(each, () => each.status.connection.state === 'open' && each.status.latestEdit === 'relay')
    expect(each.status).toMatchObject({ unacked: 0, rejected: 0, lastError: undefined })
  }
  expect(text(room)).toBe(text(peer))
  for (const edit of ['before ', 'into the void ', 'offline ', 'elsewhere ']) {
    expect(text(room).split(edit).length, edit).toBe(2)
  }
})
