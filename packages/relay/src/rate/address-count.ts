/** How many connections each address, or group of them, has. One with none is not remembered. */
export class AddressCount {
  readonly #max: number
  readonly #counts = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Addresses with a connection. */
  get size(): number {
    return this.#counts.size
  }

  /** Counts one more connection, unless the address has as many as it may have. Whoever enters has to leave once. */
  enter(address: string): boolean {
    const count = this.#counts.get(address) ?? 0
    if (count >= this.#max) return false
    this.#counts.set(address, count + 1)
    return true
  }

  leave(address: string): void {
    const count = this.#counts.get(address) ?? 0
    if (count > 1) this.#counts.set(address, count - 1)
    else this.#counts.delete(address)
  }
}
