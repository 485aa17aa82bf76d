import { decodeStateVector, diffUpdate, encodeStateVector, mergeUpdates, updateIds } from '@syncline/core'
import { decodeAwareness, type AwarenessEntry, type Position, type RelayMessage } from '@syncline/protocol'
import { expect, test } from 'vitest'
import { defaultLimits } from '../limits.ts'
import { emptyHead, type RoomHead } from '../log/update-log.ts'
import { noStateVector, updateOf } from '../relay-client.fixture.ts'
import { RUN_BYTES_MAX } from './flush-run.ts'
import { runJob, type LogSummary } from '../merger/merge-job.ts'
import type { JoinRequest, RoomEffect, RoomEvent } from './room-event.ts'
import { RoomMachine, type RoomMachineLimits } from './room-machine.ts'

const EPOCH = 5
const at = (seq: number): Position => ({ epoch: EPOCH, seq })
const refusal = { code: 'log-unavailable', retryable: true, message: 'full' } as const

/** A head with `seq` entries, of which the checkpoint covers `checkpointSeq`. */
function headOf(seq: number, checkpointSeq = 0): RoomHead {
  return {
    ...emptyHead,
    position: at(seq),
    epochs: [{ epoch: EPOCH, firstSeq: 1 }],
    checkpointSeq,
    tailEntries: seq - checkpointSeq,
  }
}

const writer: JoinRequest = { request: 1, access: 'write', position: undefined, stateVector: noStateVector }

function summaryOf(updates: readonly Uint8Array[]): LogSummary {
  return runJob('summarise', { updates, deletedRangesMax: defaultLimits.deletedRangesMax })
}

/** A machine, with shorthands for what these tests look at. */
class Room {
  readonly machine: RoomMachine

  constructor(limits: Partial<RoomMachineLimits> = {}) {
    this.machine = new RoomMachine(7, { ...defaultLimits, ...limits })
  }

  static open(
    head: RoomHead = emptyHead,
    updates: readonly Uint8Array[] = [],
    limits?: Partial<RoomMachineLimits>,
  ): Room {
    const room = new Room(limits)
    room.take({ type: 'opened', head, summary: summaryOf(updates) })
    return room
  }

  take(event: RoomEvent): readonly RoomEffect[] {
    return this.machine.handle(event)
  }

  join(member: number, join: Partial<JoinRequest> = {}): readonly RoomEffect[] {
    return this.take({ type: 'join', member, join: { ...writer, ...join } })
  }

  push(member: number, ref: number, update: Uint8Array): readonly RoomEffect[] {
    return this.take({ type: 'push', member, ref, update })
  }

  /** Pushes, and has the log accept it at `seq`. */
  write(member: number, ref: number, update: Uint8Array, seq: number): readonly RoomEffect[] {
    const append = this.push(member, ref, update).find((effect) => effect.type === 'append')!
    return this.take(appended([append.append, at(seq)]))
  }
}

function appended(...entries: readonly (readonly [append: number, position: Position])[]): RoomEvent {
  return { type: 'appended', entries: entries.map(([append, position]) => ({ append, position })) }
}

/** What `member` is sent by these effects, alone or with others. */
function sentTo(member: number, effects: readonly RoomEffect[]): RelayMessage[] {
  return effects.flatMap((effect) => {
    if (effect.type === 'send' && effect.member === member) return [effect.message]
    if (effect.type === 'broadcast' && effect.members.includes(member)) return [effect.message]
    return []
  })
}

function typesOf(effects: readonly RoomEffect[]): string[] {
  return effects.map((effect) => (effect.type === 'send' ? `send ${effect.message.type}` : effect.type))
}

test('joins wait until the room is open, and are then answered in their order', () => {
  const room = new Room()
  expect(room.join(1)).toEqual([])
  expect(room.join(2)).toEqual([])
  const effects = room.take({ type: 'opened', head: emptyHead, summary: summaryOf([]) })
  expect(effects.map((effect) => effect.type === 'send' && effect.member)).toEqual([1, 2])
})

test('a member that left before the room was open is forgotten', () => {
  const room = new Room()
  room.join(1)
  room.take({ type: 'gone', member: 1 })
  expect(room.take({ type: 'opened', head: emptyHead, summary: summaryOf([]) })).toEqual([])
})

test('a newcomer is told the head and the state vector, and gets a diff of everything', () => {
  const room = Room.open(headOf(3), [updateOf('abc', 11)])
  const effects = room.join(1, { stateVector: encodeStateVector(new Map([[11, 1]])) })
  const [joined] = sentTo(1, effects)
  expect(joined).toMatchObject({
    type: 'joined',
    request: 1,
    handle: 7,
    position: at(3),
    resumed: false,
    access: 'write',
  })
  expect(decodeStateVector((joined as { stateVector: Uint8Array }).stateVector)).toEqual(new Map([[11, 3]]))
  const catchUp = effects.find((effect) => effect.type === 'catchUp')
  expect(catchUp).toMatchObject({ afterSeq: 0, stateVector: encodeStateVector(new Map([[11, 1]])) })
})

