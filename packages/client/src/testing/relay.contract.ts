/**
 * What clients may rely on in a relay, as they see it on the wire. The simulated relay and the real one (tests/simulation) are both held
 * to it, with a random history of each, of which both have to give the same account.
 */
import { emptyUpdate, encodeStateVector, encodeStateVectorFromUpdate, mergeUpdates } from '@syncline/core'
import { CloseCode, decodeAwareness, encodeAwareness, type Access } from '@syncline/protocol'
import { describe, expect, test } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'
import type { ManualClock } from './manual-clock.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { WireClient } from './wire-client.fixture.ts'

/** A relay, with its network, clock and disk. */
export interface HostedRelay {
  readonly clock: ManualClock
  readonly network: SimulatedNetwork
  /** The process ends at once, and another starts on what is on the disk. */
  restart(): Promise<void>
  backUp(): unknown
  /** The process ends at once, and another starts on this disk. */
  restore(backup: unknown): Promise<void>
  holdFlushes(): void
  releaseFlushes(): void
  /** The next flush fails, as on a full disk. */
  failNextFlush(): void
  close(): Promise<void>
}

export interface HostOptions {
  readonly access?: (room: string, client: string) => Access | 'none'
  /** Whether tokens are wanted: then `good` counts, and no other. */
  readonly tokens?: boolean
  readonly updateBytesMax?: number
}

export type HostRelay = (options?: HostOptions) => Promise<HostedRelay>

/** An update that writes `text` under this client ID. */
export function written(clientID: number, text: string): Uint8Array {
  const doc = new Doc()
  doc.clientID = clientID
  doc.getText('text').insert(0, text)
  return encodeStateAsUpdate(doc)
}

/** Two updates of one writer: the second builds on the first. */
function writtenTwice(clientID: number): readonly [first: Uint8Array, second: Uint8Array] {
  const doc = new Doc()
  doc.clientID = clientID
  doc.getText('text').insert(0, 'one')
  const first = encodeStateAsUpdate(doc)
  doc.getText('text').insert(3, 'two')
  return [first, encodeStateAsUpdate(doc, encodeStateVectorFromUpdate(first))]
}

