import { mergeUpdates } from '@syncline/core'
import { encodeAwareness, type RelayMessage } from '@syncline/protocol'
import { expect, test } from 'vitest'
import type { SessionEvent } from '../../connection/session.ts'
import { defaultLimits } from '../../limits.ts'
import { noStateVector, updateOf } from '../../relay-client.fixture.ts'
import { SharedMessage } from '../../room/shared-message.ts'
import { encodeYFrame, type YAnswer } from './y-codec.ts'
import { YMachine, type YEffect, type YLimits } from './y-machine.ts'

const limits: YLimits = { ...defaultLimits, helloTimeoutMs: 100, heartbeatMs: 1000, keepaliveMs: 500 }
const stateVector = Uint8Array.of(1, 7, 3)
const position = { epoch: 1, seq: 4 }
const join = { place: 'room', room: 'r', request: 0, position: undefined }

class Socket {
  readonly machine: YMachine

  constructor(changed: Partial<YLimits> = {}) {
    this.machine = new YMachine('r', 'secret', { ...limits, ...changed }, 0)
  }

  /** A member of a room that has entries. */
  static member(): Socket {
    const socket = Socket.joining()
    socket.joined(4)
    return socket
  }

  static joining(): Socket {
    const socket = new Socket()
    socket.take({ type: 'opened' })
    socket.receive({ type: 'syncStep1', stateVector: noStateVector })
    socket.take({ type: 'authorized', join: { ...join, stateVector: noStateVector }, access: 'write' })
    return socket
  }

  take(event: SessionEvent): readonly YEffect[] {
    return this.machine.handle(event)
  }

  receive(message: YAnswer, now = 0): readonly YEffect[] {
    return this.take({ type: 'frame', frame: encodeYFrame(message), now })
  }

  told(message: RelayMessage): readonly YEffect[] {
    return this.take({ type: 'told', place: 'room', shared: new SharedMessage(message) })
  }

  joined(seq: number): readonly YEffect[] {
    return this.told({
      type: 'joined',
      request: 0,
      handle: 1,
      access: 'write',
      position: { epoch: 1, seq },
      resumed: false,
      stateVector,
    })
  }
}

const said = (effects: readonly YEffect[]): YAnswer[] =>
  effects.flatMap((effect) => (effect.type === 'send' ? effect.messages : []))
const closeCode = (effects: readonly YEffect[]): number | undefined =>
  effects.find((effect) => effect.type === 'close')?.code

test('a room is asked for at once, and entered when access and step 1 are there, in either order', () => {
  const first = new Socket()
  const [asked] = first.take({ type: 'opened' })
  expect(asked).toMatchObject({ type: 'authorize', join: { room: 'r' }, token: 'secret' })
  expect(first.receive({ type: 'syncStep1', stateVector })).toEqual([])
  const effects = first.take({ type: 'authorized', join: { ...join, stateVector: noStateVector }, access: 'read' })
  expect(effects).toEqual([{ type: 'join', join: { ...join, stateVector }, access: 'read' }])

  const second = new Socket()
  second.take({ type: 'opened' })
  expect(second.take({ type: 'authorized', join: { ...join, stateVector: noStateVector }, access: 'write' })).toEqual(
    [],
  )
  expect(second.receive({ type: 'syncStep1', stateVector })).toMatchObject([{ type: 'join' }])
})

test('the first updates answer step 1, what follows is news, and an empty room is answered by nothing', () => {
  const socket = Socket.joining()
  expect(said(socket.joined(4))).toEqual([{ type: 'syncStep1', stateVector }])
  const update = updateOf('a')
  const updates: RelayMessage = { type: 'updates', handle: 1, position, update }
  expect(socket.told(updates)).toEqual([{ type: 'sendShared', frame: encodeYFrame({ type: 'syncStep2', update }) }])
  expect(socket.told(updates)).toEqual([{ type: 'sendShared', frame: encodeYFrame({ type: 'update', update }) }])
  expect(said(Socket.joining().joined(0)).map(({ type }) => type)).toEqual(['syncStep1', 'syncStep2'])
})