test('a client whose position is in the history gets the tail after it', () => {
  const effects = Room.open(headOf(9, 4)).join(1, { position: at(6) })
  expect(sentTo(1, effects)[0]).toMatchObject({ type: 'joined', resumed: true })
  expect(effects.find((effect) => effect.type === 'catchUp')).toMatchObject({ afterSeq: 6, stateVector: undefined })
})

test('a client whose position was swallowed by the checkpoint resumes with a diff', () => {
  const effects = Room.open(headOf(9, 4)).join(1, { position: at(3) })
  expect(sentTo(1, effects)[0]).toMatchObject({ type: 'joined', resumed: true })
  expect(effects.find((effect) => effect.type === 'catchUp')).toMatchObject({ afterSeq: 0, stateVector: noStateVector })
})

test.each([
  ['beyond the head', at(10)],
  ['of another epoch', { epoch: 6, seq: 3 }],
])('a client whose position is %s does not resume', (_, position) => {
  const effects = Room.open(headOf(9)).join(1, { position })
  expect(sentTo(1, effects)[0]).toMatchObject({ type: 'joined', resumed: false })
  expect(effects.find((effect) => effect.type === 'catchUp')).toMatchObject({ afterSeq: 0, stateVector: noStateVector })
})

test('nothing is read for a client that is at the head, or for an empty room', () => {
  expect(typesOf(Room.open(headOf(9)).join(1, { position: at(9) }))).toEqual(['send joined'])
  expect(typesOf(Room.open().join(1))).toEqual(['send joined'])
})

test('a push is acknowledged and passed on after the log has flushed it, and not before', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  const update = updateOf('a')
  expect(room.push(1, 50, update)).toMatchObject([{ type: 'append', append: 1, update }])
  expect(room.take(appended([1, at(1)]))).toEqual([
    { type: 'send', member: 1, message: { type: 'ack', handle: 7, ref: 50, position: at(1) } },
    { type: 'broadcast', members: [2], message: { type: 'updates', handle: 7, position: at(1), update } },
  ])
})

test('a push of a member that left meanwhile still reaches the others', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  room.push(1, 1, updateOf('a'))
  room.take({ type: 'gone', member: 1 })
  expect(typesOf(room.take(appended([1, at(1)])))).toEqual(['broadcast'])
})

test.each([
  ['read-only', { access: 'read' } as const, updateOf('a')],
  ['malformed-update', {}, Uint8Array.of(9, 9, 9)],
  ['malformed-update', {}, new Uint8Array(0)],
  ['update-too-large', {}, updateOf('x'.repeat(200))],
])('a push is rejected as %s: nothing is logged, nobody hears of it', (code, join, update) => {
  const room = Room.open(emptyHead, [], { updateBytesMax: 100 })
  room.join(1, join)
  room.join(2)
  const effects = room.push(1, 3, update)
  expect(typesOf(effects)).toEqual(code === 'update-too-large' ? ['limitHit', 'send reject'] : ['send reject'])
  expect(sentTo(1, effects)[0]).toMatchObject({ type: 'reject', handle: 7, ref: 3, code, retryable: false })
})

test('a member that may only read may push what adds nothing', () => {
  const room = Room.open(headOf(1), [updateOf('abc', 11)])
  room.join(1, { access: 'read' })
  expect(sentTo(1, room.push(1, 3, Uint8Array.of(0, 0)))).toMatchObject([{ type: 'ack', ref: 3 }])
})

test('a question is answered from the log, also when there is nothing to say, and asked back', () => {
  const room = Room.open()
  room.join(1)
  const [resync, first] = room.take({ type: 'sync', member: 1, stateVector: noStateVector })
  expect(resync).toMatchObject({ type: 'send', message: { type: 'resync', stateVector: noStateVector } })
  expect(first).toMatchObject({ type: 'catchUp', member: 1, afterSeq: 0, stateVector: noStateVector })
  const { read } = first as RoomEffect & { type: 'catchUp' }
  const answer = { position: emptyHead.position, update: Uint8Array.of(0, 0) }
  expect(typesOf(room.take({ type: 'caughtUp', readers: [{ member: 1, read }], ...answer }))).toEqual(['broadcast'])
})

test('of the questions that come while an answer is read, the last one is answered next', () => {
  const stateVector = encodeStateVector(new Map([[11, 2]]))
  const room = Room.open(headOf(3), [updateOf('abc', 11)])
  const { read } = room.join(1).find((effect) => effect.type === 'catchUp')!
  expect(room.take({ type: 'sync', member: 1, stateVector: noStateVector })).toEqual([])
  expect(room.take({ type: 'sync', member: 1, stateVector })).toEqual([])
  const effects = room.take({ type: 'caughtUp', readers: [{ member: 1, read }], position: at(3), update: updateOf('') })
  expect(typesOf(effects)).toEqual(['broadcast', 'send resync', 'catchUp'])
  expect(effects[2]).toMatchObject({ afterSeq: 0, stateVector })
})

