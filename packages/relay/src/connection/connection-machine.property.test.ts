import { encodeAwareness, encodeFrame, type ClientMessage } from '@syncline/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultLimits } from '../limits.ts'
import { updateOf } from '../relay-client.fixture.ts'
import { ConnectionMachine } from './connection-machine.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const room = fc.constantFrom('a', 'b', '', '\u0000')
const handle = fc.nat(3)

const message: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    versions: fc.array(fc.nat(3), { maxLength: 3 }),
    agent: fc.string(),
    token: fc.option(fc.string(), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('join' as const),
    request: fc.nat(),
    room,
    position: fc.option(fc.record({ epoch: fc.nat(), seq: fc.nat() }), { nil: undefined }),
    stateVector: fc.oneof(bytes, fc.constant(Uint8Array.of(0))),
  }),
  fc.record({
    type: fc.constant('push' as const),
    handle,
    ref: fc.nat(),
    update: fc.oneof(bytes, fc.constant(updateOf('x'))),
  }),
  fc.record({
    type: fc.constant('awareness' as const),
    handle,
    payload: fc.oneof(bytes, fc.constant(encodeAwareness([{ clientID: 1, clock: 1, state: '{}' }]))),
  }),
  fc.record({ type: fc.constant('leave' as const), handle }),
  fc.constantFrom({ type: 'ping' as const }, { type: 'pong' as const }),
)

/** Frames of good messages, such frames with some bytes changed or missing, and noise. */
const frame: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: fc.array(message, { minLength: 1, maxLength: 4 }).map(encodeFrame) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.array(message, { minLength: 1, maxLength: 3 }).map(encodeFrame), fc.nat(), fc.nat(255), fc.nat())
      .map(([good, at, byte, length]) => {
        const damaged = good.slice(0, 1 + (length % good.length))
        damaged[at % damaged.length] = byte
        return damaged
      }),
  },
  { weight: 1, arbitrary: bytes },
)

test(
  'whatever a client sends, the machine answers or closes, and is silent once it has closed',
  { timeout: 120_000 },
  () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        const machine = new ConnectionMachine('relay', { ...defaultLimits, roomsPerConnectionMax: 2 }, 0)
        const members = new Set<string>()
        let closed = false
        let nextHandle = 1
        const opening = encodeFrame([{ type: 'hello', versions: [1], agent: '', token: undefined }])
        for (const bytesIn of [opening, ...frames]) {
          for (const effect of machine.handle({ type: 'frame', frame: bytesIn, now: 0 })) {
            expect(closed).toBe(false)
            if (effect.type === 'authorize') {
              members.add(effect.join.room)
              expect(members.size).toBeLessThanOrEqual(2)
              machine.handle({ type: 'attached', place: effect.join.room, handle: nextHandle++ })
            }
            // Only what was joined is pushed to, announced in, or left.
            if ('place' in effect) expect(members).toContain(effect.place)
            if (effect.type === 'leave') members.delete(effect.place)
            if (effect.type === 'close') {
              closed = true
              expect(members.size).toBe(0)
            }
          }
        }
      }),
      { numRuns: Number(process.env['SYNCLINE_RUNS'] ?? 300) },
    )
  },
)
