import { expect, it } from 'vitest'
import { packed, unpacked } from './packed-updates.ts'

it('updates that are packed come out as they were, each with bytes of its own', () => {
  const updates = [new Uint8Array([1, 2, 3]), new Uint8Array(), new Uint8Array([4])]
  const again = [...unpacked(packed(updates))]
  expect(again).toEqual(updates)
  again[0]![0] = 9
  expect(again[0]!.buffer).not.toBe(again[2]!.buffer)
  expect(updates[0]![0]).toBe(1)
  expect([...unpacked(packed([]))]).toEqual([])
})
