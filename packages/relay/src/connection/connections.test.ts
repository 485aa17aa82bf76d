import { expect, test } from 'vitest'
import { BufferAccount } from '../buffers/buffer-account.ts'
import { LogHealth } from '../health.ts'
import { defaultLimits } from '../limits.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { RelayCounters } from '../metrics/relay-counters.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { Compaction } from '../room/compaction.ts'
import { Rooms } from '../room/rooms.ts'
import { inlineMerger } from '../room/update-merger.ts'
import { Connections } from './connections.ts'
import { HeldSocket } from './held-socket.fixture.ts'

function newConnections(buffers: BufferAccount): Connections {
  const [log, scheduler, counters] = [new MemoryLog(), new ManualScheduler(), new RelayCounters()]
  const limits = { ...defaultLimits, bufferBytesMax: buffers.bytesMax }
  const onEvent = (): void => {}
  const rooms = new Rooms({
    authenticated: false,
    log,
    merger: inlineMerger,
    history: 'drop',
    compaction: new Compaction(log, inlineMerger, 'drop'),
    limits,
    scheduler,
    health: new LogHealth(),
    counters,
    buffers,
    onEvent,
  })
  return new Connections({ rooms, limits, scheduler, authenticator: undefined, counters, buffers, onEvent, agent: 'r' })
}

test('of frames that are too much together, the one that has come furthest goes on, unless enough settles', () => {
  const buffers = new BufferAccount(100_000)
  const connections = newConnections(buffers)
  const sockets = [60_000, 50_000, 40_000].map((bytes) => {
    const socket = new HeldSocket()
    connections.accept(socket, { endpoint: 'sync' })
    socket.partBytes += bytes
    return socket
  })
  const paused = (): readonly boolean[] => {
    connections.tick(0)
    return sockets.map((socket) => socket.paused)
  }
  expect(paused()).toEqual([false, true, false])
  // Of a room.
  buffers.change('settling', 60_000)
  expect(paused()).toEqual([true, true, false])
  buffers.change('settling', -60_000)
  expect(paused()).toEqual([false, true, false])
  for (const { closed } of sockets) expect(closed).toBe(undefined)
})
