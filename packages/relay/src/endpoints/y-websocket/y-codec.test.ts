import { DecodeError, emptyUpdate } from '@syncline/core'
import { encodeAwareness } from '@syncline/protocol'
import fc from 'fast-check'
import { createDecoder, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeVarUint, writeVarUint8Array } from 'lib0/encoding'
import { readAuthMessage } from 'y-protocols/auth'
import { writeSyncStep1, writeSyncStep2, writeUpdate } from 'y-protocols/sync'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { defaultLimits } from '../../limits.ts'
import { decodeYFrame, encodeYFrame } from './y-codec.ts'

const bytes = fc.uint8Array({ maxLength: 200 })
const decode = (frame: Uint8Array): unknown => decodeYFrame(frame, defaultLimits)

/** A message as y-protocols writes it. */
function written(type: number, write: (encoder: ReturnType<typeof createEncoder>) => void): Uint8Array {
  const encoder = createEncoder()
  writeVarUint(encoder, type)
  write(encoder)
  return toUint8Array(encoder)
}

function documentOf(...texts: readonly string[]): Y.Doc {
  const doc = new Y.Doc()
  for (const text of texts) doc.getText('text').insert(0, text)
  return doc
}

test('it reads what y-protocols writes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 }), (texts) => {
      const doc = documentOf(...texts)
      const update = Y.encodeStateAsUpdate(doc)
      expect(decode(written(0, (encoder) => writeSyncStep1(encoder, doc)))).toEqual([
        { type: 'syncStep1', stateVector: Y.encodeStateVector(doc) },
      ])
      expect(decode(written(0, (encoder) => writeSyncStep2(encoder, doc)))).toEqual([{ type: 'syncStep2', update }])
      expect(decode(written(0, (encoder) => writeUpdate(encoder, update)))).toEqual([{ type: 'update', update }])
    }),
  )
  const entries = [{ clientID: 1, clock: 2, state: '{"name":"ada"}' }]
  expect(decode(written(1, (encoder) => writeVarUint8Array(encoder, encodeAwareness(entries))))).toEqual([
    { type: 'awareness', entries },
  ])
  expect(decode(Uint8Array.of(3))).toEqual([{ type: 'queryAwareness' }])
})

test('y-protocols reads what it writes', () => {
  fc.assert(
    fc.property(bytes, fc.constantFrom('syncStep2' as const, 'update' as const), (update, type) => {
      const decoder = createDecoder(encodeYFrame({ type, update }))
      expect([readVarUint(decoder), readVarUint(decoder)]).toEqual([0, type === 'update' ? 2 : 1])
      expect([...readVarUint8Array(decoder)]).toEqual([...update])
    }),
  )
  const denial = createDecoder(encodeYFrame({ type: 'permissionDenied', reason: 'nö' }))
  expect(readVarUint(denial)).toBe(2)
  let told = ''
  readAuthMessage(denial, documentOf(), (_, reason) => (told = reason))
  expect(told).toBe('nö')
})

test('a frame may hold several messages', () => {
  const stateVector = Uint8Array.of(0)
  const frame = Uint8Array.of(
    ...encodeYFrame({ type: 'syncStep1', stateVector }),
    ...encodeYFrame({ type: 'update', update: emptyUpdate() }),
    3,
  )
  expect(decodeYFrame(frame, defaultLimits).map(({ type }) => type)).toEqual(['syncStep1', 'update', 'queryAwareness'])
})

test.each([
  ['nothing', [], 'unexpected-end'],
  ['a type that only relays send', [2, 0, 0], 'unknown-tag'],
  ['an unknown type', [4], 'unknown-tag'],
  ['an unknown sync message', [0, 3, 0], 'unknown-tag'],
  ['an update without its end', [0, 2, 5, 0, 0], 'unexpected-end'],
  ['a state vector that is none', [0, 0, 2, 1, 1], 'unexpected-end'],
  ['a state vector that goes on', [0, 0, 2, 0, 1], 'trailing-bytes'],
  ['awareness that is not JSON', [1, 4, 1, 1, 1, 0], 'invalid-value'],
  ['a good message and half of one', [3, 0], 'unexpected-end'],
])('%s is malformed', (_, frame, code) => {
  expect(() => decode(Uint8Array.from(frame))).toThrow(expect.objectContaining({ name: 'DecodeError', code }))
})

test('state vectors and awareness have a limit, and so has a frame', () => {
  const limits = { awarenessBytesMax: 10, stateVectorBytesMax: 10 }
  const long = expect.objectContaining({ code: 'limit-exceeded' })
  const stateVector = Uint8Array.of(5, ...Array.from({ length: 10 }, (_, client) => client))
  expect(() => decodeYFrame(encodeYFrame({ type: 'syncStep1', stateVector }), limits)).toThrow(long)
  const payload = new Uint8Array(11)
  expect(() => decodeYFrame(encodeYFrame({ type: 'awareness', payload }), limits)).toThrow(long)
  expect(() => decode(new Uint8Array(4097).fill(3))).toThrow(long)
})

test('any bytes decode or throw a DecodeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (frame) => {
      try {
        decode(frame)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
    { numRuns: 5000 },
  )
})
