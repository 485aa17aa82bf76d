/**
 * What a client may send before it is known: some frames, some bytes, for some time. Frames that come while its token
 * is being verified are kept until it is, so these bounds are what a stranger can make the relay hold. Pure.
 */

export interface UnknownClientLimits {
  readonly unknownFramesMax: number
  readonly unknownBytesMax: number
  readonly helloTimeoutMs: number
}

/** What was exceeded. */
export type Excess = 'frames' | 'bytes' | 'time'

export class UnknownClientBudget {
  readonly #limits: UnknownClientLimits
  readonly #deadline: number
  #frames = 0
  #bytes = 0

  /** `now`: when the connection began, in milliseconds. */
  constructor(limits: UnknownClientLimits, now: number) {
    this.#limits = limits
    this.#deadline = now + limits.helloTimeoutMs
  }

  /** Of the frames so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Counts a frame. Returns what it was too much for, or `undefined`. */
  take(frameBytes: number): Excess | undefined {
    this.#frames++
    this.#bytes += frameBytes
    if (this.#bytes > this.#limits.unknownBytesMax) return 'bytes'
    return this.#frames > this.#limits.unknownFramesMax ? 'frames' : undefined
  }

  check(now: number): Excess | undefined {
    return now >= this.#deadline ? 'time' : undefined
  }
}
