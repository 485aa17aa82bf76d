import { encodeAwareness, encodeFrame, type ClientMessage, type RelayMessage } from '@syncline/protocol'
import { expect, test } from 'vitest'
import { defaultLimits } from '../limits.ts'
import { noStateVector, updateOf } from '../relay-client.fixture.ts'
import { ConnectionMachine, type ConnectionEffect, type ConnectionLimits } from './connection-machine.ts'

const limits: ConnectionLimits = { ...defaultLimits, helloTimeoutMs: 100, heartbeatMs: 1000, roomsPerConnectionMax: 2 }
const hello: ClientMessage = { type: 'hello', versions: [1], agent: 'test', token: 'secret' }
const join = (room: string, request = 1): ClientMessage => ({
  type: 'join',
  request,
  room,
  position: undefined,
  stateVector: noStateVector,
})

class Socket {
  readonly machine = new ConnectionMachine('relay', limits, 0)

  /** A connection that was welcomed. */
  static open(): Socket {
    const socket = new Socket()
    socket.receive(hello)
    return socket
  }

  /** A connection that is a member of `room` by `handle`. */
  static member(room: string, handle: number): Socket {
    const socket = Socket.open()
    socket.receive(join(room))
    socket.machine.handle({ type: 'attached', place: room, handle })
    return socket
  }

  receive(...messages: readonly ClientMessage[]): readonly ConnectionEffect[] {
    return this.bytes(encodeFrame(messages))
  }

  bytes(frame: Uint8Array, now = 0): readonly ConnectionEffect[] {
    return this.machine.handle({ type: 'frame', frame, now })
  }
}

function sent(effects: readonly ConnectionEffect[]): RelayMessage[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? effect.messages : []))
}

function closeCode(effects: readonly ConnectionEffect[]): number | undefined {
  return effects.find((effect) => effect.type === 'close')?.code
}

test('hello is answered with the version and the limits', () => {
  const [welcome] = sent(new Socket().receive({ ...hello, versions: [9, 1] }))
  const { frameBytesMax, updateBytesMax, awarenessBytesMax } = limits
  expect(welcome).toEqual({
    type: 'welcome',
    version: 1,
    agent: 'relay',
    frameBytesMax,
    updateBytesMax,
    awarenessBytesMax,
    roomsMax: 2,
    heartbeatMs: 1000,
  })
})

test('a client that speaks no version of ours is told so and closed', () => {
  for (const versions of [[], [2, 3]]) {
    const effects = new Socket().receive({ ...hello, versions })
    expect(sent(effects)).toMatchObject([{ type: 'error', code: 'unsupported-version' }])
    expect(closeCode(effects)).toBe(4400)
  }
})

test('hello may share its frame with what follows', () => {
  const effects = new Socket().receive(hello, { type: 'ping' }, join('room'))
  expect(sent(effects).map(({ type }) => type)).toEqual(['welcome', 'pong'])
  expect(effects.at(-1)).toMatchObject({ type: 'authorize', join: { room: 'room' }, token: 'secret' })
})

test.each([
  ['anything before hello', [join('room')]],
  ['a second hello', [hello, hello]],
])('%s breaks the protocol', (_, messages) => {
  const effects = new Socket().receive(...messages)
  expect(sent(effects).at(-1)).toMatchObject({ type: 'error', code: 'malformed-message' })
  expect(closeCode(effects)).toBe(1002)
})

test('nothing that follows a breach in its frame is acted on', () => {
  const effects = new Socket().receive(hello, hello, join('room'))
  expect(effects.some(({ type }) => type === 'authorize')).toBe(false)
})

test.each([
  ['an unknown tag', Uint8Array.of(99), 1002],
  ['a message that only relays send', encodeFrame([{ type: 'error', code: 'internal', message: '' }]), 1002],
  ['a truncated message', encodeFrame([join('room')]).subarray(0, 4), 1007],
  ['an empty frame', new Uint8Array(0), 1007],
  ['half a good frame', Uint8Array.of(...encodeFrame([{ type: 'ping' }]), 3), 1007],
])('%s ends the connection, and none of its frame counts', (_, frame, code) => {
  const effects = Socket.open().bytes(frame)
  expect(sent(effects)).toMatchObject([{ type: 'error', code: 'malformed-message' }])
  expect(closeCode(effects)).toBe(code)
})

