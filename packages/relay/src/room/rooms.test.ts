import { setImmediate } from 'node:timers/promises'
import { encodeStateVector, mergeUpdates, updateIds } from '@syncline/core'
import { encodeFrame, type RelayMessage } from '@syncline/protocol'
import { expect, test } from 'vitest'
import { LogError, MergerError } from '../errors.ts'
import { BufferAccount } from '../buffers/buffer-account.ts'
import { LogHealth } from '../health.ts'
import { defaultLimits, type RelayLimits } from '../limits.ts'
import { FaultyLog } from '../log/faulty-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { emptyHead, type UpdateLog } from '../log/update-log.ts'
import { RelayCounters } from '../metrics/relay-counters.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { updateOf } from '../relay-client.fixture.ts'
import type { RelayEvent } from '../relay-event.ts'
import { Compaction } from './compaction.ts'
import type { RoomMember } from './room-member.ts'
import type { Room } from './room.ts'
import { Rooms } from './rooms.ts'
import type { SharedMessage } from './shared-message.ts'
import { inlineMerger, type UpdateMerger } from './update-merger.ts'

const stateVector = encodeStateVector(new Map())
const bytes = (update: Uint8Array): string => Buffer.from(update).toString('hex')

/** A member that keeps what it is sent. */
class Inbox implements RoomMember {
  readonly messages: RelayMessage[] = []
  readonly frames: Uint8Array[] = []
  slow = false
  left = false
  #waiting: (() => void)[] = []

