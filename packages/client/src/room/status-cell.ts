/** Holds one status value: computed when it is asked for, told to subscribers once per turn of the event loop, if it changed. */
import { callListener } from '../uncaught.ts'
import { sameStatus } from './status.ts'

export class StatusCell<T extends object> {
  readonly #compute: () => T
  readonly #listeners = new Set<(status: T) => void>()
  #value: T
  #told: T
  #stale = false

  constructor(compute: () => T) {
    this.#compute = compute
    this.#value = compute()
    this.#told = this.#value
  }

  /** The same object as long as nothing in it changes. */
  get value(): T {
    if (this.#stale) {
      this.#stale = false
      const next = this.#compute()
      if (!sameStatus(this.#value, next)) this.#value = next
    }
    return this.#value
  }

  /** Something that the status is computed from may have changed. */
  changed(): void {
    if (this.#stale) return
    this.#stale = true
    queueMicrotask(() => this.#tell())
  }

  /** `listener` is told of each change, not of the present value. Returns its undo. */
  subscribe(listener: (status: T) => void): () => void {
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const own = (status: T): void => listener(status)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  #tell(): void {
    const { value } = this
    if (value === this.#told) return
    this.#told = value
    for (const listener of this.#listeners) callListener(listener, value)
  }
}
