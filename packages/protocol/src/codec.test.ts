import { DecodeError } from '@syncline/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeClientFrame, decodeRelayFrame, encodeFrame } from './codec.ts'
import { clientMessage, relayMessage } from './messages.fixture.ts'
import { ProtocolLimits } from './limits.ts'
import type { ClientMessage } from './messages.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('decoding a frame undoes encoding it, for every message of both sides', () => {
  const frames = <M>(message: fc.Arbitrary<M>): fc.Arbitrary<M[]> => fc.array(message, { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(frames(clientMessage), frames(relayMessage), (fromClient, fromRelay) => {
      expect(decodeClientFrame(encodeFrame(fromClient))).toEqual(fromClient)
      expect(decodeRelayFrame(encodeFrame(fromRelay))).toEqual(fromRelay)
    }),
    { numRuns: 2000 },
  )
})

test('the encoding of each shape of field is what PROTOCOL.md says', () => {
  expect(hex(encodeFrame([{ type: 'hello', versions: [1, 300], agent: 'a/1', token: undefined }]))).toBe(
    '010201ac0203612f3100',
  )
  expect(
    hex(
      encodeFrame([
        {
          type: 'join',
          request: 7,
          room: 'ä',
          position: { epoch: 2 ** 53 - 1, seq: 5 },
          stateVector: Uint8Array.of(0),
        },
        { type: 'ping' },
      ]),
    ),
  ).toBe('030702c3a401ffffffffffffff0f0501000f')
  expect(
    hex(encodeFrame([{ type: 'reject', handle: 1, ref: 2, code: 'read-only', retryable: false, message: '' }])),
  ).toBe('090102080000')
})

test('any bytes decode or throw a DecodeError', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    // A real frame with one byte changed and its end cut off reaches much deeper than noise.
    fc
      .tuple(fc.array(clientMessage, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), fc.nat())
      .map(([messages, at, byte, end]) => {
        const frame = encodeFrame(messages)
        frame[at % frame.length] = byte
        return frame.subarray(0, end % (frame.length + 1))
      }),
  )
  fc.assert(
    fc.property(bytes, (frame) => {
      for (const decode of [decodeClientFrame, decodeRelayFrame]) {
        try {
          decode(frame)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['an empty frame', '', 'unexpected-end', 0],
  ['an unknown tag', '63', 'unknown-tag', 0],
  ['a message that only a relay sends', '080000 0000', 'unknown-tag', 0],
  ['a flag that is neither 0 nor 1', '0101 01 00 02', 'unknown-tag', 4],
  ['a string that is not UTF-8', '0d 01 ff', 'invalid-utf8', 1],
  ['bytes that end too early', '07 01 01 05 00', 'unexpected-end', 4],
  ['an integer above 2^53 − 1', '0b ffffffffffffffff7f', 'integer-overflow', 1],
  ['an integer of endless zeros', '0b 808080808080808080808000', 'integer-overflow', 1],
  ['more versions than allowed', '01 11', 'limit-exceeded', 1],
  ['bytes after the last message', '0f ff', 'unexpected-end', 1],
])('%s is malformed, with the offset where it went wrong', (_, frame, code, offset) => {
  const bytes = Buffer.from(frame.replaceAll(' ', ''), 'hex')
  expect(() => decodeClientFrame(bytes)).toThrow(expect.objectContaining({ name: 'DecodeError', code, offset }))
})

test('a code that this version does not know is malformed', () => {
  const frame = Buffer.from('11 63 00'.replaceAll(' ', ''), 'hex')
  expect(() => decodeRelayFrame(frame)).toThrow(expect.objectContaining({ code: 'unknown-tag', offset: 1 }))
})

test('a frame with more messages than allowed is malformed', () => {
  const pings = (count: number): Uint8Array => new Uint8Array(count).fill(15)
  expect(decodeClientFrame(pings(ProtocolLimits.frameMessagesMax))).toHaveLength(ProtocolLimits.frameMessagesMax)
  expect(() => decodeClientFrame(pings(ProtocolLimits.frameMessagesMax + 1))).toThrow(
    expect.objectContaining({ code: 'limit-exceeded' }),
  )
})

const { tokenBytesMax, roomNameBytesMax, textBytesMax } = ProtocolLimits
const letters = (length: number): string => 'a'.repeat(length)
const stateVector = Uint8Array.of(0)

test.each<readonly [string, number, (bytes: number) => ClientMessage]>([
  ['a token', tokenBytesMax, (bytes) => ({ type: 'token', token: letters(bytes) })],
  [
    'a token at the hello',
    tokenBytesMax,
    (bytes) => ({ type: 'hello', versions: [1], agent: '', token: letters(bytes) }),
  ],
  [
    'the name of an agent',
    textBytesMax,
    (bytes) => ({ type: 'hello', versions: [1], agent: letters(bytes), token: '' }),
  ],
  [
    'the name of a room',
    roomNameBytesMax,
    (bytes) => ({ type: 'join', request: 1, room: letters(bytes), position: undefined, stateVector }),
  ],
])('%s has at most %i bytes', (_, bytesMax, message) => {
  expect(decodeClientFrame(encodeFrame([message(bytesMax)]))).toHaveLength(1)
  expect(() => decodeClientFrame(encodeFrame([message(bytesMax + 1)]))).toThrow(
    expect.objectContaining({ code: 'limit-exceeded' }),
  )
})