test('a question that comes while the socket is full is answered when it has drained', () => {
  const room = Room.open()
  room.join(1)
  room.take({ type: 'slow', member: 1 })
  expect(room.take({ type: 'sync', member: 1, stateVector: noStateVector })).toEqual([])
  expect(typesOf(room.take({ type: 'drained', member: 1 }))).toEqual(['send resync', 'catchUp'])
})

test('a flush of many entries is one message for each reader, and one ack for each author', () => {
  const room = Room.open()
  for (const member of [1, 2, 3]) room.join(member)
  const [a, b, c] = [updateOf('a', 1), updateOf('b', 2), updateOf('c', 3)]
  room.push(1, 50, a)
  room.push(2, 60, b)
  room.push(1, 51, c)
  const update = mergeUpdates([a, b, c])
  expect(room.take(appended([1, at(1)], [2, at(2)], [3, at(3)]))).toEqual([
    { type: 'send', member: 1, message: { type: 'ack', handle: 7, ref: 51, position: at(3) } },
    { type: 'send', member: 2, message: { type: 'ack', handle: 7, ref: 60, position: at(2) } },
    { type: 'broadcast', members: [1, 2, 3], message: { type: 'updates', handle: 7, position: at(3), update } },
  ])
})

test('two who are alone, and wrote in the same moment, are sent what the other wrote, as it is', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  const [a, b] = [updateOf('a', 1), updateOf('b', 2)]
  room.push(1, 50, a)
  room.push(2, 60, b)
  const effects = room.take(appended([1, at(1)], [2, at(2)]))
  expect(sentTo(1, effects)).toEqual([
    { type: 'ack', handle: 7, ref: 50, position: at(1) },
    { type: 'updates', handle: 7, position: at(2), update: b },
  ])
  expect(sentTo(2, effects)).toEqual([
    { type: 'updates', handle: 7, position: at(1), update: a },
    { type: 'ack', handle: 7, ref: 60, position: at(2) },
  ])
})

test('who wrote all of a flush gets nothing of it back, and hears where it is', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  const updates = [updateOf('a'), updateOf('b', 12)]
  for (const [index, update] of updates.entries()) room.push(1, index, update)
  const effects = room.take(appended([1, at(1)], [2, at(2)]))
  expect(sentTo(1, effects)).toEqual([
    { type: 'ack', handle: 7, ref: 1, position: at(2) },
    { type: 'updates', handle: 7, position: at(2), update: Uint8Array.of(0, 0) },
  ])
  expect(sentTo(2, effects)).toMatchObject([{ type: 'updates', position: at(2), update: mergeUpdates(updates) }])
})

test('an author that was told where it is hears no more than the ack of its next entry', () => {
  const room = Room.open()
  room.join(1)
  room.push(1, 1, updateOf('a'))
  room.push(1, 2, updateOf('b', 12))
  room.take(appended([1, at(1)], [2, at(2)]))
  expect(sentTo(1, room.write(1, 3, updateOf('c', 13), 3)).map(({ type }) => type)).toEqual(['ack'])
})

test('what does not fit into one message of a flush goes on in the next, and every author hears where it is', () => {
  const room = Room.open(emptyHead, [], { scannedInlineBytesMax: 10 * RUN_BYTES_MAX })
  room.join(1)
  room.join(2)
  const length = RUN_BYTES_MAX
  room.push(1, 1, updateOf('a'.repeat(length), 11))
  room.push(1, 2, updateOf('b'.repeat(length), 12))
  const effects = room.take(appended([1, at(1)], [2, at(2)]))
  expect(sentTo(1, effects)).toMatchObject([
    { type: 'ack', ref: 2, position: at(2) },
    { type: 'updates', position: at(1), update: Uint8Array.of(0, 0) },
    { type: 'updates', position: at(2), update: Uint8Array.of(0, 0) },
  ])
  expect(sentTo(2, effects)).toMatchObject([
    { type: 'updates', position: at(1) },
    { type: 'updates', position: at(2) },
  ])
})

test('a reject between two pushes that are accepted has its place between two acks', () => {
  const room = Room.open()
  room.join(1)
  room.push(1, 1, updateOf('a'))
  room.push(1, 2, Uint8Array.of(255))
  room.push(1, 3, updateOf('b', 12))
  const told = sentTo(1, room.take(appended([1, at(1)], [2, at(2)])))
  expect(told).toMatchObject([
    { type: 'ack', ref: 1, position: at(1) },
    { type: 'reject', ref: 2 },
    { type: 'ack', ref: 3, position: at(2) },
  ])
})

test('a rejection waits for the verdicts of earlier pushes', () => {
  const room = Room.open()
  room.join(1)
  room.push(1, 1, updateOf('a'))
  expect(room.push(1, 2, Uint8Array.of(255))).toEqual([])
  expect(typesOf(room.take(appended([1, at(1)])))).toEqual(['send ack', 'send reject'])
})

