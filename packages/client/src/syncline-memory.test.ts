import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { device, text, type, worldOfEachTest, type World } from './client.fixture.ts'
import type { DeviceRoom, DeviceStore } from './device-store/device-store.ts'

let world: World

worldOfEachTest((created) => {
  world = created
})

/** Collects all garbage, in Node without a flag. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

/** A store that hands out copies, as a database does, and knows which of them somebody still holds. */
function watched(store: DeviceStore): {
  readonly store: DeviceStore
  readonly given: () => number
  readonly held: () => number
} {
  const given: WeakRef<Uint8Array>[] = []
  const load = async (room: string, afterRow?: number): Promise<DeviceRoom> => {
    const { head, rows } = await store.load(room, afterRow)
    const copies = rows.map(({ row, ref, update }) => ({ row, ref, update: update.slice() }))
    given.push(...copies.map(({ update }) => new WeakRef(update)))
    return { head, rows: copies }
  }
  return {
    store: new Proxy(store, {
      get: (target, name) => {
        if (name === 'load') return load
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    }),
    given: () => given.length,
    held: () => given.filter((bytes) => bytes.deref() !== undefined).length,
  }
}

test('of a loaded room, the client holds IDs and the document, but none of the bytes that it was read from', async () => {
  const { store } = device()
  const before = world.visit(store())
  const written = before.room('a')
  await written.loaded
  for (let key = 0; key < 100; key += 1) {
    type(written, 'x')
    await world.rest()
  }
  await written.whenAcked()
  await before.close()

  const watch = watched(store())
  const room = world.visit(watch.store).room('a')
  await room.loaded
  await world.rest()
  expect(room.status).toMatchObject({ sync: 'live', unacked: 0 })
  expect(text(room)).toHaveLength(100)
  // What was looked at in a turn of the event loop is held until its end.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  expect(watch.given()).toBeGreaterThan(100)
  expect(watch.held()).toBe(0)
})
