/**
 * 64 inputs that no client sends by mistake, the same for every server: 40 that are called updates and are none, 12 messages that break off or
 * lie about lengths, 12 breaches of the WebSocket protocol itself. None of them says anything that a server could want to keep.
 */
import { encodeAwareness } from '@syncline/protocol'
import * as Y from 'yjs'
import { uintBytes } from './byte-cursor.ts'
import { clientFrame } from './raw-socket.ts'
import type { WireSession } from './wire.ts'

/** Who writes them; no other update of a load has this client ID. */
export const HOSTILE_CLIENT_ID = 1_999_999_999

export interface HostileInput {
  readonly name: string
  /** What goes to the socket as it is. */
  bytes(session: WireSession): Uint8Array
}

const id = uintBytes(HOSTILE_CLIENT_ID)
/** A root type named `t`. */
const parent = [1, 1, 0x74]
const noDeletes = [0]
const text = (value: string): number[] => [value.length, ...Buffer.from(value)]

/** An update of one client, from clock 0, with this struct. */
function withStruct(info: number, ...content: readonly number[]): Uint8Array {
  return Uint8Array.from([1, 1, ...id, 0, info, ...parent, ...content, ...noDeletes])
}

/** An update without structs and with these deletions. */
function withDeletes(...deletes: readonly number[]): Uint8Array {
  return Uint8Array.from([0, ...deletes])
}

const Content = { json: 2, binary: 3, string: 4, embed: 5, format: 6, type: 7, any: 8, document: 9 } as const
const tooLong = [...Array.from({ length: 20 }, () => 0xff), 1]

const forged: readonly (readonly [name: string, update: Uint8Array])[] = [
  ['nothing', Uint8Array.of()],
  ['a count of clients and no more', Uint8Array.of(1)],
  ['2^40 clients', Uint8Array.from(uintBytes(2 ** 40))],
  ['2^40 structs', Uint8Array.from([1, ...uintBytes(2 ** 40), ...id, 0])],
  ['a number that does not end', Uint8Array.from(tooLong)],
  ['a client ID that does not end', Uint8Array.from([1, 1, ...tooLong])],
  ['a clock that does not end', Uint8Array.from([1, 1, ...id, ...tooLong])],
  ['an unknown content', withStruct(31, 1, 2, 3)],
  ['another unknown content', withStruct(17, 1, 2, 3)],
  ['text longer than the update', withStruct(Content.string, ...uintBytes(10_000), 0x61)],
  ['text longer than any memory', withStruct(Content.string, ...uintBytes(2 ** 52), 0x61)],
  ['text that is no UTF-8', withStruct(Content.string, 3, 0xff, 0xfe, 0xfd)],
  ['JSON that is none', withStruct(Content.json, 1, ...text('{"a":'))],
  ['an embed that is no JSON', withStruct(Content.embed, ...text('{]'))],
  ['a format that is no JSON', withStruct(Content.format, ...text('bold'), ...text('{]'))],
  ['a type that does not exist', withStruct(Content.type, 99)],
  ['a value of an unknown kind', withStruct(Content.any, 1, 3)],
  ['an object that breaks off', withStruct(Content.any, 1, 118, 5, ...text('key'))],
  ['2^40 values', withStruct(Content.any, ...uintBytes(2 ** 40))],
  ['bytes longer than the update', withStruct(Content.binary, ...uintBytes(2 ** 30), 1)],
  ['deletions by 2^40 clients', withDeletes(...uintBytes(2 ** 40))],
  ['2^40 deletions', withDeletes(1, ...id, ...uintBytes(2 ** 40))],
  ['a deletion that breaks off', withDeletes(1, ...id, 1, 0)],
  ['a deletion that does not end', withDeletes(1, ...id, 1, 0, ...tooLong)],
]

const UPDATES = 40