test('a failed append is rejected as worth a retry, and the next one is accepted', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  room.push(1, 1, updateOf('a'))
  const effects = room.take({ type: 'appendFailed', append: 1, refusal })
  expect(effects).toEqual([{ type: 'send', member: 1, message: { type: 'reject', handle: 7, ref: 1, ...refusal } }])
  expect(typesOf(room.write(1, 2, updateOf('a'), 1))).toEqual(['send ack', 'broadcast'])
})

test('what brings nothing new is acknowledged without being written', () => {
  const room = Room.open(headOf(4))
  room.join(1, { position: at(4) })
  const effects = room.push(1, 1, Uint8Array.of(0, 0))
  expect(effects).toEqual([{ type: 'send', member: 1, message: { type: 'ack', handle: 7, ref: 1, position: at(4) } }])
})

type Inspect = RoomEffect & { type: 'inspect' }

function inspectIn(effects: readonly RoomEffect[]): Inspect {
  return effects.find((effect): effect is Inspect => effect.type === 'inspect')!
}

test('structs that the room has are compared with the log, not written again', () => {
  const room = Room.open()
  room.join(1)
  room.write(1, 1, updateOf('a'), 1)
  const effects = room.push(1, 2, updateOf('b'))
  expect(typesOf(effects)).toEqual(['inspect'])
  const { inspection, pushes } = inspectIn(effects)
  expect(pushes).toEqual([updateOf('b')])
  const found = [{ kind: 'conflicts', client: 1, start: 0, end: 1 }] as const
  expect(sentTo(1, room.take({ type: 'inspected', inspection, position: at(1), found }))).toMatchObject([
    {
      type: 'reject',
      ref: 2,
      code: 'conflicting-update',
      retryable: false,
      message: 'client 1 has written other content at clocks 0 to 0',
    },
  ])
})

test.each([
  [{ kind: 'known' }, 'send ack'],
  [{ kind: 'adds', clients: [] }, 'append'],
] as const)('what an inspection finds to be %o comes to: %s', (found, effect) => {
  const room = Room.open(headOf(1), [updateOf('abc')])
  room.join(1, { position: at(1) })
  const { inspection } = inspectIn(room.push(1, 1, updateOf('abcd')))
  expect(typesOf(room.take({ type: 'inspected', inspection, position: at(1), found: [found] }))).toEqual([effect])
})

test('what claims the units of a push under way is inspected when that is stored, and nobody else waits', () => {
  const room = Room.open()
  for (const member of [1, 2, 3]) room.join(member)
  expect(typesOf(room.push(1, 1, updateOf('mine', 9)))).toEqual(['append'])
  expect(room.push(2, 1, updateOf('yours', 9))).toEqual([])
  expect(typesOf(room.push(3, 1, updateOf('x', 3)))).toEqual(['append'])
  const effects = room.take(appended([1, at(1)]))
  expect(typesOf(effects)).toEqual(['send ack', 'broadcast', 'inspect'])
})

test('what claims the units of a push that could not be stored is inspected, too', () => {
  const room = Room.open()
  for (const member of [1, 2]) room.join(member)
  room.push(1, 1, updateOf('mine', 9))
  room.push(2, 1, updateOf('yours', 9))
  expect(typesOf(room.take({ type: 'appendFailed', append: 1, refusal }))).toEqual(['send reject', 'inspect'])
})

test('what claims the units of a push that is being inspected waits for the next inspection', () => {
  const room = Room.open(headOf(1), [updateOf('ab', 9)])
  for (const member of [1, 2]) room.join(member)
  const { inspection } = inspectIn(room.push(1, 1, updateOf('abcd', 9)))
  expect(room.push(2, 1, updateOf('abXY', 9))).toEqual([])
  const adds = room.take({ type: 'inspected', inspection, position: at(1), found: [{ kind: 'adds', clients: [] }] })
  expect(typesOf(adds)).toEqual(['append'])
  expect(typesOf(room.take(appended([1, at(2)])))).toContain('inspect')
})

test('pushes behind one that is inspected keep their order, and go into the next inspection together', () => {
  const room = Room.open(headOf(1), [updateOf('ab', 9), updateOf('cd', 8)])
  room.join(1, { position: at(1) })
  const { inspection } = inspectIn(room.push(1, 1, updateOf('ab', 9)))
  for (const [ref, update] of [updateOf('cd', 8), updateOf('new', 7), Uint8Array.of(255)].entries()) {
    expect(room.push(1, ref + 2, update)).toEqual([])
  }
  const effects = room.take({ type: 'inspected', inspection, position: at(1), found: [{ kind: 'known' }] })
  expect(sentTo(1, effects)).toMatchObject([{ type: 'ack', ref: 1 }])
  expect(inspectIn(effects).pushes).toEqual([updateOf('cd', 8), updateOf('new', 7)])
  const rest = room.take({
    type: 'inspected',
    inspection: inspectIn(effects).inspection,
    position: at(1),
    found: [{ kind: 'known' }, { kind: 'adds', clients: [] }],
  })
  expect(typesOf(rest)).toEqual(['append', 'send ack'])
  expect(typesOf(room.take(appended([1, at(2)])))).toEqual(['send ack', 'send reject'])
})

