/**
 * What a browser keeps of an app on one device, in memory, with the weather that somebody gives it: writes that take their time,
 * fail, find no room, or are cut off by the end of their tab. Each tab has a store of its own onto it, as each page has a connection
 * to the database that all share.
 *
 * As in IndexedDB, transactions of all tabs happen one after the other, in the order in which they were asked for, whole or not at
 * all; a tab hears of its own later. A tab that ends in between never hears: what it asked for last may have happened or not.
 */
import type { DeviceHead, DeviceRoom, DeviceRow, DeviceStore } from '../device-store/device-store.ts'
import { MemoryDeviceStore, MemoryDisk } from '../device-store/memory-device-store.ts'
import { SynclineError, type SynclineErrorCode } from '../errors.ts'
import { systemScheduler, type Scheduler } from '../scheduler.ts'

export interface SimulatedDeviceOptions {
  /** The time in which transactions happen. Default: the platform's. */
  readonly scheduler?: Pick<Scheduler, 'after'>
  /** How long the next transaction, or the way of its result back to the tab, takes, in ms. Default: 0. */
  readonly latencyMs?: () => number
  /** What the device keeps rooms in. Default: a `MemoryDeviceStore` on a disk of its own. */
  readonly store?: DeviceStore
}

/** Why a transaction fails: the code that the tab sees. */
export type StoreFault = Extract<
  SynclineErrorCode,
  'store-full' | 'store-failed' | 'store-unavailable' | 'store-blocked'
>

interface Transaction {
  readonly tab: SimulatedDeviceStore
  readonly writes: boolean
  readonly run: () => Promise<() => void>
  readonly fail: (error: SynclineError) => void
}

export class SimulatedDevice {
  readonly #scheduler: Pick<Scheduler, 'after'>
  readonly #latencyMs: () => number
  #disk = new MemoryDisk()
  #store: DeviceStore
  readonly #queue: Transaction[] = []
  readonly #open = new Map<SimulatedDeviceStore, Pick<Scheduler, 'after'>>()
  readonly #gone = new WeakSet<SimulatedDeviceStore>()
  /** Stores that have not heard yet that everything was deleted, with what they asked for since, or just before. */
  readonly #unaware = new Map<SimulatedDeviceStore, Transaction[]>()
  #running = false
  #wipes = 0
  #writeFault: { readonly code: StoreFault; left: number } | undefined
  #readFault: StoreFault | undefined

  constructor({ scheduler = systemScheduler, latencyMs = () => 0, store }: SimulatedDeviceOptions = {}) {
    this.#scheduler = scheduler
    this.#latencyMs = latencyMs
    this.#store = store ?? new MemoryDeviceStore(this.#disk)
  }

  /** What is on the device now, past the weather and without latency. */
  get contents(): DeviceStore {
    return this.#store
  }

  /** The store of one more tab, which hears of its results by `scheduler`. */
  openStore(scheduler: Pick<Scheduler, 'after'> = this.#scheduler): SimulatedDeviceStore {
    const store = new SimulatedDeviceStore(this, scheduler)
    this.#open.set(store, scheduler)
    return store
  }

  /** The next `count` writes fail, in order; without a count, all until {@link SimulatedDevice.heal}. */
  failWrites(code: StoreFault, count: number = Number.POSITIVE_INFINITY): void {
    this.#writeFault = { code, left: count }
  }

  /** Reads and writes fail until {@link SimulatedDevice.heal}. */
  failAll(code: StoreFault): void {
    this.failWrites(code)
    this.#readFault = code
  }

  /** Whether something is to fail. */
  get failing(): boolean {
    return this.#readFault !== undefined || (this.#writeFault?.left ?? 0) > 0
  }

  heal(): void {
    this.#writeFault = undefined
    this.#readFault = undefined
  }

