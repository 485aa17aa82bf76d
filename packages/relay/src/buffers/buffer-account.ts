/**
 * What all buffers of a relay hold together, in bytes: one account for the whole relay, kept by whoever holds something.
 * Pure: told what changes, it says whether that is too much.
 *
 * ```
 * eased ──total > bytesMax──▶ pressed ──total ≤ bytesMax / 2──▶ eased
 * ```
 *
 * - *Settling*: pushes that have no verdict, kept by their room. The log makes them go.
 * - *Queued*: frames that sockets have not taken. The other side makes them go, if it reads.
 * - *Arriving*: frames that are not whole, and what was said by clients that are not let in yet. Looked at once a tick.
 *
 * A frame of {@link SHARED_FRAME_BYTES_MIN} or more counts once, however many sockets it waits for: it is one piece of
 * memory. A shorter one counts for each, since its place in a socket's queue costs as much as its bytes.
 *
 * Not counted: documents that are read and merged, which the merger bounds, and those of HTTP requests (`apiRequestsMax`).
 */

export const SHARED_FRAME_BYTES_MIN = 1024

export type BufferKind = 'settling' | 'queued' | 'arriving'

export class BufferAccount {
  readonly #bytesMax: number
  readonly #bytes: Record<BufferKind, number> = { settling: 0, queued: 0, arriving: 0 }
  /** Frames that wait for sockets, and for how many. */
  readonly #frames = new Map<Uint8Array, number>()
  #pressed = false
  #listener: (pressed: boolean) => void = () => {}

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytesMax(): number {
    return this.#bytesMax
  }

  get totalBytes(): number {
    const { settling, queued, arriving } = this.#bytes
    return settling + queued + arriving
  }

  /** What no log makes go: it depends on the other sides. */
  get stuckBytes(): number {
    return this.#bytes.queued + this.#bytes.arriving
  }

  /** Whether the log has enough to settle that there would be too much without anything else. */
  get settles(): boolean {
    return this.#bytes.settling > this.#bytesMax / 2
  }

  /** Whether there was too much, and still is more than half of that. */
  get pressed(): boolean {
    return this.#pressed
  }

  /** `listener` hears of every change of {@link BufferAccount.pressed}, within the call that causes it. One at most. */
  watch(listener: (pressed: boolean) => void): void {
    this.#listener = listener
  }

  /** `bytes` more, or fewer if negative, are held. */
  change(kind: BufferKind, bytes: number): void {
    this.#bytes[kind] += bytes
    const { totalBytes } = this
    if (this.#pressed ? totalBytes > this.#bytesMax / 2 : totalBytes <= this.#bytesMax) return
    this.#pressed = !this.#pressed
    this.#listener(this.#pressed)
  }

  /** A socket is to take `frame`. */
  queue(frame: Uint8Array): void {
    const sockets = this.#frames.get(frame) ?? 0
    this.#frames.set(frame, sockets + 1)
    if (sockets === 0) this.change('queued', frame.length)
  }

  /** A socket has taken `frame`, or never will: once for each {@link BufferAccount.queue}. */
  taken(frame: Uint8Array): void {
    const sockets = this.#frames.get(frame)
    if (sockets === undefined) return
    if (sockets > 1) {
      this.#frames.set(frame, sockets - 1)
      return
    }
    this.#frames.delete(frame)
    this.change('queued', -frame.length)
  }
}
