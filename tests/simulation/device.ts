/**
 * A device: a disk, an origin with its tabs, and whoever uses them. A tab is a process with the real client in it; edits made there
 * go into the oracles' books, and every promise that the client gives about them is remembered and checked when it is kept.
 */
import { MemoryDisk, Syncline, type Page, type Room } from 'syncline'
import { ClientLimits } from '../../packages/client/src/limits.ts'
import { BrowserTabs } from '../../packages/client/src/tabs/browser-tabs.ts'
import { SimulatedDevice, type SimulatedDeviceStore } from '../../packages/client/src/testing/simulated-device.ts'
import type { SimulatedNetwork } from '../../packages/client/src/testing/simulated-network.ts'
import { alienTransport } from './alien-transport.ts'
import { newDoc } from './documents.ts'
import { BrokenOracle } from './broken-oracle.ts'
import type { Oracles, WitnessedStore } from './oracles.ts'
import { SimulatedOrigin } from './origin.ts'
import { Random } from './random.ts'
import { TabRoom } from './tab-room.ts'
import type { WorldConfig } from './trace.ts'
import type { Edit } from './written.ts'
import { Process, type VirtualTime } from './virtual-time.ts'

/** How long a token is good, if nothing else is said. */
export const TOKEN_MS = 120_000

export interface DeviceSurroundings {
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly oracles: Oracles
  readonly config: WorldConfig
  readonly weather: number
  readonly log: (text: () => string) => void
}

/** Edits by room, with what had gone wrong on the device by then. */
export interface KeptEdits {
  readonly faults: number
  readonly wipes: number
  readonly edits: readonly (readonly [room: string, edits: readonly Edit[]])[]
}

export class Device {
  readonly name: string
  readonly number: number
  readonly disk: SimulatedDevice
  readonly tabs: Tab[] = []
  readonly origin: SimulatedOrigin
  readonly surroundings: DeviceSurroundings
  /** By the books. */
  store: WitnessedStore
  #rows = new MemoryDisk()
  skewMs = 0
  /** Counts the times that everything was deleted here. */
  wipes = 0
  /** What its tokens allow. */
  access: 'read' | 'write' | 'none' = 'write'
  /** Counts what is to go wrong with the disk. */
  faults = 0
  /** The next token has run out already. */
  staleTokens = 0
  /** Tabs that were ever opened. */
  visits = 0

  constructor(number: number, surroundings: DeviceSurroundings) {
    const { time, oracles, config, weather } = surroundings
    this.number = number
    this.name = `device-${number}`
    this.surroundings = surroundings
    const latency = new Random(weather, this.name, 'disk')
    const tabsLatency = new Random(weather, this.name, 'tabs')
    this.store = oracles.deviceStore(this.name, this.#rows)
    this.disk = new SimulatedDevice({
      scheduler: time,
      latencyMs: () => latency.int(config.deviceMs[0], config.deviceMs[1] + 1),
      store: this.store,
    })
    this.origin = new SimulatedOrigin(time, () => tabsLatency.int(config.tabsMs[0], config.tabsMs[1] + 1))
  }

  /** The tabs that run. */
  get running(): readonly Tab[] {
    return this.tabs.filter(({ process }) => process.state === 'running')
  }

  openTab(alien: boolean): Tab {
    this.visits += 1
    const tab = new Tab(this, `${this.name}/${this.visits}`, alien)
    this.tabs.push(tab)
    return tab
  }

  /** Everything on the disk is deleted, and the pages that had it open are reloaded by it. */
  wipe(): void {
    this.wipes += 1
    for (const tab of this.tabs.slice()) tab.kill(0, true)
    this.#wiped(new MemoryDisk())
  }

  /** Everything on the disk is deleted under the pages that are open. */
  clear(): void {
    this.wipes += 1
    this.#wiped(this.#rows.emptied())
  }

  #wiped(rows: MemoryDisk): void {
    this.#rows = rows
    this.store = this.surroundings.oracles.deviceStore(this.name, rows)
    this.disk.wipe(this.store)
  }

  /** Throws unless each of `edits`, of a room, is on the disk, if it has worked since they were counted. */
  assertKept({ faults, wipes, edits }: KeptEdits): void {
    if (this.faults !== faults || this.wipes !== wipes) return
    for (const [room, made] of edits) {
      const { units } = this.store.book(room)
      for (const edit of made) {
        const { written } = this.surroundings.oracles.room(room)
        this.surroundings.oracles.checked('hidden-is-kept')
        const missing = written.missing(edit, units)
        if (missing === undefined) continue
        throw new BrokenOracle(
          'hidden-is-kept',
          `${this.name} lacks ${missing} of edit ${edit.number}, made before its tab was hidden`,
        )
      }
    }
  }

  token(now: number): string {
    if (this.staleTokens > 0) {
      this.staleTokens -= 1
      return `${this.name} ${now + 2_000}`
    }
    return `${this.name} ${now + (this.surroundings.config.tokenMs ?? TOKEN_MS)}`
  }
}