test('a text frame ends the connection', () => {
  expect(closeCode(Socket.open().machine.handle({ type: 'textFrame' }))).toBe(1003)
})

test('no hello in time ends the connection', () => {
  const { machine } = new Socket()
  expect(machine.handle({ type: 'tick', now: 99, sentAt: 0 })).toEqual([])
  expect(closeCode(machine.handle({ type: 'tick', now: 100, sentAt: 0 }))).toBe(4408)
})

test('the relay pings when it has sent nothing for a while, and gives up on a side it does not hear', () => {
  const socket = Socket.open()
  expect(socket.machine.handle({ type: 'tick', now: 999, sentAt: 0 })).toEqual([])
  expect(sent(socket.machine.handle({ type: 'tick', now: 1000, sentAt: 0 }))).toEqual([{ type: 'ping' }])
  socket.bytes(encodeFrame([{ type: 'pong' }]), 1010)
  expect(socket.machine.handle({ type: 'tick', now: 3509, sentAt: 3000 })).toEqual([])
  expect(closeCode(socket.machine.handle({ type: 'tick', now: 3510, sentAt: 3000 }))).toBe(4408)
})

test('a join is refused for a name that is none, for a bad state vector, and when it is one too many', () => {
  const socket = Socket.open()
  expect(sent(socket.receive(join('', 5)))).toMatchObject([{ type: 'refused', request: 5, code: 'invalid-room-name' }])
  const bad: ClientMessage = { type: 'join', request: 6, room: 'r', position: undefined, stateVector: Uint8Array.of(1) }
  expect(sent(socket.receive(bad))).toMatchObject([{ type: 'refused', request: 6, code: 'malformed-state-vector' }])
  const long = { ...bad, stateVector: new Uint8Array(limits.stateVectorBytesMax + 1) }
  expect(sent(socket.receive(long))).toMatchObject([{ type: 'refused', request: 6, code: 'malformed-state-vector' }])
  socket.receive(join('one'), join('two'))
  expect(sent(socket.receive(join('three', 7)))).toMatchObject([
    { type: 'refused', request: 7, code: 'too-many-rooms' },
  ])
  expect(sent(socket.receive(join('one', 8)))).toMatchObject([
    { type: 'refused', request: 8, code: 'malformed-message' },
  ])
})

test('a denied join gives its place back', () => {
  const socket = Socket.open()
  const [ask] = socket.receive(join('one', 3)) as [ConnectionEffect & { type: 'authorize' }]
  const denied = socket.machine.handle({ type: 'denied', join: ask.join, code: 'forbidden', retryable: false })
  expect(sent(denied)).toMatchObject([{ type: 'refused', request: 3, code: 'forbidden', retryable: false }])
  expect(socket.receive(join('one'), join('two')).map(({ type }) => type)).toEqual(['authorize', 'authorize'])
})

test('an answer to a join that comes after the end is ignored', () => {
  const socket = Socket.open()
  const [ask] = socket.receive(join('one')) as [ConnectionEffect & { type: 'authorize' }]
  socket.machine.handle({ type: 'lost' })
  expect(socket.machine.handle({ type: 'authorized', join: ask.join, access: 'write' })).toEqual([])
})

test('a fresh token serves the joins that follow', () => {
  const effects = Socket.open().receive({ type: 'token', token: 'fresh' }, join('one'))
  expect(effects).toMatchObject([
    { type: 'present', token: 'fresh' },
    { type: 'authorize', token: 'fresh' },
  ])
})

test('a token is presented with hello, and a client whose token runs out is asked for another', () => {
  const socket = new Socket()
  expect(socket.receive({ ...hello, token: 't' })).toContainEqual({ type: 'present', token: 't' })
  const expiring = socket.machine.handle({ type: 'tokenExpires', place: undefined, deadlineMs: 5000 })
  expect(sent(expiring)).toMatchObject([{ type: 'reauthenticate', deadlineMs: 5000 }])
})