test('members that speak this protocol share the bytes', () => {
  const shared = new SharedMessage({ type: 'updates', handle: 1, position, update: updateOf('a') })
  const frameFor = (socket: Socket): Uint8Array =>
    (socket.take({ type: 'told', place: 'room', shared })[0] as YEffect & { type: 'sendShared' }).frame
  expect(frameFor(Socket.member())).toBe(frameFor(Socket.member()))
})

test('what was said before the room was entered is dealt with when it is', () => {
  const socket = Socket.joining()
  const update = updateOf('a')
  expect(socket.receive({ type: 'update', update })).toEqual([])
  expect(socket.receive({ type: 'awareness', payload: encodeAwareness([]) })).toEqual([])
  expect(socket.joined(4).map(({ type }) => type)).toEqual(['send', 'push', 'announce'])
})

test('too much before the room was entered, or too late, ends the connection, and may be tried again', () => {
  const socket = new Socket({ unjoinedBytesMax: 1000 })
  socket.take({ type: 'opened' })
  expect(socket.receive({ type: 'update', update: new Uint8Array(900) })).toEqual([])
  expect(closeCode(socket.receive({ type: 'update', update: new Uint8Array(100) }))).toBe(1013)
  const late = new Socket()
  expect(late.take({ type: 'tick', now: 99, sentAt: 99 })).toEqual([])
  expect(closeCode(late.take({ type: 'tick', now: 100, sentAt: 100 }))).toBe(1013)
})

test('an edit comes back when it is acknowledged; one that holds nothing does not', () => {
  const socket = Socket.member()
  const update = updateOf('a')
  const pushed = { type: 'push', place: 'room', ref: 1, update, refill: true }
  expect(socket.receive({ type: 'syncStep2', update })).toEqual([pushed])
  socket.receive({ type: 'update', update: Uint8Array.of(0, 0) })
  expect(said(socket.told({ type: 'ack', handle: 1, ref: 1, position }))).toEqual([{ type: 'update', update }])
  expect(socket.told({ type: 'ack', handle: 1, ref: 2, position })).toEqual([])
})

test('edits that are acknowledged together come back together; that all news was its own is no news', () => {
  const socket = Socket.joining()
  socket.joined(0)
  const updates = [updateOf('a'), Uint8Array.of(0, 0), updateOf('b', 12)]
  for (const update of updates) socket.receive({ type: 'update', update })
  const update = mergeUpdates(updates)
  expect(said(socket.told({ type: 'ack', handle: 1, ref: 3, position }))).toEqual([{ type: 'update', update }])
  expect(socket.told({ type: 'updates', handle: 1, position, update: Uint8Array.of(0, 0) })).toEqual([])
})

test.each([
  ['malformed-update', false, 1007],
  ['update-too-large', false, 4422],
  ['log-unavailable', true, 1013],
  ['going-away', true, 1013],
] as const)('a push that is rejected as %s ends the connection', (code, retryable, closed) => {
  const socket = Socket.member()
  socket.receive({ type: 'update', update: updateOf('a') })
  const effects = socket.told({ type: 'reject', handle: 1, ref: 1, code, retryable, message: '' })
  expect(said(effects)).toEqual([])
  expect(effects.map(({ type }) => type)).toEqual(['leave', 'close'])
  expect(closeCode(effects)).toBe(closed)
  expect(socket.receive({ type: 'update', update: updateOf('a') })).toEqual([])
})

test('a reader that writes is told so once, and stays', () => {
  const socket = Socket.member()
  const denial = (ref: number): readonly YEffect[] => {
    socket.receive({ type: 'update', update: updateOf('a') })
    return socket.told({ type: 'reject', handle: 1, ref, code: 'read-only', retryable: false, message: 'only reading' })
  }
  expect(said(denial(1))).toEqual([{ type: 'permissionDenied', reason: 'only reading' }])
  expect(denial(2)).toEqual([])
})

