import type { UseStore } from 'idb-keyval'
import { expect, onTestFinished, test } from 'vitest'
import { deviceStoreContract } from './device-store.contract.ts'
import { IndexedDbConnection } from './indexeddb-connection.ts'
import { IndexedDbDeviceStore, openIndexedDbDeviceStore } from './indexeddb-device-store.ts'

let devices = 0

deviceStoreContract('IndexedDB', () => {
  const name = newName()
  return () => openIndexedDbDeviceStore({ name })
})

test('a full device rejects with store-full, keeps what it has, and takes writes again when there is room', async () => {
  const bucket = await (navigator as NavigatorWithBuckets).storageBuckets.open(newName(), { quota: 200_000 })
  const connection = new IndexedDbConnection({
    name: newName(),
    storeName: 'rooms',
    upgrades: [(database) => void database.createObjectStore('rooms')],
    factory: () => bucket.indexedDB,
  })
  const store = new IndexedDbDeviceStore(connection)
  onTestFinished(() => store.close())
  await store.appendLocal('a', new Uint8Array([1]))
  await expect(store.appendLocal('a', new Uint8Array(1_000_000))).rejects.toMatchObject({
    name: 'SynclineError',
    code: 'store-full',
    retryable: true,
  })
  const { head, rows } = await store.load('a')
  expect(rows).toEqual([{ row: 1, ref: 1, update: new Uint8Array([1]) }])
  expect(head.nextRef).toBe(2)
  expect(await store.appendLocal('a', new Uint8Array([2]))).toMatchObject({ row: 2, ref: 2 })
})

test('without IndexedDB every verb rejects with store-unavailable', async () => {
  const connection = new IndexedDbConnection({
    name: newName(),
    storeName: 'rooms',
    upgrades: [],
    factory: () => undefined,
  })
  const store = new IndexedDbDeviceStore(connection)
  const unavailable = { name: 'SynclineError', code: 'store-unavailable' }
  await expect(store.pendingRooms()).rejects.toMatchObject(unavailable)
  await expect(store.load('a')).rejects.toMatchObject(unavailable)
  await expect(store.appendLocal('a', new Uint8Array())).rejects.toMatchObject(unavailable)
  await expect(store.appendRemote('a', undefined, { epoch: 1, seq: 1 })).rejects.toMatchObject(unavailable)
  await expect(store.settle('a', { ackedRef: 1 })).rejects.toMatchObject(unavailable)
  await expect(store.delete('a')).rejects.toMatchObject(unavailable)
  await store.close()
})

test('a database of a newer version is unavailable to this one', async () => {
  const name = newName()
  const request = indexedDB.open(`syncline:${name}`, 1_000)
  await new Promise((resolve) => request.addEventListener('success', resolve))
  request.result.close()
  const store = openIndexedDbDeviceStore({ name })
  onTestFinished(() => store.close())
  await expect(store.load('a')).rejects.toMatchObject({ code: 'store-unavailable' })
})

test('a write whose transaction fails at the commit has not happened', async () => {
  const name = newName()
  const connection = new IndexedDbConnection({
    name,
    storeName: 'rooms',
    upgrades: [(database) => void database.createObjectStore('rooms')],
  })
  // The last moment at which a transaction can still fail: after the callback, when all requests are made.
  let fail = true
  const useStore: UseStore = (mode, callback) =>
    connection.useStore(mode, async (store) => {
      const value = await callback(store)
      if (fail) store.transaction.abort()
      return value
    })
  const store = new IndexedDbDeviceStore({ useStore, close: () => connection.close() })
  onTestFinished(() => store.close())
  await expect(store.appendLocal('a', new Uint8Array([1]))).rejects.toMatchObject({ code: 'store-failed' })
  fail = false
  expect(await store.appendLocal('a', new Uint8Array([2]))).toMatchObject({ row: 1, ref: 1 })
  expect((await store.load('a')).rows).toHaveLength(1)
})

/** A storage bucket has a quota of its own: the way to a full device that leaves the other tests their room. */
type NavigatorWithBuckets = Navigator & {
  readonly storageBuckets: {
    open(name: string, options: { readonly quota: number }): Promise<{ readonly indexedDB: IDBFactory }>
  }
}

function newName(): string {
  return `device-${(devices += 1)}`
}