test('a client that is expelled is told why', () => {
  const expelled = { type: 'expelled', closeCode: 4401, code: 'unauthorized', message: 'expired' } as const
  const effects = Socket.member('room', 4).machine.handle(expelled)
  expect(sent(effects)).toEqual([{ type: 'error', code: 'unauthorized', message: 'expired' }])
  expect(effects.map(({ type }) => type)).toEqual(['send', 'leave', 'close'])
  expect(effects.at(-1)).toMatchObject({ code: 4401 })
})

test('pushes and awareness go to the room of their handle', () => {
  const update = updateOf('a')
  const entries = [{ clientID: 1, clock: 1, state: '{}' }]
  const effects = Socket.member('room', 4).receive(
    { type: 'push', handle: 4, ref: 9, update },
    { type: 'awareness', handle: 4, payload: encodeAwareness(entries) },
  )
  expect(effects).toEqual([
    { type: 'push', place: 'room', ref: 9, update },
    { type: 'announce', place: 'room', entries },
  ])
})

test('what is kept of a frame does not keep the whole frame', () => {
  const ballast: ClientMessage = { type: 'push', handle: 99, ref: 1, update: new Uint8Array(100_000) }
  const socket = Socket.member('room', 4)
  const effects = socket.receive(ballast, { type: 'push', handle: 4, ref: 9, update: updateOf('a') }, join('other'))
  const kept = effects.flatMap((effect) => {
    if (effect.type === 'push') return [effect.update]
    return effect.type === 'authorize' ? [effect.join.stateVector] : []
  })
  expect(kept.map((bytes) => new Uint8Array(bytes))).toEqual([updateOf('a'), noStateVector])
  const [push, stateVector] = kept.map(({ buffer }) => buffer.byteLength)
  // A slab that small pushes share, counted with each of them.
  expect(push).toBeLessThanOrEqual(Buffer.poolSize)
  expect(stateVector).toBeLessThan(1000)
})

test('a handle of no room of this connection: pushes are rejected, the rest is ignored', () => {
  const effects = Socket.open().receive(
    { type: 'push', handle: 4, ref: 9, update: updateOf('a') },
    { type: 'awareness', handle: 4, payload: encodeAwareness([]) },
    { type: 'leave', handle: 4 },
  )
  expect(effects).toHaveLength(1)
  expect(sent(effects)).toMatchObject([{ type: 'reject', handle: 4, ref: 9, code: 'unknown-handle', retryable: true }])
})

test('malformed awareness, or too much of it, ends the connection', () => {
  const malformed = Socket.member('room', 4).receive({ type: 'awareness', handle: 4, payload: Uint8Array.of(3) })
  expect(sent(malformed)).toMatchObject([{ type: 'error', code: 'malformed-awareness' }])
  expect(closeCode(malformed)).toBe(1007)
  const payload = new Uint8Array(limits.awarenessBytesMax + 1)
  const large = Socket.member('room', 4).receive({ type: 'awareness', handle: 4, payload })
  expect(sent(large)).toMatchObject([{ type: 'error', code: 'awareness-too-large' }])
  expect(closeCode(large)).toBe(1009)
})

test('leaving a room, being put out of it, and coming back', () => {
  const socket = Socket.member('room', 4)
  expect(socket.receive({ type: 'leave', handle: 4 })).toEqual([{ type: 'leave', place: 'room' }])
  socket.receive(join('room'))
  socket.machine.handle({ type: 'attached', place: 'room', handle: 5 })
  socket.machine.handle({ type: 'detached', place: 'room' })
  expect(sent(socket.receive({ type: 'push', handle: 5, ref: 1, update: updateOf('a') }))).toMatchObject([
    { code: 'unknown-handle' },
  ])
  expect(socket.receive(join('room'))).toMatchObject([{ type: 'authorize' }])
})

test('whatever ends a connection, it leaves its rooms first and does nothing afterwards', () => {
  for (const type of ['lost', 'drain', 'overflow', 'textFrame'] as const) {
    const socket = Socket.member('room', 4)
    expect(socket.machine.handle({ type })[0]).toEqual({ type: 'leave', place: 'room' })
    expect(socket.receive({ type: 'ping' })).toEqual([])
    expect(socket.machine.handle({ type: 'tick', now: 1_000_000, sentAt: 0 })).toEqual([])
  }
})