/** Updates that are none, each with what is wrong. */
export function hostileUpdates(): (readonly [name: string, update: Uint8Array])[] {
  const real = realUpdate()
  const cut = UPDATES - forged.length
  const truncated = Array.from({ length: cut }, (_, index) => {
    const length = Math.floor(((index + 1) / (cut + 1)) * (real.length - 1))
    return [`${length} of ${real.length} bytes of an update`, real.slice(0, length)] as const
  })
  return [...forged, ...truncated]
}

/** With text, a map and deletions. */
function realUpdate(): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = HOSTILE_CLIENT_ID
  doc.getText('text').insert(0, 'what somebody wrote')
  doc.getMap('map').set('key', { value: [1, 2, 3] })
  doc.getText('text').delete(2, 9)
  const update = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return update
}

function message(name: string, make: (session: WireSession) => Uint8Array): HostileInput {
  return { name, bytes: (session) => clientFrame(make(session)) }
}

function announcement(name: string, states: readonly number[]): HostileInput {
  return message(name, (session) => session.awareness(Uint8Array.from(states)))
}

const entry = (state: readonly number[]): number[] => [1, ...id, 1, ...state]

const messages: readonly HostileInput[] = [
  message('an empty message', () => Uint8Array.of()),
  message('a message of an unknown kind', () => Uint8Array.of(0x7b, 1, 2, 3)),
  message('a kind that does not end', () => Uint8Array.from(tooLong)),
  message('half a push', (session) => {
    const push = session.push(realUpdate())
    return push.subarray(0, push.length >> 1)
  }),
  message('a push without its update', (session) => {
    const update = realUpdate()
    const push = session.push(update)
    return push.subarray(0, push.length - update.length)
  }),
  message('a push whose length is 2^50', (session) => {
    const update = realUpdate()
    const push = session.push(update)
    const beforeLength = push.length - update.length - uintBytes(update.length).length
    return Buffer.concat([push.subarray(0, beforeLength), Buffer.from(uintBytes(2 ** 50)), update])
  }),
  announcement('no awareness at all', []),
  announcement('2^40 awareness states', uintBytes(2 ** 40)),
  announcement('an awareness state that is no JSON', entry(text('{"name":'))),
  announcement('an awareness state that is no UTF-8', entry([3, 0xff, 0xfe, 0xfd])),
  announcement('an awareness state longer than its message', entry([...uintBytes(2 ** 31), 0x7b])),
  message('half an awareness message', (session) => {
    const whole = session.awareness(encodeAwareness([{ clientID: HOSTILE_CLIENT_ID, clock: 1, state: '{"name":"x"}' }]))
    return whole.subarray(0, whole.length - 8)
  }),
]

function raw(name: string, ...bytes: readonly number[]): HostileInput {
  return { name, bytes: () => Uint8Array.from(bytes) }
}

/** Frames are drawn byte by byte: flags and opcode, mask bit and length, mask, payload. */
const frames: readonly HostileInput[] = [
  raw('a text frame', 0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69),
  raw('text that is no UTF-8', 0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe),
  raw('a compressed frame that nobody agreed on', 0xc2, 0x81, 0, 0, 0, 0, 1),
  raw('a reserved bit', 0xa2, 0x81, 0, 0, 0, 0, 1),
  raw('another reserved bit', 0x92, 0x81, 0, 0, 0, 0, 1),
  raw('an unknown frame', 0x83, 0x81, 0, 0, 0, 0, 1),
  raw('an unknown control frame', 0x8b, 0x81, 0, 0, 0, 0, 1),
  raw('a frame without a mask', 0x82, 1, 1),
  raw('a ping in pieces', 0x09, 0x81, 0, 0, 0, 0, 1),
  raw('the rest of a message that never began', 0x80, 0x81, 0, 0, 0, 0, 1),
  raw('a frame of 2^62 bytes', 0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  raw('a goodbye with half a code', 0x88, 0x81, 0, 0, 0, 0, 3),
]

/** All of them. */
export function hostileInputs(): HostileInput[] {
  return [
    ...hostileUpdates().map(([name, update]) => message(`as an update: ${name}`, (session) => session.push(update))),
    ...messages,
    ...frames,
  ]
}
