import { ByteWriter } from '@syncline/core'
import type { Access, RelayMessage } from '@syncline/protocol'
import { expect, test } from 'vitest'
import type { Join, SessionEvent } from '../../connection/session.ts'
import { defaultLimits } from '../../limits.ts'
import { noStateVector, updateOf } from '../../relay-client.fixture.ts'
import { SharedMessage } from '../../room/shared-message.ts'
import { encodeHocuspocusFrame, type DocumentAnswer, type HocuspocusAnswer } from './hocuspocus-codec.ts'
import { HocuspocusMachine, type HocuspocusEffect, type HocuspocusLimits } from './hocuspocus-machine.ts'

const limits: HocuspocusLimits = {
  ...defaultLimits,
  helloTimeoutMs: 100,
  heartbeatMs: 1000,
  keepaliveMs: 500,
  roomsPerConnectionMax: 3,
}
const stateVector = Uint8Array.of(1, 7, 3)
const position = { epoch: 1, seq: 4 }

class Socket {
  readonly machine: HocuspocusMachine
  wish: Join | undefined

  constructor(changed: Partial<HocuspocusLimits> = {}) {
    this.machine = new HocuspocusMachine({ ...limits, ...changed }, 0)
  }

  /** A connection with these documents open. */
  static open(...keys: readonly string[]): Socket {
    const socket = new Socket()
    for (const key of keys) {
      socket.auth(key)
      socket.grant()
      socket.say(key, { type: 'syncStep1', stateVector: noStateVector })
      socket.joined(key)
    }
    return socket
  }

  take(event: SessionEvent): readonly HocuspocusEffect[] {
    const effects = this.machine.handle(event)
    for (const effect of effects) if (effect.type === 'authorize') this.wish = effect.join
    return effects
  }

  bytes(frame: Uint8Array, now = 0): readonly HocuspocusEffect[] {
    return this.take({ type: 'frame', frame, now })
  }

  /** What both sides write alike. */
  say(key: string, answer: DocumentAnswer): readonly HocuspocusEffect[] {
    return this.bytes(encodeHocuspocusFrame({ type: 'document', key, answer }))
  }

  auth(key: string, token = 'secret'): readonly HocuspocusEffect[] {
    const writer = new ByteWriter()
    writer.string(key)
    writer.varUint(2)
    writer.varUint(0)
    writer.string(token)
    return this.bytes(writer.finish())
  }

  close(key: string): readonly HocuspocusEffect[] {
    const writer = new ByteWriter()
    writer.string(key)
    writer.varUint(7)
    return this.bytes(writer.finish())
  }

  /** The last wish is granted. */
  grant(access: Access = 'write'): readonly HocuspocusEffect[] {
    return this.take({ type: 'authorized', join: this.wish!, access })
  }

  deny(retryable = false): readonly HocuspocusEffect[] {
    return this.take({ type: 'denied', join: this.wish!, code: 'forbidden', retryable })
  }

  told(place: string, message: RelayMessage): readonly HocuspocusEffect[] {
    return this.take({ type: 'told', place, shared: new SharedMessage(message) })
  }

  joined(place: string, access: Access = 'write'): readonly HocuspocusEffect[] {
    return this.told(place, { type: 'joined', request: 0, handle: 1, access, position, resumed: false, stateVector })
  }
}

const messages = (effects: readonly HocuspocusEffect[]): HocuspocusAnswer[] =>
  effects.flatMap((effect) => (effect.type === 'send' ? effect.messages : []))
const said = (effects: readonly HocuspocusEffect[]): DocumentAnswer[] =>
  messages(effects).flatMap((message) => (message.type === 'document' ? [message.answer] : []))
const closeCode = (effects: readonly HocuspocusEffect[]): number | undefined =>
  effects.find((effect) => effect.type === 'close')?.code
const kinds = (effects: readonly HocuspocusEffect[]): string[] => effects.map(({ type }) => type)

test('what is said before a token is judged is kept, and dealt with in order when the document is open', () => {
  const socket = new Socket()
  expect(socket.auth('d')).toMatchObject([{ type: 'authorize', join: { room: 'd', place: 'd' }, token: 'secret' }])
  expect(socket.say('d', { type: 'syncStep1', stateVector: noStateVector })).toEqual([])
  expect(socket.say('d', { type: 'update', update: updateOf('a') })).toEqual([])
  const granted = socket.grant()
  expect(said(granted)).toEqual([{ type: 'authenticated', access: 'write' }])
  expect(kinds(granted)).toEqual(['send', 'join'])
  const joined = socket.joined('d')
  expect(said(joined)).toEqual([{ type: 'syncStep1', stateVector }])
  expect(kinds(joined)).toEqual(['send', 'push'])
})