export function relayContract(name: string, host: HostRelay): void {
  describe(name, () => {
    async function hosted(
      run: (relay: HostedRelay, connect: (client: string) => Promise<WireClient>) => Promise<void>,
      options: HostOptions = {},
    ): Promise<void> {
      const relay = await host(options)
      try {
        await run(relay, async (client) => {
          const wire = new WireClient(relay.network, client)
          await relay.clock.advance(10)
          return wire
        })
      } finally {
        await relay.close()
      }
    }

    /** Says hello, joins, and returns the handle. */
    async function joined(relay: HostedRelay, wire: WireClient, room = 'a'): Promise<number> {
      wire.hello()
      wire.join(room)
      await relay.clock.advance(100)
      return wire.expect('joined').handle
    }

    test('answers hello with a version and its bounds', () =>
      hosted(async ({ clock }, connect) => {
        const ada = await connect('ada')
        ada.hello()
        await clock.advance(10)
        expect(ada.expect('welcome')).toMatchObject({ version: 1, heartbeatMs: expect.any(Number) })
      }))

    test('closes on versions that it does not speak', () =>
      hosted(async ({ clock }, connect) => {
        const ada = await connect('ada')
        ada.send({ type: 'hello', versions: [99], agent: 'test', token: undefined })
        await clock.advance(10)
        expect(ada.expect('error').code).toBe('unsupported-version')
        expect(ada.closed).toBe(CloseCode.unsupportedVersion)
      }))

    test.each([
      ['a message before hello', (ada: WireClient) => ada.join('a'), CloseCode.protocolError],
      ['a second hello', (ada: WireClient) => (ada.hello(), ada.hello()), CloseCode.protocolError],
      ['a tag that nobody knows', (ada: WireClient) => ada.sendBytes([99]), CloseCode.protocolError],
      ['a frame that ends too soon', (ada: WireClient) => ada.sendBytes([1, 200]), CloseCode.invalidPayload],
    ])('%s costs the connection', (_what, send, code) =>
      hosted(async ({ clock }, connect) => {
        const ada = await connect('ada')
        send(ada)
        await clock.advance(10)
        expect(ada.expect('error').code).toBe('malformed-message')
        expect(ada.closed).toBe(code)
      }),
    )

    test('a room that nobody wrote is empty, and begins before its first entry', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        ada.hello()
        ada.join('a')
        await relay.clock.advance(100)
        const received = ada.take()
        expect(received.map(({ type }) => type)).toEqual(['welcome', 'joined'])
        expect(received[1]).toMatchObject({ position: { epoch: 0, seq: 0 }, resumed: false, access: 'write' })
      }))

    test('a push is acknowledged to its author, and told to others', () =>
      hosted(async (relay, connect) => {
        const [ada, ben] = [await connect('ada'), await connect('ben')]
        const handle = await joined(relay, ada)
        expect(await joined(relay, ben)).toBe(handle)
        const update = written(1, 'hello')
        ada.push(handle, 1, update)
        await relay.clock.advance(100)
        const [ack, ...more] = ada.take()
        expect(ack).toMatchObject({ type: 'ack', ref: 1, position: { seq: 1 } })
        expect(more).toEqual([])
        const updates = ben.expect('updates')
        expect(updates.position).toEqual((ack as { readonly position: unknown }).position)
        expect(mergeUpdates([updates.update])).toEqual(mergeUpdates([update]))
      }))

    test('nobody hears of a push before it is flushed', () =>
      hosted(async (relay, connect) => {
        const [ada, ben] = [await connect('ada'), await connect('ben')]
        const handle = await joined(relay, ada)
        await joined(relay, ben)
        relay.holdFlushes()
        ada.push(handle, 1, written(1, 'hello'))
        await relay.clock.advance(1_000)
        expect([...ada.take(), ...ben.take()]).toEqual([])
        relay.releaseFlushes()
        await relay.clock.advance(100)
        expect(ada.expect('ack').ref).toBe(1)
        ben.expect('updates')
      }))

    test('what was not flushed is lost in a crash, and what was acknowledged is not', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        const handle = await joined(relay, ada)
        ada.push(handle, 1, written(1, 'kept'))
        await relay.clock.advance(100)
        const { position } = ada.expect('ack')
        relay.holdFlushes()
        ada.push(handle, 2, written(2, 'lost'))
        await relay.clock.advance(100)
        await relay.restart()
        relay.releaseFlushes()
        const ben = await connect('ben')
        ben.hello()
        ben.join('a', { position })
        await relay.clock.advance(100)
        expect(ada.closed).toBe(CloseCode.abnormal)
        expect(ben.expect('joined')).toMatchObject({ position, resumed: true })
      }))

    test('who comes back gets what came after its position', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        const handle = await joined(relay, ada)
        ada.push(handle, 1, written(1, 'one'))
        await relay.clock.advance(100)
        const { position } = ada.expect('ack')
        ada.push(handle, 2, written(2, 'two'))
        await relay.clock.advance(100)
        const ben = await connect('ben')
        ben.hello()
        ben.join('a', { position })
        await relay.clock.advance(100)
        const received = ben.take()
        expect(received[1]).toMatchObject({ type: 'joined', resumed: true, position: { seq: 2 } })
        expect(received[2]).toMatchObject({
          type: 'updates',
          position: { seq: 2 },
          update: mergeUpdates([written(2, 'two')]),
        })
      }))

    test('a newcomer gets what its state vector lacks', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        const handle = await joined(relay, ada)
        const [first, second] = writtenTwice(1)
        ada.push(handle, 1, mergeUpdates([first, second]))
        await relay.clock.advance(100)
        const ben = await connect('ben')
        ben.hello()
        ben.join('a', { stateVector: encodeStateVectorFromUpdate(first) })
        await relay.clock.advance(100)
        const received = ben.take()
        expect(received[1]).toMatchObject({ type: 'joined', resumed: false })
        expect(received[2]).toMatchObject({ type: 'updates', update: mergeUpdates([second]) })
      }))

    test('after a restart the log goes on, in an epoch of its own', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        ada.push(await joined(relay, ada), 1, written(1, 'one'))
        await relay.clock.advance(100)
        const before = ada.expect('ack').position
        await relay.restart()
        const again = await connect('ada')
        again.push(await joined(relay, again), 1, written(2, 'two'))
        await relay.clock.advance(100)
        const after = again.expect('ack').position
        expect(after.seq).toBe(2)
        expect(after.epoch).not.toBe(before.epoch)
      }))

    test('a position that an older disk does not have is in no history, though its seq is', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        const handle = await joined(relay, ada)
        const backup = relay.backUp()
        ada.push(handle, 1, written(1, 'lost'))
        await relay.clock.advance(100)
        const { position } = ada.expect('ack')
        await relay.restore(backup)
        const ben = await connect('ben')
        ben.push(await joined(relay, ben), 1, written(2, 'instead'))
        await relay.clock.advance(100)
        expect(ben.expect('ack').position.seq).toBe(position.seq)
        const again = await connect('ada')
        again.hello()
        again.join('a', { position })
        await relay.clock.advance(100)
        expect(again.expect('joined').resumed).toBe(false)
      }))

    test('what is pushed again is acknowledged, and not written again', () =>
      hosted(async (relay, connect) => {
        const [ada, ben] = [await connect('ada'), await connect('ben')]
        const handle = await joined(relay, ada)
        await joined(relay, ben)
        ada.push(handle, 1, written(1, 'once'))
        await relay.clock.advance(100)
        const { position } = ada.expect('ack')
        ben.take()
        ada.push(handle, 2, written(1, 'once'))
        ada.push(handle, 3, emptyUpdate())
        await relay.clock.advance(100)
        expect(ada.take().at(-1)).toMatchObject({ type: 'ack', ref: 3, position })
        expect(ben.take()).toEqual([])
      }))

    test('an edit that contradicts the log is refused for good, and nobody is told of it', () =>
      hosted(async (relay, connect) => {
        const [ada, ben] = [await connect('ada'), await connect('ben')]
        const handle = await joined(relay, ada)
        await joined(relay, ben)
        ada.push(handle, 1, written(1, 'mine'))
        await relay.clock.advance(100)
        ada.take()
        ben.take()
        ben.push(handle, 1, written(1, 'ours'))
        await relay.clock.advance(100)
        expect(ben.expect('reject')).toMatchObject({ ref: 1, code: 'conflicting-update', retryable: false })
        expect(ada.take()).toEqual([])
      }))

    test.each([
      ['what is no update', Uint8Array.of(1, 2, 3), 'malformed-update'],
      ['an update that is too large', written(1, 'x'.repeat(5_000)), 'update-too-large'],
    ])('%s is refused for good, and the connection stays', (_what, update, code) =>
      hosted(
        async (relay, connect) => {
          const ada = await connect('ada')
          const handle = await joined(relay, ada)
          ada.push(handle, 1, update)
          ada.push(handle, 2, written(2, 'good'))
          await relay.clock.advance(100)
          const received = ada.take()
          expect(received[0]).toMatchObject({ type: 'reject', ref: 1, code, retryable: false })
          expect(received[1]).toMatchObject({ type: 'ack', ref: 2, position: { seq: 1 } })
        },
        { updateBytesMax: 4_096 },
      ),
    )

    test('a flush that fails rejects its pushes for now', () =>
      hosted(async (relay, connect) => {
        const [ada, ben] = [await connect('ada'), await connect('ben')]
        const handle = await joined(relay, ada)
        await joined(relay, ben)
        relay.failNextFlush()
        ada.push(handle, 1, written(1, 'hello'))
        await relay.clock.advance(100)
        expect(ada.expect('reject')).toMatchObject({ ref: 1, code: 'log-unavailable', retryable: true })
        expect(ben.take()).toEqual([])
        ada.push(handle, 2, written(1, 'hello'))
        await relay.clock.advance(100)
        expect(ada.expect('ack')).toMatchObject({ ref: 2, position: { seq: 1 } })
      }))

    test('a push before which something is missing is stored, and its author asked', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        const handle = await joined(relay, ada)
        const [first, second] = writtenTwice(1)
        ada.push(handle, 1, second)
        await relay.clock.advance(100)
        const received = ada.take()
        expect(received.map(({ type }) => type)).toEqual(['ack', 'resync'])
        // Of a client of whom nothing is known from the start, it has nothing.
        expect(received[1]).toMatchObject({ stateVector: encodeStateVector(new Map([[1, 0]])) })
        ada.push(handle, 2, first)
        await relay.clock.advance(100)
        expect(ada.take().map(({ type }) => type)).toEqual(['ack'])
      }))

    test('who has left a room hears nothing of it, and cannot push', () =>
      hosted(async (relay, connect) => {
        const [ada, ben] = [await connect('ada'), await connect('ben')]
        const handle = await joined(relay, ada)
        await joined(relay, ben)
        ben.send({ type: 'leave', handle })
        ben.push(handle, 7, written(2, 'late'))
        ada.push(handle, 1, written(1, 'hello'))
        await relay.clock.advance(100)
        const received = ben.take()
        expect(received).toHaveLength(1)
        expect(received[0]).toMatchObject({ type: 'reject', ref: 7, code: 'unknown-handle', retryable: true })
      }))

    test('a room is joined once at a time, and by a name that is one', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        await joined(relay, ada)
        ada.join('a')
        ada.join('')
        ada.join('b', { stateVector: Uint8Array.of(9) })
        await relay.clock.advance(100)
        expect(ada.take()).toMatchObject([
          { type: 'refused', code: 'malformed-message' },
          { type: 'refused', code: 'invalid-room-name' },
          { type: 'refused', code: 'malformed-state-vector' },
        ])
      }))

    test('who may read hears everything and changes nothing', () =>
      hosted(
        async (relay, connect) => {
          const [ada, ben] = [await connect('ada'), await connect('ben')]
          const handle = await joined(relay, ada)
          ben.hello()
          ben.join('a')
          await relay.clock.advance(100)
          expect(ben.expect('joined').access).toBe('read')
          ben.push(handle, 1, written(2, 'mine'))
          ada.push(handle, 1, written(1, 'hello'))
          await relay.clock.advance(100)
          const received = ben.take()
          expect(received.find(({ type }) => type === 'reject')).toMatchObject({ code: 'read-only', retryable: false })
          expect(received.find(({ type }) => type === 'updates')).toMatchObject({ position: { seq: 1 } })
        },
        { access: (_room, client) => (client === 'ben' ? 'read' : 'write') },
      ))

    test.each([
      ['a token', 'good', 'forbidden'],
      ['no token', undefined, 'unauthorized'],
    ])('a room that is not open to somebody with %s is refused', (_what, token, code) =>
      hosted(
        async (relay, connect) => {
          const ada = await connect('ada')
          ada.hello(token)
          ada.join('secret')
          await relay.clock.advance(100)
          expect(ada.expect('refused')).toMatchObject({ code, retryable: false })
        },
        { access: (room) => (room === 'secret' ? 'none' : 'write') },
      ),
    )

    test('a token that does not count ends the connection, and one that does opens it', () =>
      hosted(
        async (relay, connect) => {
          const [ada, ben] = [await connect('ada'), await connect('ben')]
          ada.hello('bad')
          ben.hello('good')
          ben.join('a')
          await relay.clock.advance(100)
          expect(ada.expect('error').code).toBe('unauthorized')
          expect(ada.closed).toBe(CloseCode.unauthorized)
          ben.expect('joined')
        },
        { tokens: true },
      ))

    test('awareness is told to others and to newcomers, and ends with its connection', () =>
      hosted(async (relay, connect) => {
        const [ada, ben] = [await connect('ada'), await connect('ben')]
        const handle = await joined(relay, ada)
        await joined(relay, ben)
        const state = JSON.stringify({ user: 'Ada' })
        ada.send({ type: 'awareness', handle, payload: encodeAwareness([{ clientID: 1, clock: 1, state }]) })
        await relay.clock.advance(100)
        expect(decodeAwareness(ben.expect('awareness').payload)).toEqual([{ clientID: 1, clock: 1, state }])
        const cem = await connect('cem')
        cem.hello()
        cem.join('a')
        await relay.clock.advance(100)
        expect(decodeAwareness(cem.expect('awareness').payload)).toEqual([{ clientID: 1, clock: 1, state }])
        ada.close()
        await relay.clock.advance(100)
        expect(decodeAwareness(ben.expect('awareness').payload)).toEqual([{ clientID: 1, clock: 1, state: null }])
      }))

    test('awareness that is not renewed ends by itself', () =>
      hosted(async (relay, connect) => {
        const [ada, ben] = [await connect('ada'), await connect('ben')]
        const handle = await joined(relay, ada)
        await joined(relay, ben)
        ada.send({ type: 'awareness', handle, payload: encodeAwareness([{ clientID: 1, clock: 1, state: '{}' }]) })
        await relay.clock.advance(100)
        ben.take()
        for (let seconds = 0; seconds < 34; seconds += 2) {
          ada.send({ type: 'ping' })
          await relay.clock.advance(2_000)
        }
        expect(decodeAwareness(ben.expect('awareness').payload)).toEqual([{ clientID: 1, clock: 1, state: null }])
      }))

    test('a side that is silent is asked, and then taken for dead', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        ada.hello()
        await relay.clock.advance(100)
        const { heartbeatMs } = ada.expect('welcome')
        await relay.clock.advance(heartbeatMs + 2_000)
        ada.expect('ping')
        expect(ada.closed).toBeUndefined()
        await relay.clock.advance(heartbeatMs * 1.5 + 2_000)
        expect(ada.closed).toBe(CloseCode.timeout)
      }))

    test('a client that says nothing at all is closed', () =>
      hosted(async (relay, connect) => {
        const ada = await connect('ada')
        await relay.clock.advance(12_000)
        expect(ada.closed).toBe(CloseCode.timeout)
      }))
  })
}
