import fc from 'fast-check'
import { CloseCode, type MessageOf } from '@syncline/protocol'
import { describe, expect, test } from 'vitest'
import { SynclineError } from '../errors.ts'
import { ClientLimits } from '../limits.ts'
import {
  connectionDeadline,
  connectionStep,
  type ConnectionContext,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
} from './connection-machine.ts'

const welcome: MessageOf<'welcome'> = {
  type: 'welcome',
  version: 1,
  agent: 'relay',
  frameBytesMax: 1000,
  updateBytesMax: 1000,
  awarenessBytesMax: 1000,
  roomsMax: 10,
  heartbeatMs: 20_000,
}

const weather = new SynclineError('connection-lost', 'weather')

/** Takes events one after the other, from idle; a number moves the time on. */
class Run {
  state: ConnectionState = { state: 'idle' }
  effects: ConnectionEffect[] = []
  now = 0
  random = 0.5
  canFetchToken = false

  take(...events: readonly (ConnectionEvent | number)[]): this {
    for (const event of events) {
      this.effects = []
      if (typeof event === 'number') this.now += event
      else {
        const context: ConnectionContext = { now: this.now, random: this.random, canFetchToken: this.canFetchToken }
        const { state, effects } = connectionStep(this.state, event, context)
        this.state = state
        this.effects = [...effects]
      }
    }
    return this
  }
}

const handshake: readonly ConnectionEvent[] = [
  { type: 'connect' },
  { type: 'token', token: undefined },
  { type: 'link-opened' },
  { type: 'welcome', message: welcome },
]

describe('the handshake', () => {
  test('fetches a token, opens a link, says hello, and is open when it is welcomed', () => {
    const run = new Run()
    expect(run.take({ type: 'connect' }).effects).toEqual([{ type: 'fetch-token' }])
    expect(run.take({ type: 'token', token: 't' }).effects).toEqual([{ type: 'open-link', token: 't' }])
    expect(run.take({ type: 'link-opened' }).effects).toEqual([{ type: 'send-hello' }])
    expect(run.take({ type: 'welcome', message: welcome }).state).toMatchObject({ state: 'open', welcome })
  })

  test('is given up when it takes too long, and tried again', () => {
    const run = new Run().take({ type: 'connect' }, ClientLimits.helloTimeoutMs, { type: 'time' })
    expect(run.state).toMatchObject({ state: 'waiting', attempt: 1 })
    run.take({ type: 'connect' }, { type: 'token', token: undefined }, ClientLimits.helloTimeoutMs, { type: 'time' })
    expect(run.effects).toMatchObject([{ type: 'close-link', code: CloseCode.timeout }])
  })

  test('stops for a version that is not spoken here', () => {
    const run = new Run().take(...handshake.slice(0, 3), { type: 'welcome', message: { ...welcome, version: 7 } })
    expect(run.state).toMatchObject({ state: 'closed', error: { code: 'unsupported-version' } })
    expect(run.effects).toMatchObject([{ type: 'close-link', code: CloseCode.unsupportedVersion }])
  })
})

describe('a close', () => {
  test.each([
    [CloseCode.goingAway, 'waiting'],
    [CloseCode.abnormal, 'waiting'],
    [CloseCode.tryAgainLater, 'waiting'],
    [CloseCode.slowConsumer, 'waiting'],
    [CloseCode.timeout, 'waiting'],
    [4999, 'waiting'],
    [CloseCode.unauthorized, 'needs-auth'],
    [CloseCode.forbidden, 'closed'],
    [CloseCode.unsupportedVersion, 'closed'],
    [CloseCode.protocolError, 'closed'],
    [CloseCode.messageTooBig, 'closed'],
  ])('with code %i leads to %s', (code, state) => {
    expect(new Run().take(...handshake, { type: 'link-closed', code, reason: '' }).state.state).toBe(state)
    expect(new Run().take(...handshake.slice(0, 3), { type: 'link-closed', code, reason: '' }).state.state).toBe(state)
  })

  test('is explained by what the relay said before', () => {
    const message = { type: 'error', code: 'too-many-connections', message: 'full' } as const
    const run = new Run().take(
      ...handshake,
      { type: 'error', message },
      { type: 'link-closed', code: 1013, reason: '' },
    )
    expect(run.state).toMatchObject({ error: { message: 'full', wireCode: 'too-many-connections' } })
  })

  test('is left by connect alone, when it was for good', () => {
    const run = new Run().take(...handshake, { type: 'link-closed', code: CloseCode.forbidden, reason: '' })
    expect(connectionDeadline(run.state)).toBeUndefined()
    expect(run.take({ type: 'wake' }, 1_000_000, { type: 'time' }).state.state).toBe('closed')
    expect(run.take({ type: 'connect' }).state.state).toBe('connecting')
  })
})

