/**
 * Whether the network goes on taking what a socket has for it: in each stretch of `timeoutMs`, `bytesPerSecondMin` on average. Each
 * stretch counts for itself, since buffers of the kernel take much at once of which nobody has read anything.
 */

export interface Pace {
  readonly timeoutMs: number
  readonly bytesPerSecondMin: number
}

export class Progress {
  #since: number
  #takenBefore: number

  /** Begins at `now`, when the network had taken `takenBytes` in all. */
  constructor(now: number, takenBytes: number) {
    this.#since = now
    this.#takenBefore = takenBytes
  }

  /** Whether it took too little in the stretch that ends now; it has taken `takenBytes` in all. */
  hasStopped(now: number, takenBytes: number, { timeoutMs, bytesPerSecondMin }: Pace): boolean {
    const ms = now - this.#since
    if (ms <= timeoutMs) return false
    if (takenBytes - this.#takenBefore < (ms / 1000) * bytesPerSecondMin) return true
    this.#since = now
    this.#takenBefore = takenBytes
    return false
  }
}