  /**
   * The user, or the browser, deletes everything. Stores that are open go on with `store`, which has to give out higher numbers than the
   * one before, or with an empty one. They hear of it first (`onLost`): what they ask for until then, or have asked for and not
   * heard of, is refused.
   */
  wipe(store?: DeviceStore): void {
    this.#wipes += 1
    this.#disk = this.#disk.emptied()
    this.#store = store ?? new MemoryDeviceStore(this.#disk)
    const refused = this.#queue.splice(0)
    for (const [tab, scheduler] of this.#open) {
      const waiting = this.#unaware.get(tab)
      const own = refused.filter((transaction) => transaction.tab === tab)
      this.#unaware.set(tab, [...(waiting ?? []), ...own])
      if (waiting === undefined) scheduler.after(this.#latencyMs(), () => this.#tellWiped(tab))
    }
  }

  /** A store is closed: it hears of nothing but what it has asked for. */
  closed(tab: SimulatedDeviceStore): void {
    this.#open.delete(tab)
  }

  /** A tab ends without a word: of what it has asked for, the first `kept` transactions happen, and nobody hears of any. */
  abandon(tab: SimulatedDeviceStore, kept: number): void {
    this.#gone.add(tab)
    this.#open.delete(tab)
    let left = kept
    for (let index = 0; index < this.#queue.length; index += 1) {
      if (this.#queue[index]!.tab !== tab) continue
      if (left > 0) {
        left -= 1
        continue
      }
      this.#queue.splice(index, 1)
      index -= 1
    }
  }

  /** For the stores of this device. */
  submit<T>(
    tab: SimulatedDeviceStore,
    tabScheduler: Pick<Scheduler, 'after'>,
    writes: boolean,
    verb: (store: DeviceStore) => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const told = (settle: () => void): void => {
        if (!this.#gone.has(tab)) tabScheduler.after(this.#latencyMs(), settle)
      }
      const transaction = {
        tab,
        writes,
        run: async () => {
          const wipes = this.#wipes
          const result = await verb(this.#store)
          return () => told(() => (wipes === this.#wipes ? resolve(result) : reject(wiped())))
        },
        fail: (error: SynclineError) => told(() => reject(error)),
      }
      const refused = this.#unaware.get(tab)
      if (refused !== undefined) return void refused.push(transaction)
      this.#queue.push(transaction)
      this.#next()
    })
  }

  #tellWiped(tab: SimulatedDeviceStore): void {
    const refused = this.#unaware.get(tab) ?? []
    this.#unaware.delete(tab)
    if (this.#gone.has(tab)) return
    if (this.#open.has(tab)) tab.lost()
    for (const { fail } of refused) fail(wiped())
  }

  #next(): void {
    if (this.#running || this.#queue.length === 0) return
    this.#running = true
    this.#scheduler.after(this.#latencyMs(), () => {
      // The tab may be gone by now, and its transaction with it.
      const transaction = this.#queue.shift()
      void this.#run(transaction).finally(() => {
        this.#running = false
        this.#next()
      })
    })
  }

  async #run(transaction: Transaction | undefined): Promise<void> {
    if (transaction === undefined) return
    const code = transaction.writes ? this.#takeWriteFault() : this.#readFault
    if (code !== undefined) return transaction.fail(new SynclineError(code, `Simulated: ${code}`, { retryable: true }))
    try {
      const tell = await transaction.run()
      tell()
    } catch (error) {
      transaction.fail(error instanceof SynclineError ? error : new SynclineError('store-failed', String(error)))
    }
  }

  #takeWriteFault(): StoreFault | undefined {
    const fault = this.#writeFault
    if (fault === undefined || fault.left <= 0) return undefined
    fault.left -= 1
    return fault.code
  }
}

function wiped(): SynclineError {
  return new SynclineError('store-failed', 'Simulated: everything was deleted', { retryable: true })
}

/** One tab's connection to its device. Made by {@link SimulatedDevice.openStore}. */
export class SimulatedDeviceStore implements DeviceStore {
  readonly #device: SimulatedDevice
  readonly #scheduler: Pick<Scheduler, 'after'>
  readonly #lostListeners = new Set<() => void>()
  #closed = false

  constructor(device: SimulatedDevice, scheduler: Pick<Scheduler, 'after'>) {
    this.#device = device
    this.#scheduler = scheduler
  }

  pendingRooms(): Promise<readonly string[]> {
    return this.#use(false, (store) => store.pendingRooms())
  }

  load(room: string, afterRow?: number): Promise<DeviceRoom> {
    return this.#use(false, (store) => store.load(room, afterRow))
  }

  appendLocal(...args: Parameters<DeviceStore['appendLocal']>): Promise<DeviceRow> {
    return this.#use(true, (store) => store.appendLocal(...args))
  }

  appendRemote(...args: Parameters<DeviceStore['appendRemote']>): Promise<DeviceRow | undefined> {
    return this.#use(true, (store) => store.appendRemote(...args))
  }

  settle(...args: Parameters<DeviceStore['settle']>): Promise<DeviceHead> {
    return this.#use(true, (store) => store.settle(...args))
  }

  fold(...args: Parameters<DeviceStore['fold']>): Promise<boolean> {
    return this.#use(true, (store) => store.fold(...args))
  }

  delete(room: string): Promise<void> {
    return this.#use(true, (store) => store.delete(room))
  }

  onLost(listener: () => void): () => void {
    this.#lostListeners.add(listener)
    return () => void this.#lostListeners.delete(listener)
  }

  /** Everything on the device was deleted. For the device. */
  lost(): void {
    for (const listener of this.#lostListeners) listener()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#device.closed(this)
  }

  #use<T>(writes: boolean, verb: (store: DeviceStore) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new SynclineError('closed', 'The device store is closed'))
    return this.#device.submit(this, this.#scheduler, writes, verb)
  }
}
