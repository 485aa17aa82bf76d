import { expect, test } from 'vitest'
import { handOver } from './handed-over.ts'

const large = 100_000

test('large updates with a buffer to themselves are moved, all others copied', () => {
  const own = new Uint8Array(large).fill(1)
  const shared = new Uint8Array(large * 3).fill(2)
  const [one, other] = [shared.subarray(0, large), shared.subarray(large, large * 2)]
  const small = Uint8Array.of(3)
  const { updates, buffers } = handOver([own, one, small], [other])
  expect(buffers).toHaveLength(2)
  expect(buffers[0]).toBe(own.buffer)
  expect(buffers).not.toContain(shared.buffer)
  expect(updates.map((update) => [update.length, update[0]])).toEqual([
    [large, 1],
    [large, 2],
    [1, 3],
    [large, 2],
  ])
})

test('what is borrowed stays with its owner, also after the move', () => {
  const borrowed = new Uint8Array(large).fill(4)
  const { updates, buffers } = handOver([], [borrowed])
  structuredClone(updates, { transfer: [...buffers] })
  expect([borrowed.length, updates.at(0)?.length]).toEqual([large, 0])
})

test('two views of one buffer are not both moved', () => {
  const bytes = new Uint8Array(large).fill(5)
  const { updates, buffers } = handOver([bytes, bytes.subarray(0)], [])
  const received = structuredClone(updates, { transfer: [...buffers] })
  expect(received.map(({ length }) => length)).toEqual([large, large])
})
