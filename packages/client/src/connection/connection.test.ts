import { encodeFrame, type RelayMessage } from '@syncline/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { ClientLimits } from '../limits.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { MemoryRelay } from './memory-relay.fixture.ts'

let scheduler: ManualScheduler
let relay: MemoryRelay
let states: string[]
let messages: RelayMessage[]

beforeEach(() => {
  scheduler = new ManualScheduler()
  relay = new MemoryRelay()
  states = []
  messages = []
})

function connection(options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({
    url: 'memory:',
    agent: 'test',
    token: undefined,
    transport: relay,
    scheduler,
    random: () => 0.5,
    onState: ({ state }) => states.push(state),
    onMessage: (message) => messages.push(message),
    onTokenSent: () => undefined,
    ...options,
  })
}

/** The relay's end of the only connection. */
function peer(): { tellBytes(frame: Uint8Array): void; ended: boolean } {
  const [member] = relay.members
  if (member === undefined) throw new Error('nobody is connected')
  return member
}

describe('a connection', () => {
  test('is inert until it is told to connect', async () => {
    const inert = connection()
    await scheduler.advance(60_000)
    expect([relay.received, states, inert.state.state]).toEqual([[], [], 'idle'])
  })

  test('tells each state once, and passes on what is about rooms', async () => {
    const open = connection()
    open.connect()
    await scheduler.advance(0)
    open.send({ type: 'join', request: 1, room: 'a', position: undefined, stateVector: new Uint8Array(1) })
    await scheduler.advance(0)
    expect(states).toEqual(['connecting', 'open'])
    expect(messages).toMatchObject([{ type: 'joined', request: 1 }])
    open.disconnect()
    expect(states).toEqual(['connecting', 'open', 'idle'])
    expect(scheduler.pending).toBe(0)
  })

  test('asks for a token before each attempt, and waits when there is none to be had', async () => {
    let next: string | undefined
    const open = connection({
      token: async () => {
        if (next === undefined) throw new Error('not signed in')
        return next
      },
    })
    open.connect()
    await scheduler.advance(0)
    expect(open.state).toMatchObject({ state: 'needs-auth', error: { code: 'unauthorized' } })
    next = 'first'
    await scheduler.advance(ClientLimits.reconnectMaxMs)
    next = 'second'
    relay.cut()
    await scheduler.advance(ClientLimits.reconnectMaxMs)
    expect(relay.tokens).toEqual(['first', 'second'])
    open.disconnect()
  })

  test('takes no notice of a token that comes after it was switched off', async () => {
    let give: (token: string) => void = () => undefined
    const open = connection({ token: () => new Promise((resolve) => (give = resolve)) })
    open.connect()
    open.disconnect()
    give('late')
    await scheduler.advance(0)
    expect(open.state.state).toBe('idle')
    expect(relay.members.size).toBe(0)
  })

  test.each([
    ['bytes that are no message', new Uint8Array([255, 255])],
    ['half a message', encodeFrame([{ type: 'error', code: 'internal', message: 'x' }]).subarray(0, 3)],
    ['a message that only clients send', encodeFrame([{ type: 'leave', handle: 1 }])],
  ])('ends at %s, and comes back', async (_, frame) => {
    const open = connection()
    open.connect()
    await scheduler.advance(0)
    const before = peer()
    before.tellBytes(frame)
    await scheduler.advance(0)
    expect(before.ended).toBe(true)
    expect(open.state).toMatchObject({ state: 'waiting', error: { code: 'malformed-message' } })
    await scheduler.advance(ClientLimits.reconnectMaxMs)
    expect(open.state.state).toBe('open')
    open.disconnect()
  })

  test('answers pings, and survives a quiet time by asking', async () => {
    const open = connection()
    open.connect()
    await scheduler.advance(0)
    peer().tellBytes(encodeFrame([{ type: 'ping' }]))
    await scheduler.advance(relay.heartbeatMs * 5)
    expect(relay.received.map(({ type }) => type)).toEqual(['hello', 'pong', ...Array<string>(5).fill('ping')])
    expect(states).toEqual(['connecting', 'open'])
    open.disconnect()
  })

  test('replaces a relay that fell silent', async () => {
    const open = connection()
    open.connect()
    await scheduler.advance(0)
    const before = peer()
    relay.silent = true
    await scheduler.advance(relay.heartbeatMs * ClientLimits.heartbeatsMissedMax)
    expect(before.ended).toBe(true)
    relay.silent = false
    await scheduler.advance(ClientLimits.reconnectMaxMs)
    expect(open.state.state).toBe('open')
    open.disconnect()
  })

  test('says so when there can be no connection at all', () => {
    const impossible = connection({
      transport: {
        connect: () => {
          throw new Error('no such thing')
        },
      },
    })
    impossible.connect()
    expect(impossible.state).toMatchObject({ state: 'closed', error: { code: 'connection-lost' } })
    expect(scheduler.pending).toBe(0)
  })
})