test('a client may wait for its grant before it says anything else', () => {
  const socket = new Socket()
  socket.auth('d')
  expect(kinds(socket.grant())).toEqual(['send'])
  expect(kinds(socket.say('d', { type: 'syncStep1', stateVector }))).toEqual(['join'])
})

test('an ack of several updates is a status for each', () => {
  const socket = Socket.open('d')
  for (const text of 'abc') socket.say('d', { type: 'update', update: updateOf(text) })
  const stored = { type: 'syncStatus', stored: true }
  expect(said(socket.told('d', { type: 'ack', handle: 1, ref: 2, position }))).toEqual([stored, stored])
  expect(said(socket.told('d', { type: 'ack', handle: 1, ref: 3, position }))).toEqual([stored])
})

test('each update gets one status, in the order of the verdicts', () => {
  const socket = Socket.open('d')
  for (const text of 'abc') socket.say('d', { type: 'update', update: updateOf(text) })
  const refused = { code: 'conflicting-update', retryable: false, message: '' } as const
  expect(said(socket.told('d', { type: 'ack', handle: 1, ref: 1, position }))).toEqual([
    { type: 'syncStatus', stored: true },
  ])
  expect(socket.told('d', { type: 'reject', handle: 1, ref: 2, ...refused })).toHaveLength(1)
  expect(said(socket.told('d', { type: 'ack', handle: 1, ref: 3, position }))).toEqual([
    { type: 'syncStatus', stored: true },
  ])
})

test.each([
  ['read-only', false, undefined],
  ['update-too-large', false, undefined],
  ['malformed-update', false, 1007],
  ['log-unavailable', true, 1013],
] as const)(
  'a push that is rejected as %s is not stored; the connection ends if that can help',
  (code, retryable, closed) => {
    const socket = Socket.open('d')
    socket.say('d', { type: 'syncStep2', update: updateOf('a') })
    const effects = socket.told('d', { type: 'reject', handle: 1, ref: 1, code, retryable, message: '' })
    expect(said(effects)).toEqual([{ type: 'syncStatus', stored: false }])
    expect(closeCode(effects)).toBe(closed)
  },
)

test('a document that is denied leaves the others alone, and may be asked for again', () => {
  const socket = Socket.open('good')
  socket.auth('bad')
  socket.say('bad', { type: 'syncStep1', stateVector })
  expect(said(socket.deny())).toEqual([{ type: 'permissionDenied', reason: 'this document is not open to you' }])
  expect(socket.say('bad', { type: 'update', update: updateOf('a') })).toEqual([])
  expect(kinds(socket.say('good', { type: 'update', update: updateOf('a') }))).toEqual(['push'])
  expect(kinds(socket.auth('bad', 'better'))).toEqual(['authorize'])
  expect(kinds(socket.grant())).toEqual(['send'])
  // What it said before it was denied is forgotten.
  expect(kinds(socket.say('bad', { type: 'syncStep1', stateVector }))).toEqual(['join'])
})

test('an answer to a wish that is out of date has no effect', () => {
  const socket = new Socket()
  socket.auth('d')
  const { wish } = socket
  socket.close('d')
  socket.auth('d')
  expect(socket.take({ type: 'denied', join: wish!, code: 'forbidden', retryable: false })).toEqual([])
  expect(socket.take({ type: 'authorized', join: wish!, access: 'write' })).toEqual([])
  expect(said(socket.grant('read'))).toEqual([{ type: 'authenticated', access: 'read' }])
})

test('a fresh token that gives the same is granted, one that gives less or more resets the connection', () => {
  const same = Socket.open('d')
  expect(kinds(same.auth('d', 'fresh'))).toEqual(['authorize'])
  expect(said(same.grant('write'))).toEqual([{ type: 'authenticated', access: 'write' }])
  const less = Socket.open('d')
  less.auth('d', 'fresh')
  expect(closeCode(less.grant('read'))).toBe(4205)
  const none = Socket.open('d', 'e')
  none.auth('d', 'fresh')
  const effects = none.deny()
  expect(said(effects).map(({ type }) => type)).toEqual(['permissionDenied', 'closed'])
  expect(effects.at(-1)).toEqual({ type: 'leave', place: 'd' })
})

test.each([
  ['forbidden', false, undefined],
  ['unauthorized', false, 4401],
  ['access-changed', true, 4205],
  ['log-unavailable', true, 1013],
] as const)('who is put out of a room as %s', (code, retryable, closed) => {
  const effects = Socket.open('d').told('d', { type: 'evicted', handle: 1, code, retryable, message: 'out' })
  expect(closeCode(effects)).toBe(closed)
  if (closed === undefined) expect(said(effects).map(({ type }) => type)).toEqual(['permissionDenied', 'closed'])
})

