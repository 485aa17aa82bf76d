import { expect, test } from 'vitest'
import { deviceStoreContract } from './device-store.contract.ts'
import { MemoryDeviceStore, MemoryDisk } from './memory-device-store.ts'

deviceStoreContract('memory', () => {
  const disk = new MemoryDisk()
  return () => new MemoryDeviceStore(disk)
})

test('a store without a disk is alone', async () => {
  const store = new MemoryDeviceStore()
  await store.appendLocal('a', new Uint8Array([1]))
  expect(await new MemoryDeviceStore().pendingRooms()).toEqual([])
})