test.each([
  ['unauthorized', false, 4401, 1],
  ['forbidden', false, 4403, 1],
  ['internal', true, 1013, 0],
] as const)('who is not let in, as %s, hears why', (code, retryable, closed, denials) => {
  const socket = new Socket()
  const effects = socket.take({ type: 'denied', join: { ...join, stateVector: noStateVector }, code, retryable })
  expect(said(effects)).toHaveLength(denials)
  expect(closeCode(effects)).toBe(closed)
  const evicted = Socket.member().told({ type: 'evicted', handle: 1, code, retryable, message: '' })
  expect(closeCode(evicted)).toBe(closed)
})

test('a question is passed to the room, and its answer is a step 2 again', () => {
  const socket = Socket.member()
  socket.told({ type: 'updates', handle: 1, position, update: updateOf('a') })
  expect(socket.receive({ type: 'syncStep1', stateVector })).toEqual([{ type: 'sync', place: 'room', stateVector }])
  const [answer] = socket.told({ type: 'updates', handle: 1, position, update: updateOf('b') })
  expect(answer).toMatchObject({ frame: encodeYFrame({ type: 'syncStep2', update: updateOf('b') }) })
  expect(socket.take({ type: 'frame', frame: Uint8Array.of(3), now: 0 })).toEqual([
    { type: 'askAwareness', place: 'room' },
  ])
})

test('who asks for the awareness of all over and over in a frame is answered once, and a newcomer is told anyway', () => {
  const frame = new Uint8Array(4096).fill(3)
  expect(Socket.member().take({ type: 'frame', frame, now: 0 })).toEqual([{ type: 'askAwareness', place: 'room' }])
  const joining = Socket.joining()
  joining.take({ type: 'frame', frame, now: 0 })
  expect(joining.joined(4).filter(({ type }) => type === 'askAwareness')).toEqual([])
})

test('a room that lacks something asks for it as it did at the start', () => {
  const asked = Socket.member().told({ type: 'resync', handle: 1, stateVector })
  expect(said(asked)).toEqual([{ type: 'syncStep1', stateVector }])
})

test.each([
  ['an unknown type', [9], 1002],
  ['half a message', [0, 2, 9], 1007],
])('%s ends the connection, and nothing of its frame counts', (_, bytes, code) => {
  const effects = Socket.member().take({ type: 'frame', frame: Uint8Array.from([3, ...bytes]), now: 0 })
  expect(effects.map(({ type }) => type)).toEqual(['leave', 'close'])
  expect(closeCode(effects)).toBe(code)
})

test('a client that is sent nothing gets an empty awareness; one that is silent is probed, then given up', () => {
  const socket = Socket.member()
  expect(said(socket.take({ type: 'tick', now: 500, sentAt: 0 }))).toEqual([
    { type: 'awareness', payload: Uint8Array.of(0) },
  ])
  expect(socket.take({ type: 'tick', now: 1000, sentAt: 1000 })).toEqual([{ type: 'probe' }])
  socket.take({ type: 'alive', now: 1100 })
  expect(closeCode(socket.take({ type: 'tick', now: 3599, sentAt: 3599 }))).toBe(undefined)
  expect(closeCode(socket.take({ type: 'tick', now: 3600, sentAt: 3600 }))).toBe(1013)
})

test.each([
  ['lost', undefined],
  ['drain', 1001],
  ['overflow', 1013],
  ['textFrame', 1003],
] as const)('after %s the room is left and nothing more is done', (type, code) => {
  const socket = Socket.member()
  const effects = socket.take({ type })
  expect(effects[0]).toEqual({ type: 'leave', place: 'room' })
  expect(closeCode(effects)).toBe(code)
  expect(socket.take({ type: 'tick', now: 1_000_000, sentAt: 0 })).toEqual([])
})
