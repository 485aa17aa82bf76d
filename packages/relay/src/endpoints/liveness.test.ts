import { expect, test } from 'vitest'
import { Liveness } from './liveness.ts'

const limits = { heartbeatMs: 100, keepaliveMs: 50 }

test('a client that was sent nothing for a while is due an empty message', () => {
  const liveness = new Liveness(limits, 0)
  expect(liveness.due(49, 0)).toEqual([])
  expect(liveness.due(50, 0)).toEqual(['keepalive'])
  expect(liveness.due(90, 50)).toEqual([])
})

test('a client that says nothing is probed once in a heartbeat, and given up after two without an answer', () => {
  const liveness = new Liveness(limits, 0)
  expect(liveness.due(100, 100)).toEqual(['probe'])
  expect(liveness.due(199, 199)).toEqual([])
  expect(liveness.due(200, 200)).toEqual(['probe'])
  expect(liveness.due(250, 250)).toEqual(['end'])
})

test('an answer, or anything else, keeps it', () => {
  const liveness = new Liveness(limits, 0)
  expect(liveness.due(100, 100)).toEqual(['probe'])
  liveness.heard(110)
  expect(liveness.due(209, 209)).toEqual([])
  expect(liveness.due(210, 210)).toEqual(['probe'])
  expect(liveness.due(359, 359)).toEqual(['probe'])
  expect(liveness.due(360, 360)).toEqual(['end'])
})
