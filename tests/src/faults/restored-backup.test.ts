/** A relay that comes back with an older copy of its log, while its clients have seen more: they give it what it lost, all of it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MemoryDeviceStore, MemoryDisk, Syncline, type Room } from 'syncline'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { live, until } from '../../../packages/client/src/room.fixture.ts'
import { editsInLog } from '../kill-loop.fixture.ts'
import { RelayProcess, dataFolder } from '../relay-process.fixture.ts'

const launcher = fileURLToPath(new URL('../../../packages/relay/bin/syncline-relay.js', import.meta.url))
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

test('a relay that is restored from an older copy is refilled by clients that are ahead, by those that were away, and asks nobody', async () => {
  const data = await dataFolder()
  cleanups.push(() => data.remove())
  const now = join(data.path, 'now')
  const copy = join(data.path, 'copy')
  let relay = await start(0, now)
  const { port, url } = relay
  const open = (disk = new MemoryDisk()): Syncline => {
    const client = new Syncline({ url, WebSocket, store: new MemoryDeviceStore(disk) })
    cleanups.push(() => client.close())
    return client
  }
  const write = async (room: Room, ...edits: readonly string[]): Promise<void> => {
    for (const edit of edits) {
      room.doc.getArray<string>('edits').push([edit])
      await room.whenAcked()
    }
  }

  const ada = open().room('a')
  const disk = new MemoryDisk()
  const traveller = open(disk)
  const ben = traveller.room('a')
  await Promise.all([live(ada), live(ben)])
  await write(ada, 'ada 1', 'ada 2')
  await promisify(execFile)(process.execPath, [launcher, 'backup', '--data', now, '--to', copy])
  await write(ada, 'ada 3')
  await write(ben, 'ben 1')
  // Nobody but Ben's device, which leaves now, has this room; the copy does not.
  const elsewhere = traveller.room('b')
  await live(elsewhere)
  await write(elsewhere, 'alone')
  await until(ada, () => ada.doc.getArray('edits').length === 4)
  await traveller.close()
  await write(ada, 'ada 4')

  await relay.kill()
  relay = await start(port, copy)
  const edited = ['ada 1', 'ada 2', 'ada 3', 'ada 4', 'ben 1']
  await until(ada, () => ada.status.connection.state === 'open' && ada.status.sync === 'live')
  const newcomer = open().room('a')
  await live(newcomer)
  await until(newcomer, () => newcomer.doc.getArray('edits').length === edited.length)
  expect(ada.status).toMatchObject({ latestEdit: 'relay', unacked: 0, rejected: 0 })

  // What was acknowledged long ago is given back when its room is opened.
  const back = open(disk).room('b')
  await live(back)
  const other = open().room('b')
  await live(other)
  await until(other, () => other.doc.getArray('edits').length === 1)
  await relay.kill()
  const log = await editsInLog(copy, ['a', 'b'])
  expect([...log.get('a')!].sort()).toEqual(edited)
  expect([...log.get('b')!]).toEqual(['alone'])
})

async function start(port: number, directory: string): Promise<RelayProcess> {
  const relay = await RelayProcess.start(['--port', String(port), '--data', directory])
  cleanups.push(() => relay.kill())
  return relay
}
