/**
 * A world for the tests of an app: a clock, a network, a relay and any number of devices, all in memory and in one process. Each visit of a
 * device is one client of it: {@link Visit.options} is what the app gives to `new Syncline(…)`. What happens follows from the seed and from
 * what the test does, and from nothing else.
 *
 * ```
 *   visit ──store──▶ device ◀── other visits (tabs, or later ones)
 *     └──transport──▶ network ──▶ relay
 * ```
 */
import type { Page } from '../page.ts'
import type { Scheduler } from '../scheduler.ts'
import type { SynclineOptions } from '../syncline.ts'
import { ManualClock } from './manual-clock.ts'
import { SimulatedDevice, type SimulatedDeviceStore } from './simulated-device.ts'
import { SimulatedNetwork, type Told } from './simulated-network.ts'
import { SimulatedRelay, type SimulatedRelayOptions } from './simulated-relay.ts'
import { SimulatedTabs, type SimulatedTab } from './simulated-tabs.ts'

export interface SimulationOptions extends Omit<SimulatedRelayOptions, 'network' | 'scheduler' | 'flushMs'> {
  /** Names the run: a whole number. Default: 1. */
  readonly seed?: number
  /** How long a frame is on its way, in ms: always, or for the next one of a client. Default: 0. */
  readonly latencyMs?: number | ((client: string) => number)
  /** How long a flush of the relay's log takes, in ms. Default: 0. */
  readonly flushMs?: number
  /** How long a device takes for a transaction, and again until the page hears of it, in ms. Default: 0. */
  readonly storeMs?: number
}

interface Place {
  readonly device: SimulatedDevice
  readonly tabs: SimulatedTabs
  readonly visits: Set<Visit>
  opened: number
  online: boolean
}

export class Simulation implements AsyncDisposable {
  readonly clock: ManualClock
  readonly network: SimulatedNetwork
  readonly relay: SimulatedRelay
  readonly #storeMs: number
  readonly #random: () => number
  readonly #places = new Map<string, Place>()

  constructor(options: SimulationOptions = {}) {
    const { seed = 1, latencyMs = 0, flushMs = 0, storeMs = 0, ...relay } = options
    const clock = new ManualClock()
    this.clock = clock
    this.network = new SimulatedNetwork({
      scheduler: clock,
      latencyMs: typeof latencyMs === 'number' ? () => latencyMs : latencyMs,
    })
    this.relay = new SimulatedRelay({ ...relay, network: this.network, scheduler: clock, flushMs: () => flushMs })
    this.#storeMs = storeMs
    this.#random = randomFrom(seed)
  }

  /** The device of this name, with nothing on it at first: what can go wrong with its storage is there. */
  device(name: string): SimulatedDevice {
    return this.#place(name).device
  }

  /** Somebody opens the app on a device: a first visit, one more tab, or a visit after all others ended. */
  visit(device: string): Visit {
    const place = this.#place(device)
    place.opened += 1
    const visit = new Visit(`${device}/${place.opened}`, {
      clock: this.clock,
      network: this.network,
      device: place.device,
      tab: place.tabs.tab(),
      random: this.#random,
      ended: (gone) => void place.visits.delete(gone),
    })
    place.visits.add(visit)
    if (!place.online) this.network.partition(visit.name)
    return visit
  }

  /** Cuts a device off: nothing gets through until {@link Simulation.online}, and nobody is told. */
  offline(device: string): void {
    this.#place(device).online = false
    this.#ofEach(device, (client) => this.network.partition(client))
  }

  /** What was on its way arrives, where the connection is still there. */
  online(device: string): void {
    this.#place(device).online = true
    this.#ofEach(device, (client) => this.network.rejoin(client))
  }

  /** The connection of a device ends; what was on its way is lost. `told`: who hears of it. */
  cut(device: string, told: Told = 'both'): void {
    this.#ofEach(device, (client) => this.network.cut(client, told))
  }

  /** Stops the relay. Clients are their makers' to close, before. Idempotent. */
  close(): Promise<void> {
    return this.relay.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #ofEach(device: string, verb: (client: string) => void): void {
    for (const { name } of this.#place(device).visits) verb(name)
  }

  #place(name: string): Place {
    let place = this.#places.get(name)
    if (place === undefined) {
      const device = new SimulatedDevice({ scheduler: this.clock, latencyMs: () => this.#storeMs })
      place = { device, tabs: new SimulatedTabs(), visits: new Set(), opened: 0, online: true }
      this.#places.set(name, place)
    }
    return place
  }
}

interface VisitSurroundings {
  readonly clock: ManualClock
  readonly network: SimulatedNetwork
  readonly device: SimulatedDevice
  readonly tab: SimulatedTab
  readonly random: () => number
  readonly ended: (visit: Visit) => void
}

/** One page with one client. Made by {@link Simulation.visit}. */
export class Visit {
  /** Its name in the network: that of the device, and a number. */
  readonly name: string
  /** For `new Syncline(visit.options)`; more options, a `createDoc` say, may be added to them. */
  readonly options: SynclineOptions
  readonly #surroundings: VisitSurroundings
  readonly #store: SimulatedDeviceStore
  readonly #hide = new Set<() => void>()
  readonly #wake = new Set<() => void>()
  #crashed = false

  constructor(name: string, surroundings: VisitSurroundings) {
    this.name = name
    this.#surroundings = surroundings
    const { clock, device, network, random, tab } = surroundings
    // After a crash, nothing of it happens any more.
    const scheduler: Scheduler = {
      now: clock.now,
      after: (delayMs, run) =>
        clock.after(delayMs, () => {
          if (!this.#crashed) run()
        }),
    }
    this.#store = device.openStore(scheduler)
    const page: Page = {
      onHide: (listener) => subscribe(this.#hide, listener),
      onWake: (listener) => subscribe(this.#wake, listener),
    }
    const transport = network.transport(name, scheduler)
    this.options = { url: 'simulated:', transport, store: this.#store, tabs: tab, scheduler, random, page }
  }

  /** The page is hidden, or about to go: the client puts away what it has. */
  hide(): void {
    for (const listener of this.#hide) listener()
  }

  /** The page is visible again, or the browser says that the network is back. */
  wake(): void {
    for (const listener of this.#wake) listener()
  }

  /**
   * The page ends without a word: of the transactions that it has asked its device for, the first `transactionsKept` still happen. Its
   * client is as if it were frozen for ever: promises of it that were pending stay pending, and it must not be used any more. Idempotent.
   */
  crash({ transactionsKept = 0 }: { readonly transactionsKept?: number } = {}): void {
    if (this.#crashed) return
    this.#crashed = true
    const { device, network, tab, ended } = this.#surroundings
    device.abandon(this.#store, transactionsKept)
    network.cut(this.name, 'server')
    tab.close()
    ended(this)
  }
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Numbers that look random, 0 ≤ n < 1. Park and Miller's generator. */
function randomFrom(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
