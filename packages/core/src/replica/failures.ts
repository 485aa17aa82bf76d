/** Collects the errors of listeners, so that one does not keep the others from being called. */
export class Failures {
  #last: { error: unknown } | null = null

  /** Calls `call`, and remembers what it throws. */
  attempt(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.add(error)
    }
  }

  add(error: unknown): void {
    this.#last = { error }
  }

  /** Throws the last error, if there was any: the one that Yjs would throw. */
  rethrow(): void {
    if (this.#last !== null) throw this.#last.error
  }
}
