import { DecodeError } from '@syncline/core'
import { ProtocolLimits, encodeAwareness } from '@syncline/protocol'
import fc from 'fast-check'
import { createDecoder, readVarInt, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarString, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { writeSyncStep1, writeUpdate } from 'y-protocols/sync'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { defaultLimits } from '../../limits.ts'
import {
  SESSION_BYTES_MAX,
  decodeHocuspocusFrame,
  encodeHocuspocusFrame,
  type DocumentAnswer,
  type HocuspocusRequest,
} from './hocuspocus-codec.ts'

type Encoder = ReturnType<typeof createEncoder>

const decode = (frame: Uint8Array): HocuspocusRequest => decodeHocuspocusFrame(frame, defaultLimits)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })

/** A message as the published client writes it. */
function written(key: string, type: number, write: (encoder: Encoder) => void = () => {}): Uint8Array {
  const encoder = createEncoder()
  writeVarString(encoder, key)
  writeVarUint(encoder, type)
  write(encoder)
  return toUint8Array(encoder)
}

test('it reads what clients write', () => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'hello')
  const update = Y.encodeStateAsUpdate(doc)
  const entries = [{ clientID: 1, clock: 2, state: '{}' }]
  const auth = (encoder: Encoder, token: string): void => {
    writeVarUint(encoder, 0)
    writeVarString(encoder, token)
  }
  fc.assert(
    fc.property(
      text.filter((name) => !name.includes('\0')),
      text,
      text,
      (name, session, token) => {
        const request = (type: number, write?: (encoder: Encoder) => void): unknown => {
          const message = decode(written(`${name}\0${session}`, type, write))
          expect(message).toMatchObject({ type: 'document', name, key: `${name}\0${session}` })
          return message.type === 'document' && message.request
        }
        expect(request(0, (encoder) => writeSyncStep1(encoder, doc))).toEqual({
          type: 'syncStep1',
          stateVector: Y.encodeStateVector(doc),
        })
        expect(request(0, (encoder) => writeUpdate(encoder, update))).toEqual({ type: 'update', update })
        expect(request(1, (encoder) => writeVarUint8Array(encoder, encodeAwareness(entries)))).toEqual({
          type: 'awareness',
          entries,
        })
        expect(request(2, (encoder) => auth(encoder, token))).toEqual({ type: 'auth', token })
        const withVersion = (encoder: Encoder): void => {
          auth(encoder, token)
          writeVarString(encoder, '4.8.0')
        }
        expect(request(2, withVersion)).toEqual({ type: 'auth', token })
        expect(request(3)).toEqual({ type: 'queryAwareness' })
        expect(request(5, (encoder) => writeVarString(encoder, token))).toEqual({ type: 'stateless', payload: token })
        expect(request(7)).toEqual({ type: 'close' })
      },
    ),
  )
  expect(decode(Uint8Array.of(9))).toEqual({ type: 'ping' })
  expect(decode(Uint8Array.of(10))).toEqual({ type: 'pong' })
  // A document whose name has nine letters begins with the same byte.
  expect(decode(written('nine char', 3))).toMatchObject({ name: 'nine char' })
})

test('clients read what it writes', () => {
  fc.assert(
    fc.property(text, text, fc.uint8Array({ maxLength: 100 }), (key, reason, update) => {
      const answer = (message: DocumentAnswer): ReturnType<typeof createDecoder> => {
        const decoder = createDecoder(encodeHocuspocusFrame({ type: 'document', key, answer: message }))
        expect(readVarString(decoder)).toBe(key)
        return decoder
      }
      const sync = answer({ type: 'syncStep2', update })
      expect([readVarUint(sync), readVarUint(sync), ...readVarUint8Array(sync)]).toEqual([0, 1, ...update])
      const denied = answer({ type: 'permissionDenied', reason })
      expect([readVarUint(denied), readVarUint(denied), readVarString(denied)]).toEqual([2, 1, reason])
      const stateless = answer({ type: 'stateless', payload: reason })
      expect([readVarUint(stateless), readVarString(stateless)]).toEqual([5, reason])
      const closed = answer({ type: 'closed', reason })
      expect([readVarUint(closed), readVarString(closed)]).toEqual([7, reason])
    }),
  )
  const scope = (access: 'read' | 'write'): string => {
    const decoder = createDecoder(
      encodeHocuspocusFrame({ type: 'document', key: 'd', answer: { type: 'authenticated', access } }),
    )
    readVarString(decoder)
    expect([readVarUint(decoder), readVarUint(decoder)]).toEqual([2, 2])
    return readVarString(decoder)
  }
  expect([scope('read'), scope('write')]).toEqual(['readonly', 'read-write'])
  for (const stored of [true, false]) {
    const decoder = createDecoder(
      encodeHocuspocusFrame({ type: 'document', key: 'd', answer: { type: 'syncStatus', stored } }),
    )
    readVarString(decoder)
    // The client reads a signed integer.
    expect([readVarUint(decoder), readVarInt(decoder)]).toEqual([8, stored ? 1 : 0])
  }
  expect([...encodeHocuspocusFrame({ type: 'ping' })]).toEqual([9])
  expect([...encodeHocuspocusFrame({ type: 'pong' })]).toEqual([10])
})

test.each([
  ['nothing', [], 'unexpected-end'],
  ['a name without a message', [1, 97], 'unexpected-end'],
  ['a name that is not UTF-8', [1, 0xff, 3], 'invalid-utf8'],
  ['a message with bytes after it', [1, 97, 3, 0], 'trailing-bytes'],
  ['a grant, which only relays send', [1, 97, 2, 2, 1, 97], 'unknown-tag'],
  ['a broadcast, which only servers send each other', [1, 97, 6, 1, 97], 'unknown-tag'],
  ['a sync status, which only relays send', [1, 97, 8, 1], 'unknown-tag'],
  ['a ping for a document', [1, 97, 9], 'unknown-tag'],
])('%s is malformed', (_, frame, code) => {
  expect(() => decode(Uint8Array.from(frame))).toThrow(expect.objectContaining({ name: 'DecodeError', code }))
})

test.each([
  ['a key', written('x'.repeat(ProtocolLimits.roomNameBytesMax + SESSION_BYTES_MAX + 2), 3)],
  ['a stateless message', written('d', 5, (encoder) => writeVarString(encoder, 'x'.repeat(65_537)))],
  [
    'a token',
    written('d', 2, (encoder) => {
      writeVarUint(encoder, 0)
      writeVarString(encoder, 'x'.repeat(ProtocolLimits.tokenBytesMax + 1))
    }),
  ],
])('%s has a limit', (_, frame) => {
  expect(() => decode(frame)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
})

test('any bytes decode or throw a DecodeError', () => {
  const bytes = fc.uint8Array({ maxLength: 64 })
  const frame = fc.oneof(
    bytes,
    bytes.map((rest) => Uint8Array.of(1, 97, ...rest)),
  )
  fc.assert(
    fc.property(frame, (input) => {
      try {
        decode(input)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
    { numRuns: 5000 },
  )
})