export class Tab {
  readonly name: string
  readonly device: Device
  readonly process: Process
  readonly client: Syncline
  readonly alien: boolean
  readonly rooms = new Map<string, TabRoom>()
  readonly #store: SimulatedDeviceStore
  readonly #hide = new Set<() => void>()
  readonly #wake = new Set<() => void>()
  /** Counts rooms that are being closed, and the client if it is: then the tab is leaving. */
  closing = 0
  leaving = false
  /** Of the times that everything was deleted on the device, those that this tab knows of. */
  wipesKnown: number

  constructor(device: Device, name: string, alien: boolean) {
    const { time, network, weather, config } = device.surroundings
    this.device = device
    this.name = name
    this.alien = alien
    const process = new Process(time, name, new Random(weather, name))
    process.skewMs = device.skewMs
    this.process = process
    this.#store = device.disk.openStore(process)
    this.wipesKnown = device.wipes
    this.#store.onLost(() => {
      this.wipesKnown = device.wipes
    })
    const transport = network.transport(name, process)
    const { random } = process
    const page: Page = {
      onHide: (listener) => subscribe(this.#hide, listener),
      onWake: (listener) => subscribe(this.#wake, listener),
    }
    this.client = new Syncline({
      url: 'simulated:',
      transport: alien ? alienTransport(transport) : transport,
      store: this.#store,
      tabs: new BrowserTabs({
        name: 'app',
        scheduler: process,
        random: random.next,
        platform: device.origin.platform(process),
      }),
      scheduler: process,
      random: random.next,
      page,
      createDoc: () => {
        const implementation = config.onCore?.includes(device.number) === true ? 'core' : 'yjs'
        const doc = newDoc(implementation, { gc: !config.keepers.includes(device.number) })
        doc.clientID = random.int(1, 2 ** 32)
        return doc
      },
      ...(config.tokens ? { token: () => this.#fetchToken() } : {}),
    })
    this.#soon(() => this.client.open())
  }

  get isAlive(): boolean {
    return this.process.state !== 'dead'
  }

  /** What a person, or the platform, does to the tab happens in its own time, and not at all once it is dead. */
  does(work: () => void): void {
    this.#soon(work)
  }

  openRoom(name: string): void {
    if (this.rooms.has(name)) return
    const room: Room = this.client.room(name)
    const tabRoom = new TabRoom(this, room)
    this.rooms.set(name, tabRoom)
    tabRoom.open()
  }

  closeRoom(name: string): void {
    const room = this.rooms.get(name)
    if (room === undefined) return
    this.rooms.delete(name)
    this.#close(() => room.close())
  }

  /** As a person closes it: nothing is cut off. */
  close(): void {
    if (this.leaving) return
    this.leaving = true
    const rooms = [...this.rooms.values()]
    this.rooms.clear()
    this.#close(async () => {
      await Promise.all([this.client.close(), ...rooms.map((room) => room.close())])
      this.end()
    })
  }

  hide(): void {
    for (const listener of this.#hide) listener()
  }

  /** What the device keeps, if this tab ends after it was told that it is hidden. */
  editsKept(): KeptEdits {
    const { faults, wipes, disk } = this.device
    // Beyond the bound, edits wait for the writes under way; and a store that was cleared refuses them until the tab has heard of it.
    const mayWait = disk.failing || this.wipesKnown < wipes || ClientLimits.writesHastenedMax < 8
    const working = mayWait ? [] : [...this.rooms].filter(([, { room }]) => room.status.store.state === 'durable')
    const edits = working.map(([name, room]) => [name, room.edits.slice()] as const)
    return { faults, wipes, edits }
  }

  wake(): void {
    for (const listener of this.#wake) listener()
  }

  kill(kept: number, told: boolean): void {
    if (!this.isAlive) return
    const { network } = this.device.surroundings
    this.device.disk.abandon(this.#store, kept)
    network.cut(this.name, told ? 'server' : 'nobody', kept)
    this.end()
  }

  /** The process is over. */
  end(): void {
    this.process.kill()
    const { device } = this
    device.origin.died(this.process)
    const index = device.tabs.indexOf(this)
    if (index !== -1) device.tabs.splice(index, 1)
    this.rooms.clear()
  }

  #close(close: () => Promise<void>): void {
    this.closing += 1
    const closing = async (): Promise<void> => {
      try {
        await close()
        this.closing -= 1
      } catch (error) {
        this.device.surroundings.oracles.note(error)
      }
    }
    void closing()
  }

  #soon(work: () => void): void {
    this.process.after(0, work)
  }

  async #fetchToken(): Promise<string> {
    await new Promise<void>((resolve) => this.process.after(this.process.random.int(0, 50), resolve))
    return this.device.token(this.device.surroundings.time.now())
  }
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