  send(shared: SharedMessage): void {
    const { message } = shared
    if (message.type === 'stateless') return
    if (message.type === 'updates') this.frames.push(shared.frame('native', () => encodeFrame([message])))
    this.messages.push(message)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  detached(): void {
    this.left = true
  }

  async next<T extends RelayMessage['type']>(type: T): Promise<RelayMessage & { type: T }> {
    for (;;) {
      const found = this.messages.findIndex((message) => message.type === type)
      if (found !== -1) return this.messages.splice(found, 1)[0] as RelayMessage & { type: T }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }
}

class World {
  readonly scheduler = new ManualScheduler()
  readonly events: RelayEvent[] = []
  readonly compaction: Compaction
  readonly rooms: Rooms
  readonly buffers = new BufferAccount(defaultLimits.bufferBytesMax)
  #waiting: (() => void)[] = []

  constructor(log: UpdateLog, limits: Partial<RelayLimits> = {}, merger: UpdateMerger = inlineMerger) {
    this.compaction = new Compaction(log, merger, 'drop')
    this.rooms = new Rooms({
      authenticated: false,
      log,
      merger,
      history: 'drop',
      compaction: this.compaction,
      limits: { ...defaultLimits, ...limits },
      scheduler: this.scheduler,
      health: new LogHealth(),
      counters: new RelayCounters(),
      buffers: this.buffers,
      onEvent: (event) => {
        this.events.push(event)
        for (const resolve of this.#waiting.splice(0)) resolve()
      },
    })
  }

  async event(type: RelayEvent['type']): Promise<void> {
    while (!this.events.some((event) => event.type === type)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  join(name: string, member = new Inbox()): Place {
    const joined = this.rooms.join(name, member, { request: 1, access: 'write', position: undefined, stateVector })
    if ('code' in joined) throw new Error(joined.code)
    return { inbox: member, ...joined }
  }

  /** Lets `ms` go by, in ticks. */
  pass(ms: number): void {
    for (let at = 0; at <= ms; at += 100) {
      this.rooms.tick(this.scheduler.now())
      this.scheduler.advance(100)
    }
  }
}

interface Place {
  readonly inbox: Inbox
  readonly room: Room
  readonly member: number
}

test('a broadcast is encoded once: every member gets the same bytes', async () => {
  const world = new World(new MemoryLog())
  const [author, bob, eve] = [world.join('r'), world.join('r'), world.join('r')]
  for (const { inbox } of [author, bob, eve]) await inbox.next('joined')
  author.room.push(author.member, 1, updateOf('a'))
  for (const { inbox } of [bob, eve]) await inbox.next('updates')
  expect(bob.inbox.frames).toHaveLength(1)
  expect(bob.inbox.frames[0]).toBe(eve.inbox.frames[0])
})

test('a room that cannot be opened refuses its members as worth a retry, and the next join opens it', async () => {
  const log = new FaultyLog(new MemoryLog())
  const world = new World(log)
  log.failNext('read', 'io')
  const first = world.join('r')
  expect(await first.inbox.next('refused')).toMatchObject({ code: 'log-unavailable', retryable: true })
  expect(first.inbox.left).toBe(true)
  expect(world.rooms.size).toBe(0)
  expect(world.events).toMatchObject([{ type: 'log-failed', operation: 'open', room: 'r' }])
  await world.join('r').inbox.next('joined')
})

test('a log that holds what is no update refuses the room, and only that room', async () => {
  const log = new MemoryLog()
  await log.append([{ room: 'bad', update: Uint8Array.of(200, 1) }])
  const world = new World(log)
  expect(await world.join('bad').inbox.next('refused')).toMatchObject({ code: 'log-unavailable' })
  await world.join('good').inbox.next('joined')
})

test('pushes of one turn are appended together, share their fate, and the room goes on', async () => {
  const log = new FaultyLog(new MemoryLog())
  const world = new World(log)
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  log.failNext('append', 'full')
  room.push(member, 1, updateOf('a'))
  room.push(member, 2, updateOf('b', 2))
  expect(await inbox.next('reject')).toMatchObject({ ref: 1, code: 'log-unavailable', retryable: true })
  expect(await inbox.next('reject')).toMatchObject({ ref: 2, code: 'log-unavailable', retryable: true })
  room.push(member, 3, updateOf('a'))
  room.push(member, 4, updateOf('b', 2))
  expect(await inbox.next('ack')).toMatchObject({ ref: 4, position: { seq: 2 } })
})

test('what calls of the log that shared a flush have stored reaches a reader in one message', async () => {
  const log = new FaultyLog(new MemoryLog())
  const world = new World(log)
  const [one, other, reader] = [world.join('r'), world.join('r'), world.join('r')]
  await reader.inbox.next('joined')
  log.hold()
  one.room.push(one.member, 1, updateOf('a', 1))
  await Promise.resolve()
  other.room.push(other.member, 1, updateOf('b', 2))
  await Promise.resolve()
  log.release()
  const { position, update } = await reader.inbox.next('updates')
  expect(position.seq).toBe(2)
  expect(bytes(update)).toBe(bytes(mergeUpdates([updateOf('a', 1), updateOf('b', 2)])))
  expect(await one.inbox.next('ack')).toMatchObject({ ref: 1, position: { seq: 1 } })
  expect(await other.inbox.next('ack')).toMatchObject({ ref: 1, position: { seq: 2 } })
})

test('a member whose read fails is evicted, and gets everything when it comes back', async () => {
  const log = new FaultyLog(new MemoryLog())
  await log.append([{ room: 'r', update: updateOf('a') }])
  const world = new World(log)
  await world.join('r').inbox.next('updates')
  log.failNext('read', 'io')
  const second = world.join('r')
  expect(await second.inbox.next('evicted')).toMatchObject({ code: 'log-unavailable', retryable: true })
  expect(second.inbox.left).toBe(true)
  expect(bytes((await world.join('r').inbox.next('updates')).update)).toBe(bytes(updateOf('a')))
})

test('a room closes a while after its last member left, and opens again from the log', async () => {
  const world = new World(new MemoryLog(), { roomLingerMs: 1000 })
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  room.push(member, 1, updateOf('a'))
  await inbox.next('ack')
  room.leave(member)
  world.pass(900)
  expect(world.rooms.size).toBe(1)
  world.pass(200)
  expect(world.rooms.size).toBe(0)
  const again = world.join('r')
  expect(again.room).not.toBe(room)
  expect(again.room.handle).not.toBe(room.handle)
  expect(bytes((await again.inbox.next('updates')).update)).toBe(bytes(updateOf('a')))
})

test('a room that has to close at once is opened again only after the log has answered its last append', async () => {
  const log = new FaultyLog(new MemoryLog())
  const world = new World(log)
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  log.hold()
  room.push(member, 1, updateOf('a'))
  room.evictAll({ code: 'internal', retryable: true, message: '' })
  await inbox.next('evicted')
  const again = world.join('r')
  let settled = false
  const waiting = world.rooms.settled().then(() => (settled = true))
  expect(settled).toBe(false)
  log.release()
  await waiting
  expect(await again.inbox.next('joined')).toMatchObject({ position: { seq: 1 } })
})

test('when the relay closes, members do not hear of each other going', async () => {
  const world = new World(new MemoryLog())
  const [ada, bob] = [world.join('r'), world.join('r')]
  await bob.inbox.next('joined')
  ada.room.announce(ada.member, [{ clientID: 1, clock: 1, state: '{}' }])
  await bob.inbox.next('awareness')
  world.rooms.close()
  ada.room.leave(ada.member)
  expect(bob.inbox.messages).toEqual([])
  expect(world.rooms.size).toBe(0)
})

test('a relay with as many open rooms as it may have opens no further one', async () => {
  const world = new World(new MemoryLog(), { roomsOpenMax: 1 })
  await world.join('one').inbox.next('joined')
  await world.join('one').inbox.next('joined')
  expect(() => world.join('two')).toThrow('too-many-rooms')
})

test('a fold keeps what was appended while it merged', async () => {
  const log = new MemoryLog()
  let release = (): void => {}
  let begun = (): void => {}
  const merging = new Promise<void>((resolve) => (begun = resolve))
  const slowMerger: UpdateMerger = {
    ...inlineMerger,
    compact: async (updates, history) => {
      begun()
      await new Promise<void>((resolve) => (release = resolve))
      return inlineMerger.compact(updates, history)
    },
  }
  const world = new World(log, { compactionTailEntries: 2 }, slowMerger)
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  const updates = [1, 2, 3, 4].map((client) => updateOf(String(client), client))
  for (const [index, update] of updates.slice(0, 3).entries()) room.push(member, index, update)
  await merging
  room.push(member, 3, updates.at(3)!)
  expect(await inbox.next('ack')).toMatchObject({ ref: 2 })
  expect(await inbox.next('ack')).toMatchObject({ ref: 3 })
  release()
  await world.event('compacted')
  expect(await log.head('r')).toMatchObject({ checkpointSeq: 3, tailEntries: 1, position: { seq: 4 } })
  expect(bytes(mergeUpdates((await log.read('r', 0)).updates))).toBe(bytes(mergeUpdates(updates)))
})

test('a fold that fails is reported and tried again, and members do not notice', async () => {
  const log = new FaultyLog(new MemoryLog())
  const world = new World(log, { compactionTailEntries: 1, compactionRetryMs: 1000 })
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  log.failNext('checkpoint', 'io')
  room.push(member, 1, updateOf('a', 1))
  room.push(member, 2, updateOf('b', 2))
  await inbox.next('ack')
  await world.event('log-failed')
  expect(world.events).toMatchObject([{ operation: 'compact', room: 'r' }])
  world.pass(1100)
  await world.event('compacted')
  expect(inbox.left).toBe(false)
  expect(await log.head('r')).toMatchObject({ checkpointSeq: 2, tailEntries: 0 })
})

test('a slow member is sent no updates, and the merged tail when it has drained', async () => {
  const world = new World(new MemoryLog())
  const [author, slow] = [world.join('r'), world.join('r')]
  await slow.inbox.next('joined')
  slow.inbox.slow = true
  author.room.push(author.member, 1, updateOf('a', 1))
  // The first one finds out that the socket is full; the room holds the others back.
  await slow.inbox.next('updates')
  author.room.push(author.member, 2, updateOf('b', 2))
  author.room.push(author.member, 3, updateOf('c', 3))
  expect(await author.inbox.next('ack')).toMatchObject({ ref: 1 })
  expect(await author.inbox.next('ack')).toMatchObject({ ref: 3 })
  expect(slow.inbox.messages).toEqual([])
  slow.inbox.slow = false
  slow.room.drained(slow.member)
  const { position, update } = await slow.inbox.next('updates')
  expect(position.seq).toBe(3)
  expect(bytes(update)).toBe(bytes(mergeUpdates([updateOf('b', 2), updateOf('c', 3)])))
})

test('a member whose socket is full when it joins is sent no update at all', async () => {
  const world = new World(new MemoryLog())
  const inbox = new Inbox()
  inbox.slow = true
  const author = world.join('r')
  world.join('r', inbox)
  await inbox.next('joined')
  author.room.push(author.member, 1, updateOf('a'))
  await author.inbox.next('ack')
  expect(inbox.messages).toEqual([])
})

test('a crowd that joins at once is caught up with one read, one diff and the same bytes', async () => {
  const log = new MemoryLog()
  await log.append([{ room: 'r', update: updateOf('a') }])
  let diffs = 0
  const merger: UpdateMerger = {
    ...inlineMerger,
    diff: (updates, vector) => {
      diffs++
      return inlineMerger.diff(updates, vector)
    },
  }
  const world = new World(log, {}, merger)
  const crowd = Array.from({ length: 20 }, () => world.join('r'))
  // One that has it already, and one that has something else.
  const [has, lacks] = [new Inbox(), new Inbox()]
  for (const [inbox, client] of [
    [has, 1],
    [lacks, 2],
  ] as const) {
    const held = encodeStateVector(new Map([[client, 1]]))
    world.rooms.join('r', inbox, { request: 1, access: 'write', position: undefined, stateVector: held })
  }
  for (const { inbox } of [...crowd, { inbox: lacks }]) {
    expect(bytes((await inbox.next('updates')).update)).toBe(bytes(updateOf('a')))
  }
  expect(updateIds((await has.next('updates')).update).structs.isEmpty).toBe(true)
  expect(diffs).toBe(3)
  expect(new Set(crowd.map(({ inbox }) => inbox.frames.at(0))).size).toBe(1)
})

test('members that resume at different places get each its own tail', async () => {
  const log = new MemoryLog()
  const updates = [1, 2, 3].map((client) => updateOf('a', client))
  const positions = await log.append(updates.map((update) => ({ room: 'r', update })))
  const world = new World(log)
  const inboxes = positions.slice(0, 2).map((position) => {
    const inbox = new Inbox()
    world.rooms.join('r', inbox, { request: 1, access: 'write', position, stateVector })
    return inbox
  })
  const tails = await Promise.all(inboxes.map(async (inbox) => bytes((await inbox.next('updates')).update)))
  expect(tails).toEqual([bytes(mergeUpdates(updates.slice(1))), bytes(updates.at(2)!)])
})

test('a broken invariant costs the room its members, who may come back, and no other room', async () => {
  const log = new MemoryLog()
  const world = new World(log)
  const [{ inbox, room, member }, other] = [world.join('r'), world.join('other')]
  await inbox.next('joined')
  // Somebody else writes to the room behind the relay's back.
  await log.append([{ room: 'r', update: updateOf('x', 9) }])
  room.push(member, 1, updateOf('a'))
  expect(await inbox.next('evicted')).toMatchObject({ code: 'internal', retryable: true })
  expect(world.events.map(({ type }) => type)).toEqual(['internal-error'])
  expect(other.inbox.left).toBe(false)
  expect(await world.join('r').inbox.next('joined')).toMatchObject({ position: { seq: 2 } })
})

test('of two members who claim the same units differently, one is stored, and the other hears why not', async () => {
  const log = new MemoryLog()
  const world = new World(log)
  const [ada, bob, carl] = [world.join('r'), world.join('r'), world.join('r')]
  await carl.inbox.next('joined')
  ada.room.push(ada.member, 1, updateOf('mine', 9))
  bob.room.push(bob.member, 1, updateOf('your', 9))
  carl.room.push(carl.member, 1, updateOf('mine', 9))
  expect(await ada.inbox.next('ack')).toMatchObject({ position: { seq: 1 } })
  expect(await bob.inbox.next('reject')).toMatchObject({
    code: 'conflicting-update',
    retryable: false,
    message: 'client 9 has written other content at clocks 0 to 3',
  })
  expect(await carl.inbox.next('ack')).toMatchObject({ position: { seq: 1 } })
  expect(await log.head('r')).toMatchObject({ position: { seq: 1 } })
})

test('a push that cannot be compared with the log is rejected as worth a retry, and then compared', async () => {
  const log = new FaultyLog(new MemoryLog())
  const world = new World(log)
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  room.push(member, 1, updateOf('a'))
  await inbox.next('ack')
  log.failNext('read', 'io')
  room.push(member, 2, updateOf('a'))
  expect(await inbox.next('reject')).toMatchObject({ ref: 2, code: 'log-unavailable', retryable: true })
  expect(world.events).toMatchObject([{ type: 'log-failed', operation: 'read' }])
  room.push(member, 3, updateOf('a'))
  expect(await inbox.next('ack')).toMatchObject({ ref: 3, position: { seq: 1 } })
})

test('pushes that are being compared with the log are settled before the room is', async () => {
  const log = new FaultyLog(new MemoryLog())
  const world = new World(log)
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  room.push(member, 1, updateOf('a'))
  await inbox.next('ack')
  room.push(member, 2, updateOf('ab'))
  await world.rooms.settled()
  expect(inbox.messages.at(-1)).toMatchObject({ type: 'ack', ref: 2, position: { seq: 2 } })
})

test('a merger that fails costs the pushes that it had, and the operator hears of it', async () => {
  let failing = true
  const merger: UpdateMerger = {
    ...inlineMerger,
    scan: (push) => (failing ? Promise.reject(new MergerError('worker-died', 'died')) : inlineMerger.scan(push)),
  }
  const world = new World(new MemoryLog(), { scannedInlineBytesMax: 10 }, merger)
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  room.push(member, 1, updateOf('a long one'))
  expect(await inbox.next('reject')).toMatchObject({ ref: 1, code: 'internal', retryable: true })
  expect(world.events).toMatchObject([{ type: 'merger-failed', operation: 'append', room: 'r' }])
  failing = false
  room.push(member, 2, Uint8Array.of(...updateOf('a long one'), 1))
  expect(await inbox.next('reject')).toMatchObject({ ref: 2, code: 'malformed-update', retryable: false })
  room.push(member, 3, updateOf('a long one'))
  expect(await inbox.next('ack')).toMatchObject({ ref: 3 })
})

test('a log that contradicts itself opens, is told of once, and does so no more when it is folded', async () => {
  const log = new MemoryLog()
  const entries = [updateOf('abc'), updateOf('xyz')]
  await log.append(entries.map((update) => ({ room: 'r', update })))
  const world = new World(log, { compactionTailEntries: 3 })
  const { inbox, room, member } = world.join('r')
  const { update: shown } = await inbox.next('updates')
  for (const ref of [1, 2]) {
    room.push(member, ref, shown)
    expect(await inbox.next('ack')).toMatchObject({ ref })
  }
  room.push(member, 3, updateOf('b', 2))
  room.push(member, 4, updateOf('c', 3))
  await world.event('compacted')
  expect(world.events.map(({ type }) => type)).toEqual(['log-conflict', 'compacted'])
  const { updates } = await log.read('r', 0)
  expect(bytes(updates.at(0)!)).toBe(bytes(mergeUpdates([...entries, updateOf('b', 2), updateOf('c', 3)])))
})

test('a fold that was stored although it is said to have failed is over when it is tried again', async () => {
  class UncertainLog extends MemoryLog {
    #isCertain = false

    override async checkpoint(...folded: Parameters<MemoryLog['checkpoint']>): Promise<boolean> {
      const done = await super.checkpoint(...folded)
      if (this.#isCertain) return done
      this.#isCertain = true
      throw new LogError('io', 'the flush of the root failed')
    }
  }
  const log = new UncertainLog()
  const world = new World(log, { compactionTailEntries: 1, compactionRetryMs: 1000 })
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  for (const client of [1, 2]) room.push(member, client, updateOf('a', client))
  await inbox.next('ack')
  await world.event('log-failed')
  world.pass(1100)
  await world.event('compacted')
  for (let round = 0; round < 3; round++) {
    world.pass(1100)
    await world.compaction.settled()
    await setImmediate()
  }
  expect(world.events).toMatchObject([
    { type: 'log-failed', operation: 'compact' },
    { type: 'compacted', entries: 0 },
  ])
})

test('a room that is dropped while it is folded is no failure of the log', async () => {
  const log = new MemoryLog()
  const compactions: (() => void)[] = []
  let begun = (): void => {}
  const merging = new Promise<void>((resolve) => (begun = resolve))
  const slowMerger: UpdateMerger = {
    ...inlineMerger,
    compact: async (updates, history) => {
      begun()
      await new Promise<void>((resolve) => compactions.push(resolve))
      return inlineMerger.compact(updates, history)
    },
  }
  const world = new World(log, { compactionTailEntries: 1 }, slowMerger)
  const { inbox, room, member } = world.join('r')
  await inbox.next('joined')
  for (const client of [1, 2]) room.push(member, client, updateOf('a', client))
  await merging
  await world.rooms.drop('r', { code: 'forbidden', retryable: false, message: 'dropped' })
  for (const release of compactions) release()
  await world.compaction.settled()
  await setImmediate()
  expect(world.events).toEqual([])
  expect(await log.head('r')).toEqual(emptyHead)
})
