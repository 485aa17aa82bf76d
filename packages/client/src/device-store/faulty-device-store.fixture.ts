/**
 * A device store with weather: it passes everything on to another store, and fails or holds back what a test tells it to. A
 * write that fails has not happened; a write that is held has not happened yet; a read that is held has, and only its answer is late.
 */
import { SynclineError, type SynclineErrorCode } from '../errors.ts'
import type { DeviceHead, DeviceRoom, DeviceRow, DeviceStore } from './device-store.ts'

export class FaultyDeviceStore implements DeviceStore {
  readonly #store: DeviceStore
  #readFault: SynclineErrorCode | undefined
  #writeFault: SynclineErrorCode | undefined
  #writeFailuresLeft = 0
  #holding = false
  readonly #held: (() => void)[] = []
  #holdingAnswers = false
  readonly #answersHeld: (() => void)[] = []
  #writes = 0

  constructor(store: DeviceStore) {
    this.#store = store
  }

  /** Writes asked for so far, whatever became of them. */
  get writes(): number {
    return this.#writes
  }

  /** Writes that wait for {@link FaultyDeviceStore.release}. */
  get writesHeld(): number {
    return this.#held.length
  }

  /** The next `count` writes fail with `code`; without a count, all until {@link FaultyDeviceStore.heal}. */
  failWrites(code: SynclineErrorCode, count: number = Number.POSITIVE_INFINITY): void {
    this.#writeFault = code
    this.#writeFailuresLeft = count
  }

  /** Every read and write fails with `code`, as with a database that cannot be opened, until {@link FaultyDeviceStore.heal}. */
  failAll(code: SynclineErrorCode): void {
    this.failWrites(code)
    this.#readFault = code
  }

  heal(): void {
    this.#readFault = undefined
    this.#writeFault = undefined
    this.#writeFailuresLeft = 0
  }

  /** Writes from now on wait, before they happen, for {@link FaultyDeviceStore.release}. */
  hold(): void {
    this.#holding = true
  }

  /** Lets the held writes go, in order. */
  release(): void {
    this.#holding = false
    for (const resume of this.#held.splice(0)) resume()
  }

  /** What is read from now on is answered with {@link FaultyDeviceStore.answer}, as it was when it was read. */
  holdAnswers(): void {
    this.#holdingAnswers = true
  }

  answer(): void {
    this.#holdingAnswers = false
    for (const resume of this.#answersHeld.splice(0)) resume()
  }

  async pendingRooms(): Promise<readonly string[]> {
    return this.#read(() => this.#store.pendingRooms())
  }

  async load(room: string, afterRow?: number): Promise<DeviceRoom> {
    return this.#read(() => this.#store.load(room, afterRow))
  }

  async appendLocal(...args: Parameters<DeviceStore['appendLocal']>): Promise<DeviceRow> {
    return this.#write(() => this.#store.appendLocal(...args))
  }

  async appendRemote(...args: Parameters<DeviceStore['appendRemote']>): Promise<DeviceRow | undefined> {
    return this.#write(() => this.#store.appendRemote(...args))
  }

  async settle(...args: Parameters<DeviceStore['settle']>): Promise<DeviceHead> {
    return this.#write(() => this.#store.settle(...args))
  }

  async fold(...args: Parameters<DeviceStore['fold']>): Promise<boolean> {
    return this.#write(() => this.#store.fold(...args))
  }

  async delete(room: string): Promise<void> {
    return this.#write(() => this.#store.delete(room))
  }

  async close(): Promise<void> {
    this.release()
    this.answer()
    await this.#store.close()
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    if (this.#readFault !== undefined) throw fault(this.#readFault)
    const found = await read()
    if (this.#holdingAnswers) await new Promise<void>((resume) => this.#answersHeld.push(resume))
    return found
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    this.#writes += 1
    if (this.#holding) await new Promise<void>((resume) => this.#held.push(resume))
    if (this.#writeFault !== undefined && this.#writeFailuresLeft > 0) {
      this.#writeFailuresLeft -= 1
      throw fault(this.#writeFault)
    }
    return write()
  }
}

function fault(code: SynclineErrorCode): SynclineError {
  return new SynclineError(code, `Injected: ${code}`, { retryable: code !== 'store-unavailable' })
}
