/** Numbers that look random and follow from a seed: the same on every machine. Not for secrets. */

/** A stream of them. Streams of different names are independent, so that one more draw here changes nothing there. */
export class Random {
  #state: number

  /** `parts` name the stream. */
  constructor(...parts: readonly (number | string)[]) {
    this.#state = hashOf(parts.join('\0'))
  }

  /** 0 ≤ n < 1, in steps of 2^-32. Steele and Vigna's SplitMix, in 32 bits. */
  readonly next = (): number => {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }

  /** A whole number, `from` ≤ n < `to`. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(things: readonly T[]): T {
    return things[this.int(0, things.length)]!
  }
}

/** FNV-1a over UTF-16 code units, 32 bits. */
export function hashOf(text: string, start: number = 0x811c9dc5): number {
  let hash = start
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash | 0
}