test('sessions of a document are places of their own in one room', () => {
  const socket = new Socket()
  expect(socket.auth('d\0one')).toMatchObject([{ join: { room: 'd', place: 'd\0one' } }])
  expect(socket.auth('d\0two')).toMatchObject([{ join: { room: 'd', place: 'd\0two' } }])
})

test('members that use the same key share the bytes', () => {
  const shared = new SharedMessage({ type: 'updates', handle: 1, position, update: updateOf('a') })
  const frameFor = (key: string): Uint8Array => {
    const [effect] = Socket.open(key).take({ type: 'told', place: key, shared })
    return (effect as HocuspocusEffect & { type: 'sendShared' }).frame
  }
  expect(frameFor('d')).toBe(frameFor('d'))
  expect(frameFor('d\0one')).not.toBe(frameFor('d'))
})

test('a document that the client closes is left', () => {
  const socket = Socket.open('d', 'e')
  expect(socket.close('d')).toEqual([{ type: 'leave', place: 'd' }])
  expect(socket.close('d')).toEqual([])
  expect(socket.told('d', { type: 'ack', handle: 1, ref: 9, position })).toEqual([])
  expect(kinds(socket.auth('d'))).toEqual(['authorize'])
})

test('documents have a bound, and so has what is kept for them together', () => {
  const crowded = Socket.open('a', 'b', 'c')
  expect(said(crowded.auth('d'))).toMatchObject([{ type: 'permissionDenied' }])
  expect(said(crowded.auth(''))).toMatchObject([{ type: 'permissionDenied', reason: 'not a name for a document' }])
  expect(crowded.say('d', { type: 'update', update: updateOf('a') })).toEqual([
    { type: 'limitHit', limit: 'roomsPerConnectionMax' },
  ])
  const socket = new Socket({ unjoinedBytesMax: 1000 })
  expect(socket.say('a', { type: 'update', update: new Uint8Array(500) })).toEqual([])
  expect(closeCode(socket.say('b', { type: 'update', update: new Uint8Array(500) }))).toBe(1013)
})

test('a stateless message is passed on, and passed to the client', () => {
  const socket = Socket.open('d')
  expect(socket.say('d', { type: 'stateless', payload: 'hi' })).toEqual([
    { type: 'tellOthers', place: 'd', payload: 'hi' },
  ])
  const shared = new SharedMessage({ type: 'stateless', payload: 'hello' })
  expect(said(socket.take({ type: 'told', place: 'd', shared }))).toEqual([{ type: 'stateless', payload: 'hello' }])
})

test('no message, or no token, in time ends the connection', () => {
  expect(closeCode(new Socket().take({ type: 'tick', now: 100, sentAt: 100 }))).toBe(4408)
  const socket = Socket.open('d')
  expect(socket.take({ type: 'tick', now: 100, sentAt: 100 })).toEqual([])
  socket.bytes(
    encodeHocuspocusFrame({ type: 'document', key: 'e', answer: { type: 'update', update: updateOf('') } }),
    150,
  )
  expect(socket.take({ type: 'tick', now: 249, sentAt: 249 })).toEqual([])
  expect(closeCode(socket.take({ type: 'tick', now: 250, sentAt: 250 }))).toBe(4408)
})

test('pings go both ways, and silence ends the connection', () => {
  const socket = Socket.open('d')
  expect(messages(socket.bytes(Uint8Array.of(9)))).toEqual([{ type: 'pong' }])
  expect(socket.bytes(Uint8Array.of(10))).toEqual([])
  expect(messages(socket.take({ type: 'tick', now: 500, sentAt: 0 }))).toEqual([{ type: 'ping' }])
  expect(kinds(socket.take({ type: 'tick', now: 1000, sentAt: 1000 }))).toEqual(['probe'])
  expect(closeCode(socket.take({ type: 'tick', now: 2500, sentAt: 2500 }))).toBe(4408)
})

test.each([
  ['lost', undefined],
  ['drain', 1001],
  ['overflow', 4409],
  ['textFrame', 1003],
] as const)('after %s all documents are left and nothing more is done', (type, code) => {
  const socket = Socket.open('d', 'e')
  const effects = socket.take({ type })
  expect(effects.slice(0, 2)).toEqual([
    { type: 'leave', place: 'd' },
    { type: 'leave', place: 'e' },
  ])
  expect(closeCode(effects)).toBe(code)
  expect(socket.auth('f')).toEqual([])
})
