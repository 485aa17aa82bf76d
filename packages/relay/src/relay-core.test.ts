import { encodeFrame, type ClientMessage } from '@syncline/protocol'
import { expect, test } from 'vitest'
import type { Connection } from './connection/connection.ts'
import { HeldSocket } from './connection/held-socket.fixture.ts'
import { defaultLimits } from './limits.ts'
import { MemoryLog } from './log/memory-log.ts'
import { ManualScheduler } from './manual-scheduler.fixture.ts'
import { noStateVector, textOf, updateOf } from './relay-client.fixture.ts'
import { RelayCore } from './relay-core.ts'
import { inlineMerger } from './room/update-merger.ts'

function openCore(scheduler: ManualScheduler): { core: RelayCore; log: MemoryLog } {
  const log = new MemoryLog()
  const options = { log, limits: defaultLimits, scheduler, merger: inlineMerger, authorize: undefined }
  const core = new RelayCore({ ...options, agent: 'relay', onEvent: () => {} })
  core.start()
  return { core, log }
}

function send(connection: Connection, ...messages: readonly ClientMessage[]): void {
  connection.receive(encodeFrame(messages))
}

const hello: ClientMessage = { type: 'hello', versions: [1], agent: 'test', token: undefined }
const join: ClientMessage = { type: 'join', request: 1, room: 'r', position: undefined, stateVector: noStateVector }

test('a relay runs without a network and without real time, and leaves no timer behind', async () => {
  const scheduler = new ManualScheduler()
  const { core, log } = openCore(scheduler)
  const [ada, bob] = [new HeldSocket(), new HeldSocket()]
  const [fromAda, fromBob] = [core.accept(ada)!, core.accept(bob)!]
  send(fromAda, hello, join)
  send(fromBob, hello, join)
  const { handle } = await ada.next('joined')
  await bob.next('joined')
  send(fromAda, { type: 'push', handle, ref: 1, update: updateOf('a') })
  expect(await ada.next('ack')).toMatchObject({ ref: 1, position: { seq: 1 } })
  expect(textOf((await bob.next('updates')).update)).toBe('a')
  expect([core.connections, core.rooms, core.failing]).toEqual([2, 1, []])

  fromBob.lost()
  scheduler.advance(defaultLimits.heartbeatMs)
  await ada.next('ping')
  scheduler.advance(defaultLimits.heartbeatMs * 2)
  expect(ada.closed).toBe(4408)
  fromAda.lost()
  scheduler.advance(defaultLimits.roomLingerMs + defaultLimits.tickMs)
  expect([core.connections, core.rooms]).toEqual([0, 0])

  await core.drain(0)
  await core.release()
  expect(scheduler.size).toBe(0)
  await expect(log.head('r')).rejects.toMatchObject({ code: 'closed' })
})

test('whoever does not say goodbye by the deadline is cut off', async () => {
  const scheduler = new ManualScheduler()
  const { core } = openCore(scheduler)
  const socket = new HeldSocket()
  send(core.accept(socket)!, hello)
  const drained = core.drain(5000)
  expect(socket.paused).toBe(true)
  while (socket.closed === undefined) await Promise.resolve()
  expect(socket.closed).toBe(1001)
  expect(socket.terminated).toBe(false)
  scheduler.advance(5000)
  await drained
  expect(socket.terminated).toBe(true)
})
