/**
 * Seeded randomness: the same seed gives the same numbers on every machine, so that a run can be replayed. xoshiro128**
 * (Blackman and Vigna, 2018) over a state filled by a 32-bit mixer. Not for secrets.
 */

/** Seeds are integers in 0 … 2^32 − 1. */
export const SEED_MAX = 0xffff_ffff

export class Random {
  readonly #state = new Uint32Array(4)

  /** Different labels give streams that have nothing to do with each other, so that one user's draws do not shift another's. */
  constructor(seed: number, label = '') {
    let mixed = seed >>> 0
    for (let index = 0; index < label.length; index++)
      mixed = mix(mixed ^ Math.imul(label.charCodeAt(index), 0x9e37_79b1))
    for (let index = 0; index < 4; index++) {
      mixed = (mixed + 0x9e37_79b9) >>> 0
      this.#state[index] = mix(mixed)
    }
    // The one state from which the generator never moves.
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1
  }

  /** An integer in 0 … 2^32 − 1. */
  uint32(): number {
    const state = this.#state
    const [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!]
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
    const mixedC = c ^ a
    const mixedD = d ^ b
    state[0] = a ^ mixedD
    state[1] = b ^ mixedC
    state[2] = mixedC ^ (b << 9)
    state[3] = rotateLeft(mixedD, 11)
    return result
  }

  /** A number in 0 ≤ x < 1, with 32 bits of choice. */
  fraction(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** An integer in 0 ≤ x < `bound`; `bound` is at least 1. The bias, bound / 2^32, does not matter to a workload. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of `choices`, which is not empty. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.below(choices.length)]!
  }

  /** The same items in random order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items]
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.below(last + 1)
      const moved = shuffled[last]!
      shuffled[last] = shuffled[other]!
      shuffled[other] = moved
    }
    return shuffled
  }
}

/** Every bit of the input reaches every bit of the result (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
