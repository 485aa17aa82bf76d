import { expect, test } from 'vitest'
import { ProtocolLimits, isRoomName } from './limits.ts'

test.each(['a', 'notes/welcome', 'Zażółć', '👩‍👩‍👧', 'with space', 'a'.repeat(ProtocolLimits.roomNameBytesMax)])(
  '%j names a room',
  (name) => {
    expect(isRoomName(name)).toBe(true)
  },
)

test.each([
  '',
  'a\nb',
  '\u0000',
  'tab\t',
  'a'.repeat(ProtocolLimits.roomNameBytesMax + 1),
  'ä'.repeat(257),
  'half \ud83d',
  '\udc69 half',
])('%j does not name a room', (name) => {
  expect(isRoomName(name)).toBe(false)
})
