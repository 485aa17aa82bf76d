/**
 * Whether a socket is read: it is, unless there is a reason not to. Reasons come and go without regard to each other.
 *
 * ```
 * read ──hold──▶ held, for one reason or several ──the last is released──▶ read        end: ──▶ left alone, for good
 * ```
 */
import type { FrameSocket } from './frame-socket.ts'

/** Reasons, one bit each: there is one of these for every connection. */
const reasons = {
  /** Its own pushes have to settle. */
  unsettled: 1,
  /** It has sent more than its rates allow. */
  rest: 2,
  /** The relay holds too much, for all of them. */
  buffers: 4,
  /** The relay closes. */
  closing: 8,
} as const

export type ReasonNotToRead = keyof typeof reasons

export class Reading {
  readonly #socket: Pick<FrameSocket, 'pause' | 'resume'>
  #held = 0
  #ended = false

  constructor(socket: Pick<FrameSocket, 'pause' | 'resume'>) {
    this.#socket = socket
  }

  /** Whether there is any reason not to read. */
  get isHeld(): boolean {
    return this.#held !== 0
  }

  /** Whether there is a reason beside `reason`. */
  isHeldBeside(reason: ReasonNotToRead): boolean {
    return (this.#held & ~reasons[reason]) !== 0
  }

  /** Returns whether the reason is a new one. */
  hold(reason: ReasonNotToRead): boolean {
    const held = this.#held | reasons[reason]
    if (this.#ended || held === this.#held) return false
    if (this.#held === 0) this.#socket.pause()
    this.#held = held
    return true
  }

  release(reason: ReasonNotToRead): void {
    const held = this.#held & ~reasons[reason]
    if (this.#ended || held === this.#held) return
    this.#held = held
    if (held === 0) this.#socket.resume()
  }

  /** The socket is closing, and has to see how the other side does. */
  end(): void {
    this.#held = 0
    this.#ended = true
  }
}
