import { DecodeError } from '@syncline/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { decodeAwareness, encodeAwareness, type AwarenessEntry } from './awareness.ts'
import { ProtocolLimits } from './limits.ts'

const entry: fc.Arbitrary<AwarenessEntry> = fc.record({
  clientID: fc.maxSafeNat(),
  clock: fc.nat(),
  state: fc.oneof(
    fc.constant(null),
    fc.json().filter((text) => text.trim() !== 'null'),
  ),
})

test('decoding an awareness update undoes encoding it', () => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      expect(decodeAwareness(encodeAwareness(entries))).toEqual(entries)
    }),
  )
})

test('it reads what y-protocols writes, and y-protocols reads what it writes', () => {
  const awareness = new Awareness(new Y.Doc())
  awareness.setLocalStateField('user', { name: 'Ada' })
  const update = encodeAwarenessUpdate(awareness, [awareness.clientID])
  expect(decodeAwareness(update)).toEqual([
    { clientID: awareness.clientID, clock: 1, state: JSON.stringify({ user: { name: 'Ada' } }) },
  ])

  const gone = encodeAwareness([{ clientID: awareness.clientID, clock: 2, state: null }])
  const peer = new Awareness(new Y.Doc())
  applyAwarenessUpdate(peer, update, 'test')
  expect(peer.getStates().has(awareness.clientID)).toBe(true)
  applyAwarenessUpdate(peer, gone, 'test')
  expect(peer.getStates().has(awareness.clientID)).toBe(false)
  awareness.destroy()
  peer.destroy()
})

test('a state that is not JSON is refused: every peer would throw on it', () => {
  const poison = encodeAwareness([{ clientID: 1, clock: 1, state: '{"user":' }])
  expect(() => decodeAwareness(poison)).toThrow(expect.objectContaining({ code: 'invalid-value', offset: 3 }))
})

test('more replicas than allowed are refused before anything is allocated', () => {
  const entries = Array.from({ length: ProtocolLimits.awarenessEntriesMax + 1 }, (_, clientID) => ({
    clientID,
    clock: 0,
    state: null,
  }))
  expect(() => decodeAwareness(encodeAwareness(entries))).toThrow(expect.objectContaining({ code: 'limit-exceeded' }))
})

test('any bytes decode or throw a DecodeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        decodeAwareness(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
    { numRuns: 2000 },
  )
})