test('one inspection serves all who wait', () => {
  const room = Room.open(headOf(1), [updateOf('ab', 9)])
  for (const member of [1, 2, 3]) room.join(member, { position: at(1) })
  const first = inspectIn(room.push(1, 1, updateOf('ab', 9)))
  room.push(2, 1, updateOf('ab', 9))
  room.push(3, 1, updateOf('ab', 9))
  const found = [{ kind: 'known' }] as const
  const second = inspectIn(room.take({ type: 'inspected', inspection: first.inspection, position: at(1), found }))
  expect(second.pushes).toHaveLength(2)
})

test('an inspection that fails rejects its pushes as worth a retry, and the next one begins', () => {
  const room = Room.open(headOf(1), [updateOf('ab', 9)])
  for (const member of [1, 2]) room.join(member)
  const { inspection } = inspectIn(room.push(1, 1, updateOf('ab', 9)))
  room.push(2, 1, updateOf('ab', 9))
  const effects = room.take({ type: 'inspectionFailed', inspection, refusal })
  expect(sentTo(1, effects)).toMatchObject([{ type: 'reject', ref: 1, ...refusal }])
  expect(inspectIn(effects).pushes).toHaveLength(1)
})

test('more than may wait for an inspection is rejected as worth a retry', () => {
  const room = Room.open(headOf(1), [updateOf('ab', 9)], { undecidedBytesMax: 1 })
  room.join(1, { position: at(1) })
  // One is always taken.
  const { inspection } = inspectIn(room.push(1, 1, updateOf('abc', 9)))
  expect(room.push(1, 2, updateOf('abcd', 9))).toEqual([{ type: 'limitHit', limit: 'undecidedBytesMax' }])
  const effects = room.take({ type: 'inspected', inspection, position: at(1), found: [{ kind: 'adds', clients: [] }] })
  expect(typesOf(effects)).toEqual(['append'])
  const verdicts = room.take(appended([1, at(2)]))
  expect(sentTo(1, verdicts)).toMatchObject([
    { type: 'ack', ref: 1 },
    { type: 'reject', ref: 2, code: 'log-unavailable', retryable: true },
  ])
})

test('a large push is scanned elsewhere, and those behind it wait', () => {
  const room = Room.open(emptyHead, [], { scannedInlineBytesMax: 100 })
  room.join(1)
  const update = updateOf('x'.repeat(200))
  const [scan] = room.push(1, 1, update)
  expect(scan).toMatchObject({ type: 'scan', update })
  expect(room.push(1, 2, updateOf('b', 2))).toEqual([])
  const found = runJob('scan', { updates: [update] })
  expect(typesOf(room.take({ type: 'scanned', scan: (scan as { scan: number }).scan, found }))).toEqual([
    'append',
    'append',
  ])
})

test('the author of an update behind a gap is asked for what is missing, once', () => {
  const room = Room.open()
  for (const member of [1, 2]) room.join(member)
  const later = (end: number): Uint8Array =>
    diffUpdate(updateOf('abcdef'.slice(0, end), 5), encodeStateVector(new Map([[5, end - 1]])))
  expect(sentTo(1, room.write(1, 1, later(4), 1)).map(({ type }) => type)).toEqual(['ack', 'resync'])
  // The next keystroke stands behind the same gap.
  expect(sentTo(1, room.write(1, 2, later(5), 2)).map(({ type }) => type)).toEqual(['ack'])
  const [joined] = sentTo(3, room.join(3))
  expect(decodeStateVector((joined as { stateVector: Uint8Array }).stateVector)).toEqual(new Map())
  expect(sentTo(2, room.write(2, 1, updateOf('abc', 5), 3)).map(({ type }) => type)).toEqual(['ack'])
  const [after] = sentTo(4, room.join(4))
  expect(decodeStateVector((after as { stateVector: Uint8Array }).stateVector)).toEqual(new Map([[5, 5]]))
})

const deletion = (client: number, length = 1): Uint8Array => Uint8Array.of(0, 1, client, 1, 0, length)

test('a deletion that the log has is acknowledged without being written to a member that has all of the log', () => {
  const room = Room.open(headOf(4), [deletion(9)])
  room.join(1, { position: at(4) })
  const effects = room.push(1, 1, deletion(9))
  expect(effects).toEqual([{ type: 'send', member: 1, message: { type: 'ack', handle: 7, ref: 1, position: at(4) } }])
})

