/**
 * How full a connection's socket is. Told the bytes sent, the bytes that the socket still holds, and the time in milliseconds;
 * only of a slow one it asks how much the network has taken.
 *
 * ```
 * writable ──buffered > soft──▶ slow ──buffered ≤ soft / 2──▶ writable
 *                                └── sent while slow > hard, or draining too slowly: overflowing, for good
 * ```
 *
 * There is no queue here: rooms stop sending updates to a slow connection and read the log when it has drained. What is
 * still sent while it is slow, acks and answers, is what the hard bound counts. It does not count what made the
 * connection slow, since one merged update may be as large as a document.
 */

import type { FrameSocket } from './frame-socket.ts'
import { Progress } from './progress.ts'

/** What a socket may hold, instead of `outboxSoftBytes`, while the buffers of the relay hold too much together. */
const PRESSED_SOFT_BYTES = 64 * 1024

export interface OutboxLimits {
  readonly outboxSoftBytes: number
  readonly outboxHardBytes: number
  readonly drainTimeoutMs: number
  readonly lineBytesPerSecondMin: number
}

type OutboxState =
  | { readonly kind: 'writable' }
  | { readonly kind: 'slow'; readonly progress: Progress; readonly sentBytes: number }

const writable: OutboxState = { kind: 'writable' }

export class Outbox {
  readonly #limits: OutboxLimits
  readonly #socket: Pick<FrameSocket, 'takenBytes'>
  #state: OutboxState = writable

  constructor(limits: OutboxLimits, socket: Pick<FrameSocket, 'takenBytes'>) {
    this.#limits = limits
    this.#socket = socket
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
    this.#state = { kind: 'slow', progress: new Progress(now, this.#socket.takenBytes), sentBytes: 0 }
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
    const { progress, sentBytes } = this.#state
    if (sentBytes > this.#limits.outboxHardBytes) return 'outboxHardBytes'
    const { drainTimeoutMs: timeoutMs, lineBytesPerSecondMin: bytesPerSecondMin } = this.#limits
    const hasStopped = progress.hasStopped(now, this.#socket.takenBytes, { timeoutMs, bytesPerSecondMin })
    return hasStopped ? 'drainTimeoutMs' : undefined
  }

  #softBytes(pressed: boolean): number {
    const { outboxSoftBytes } = this.#limits
    return pressed ? Math.min(outboxSoftBytes, PRESSED_SOFT_BYTES) : outboxSoftBytes
  }
}