describe('backoff', () => {
  test('doubles with each failed attempt up to its bound, with full jitter', () => {
    const run = new Run()
    const waits: number[] = []
    run.take({ type: 'connect' })
    for (let attempt = 0; attempt < 12; attempt += 1) {
      run.take({ type: 'token', token: undefined }, { type: 'link-closed', code: 1006, reason: '' })
      const until = connectionDeadline(run.state)!
      waits.push(until - run.now)
      run.take(until - run.now, { type: 'time' })
      expect(run.state.state).toBe('connecting')
    }
    const { reconnectBaseMs, reconnectMaxMs } = ClientLimits
    expect(waits).toEqual(waits.map((_, attempt) => Math.min(reconnectMaxMs, reconnectBaseMs * 2 ** attempt) / 2))
  })

  test('begins anew after a connection that lived, and goes on after one that did not', () => {
    const lost: ConnectionEvent = { type: 'link-closed', code: 1006, reason: '' }
    const run = new Run()
    for (let round = 0; round < 3; round += 1)
      run.take(...handshake, lost, ClientLimits.reconnectMaxMs, { type: 'time' })
    run.take(...handshake.slice(1), lost)
    expect(run.state).toMatchObject({ attempt: 4 })
    run.take({ type: 'connect' }, ...handshake.slice(1), ClientLimits.connectionStableMs, lost)
    expect(run.state).toMatchObject({ attempt: 1 })
  })

  test('ends at once when the network comes back', () => {
    const run = new Run().take(...handshake, { type: 'link-closed', code: 1006, reason: '' }, { type: 'wake' })
    expect(run.state.state).toBe('connecting')
  })
})

describe('the heartbeat', () => {
  test('speaks up now and then to a relay that never stops talking', () => {
    const run = new Run().take(...handshake)
    const { now } = run
    run.take(welcome.heartbeatMs - 1, { type: 'heard' })
    expect(connectionDeadline(run.state)).toBe(now + welcome.heartbeatMs)
    run.take(1, { type: 'time' })
    expect(run.effects).toEqual([{ type: 'send', message: { type: 'ping' } }])
    run.take({ type: 'heard' }, 10, { type: 'sent' })
    expect(run.state).toMatchObject({ state: 'open', heardAt: run.now - 10, sentAt: run.now, probe: undefined })
  })

  test('asks a silent relay for a sign of life, and replaces it when none comes', () => {
    const run = new Run().take(...handshake, welcome.heartbeatMs, { type: 'time' })
    expect(run.effects).toEqual([{ type: 'send', message: { type: 'ping' } }])
    run.take(welcome.heartbeatMs * (ClientLimits.heartbeatsMissedMax - 1), { type: 'time' })
    expect(run.state).toMatchObject({ state: 'waiting', error: { code: 'connection-lost' } })
    expect(run.effects).toMatchObject([{ type: 'close-link', code: CloseCode.timeout }])
  })

  test('is content with any word', () => {
    const run = new Run().take(...handshake, welcome.heartbeatMs, { type: 'time' }, { type: 'heard' })
    expect(run.state).toMatchObject({ state: 'open', probe: undefined })
    expect(connectionDeadline(run.state)).toBe(run.now + welcome.heartbeatMs)
  })

  test('is quick after a wake-up, when the connection may have died unnoticed', () => {
    const run = new Run().take(...handshake, { type: 'wake' })
    expect(run.effects).toEqual([{ type: 'send', message: { type: 'ping' } }])
    expect(run.take({ type: 'wake' }).effects).toEqual([])
    expect(run.take(ClientLimits.probeTimeoutMs, { type: 'time' }).state.state).toBe('waiting')
  })
})