test('a deletion whose entry the member has not reached is acknowledged when it has', () => {
  // Its own push on an earlier connection, say, which the log took after it had joined anew.
  const room = Room.open(headOf(4))
  const { read } = room.join(1, { position: at(3) }).find((effect) => effect.type === 'catchUp')!
  room.join(2, { position: at(4) })
  room.write(2, 1, deletion(9), 5)
  expect(room.push(1, 1, deletion(9))).toEqual([])
  const readers = [{ member: 1, read }]
  expect(sentTo(1, room.take({ type: 'caughtUp', readers, position: at(5), update: deletion(9) }))).toMatchObject([
    { type: 'updates', position: at(5) },
    { type: 'ack', ref: 1, position: at(5) },
  ])
})

test('a member that only pushes is told at once where the log has it', () => {
  const room = Room.open(headOf(4), [updateOf('abc')])
  room.join(1, { pushesOnly: true })
  room.take({ type: 'slow', member: 1 })
  const { inspection } = inspectIn(room.push(1, 1, updateOf('abc')))
  const effects = room.take({ type: 'inspected', inspection, position: at(4), found: [{ kind: 'known' }] })
  expect(sentTo(1, effects)).toMatchObject([{ type: 'ack', ref: 1, position: at(4) }])
})

test('of a room with many deletions none is in memory: a few are written again, many are inspected', () => {
  const many = Uint8Array.of(0, 1, 9, 3, 0, 1, 2, 1, 4, 1)
  const room = Room.open(headOf(4), [many], { deletedRangesMax: 2, uninspectedDeletesMax: 1 })
  room.join(1, { position: at(4) })
  expect(typesOf(room.write(1, 1, deletion(8), 5))).toEqual(['send ack'])
  expect(typesOf(room.push(1, 2, many))).toEqual(['inspect'])
  room.join(2, { position: at(5) })
  expect(typesOf(room.push(2, 1, deletion(8)))).toEqual(['append'])
})

test('an ack for what was not written never claims entries that the member lacks', () => {
  const room = Room.open(headOf(4))
  room.join(1, { position: at(3) })
  const [ack] = sentTo(1, room.push(1, 1, Uint8Array.of(0, 0)))
  expect(ack).toMatchObject({ type: 'ack', position: at(3) })
})

test('a member that reads the log gets no single updates, but hears about its own pushes at once', () => {
  const room = Room.open(headOf(4))
  room.join(1, { position: at(3) })
  room.join(2, { position: at(4) })
  expect(sentTo(1, room.write(2, 1, updateOf('a'), 5))).toEqual([])
  expect(sentTo(1, room.write(1, 1, updateOf('b', 2), 6)).map(({ type }) => type)).toEqual(['ack'])
})

test('a catch-up that does not reach the head is followed by another', () => {
  const room = Room.open(headOf(4))
  room.join(1, { position: at(3) })
  room.join(2, { position: at(4) })
  room.write(2, 1, updateOf('a'), 5)
  const update = updateOf('x')
  const effects = room.take({ type: 'caughtUp', readers: [{ member: 1, read: 1 }], position: at(4), update })
  expect(effects).toEqual([
    { type: 'broadcast', members: [1], message: { type: 'updates', handle: 7, position: at(4), update } },
    { type: 'catchUp', member: 1, read: 2, afterSeq: 4, stateVector: undefined },
  ])
  room.take({ type: 'caughtUp', readers: [{ member: 1, read: 2 }], position: at(5), update })
  expect(sentTo(1, room.write(2, 2, updateOf('b', 2), 6)).map(({ type }) => type)).toEqual(['updates'])
})

test('entries that a read saw before the room heard of them are not sent twice', () => {
  const room = Room.open(headOf(4))
  room.join(1, { position: at(3) })
  room.join(2, { position: at(4) })
  room.push(2, 1, updateOf('a'))
  room.push(2, 2, updateOf('b', 2))
  room.take({ type: 'caughtUp', readers: [{ member: 1, read: 1 }], position: at(6), update: updateOf('ab') })
  expect(sentTo(1, room.take(appended([1, at(5)])))).toEqual([])
  expect(sentTo(1, room.take(appended([2, at(6)])))).toEqual([])
  expect(sentTo(1, room.write(2, 3, updateOf('c', 3), 7)).map(({ type }) => type)).toEqual(['updates'])
})

test('a slow member gets acks and nothing else, and the merged tail when it has drained', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  room.take({ type: 'slow', member: 1 })
  expect(sentTo(1, room.write(2, 1, updateOf('a'), 1))).toEqual([])
  expect(sentTo(1, room.write(1, 1, updateOf('b', 2), 2)).map(({ type }) => type)).toEqual(['ack'])
  expect(room.take({ type: 'drained', member: 1 })).toEqual([
    { type: 'catchUp', member: 1, read: 1, afterSeq: 0, stateVector: undefined },
  ])
})

