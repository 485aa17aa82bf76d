import { expect, test } from 'vitest'
import { HeldSocket } from './held-socket.fixture.ts'
import { Reading } from './reading.ts'

test('a socket is read again when the last reason not to is gone', () => {
  const socket = new HeldSocket()
  const reading = new Reading(socket)
  expect(reading.hold('unsettled')).toBe(true)
  expect(reading.hold('unsettled')).toBe(false)
  expect(reading.hold('buffers')).toBe(true)
  reading.release('rest')
  reading.release('unsettled')
  expect([socket.paused, reading.isHeld]).toEqual([true, true])
  reading.release('buffers')
  expect([socket.paused, reading.isHeld]).toEqual([false, false])
})

test('a socket that is closing is left alone', () => {
  const socket = new HeldSocket()
  const reading = new Reading(socket)
  reading.hold('rest')
  reading.end()
  socket.resume()
  expect(reading.hold('buffers')).toBe(false)
  reading.release('rest')
  expect([socket.paused, reading.isHeld]).toEqual([false, false])
})