describe('tokens', () => {
  test('a refused one is fetched anew after a while, if there is a source', () => {
    const run = new Run()
    run.canFetchToken = true
    run.take(...handshake, { type: 'link-closed', code: CloseCode.unauthorized, reason: '' })
    expect(run.state).toMatchObject({ state: 'needs-auth', error: { code: 'unauthorized' } })
    const until = connectionDeadline(run.state)!
    expect(run.take(until - run.now, { type: 'time' }).effects).toEqual([{ type: 'fetch-token' }])
  })

  test('without a source, somebody has to connect', () => {
    const run = new Run().take(...handshake, { type: 'link-closed', code: CloseCode.unauthorized, reason: '' })
    expect(run.state).toMatchObject({ state: 'needs-auth', until: undefined })
    expect(run.take({ type: 'wake' }).state.state).toBe('needs-auth')
  })

  test('one that cannot be fetched is no reason to give up', () => {
    const run = new Run()
    run.canFetchToken = true
    run.take({ type: 'connect' }, { type: 'token-failed', error: weather })
    expect(run.state).toMatchObject({ state: 'needs-auth', error: weather })
    expect(connectionDeadline(run.state)).toBeDefined()
  })

  test('a fresh one is sent over the open connection when the relay asks', () => {
    const run = new Run()
    run.canFetchToken = true
    expect(run.take(...handshake, { type: 'reauthenticate' }).effects).toEqual([{ type: 'fetch-token' }])
    expect(run.take({ type: 'token', token: 'fresh' }).effects).toEqual([
      { type: 'send', message: { type: 'token', token: 'fresh' } },
    ])
  })
})

test('whatever happens: links are closed or told as closed before the next, hello comes once, off is off', () => {
  const events = fc.oneof(
    fc.constantFrom<ConnectionEvent>(
      { type: 'connect' },
      { type: 'disconnect' },
      { type: 'wake' },
      { type: 'time' },
      { type: 'token', token: 't' },
      { type: 'token-failed', error: weather },
      { type: 'link-opened' },
      { type: 'link-failed', error: weather },
      { type: 'link-closed', code: 1006, reason: '' },
      { type: 'link-closed', code: CloseCode.unauthorized, reason: '' },
      { type: 'link-closed', code: CloseCode.forbidden, reason: '' },
      { type: 'malformed', error: weather },
      { type: 'heard' },
      { type: 'welcome', message: welcome },
      { type: 'reauthenticate' },
    ),
    fc.nat(40_000),
  )
  fc.assert(
    fc.property(fc.array(events, { maxLength: 60 }), fc.boolean(), (steps, canFetchToken) => {
      const run = new Run()
      run.canFetchToken = canFetchToken
      let linked = false
      let off = true
      for (const step of steps) {
        const toldClosed = typeof step !== 'number' && (step.type === 'link-closed' || step.type === 'link-failed')
        // A driver tells of a link only while there is one.
        if (toldClosed && !linked) continue
        run.take(step)
        if (typeof step !== 'number' && step.type === 'connect') off = false
        if (typeof step !== 'number' && step.type === 'disconnect') off = true
        if (toldClosed) linked = false
        for (const effect of run.effects) {
          if (effect.type === 'close-link') linked = false
          if (effect.type === 'open-link') {
            expect(linked, 'two links').toBe(false)
            linked = true
          }
          if (effect.type === 'send-hello' || effect.type === 'send') expect(linked).toBe(true)
        }
        const { state } = run.state
        if (off) expect(state).toBe('idle')
        if (state !== 'connecting' && state !== 'open') expect(linked, `a link in state ${state}`).toBe(false)
        // Nothing hangs: what is not at rest has a time at which it goes on.
        const atRest = state === 'idle' || state === 'closed' || (state === 'needs-auth' && !canFetchToken)
        expect(connectionDeadline(run.state) === undefined).toBe(atRest)
      }
    }),
    { numRuns: 1000 },
  )
})
