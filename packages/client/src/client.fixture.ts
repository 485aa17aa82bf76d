/** A client for tests: on a memory disk that outlives it, against a relay in memory, in time that a test moves. */
import type { DeviceStore } from './device-store/device-store.ts'
import { FaultyDeviceStore } from './device-store/faulty-device-store.fixture.ts'
import { MemoryDeviceStore, MemoryDisk } from './device-store/memory-device-store.ts'
import { ManualScheduler, atRest } from './manual-scheduler.fixture.ts'
import { MemoryRelay } from './memory-relay.fixture.ts'
import type { Room } from './room.ts'
import { Syncline, type SynclineOptions } from './syncline.ts'

export class World {
  readonly scheduler = new ManualScheduler()
  readonly relay = new MemoryRelay()
  readonly #clients: Syncline[] = []

  /** A visit of the device with this disk: a page that is opened there. */
  visit(store: DeviceStore = new MemoryDeviceStore(), options: Partial<SynclineOptions> = {}): Syncline {
    const { relay, scheduler } = this
    const client = new Syncline({
      url: 'memory:',
      transport: relay,
      scheduler,
      store,
      random: () => 0.5,
      page: undefined,
      ...options,
    })
    this.#clients.push(client)
    return client
  }

  /** Lets everything happen that needs no time. */
  async rest(): Promise<void> {
    await atRest()
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }
}

export function text(room: Room): string {
  return room.doc.getText('text').toString()
}

export function type(room: Room, added: string): void {
  const shared = room.doc.getText('text')
  shared.insert(shared.length, added)
}

/** A disk, and stores on it: one for each visit. */
export function device(): { readonly disk: MemoryDisk; store(): FaultyDeviceStore } {
  const disk = new MemoryDisk()
  return { disk, store: () => new FaultyDeviceStore(new MemoryDeviceStore(disk)) }
}
