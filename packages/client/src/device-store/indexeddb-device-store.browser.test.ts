import { deviceStoreContract } from './device-store.contract.ts'
import { openIndexedDbDeviceStore } from './indexeddb-device-store.ts'

let devices = 0

deviceStoreContract('IndexedDB', () => {
  const name = `contract-${(devices += 1)}`
  return () => openIndexedDbDeviceStore({ name })
})
