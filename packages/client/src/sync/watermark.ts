/** A number that only rises, while the things it counts are done out of order: the end of the stretch without gaps. */

export class Watermark {
  #value: number
  readonly #ahead = new Set<number>()

  /** Everything up to `value` is done. */
  constructor(value: number) {
    this.#value = value
  }

  /** Everything up to here is done. */
  get value(): number {
    return this.#value
  }

  /** Whether something is done beyond a gap. */
  get gap(): boolean {
    return this.#ahead.size > 0
  }

  has(number: number): boolean {
    return number <= this.#value || this.#ahead.has(number)
  }

  /** Number `number` is done. Returns false when that was known. */
  add(number: number): boolean {
    if (this.has(number)) return false
    this.#ahead.add(number)
    this.#advance()
    return true
  }

  /** Everything up to `number` is done. */
  raise(number: number): void {
    if (number <= this.#value) return
    this.#value = number
    for (const ahead of this.#ahead) if (ahead <= number) this.#ahead.delete(ahead)
    this.#advance()
  }

  #advance(): void {
    while (this.#ahead.delete(this.#value + 1)) this.#value += 1
  }
}