test('a member that becomes slow during its read does not get the result, and reads again when it has drained', () => {
  const room = Room.open(headOf(4))
  room.join(1, { position: at(3) })
  room.take({ type: 'slow', member: 1 })
  expect(room.machine.wants({ member: 1, read: 1 })).toBe(false)
  expect(
    room.take({ type: 'caughtUp', readers: [{ member: 1, read: 1 }], position: at(4), update: updateOf('a') }),
  ).toEqual([])
  expect(room.take({ type: 'drained', member: 1 })).toMatchObject([{ type: 'catchUp', read: 2, afterSeq: 3 }])
  const late = { position: at(4), update: updateOf('a') }
  expect(room.take({ type: 'caughtUp', readers: [{ member: 1, read: 1 }], ...late })).toEqual([])
})

test('a member that missed nothing while it was slow is live again without a read', () => {
  const room = Room.open()
  room.join(1)
  room.take({ type: 'slow', member: 1 })
  expect(room.take({ type: 'drained', member: 1 })).toEqual([])
  room.join(2)
  expect(sentTo(1, room.write(2, 1, updateOf('a'), 1)).map(({ type }) => type)).toEqual(['updates'])
})

test('a failed read evicts the member, which may come back', () => {
  const room = Room.open(headOf(4))
  room.join(1)
  const effects = room.take({ type: 'catchUpFailed', readers: [{ member: 1, read: 1 }] })
  expect(sentTo(1, effects)).toMatchObject([{ type: 'evicted', handle: 7, code: 'log-unavailable', retryable: true }])
  expect(effects.at(-1)).toEqual({ type: 'detach', member: 1 })
  expect(typesOf(room.join(2))).toEqual(['send joined', 'catchUp'])
})

test('a push to a room that has not answered the join is rejected', () => {
  const room = new Room()
  room.join(1)
  expect(sentTo(1, room.push(1, 1, updateOf('a')))).toMatchObject([{ type: 'reject', code: 'unknown-handle' }])
})

const entry = (clientID: number, clock: number, state: string | null): AwarenessEntry => ({ clientID, clock, state })

function awarenessIn(messages: readonly RelayMessage[]): AwarenessEntry[] {
  return messages.flatMap((message) => (message.type === 'awareness' ? decodeAwareness(message.payload) : []))
}

test('awareness goes to the others, and to those who join later', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  const effects = room.take({ type: 'awareness', member: 1, entries: [entry(11, 1, '{"a":1}')], now: 0 })
  expect(awarenessIn(sentTo(2, effects))).toEqual([entry(11, 1, '{"a":1}')])
  expect(sentTo(1, effects)).toEqual([])
  expect(awarenessIn(sentTo(3, room.join(3)))).toEqual([entry(11, 1, '{"a":1}')])
})

test('awareness is not sent to a slow member, which gets the states of the moment once it has drained', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  room.take({ type: 'slow', member: 2 })
  expect(room.take({ type: 'awareness', member: 1, entries: [entry(11, 1, '1')], now: 0 })).toEqual([])
  room.take({ type: 'awareness', member: 1, entries: [entry(11, 2, '2')], now: 0 })
  room.take({ type: 'tick', now: 1 })
  room.take({ type: 'drained', member: 2 })
  expect(awarenessIn(sentTo(2, room.take({ type: 'tick', now: 2 })))).toEqual([entry(11, 2, '2')])
  expect(room.take({ type: 'tick', now: 3 })).toEqual([])
})

test('a member that has drained gets updates first: awareness, which may fill its socket again, waits until it has everything', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  room.take({ type: 'slow', member: 2 })
  room.take({ type: 'awareness', member: 1, entries: [entry(11, 1, '1')], now: 0 })
  room.write(1, 1, updateOf('a'), 1)
  expect(typesOf(room.take({ type: 'drained', member: 2 }))).toEqual(['catchUp'])
  expect(room.take({ type: 'tick', now: 1 })).toEqual([])
  room.take({ type: 'caughtUp', readers: [{ member: 2, read: 1 }], position: at(1), update: updateOf('a') })
  expect(awarenessIn(sentTo(2, room.take({ type: 'tick', now: 2 })))).toEqual([entry(11, 1, '1')])
})

test('replicas of a member that is gone are said to be gone', () => {
  const room = Room.open()
  room.join(1)
  room.join(2)
  room.take({ type: 'awareness', member: 1, entries: [entry(11, 4, '1')], now: 0 })
  expect(awarenessIn(sentTo(2, room.take({ type: 'gone', member: 1 })))).toEqual([entry(11, 4, null)])
})

test('awareness that is not renewed expires', () => {
  const room = Room.open(emptyHead, [], { awarenessTtlMs: 100 })
  room.join(1)
  room.join(2)
  room.take({ type: 'awareness', member: 1, entries: [entry(11, 4, '1')], now: 1000 })
  expect(room.take({ type: 'tick', now: 1099 })).toEqual([])
  const effects = room.take({ type: 'tick', now: 1100 })
  expect(awarenessIn(sentTo(1, effects))).toEqual([entry(11, 4, null)])
  expect(awarenessIn(sentTo(2, effects))).toEqual([entry(11, 4, null)])
})

