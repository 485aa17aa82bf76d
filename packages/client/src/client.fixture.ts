/** A client for tests: on a memory disk that outlives it, against a relay in memory, in time that a test moves. */
import { afterEach, beforeEach, expect } from 'vitest'
import { applyUpdate, Doc } from 'yjs'
import { MemoryRelay } from './connection/memory-relay.fixture.ts'
import type { DeviceStore } from './device-store/device-store.ts'
import { FaultyDeviceStore } from './device-store/faulty-device-store.fixture.ts'
import { MemoryDeviceStore, MemoryDisk } from './device-store/memory-device-store.ts'
import { newDoc } from './doc.fixture.ts'
import { ManualScheduler, atRest } from './manual-scheduler.fixture.ts'
import { Syncline, type SynclineOptions } from './syncline.ts'

export { text, type } from './room.fixture.ts'

export class World {
  readonly scheduler = new ManualScheduler()
  readonly relay = new MemoryRelay()
  readonly #clients: AsyncDisposable[] = []
  #seed = 1
  /** The same in every run, and no two the same in a row: tabs name themselves by it. Park and Miller's generator. */
  readonly #random = (): number => {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647
    return this.#seed / 2_147_483_647
  }

  /** A visit of the device with this disk: a page that is opened there. */
  visit(store: DeviceStore = new MemoryDeviceStore(), options: Partial<SynclineOptions> = {}): Syncline {
    const { relay, scheduler } = this
    const client = new Syncline({
      url: 'memory:',
      transport: relay,
      scheduler,
      store,
      random: this.#random,
      page: undefined,
      createDoc: () => newDoc(),
      ...options,
    })
    this.closes(client)
    return client
  }

  /** Sees to it that `client` is closed with the world. */
  closes(client: AsyncDisposable): void {
    this.#clients.push(client)
  }

  /** Lets everything happen that needs no time. */
  async rest(): Promise<void> {
    await atRest()
  }

  /** What a newcomer would read. */
  textAtRelay(room: string = 'a'): string {
    const doc = new Doc()
    applyUpdate(doc, this.relay.content(room))
    return doc.getText('text').toJSON()
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()))
  }
}

/** A new world before each test of the file, given to `enter`; after it, the world is closed and has to leave no timer running. */
export function worldOfEachTest(enter: (world: World) => void): void {
  let world: World
  beforeEach(() => {
    world = new World()
    enter(world)
  })
  afterEach(async () => {
    await world.close()
    expect(world.scheduler.pending, 'timers left running').toBe(0)
  })
}

/** The letters of a text whose order does not matter. */
export function letters(of: string): string {
  return of
    .split('')
    .sort((a, b) => (a < b ? -1 : 1))
    .join('')
}

export interface Device {
  readonly disk: MemoryDisk
  /** A store on the disk, for one visit. */
  readonly store: () => FaultyDeviceStore
}

export function device(): Device {
  const disk = new MemoryDisk()
  return { disk, store: () => new FaultyDeviceStore(new MemoryDeviceStore(disk)) }
}
