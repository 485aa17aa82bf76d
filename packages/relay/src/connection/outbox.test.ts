import { expect, test } from 'vitest'
import { Outbox } from './outbox.ts'

const limits = { outboxSoftBytes: 100, outboxHardBytes: 50, drainTimeoutMs: 1000, lineBytesPerSecondMin: 10 }
const untaken = { takenBytes: 7 }

const outbox = (): Outbox => new Outbox(limits, untaken)

test('a socket that holds more than the soft bound is slow until it has drained to half of it', () => {
  const box = outbox()
  box.sent(100, 100, 0)
  expect(box.slow).toBe(false)
  expect(box.sent(1, 101, 0)).toBe(true)
  expect(box.slow).toBe(true)
  expect(box.sent(1, 102, 0)).toBe(false)
  expect(box.drainedTo(51)).toBe(false)
  expect(box.drainedTo(50)).toBe(true)
  expect(box.slow).toBe(false)
  expect(box.drainedTo(0)).toBe(false)
})

test('one large update makes a connection slow, and does not end it', () => {
  const box = outbox()
  box.sent(1_000_000, 1_000_000, 0)
  expect(box.slow).toBe(true)
  expect(box.overflowing(0)).toBe(undefined)
})

test('what is sent to a slow connection is bounded', () => {
  const box = outbox()
  box.sent(101, 101, 0)
  box.sent(50, 151, 0)
  expect(box.overflowing(0)).toBe(undefined)
  box.sent(1, 152, 0)
  expect(box.overflowing(0)).toBe('outboxHardBytes')
})

test('a connection that does not drain in time has to go', () => {
  const box = outbox()
  box.sent(101, 101, 500)
  expect(box.overflowing(1500)).toBe(undefined)
  expect(box.overflowing(1501)).toBe('drainTimeoutMs')
})

test('a connection that drains slowly stays as long as it goes on, whatever it took before', () => {
  const socket = { takenBytes: 500 }
  const box = new Outbox(limits, socket)
  box.sent(100_000, 100_000, 0)
  // Much at once is of no use later.
  socket.takenBytes += 50_000
  for (const now of [1001, 2002, 3003]) {
    expect(box.overflowing(now)).toBe(undefined)
    socket.takenBytes += 11
  }
  expect(box.overflowing(4004)).toBe(undefined)
  socket.takenBytes += 10
  expect([box.overflowing(5004), box.overflowing(5005)]).toEqual([undefined, 'drainTimeoutMs'])
})

test('every slow time is counted afresh', () => {
  const box = outbox()
  box.sent(101, 101, 0)
  box.sent(50, 151, 0)
  box.drainedTo(0)
  box.sent(101, 101, 900)
  box.sent(50, 151, 900)
  expect(box.overflowing(1800)).toBe(undefined)
})

test('while the relay as a whole holds too much, a socket is slow with less', () => {
  const roomy = { ...limits, outboxSoftBytes: 1_000_000 }
  const [pressed, eased] = [new Outbox(roomy, untaken), new Outbox(roomy, untaken)]
  expect([pressed.sent(1, 65_537, 0, true), eased.sent(1, 65_537, 0, false)]).toEqual([true, false])
  expect(pressed.drainedTo(32_769, true)).toBe(false)
  expect(pressed.drainedTo(32_768, true)).toBe(true)
  pressed.sent(1, 65_537, 0, true)
  expect(pressed.drainedTo(65_537, false)).toBe(true)
})
