/**
 * How full a connection's socket is. Pure: told the bytes sent, the bytes that the socket still holds, and the time in
 * milliseconds.
 *
 * ```
 * writable ──buffered > soft──▶ slow ──buffered ≤ soft / 2──▶ writable
 *                                └── sent while slow > hard, or slow for too long: overflowing, for good
 * ```
 *
 * There is no queue here: rooms stop sending updates to a slow connection and read the log when it has drained. What is
 * still sent while it is slow, acks and answers, is what the hard bound counts. It does not count what made the
 * connection slow, since one merged update may be as large as a document.
 */

/** What a socket may hold, instead of `outboxSoftBytes`, while the buffers of the relay hold too much together. */
const PRESSED_SOFT_BYTES = 64 * 1024

export interface OutboxLimits {
  readonly outboxSoftBytes: number
  readonly outboxHardBytes: number
  readonly drainTimeoutMs: number
}

type OutboxState =
  | { readonly kind: 'writable' }
  | { readonly kind: 'slow'; readonly since: number; readonly sentBytes: number }

const writable: OutboxState = { kind: 'writable' }

export class Outbox {
  readonly #limits: OutboxLimits
  #state: OutboxState = writable

  constructor(limits: OutboxLimits) {
    this.#limits = limits
  }

  get slow(): boolean {
    return this.#state.kind === 'slow'
  }

  /**
   * `bytes` were handed to the socket, which now holds `bufferedBytes`. Returns true when that begins a slow time.
   * `pressed`: the relay as a whole holds too much, so that a slow time begins earlier.
   */
  sent(bytes: number, bufferedBytes: number, now: number, pressed = false): boolean {
    if (this.#state.kind === 'slow') {
      this.#state = { ...this.#state, sentBytes: this.#state.sentBytes + bytes }
      return false
    }
    if (bufferedBytes <= this.#softBytes(pressed)) return false
    this.#state = { kind: 'slow', since: now, sentBytes: 0 }
    return true
  }

  /** The socket holds `bufferedBytes`. Returns true when that ends a slow time: the members may be caught up. */
  drainedTo(bufferedBytes: number, pressed = false): boolean {
    if (this.#state.kind === 'writable' || bufferedBytes > this.#softBytes(pressed) / 2) return false
    this.#state = writable
    return true
  }

  /** By which limit the connection has to go, if it has: its other side does not read. */
  overflowing(now: number): 'outboxHardBytes' | 'drainTimeoutMs' | undefined {
    if (this.#state.kind === 'writable') return undefined
    const { since, sentBytes } = this.#state
    if (sentBytes > this.#limits.outboxHardBytes) return 'outboxHardBytes'
    return now - since > this.#limits.drainTimeoutMs ? 'drainTimeoutMs' : undefined
  }

  #softBytes(pressed: boolean): number {
    const { outboxSoftBytes } = this.#limits
    return pressed ? Math.min(outboxSoftBytes, PRESSED_SOFT_BYTES) : outboxSoftBytes
  }
}