test('an empty room closes after a while, and not while the log owes it an answer', () => {
  const room = Room.open(emptyHead, [], { roomLingerMs: 100 })
  room.join(1)
  room.push(1, 1, updateOf('a'))
  room.take({ type: 'gone', member: 1 })
  room.take({ type: 'tick', now: 0 })
  expect(room.take({ type: 'tick', now: 500 })).toEqual([])
  room.take(appended([1, at(1)]))
  expect(room.take({ type: 'tick', now: 600 })).toEqual([])
  expect(room.take({ type: 'tick', now: 699 })).toEqual([])
  expect(room.take({ type: 'tick', now: 700 })).toEqual([{ type: 'close' }])
  expect(room.join(2)).toEqual([])
})

test('somebody who joins while an empty room lingers keeps it open', () => {
  const room = Room.open(emptyHead, [], { roomLingerMs: 100 })
  room.take({ type: 'tick', now: 0 })
  room.join(1)
  expect(room.take({ type: 'tick', now: 100 })).toEqual([])
})

test('a tail of too many entries is folded once, and again only when it has grown again', () => {
  const room = Room.open(emptyHead, [], { compactionTailEntries: 2 })
  room.join(1)
  const written = [1, 2, 3, 4].map((seq) => room.write(1, seq, updateOf('x', seq), seq))
  expect(written.map((effects) => typesOf(effects).includes('compact'))).toEqual([false, false, true, false])
  room.take({ type: 'compacted', upToSeq: 4, checkpointBytes: 10, tailBytes: 50 })
  expect(room.machine.head).toMatchObject({ checkpointSeq: 4, checkpointBytes: 10, tailEntries: 0 })
  expect(typesOf(room.write(1, 5, updateOf('x', 5), 5))).not.toContain('compact')
})

test('a tail that outweighs both its bound and the checkpoint is folded', () => {
  const heavy = { ...headOf(2), tailBytes: 101 }
  expect(
    typesOf(new Room({ compactionTailBytes: 100 }).take({ type: 'opened', head: heavy, summary: summaryOf([]) })),
  ).toEqual(['compact'])
  const checkpointed = { ...headOf(2, 1), tailBytes: 101, checkpointBytes: 200 }
  expect(
    new Room({ compactionTailBytes: 100 }).take({ type: 'opened', head: checkpointed, summary: summaryOf([]) }),
  ).toEqual([])
})

test('a failed fold is tried again after a while', () => {
  const room = new Room({ compactionTailEntries: 1, compactionRetryMs: 100 })
  expect(typesOf(room.take({ type: 'opened', head: headOf(5), summary: summaryOf([]) }))).toEqual(['compact'])
  room.take({ type: 'compactionFailed', now: 1000 })
  expect(room.take({ type: 'tick', now: 1099 })).toEqual([])
  expect(typesOf(room.take({ type: 'tick', now: 1100 }))).toEqual(['compact'])
})

test('a room does not close during a fold', () => {
  const room = new Room({ compactionTailEntries: 1, roomLingerMs: 100 })
  room.take({ type: 'opened', head: headOf(5), summary: summaryOf([]) })
  room.take({ type: 'tick', now: 0 })
  expect(room.take({ type: 'tick', now: 100 })).toEqual([])
})

test('evicting all tells members and those who wait to join, and closes the room', () => {
  const opening = new Room()
  opening.join(1, { request: 4 })
  expect(opening.take({ type: 'evictAll', refusal })).toEqual([
    { type: 'send', member: 1, message: { type: 'refused', request: 4, ...refusal } },
    { type: 'detach', member: 1 },
    { type: 'close' },
  ])
  const open = Room.open()
  open.join(1)
  expect(open.take({ type: 'evictAll', refusal })).toEqual([
    { type: 'send', member: 1, message: { type: 'evicted', handle: 7, ...refusal } },
    { type: 'detach', member: 1 },
    { type: 'close' },
  ])
})

test('an entry at another place than the next one is a broken invariant, not something to go on with', () => {
  const room = Room.open(headOf(4))
  room.join(1)
  room.push(1, 1, updateOf('a'))
  expect(() => room.take(appended([1, at(9)]))).toThrow('broken invariant')
})

test('the state vector covers what was flushed, and stops at a gap', () => {
  const [first, whole] = [updateOf('abc', 11), updateOf('abcdef', 11)]
  const second = diffUpdate(whole, encodeStateVector(new Map([[11, 3]])))
  const room = Room.open()
  room.join(1)
  room.push(1, 1, first)
  const before = sentTo(2, room.join(2))[0] as { stateVector: Uint8Array }
  expect(decodeStateVector(before.stateVector)).toEqual(new Map())
  room.take(appended([1, at(1)]))
  room.write(1, 2, second, 2)
  const after = sentTo(3, room.join(3))[0] as { stateVector: Uint8Array }
  expect(decodeStateVector(after.stateVector)).toEqual(updateIds(whole).structs.stateVector())
})
