/**
 * The state of the device store as one of its users sees it: it works, or it failed and is tried again after a while. The
 * owner of this object asks it before each use, and tells it how the use went.
 */
import { fullJitter } from '../backoff.ts'
import type { SynclineError } from '../errors.ts'
import { ClientLimits } from '../limits.ts'
import type { Scheduler } from '../scheduler.ts'
import { toStoreError } from './store-error.ts'

export class StoreRetry {
  readonly #scheduler: Scheduler
  readonly #random: () => number
  readonly #retry: () => void
  #error: SynclineError | undefined
  #attempts = 0
  #cancel: (() => void) | undefined

  /** `retry` is called when the store should be tried again. */
  constructor(scheduler: Scheduler, random: () => number, retry: () => void) {
    this.#scheduler = scheduler
    this.#random = random
    this.#retry = retry
  }

  /** Why the store did not take or give what it was last asked; `undefined` while it works. */
  get error(): SynclineError | undefined {
    return this.#error
  }

  /** Whether to leave the store alone for now. */
  get resting(): boolean {
    return this.#cancel !== undefined
  }

  succeeded(): void {
    this.#error = undefined
    this.#attempts = 0
    this.stop()
  }

  /** `doing` completes "Could not …". Returns the typed error. */
  failed(cause: unknown, doing: string): SynclineError {
    const error = toStoreError(cause, doing)
    this.#error = error
    const { storeRetryBaseMs, storeRetryMaxMs } = ClientLimits
    const delayMs = fullJitter(this.#attempts, this.#random(), storeRetryBaseMs, storeRetryMaxMs)
    this.#attempts += 1
    this.stop()
    this.#cancel = this.#scheduler.after(delayMs, () => {
      this.#cancel = undefined
      this.#retry()
    })
    return error
  }

  /** Somebody waits for the store: the next use need not rest. */
  hurry(): void {
    this.stop()
  }

  /** Nothing is tried again by itself any more. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
