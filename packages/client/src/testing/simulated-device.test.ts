import { expect, test } from 'vitest'
import { deviceStoreContract } from '../device-store/device-store.contract.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { SimulatedDevice } from './simulated-device.ts'

deviceStoreContract('simulated', () => {
  const device = new SimulatedDevice()
  return () => device.openStore()
})

const bytes = (byte: number): Uint8Array => Uint8Array.of(byte)

test('a tab that ends leaves what it asked for last done or not, and hears of neither', async () => {
  const scheduler = new ManualScheduler()
  const device = new SimulatedDevice({ scheduler, latencyMs: () => 5 })
  const [tab, other] = [device.openStore(scheduler), device.openStore(scheduler)]
  let heard = 0
  for (const byte of [1, 2, 3]) void tab.appendLocal('a', bytes(byte)).finally(() => (heard += 1))
  const after = other.appendLocal('a', bytes(4))
  device.abandon(tab, 1)
  await scheduler.advance(100)
  expect((await after).ref).toBe(2)
  const { rows } = await device.contents.load('a')
  expect(rows.map(({ update }) => update[0])).toEqual([1, 4])
  expect(heard).toBe(0)
})

test('writes fail as often as they are told to, whole, and all until the device heals', async () => {
  const device = new SimulatedDevice()
  const store = device.openStore()
  device.failWrites('store-full', 1)
  await expect(store.appendLocal('a', bytes(1))).rejects.toMatchObject({ code: 'store-full' })
  expect((await store.appendLocal('a', bytes(2))).ref).toBe(1)
  device.failAll('store-unavailable')
  expect(device.failing).toBe(true)
  await expect(store.load('a')).rejects.toMatchObject({ code: 'store-unavailable' })
  device.heal()
  expect((await store.load('a')).rows).toHaveLength(1)
})

test('who has a store open while everything is deleted hears of it, and is refused until then', async () => {
  const scheduler = new ManualScheduler()
  const device = new SimulatedDevice({ scheduler, latencyMs: () => 5 })
  const [store, other] = [device.openStore(scheduler), device.openStore(scheduler)]
  const first = store.appendLocal('a', bytes(1))
  await scheduler.advance(100)
  expect(await first).toMatchObject({ row: 1, ref: 1 })
  const heard: string[] = []
  store.onLost(() => heard.push('lost'))
  const failed = (error: unknown): void => void heard.push((error as { readonly code: string }).code)
  store.appendLocal('a', bytes(2)).catch(failed)
  device.wipe()
  device.wipe()
  store.load('a').catch(failed)
  await other.close()
  expect(heard).toEqual([])
  await scheduler.advance(100)
  expect(heard).toEqual(['lost', 'store-failed', 'store-failed'])
  const again = store.appendLocal('a', bytes(3))
  await scheduler.advance(100)
  // Above all that was given out before: an ack on its way to what is gone must not be taken for one of this.
  expect((await again).ref).toBeGreaterThan(1)
  expect((await device.contents.load('a')).rows).toHaveLength(1)
})
