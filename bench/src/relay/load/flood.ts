/** One author at full speed: everything is sent as soon as there is room in a window of what is not accepted yet. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Authored } from './authored.ts'
import type { LoadClient } from './load-client.ts'

export class Flood {
  readonly #client: LoadClient
  readonly #frames: readonly Buffer[]
  readonly #windowMax: number
  #sent = 0
  #stopped = false
  #lastAcceptedAt = 0

  /** Encodes the pushes. Sends nothing yet. */
  constructor(client: LoadClient, authored: Authored, windowMax: number) {
    this.#client = client
    this.#frames = client.encodePushes(authored)
    this.#windowMax = windowMax
    client.onAccepted = () => {
      this.#lastAcceptedAt = performance.now()
      this.#pump()
    }
  }

  /** When a push was accepted last, by `performance.now()`. */
  get lastAcceptedAt(): number {
    return this.#lastAcceptedAt
  }

  /** How many updates were sent. */
  get sent(): number {
    return this.#sent
  }

  /** Whether everything that was sent was accepted, and nothing more will be sent. */
  get settled(): boolean {
    return this.#client.accepted >= this.#sent && (this.#stopped || this.#sent === this.#frames.length)
  }

  start(): void {
    this.#pump()
  }

  /** Sends no more. */
  stop(): void {
    this.#stopped = true
  }

  #pump(): void {
    if (this.#stopped) return
    const end = Math.min(this.#frames.length, this.#client.accepted + this.#windowMax)
    // One write for several: a refill of a few frames at a time would cost the load more than the server.
    const refill = end - this.#sent
    if (refill <= 0 || (refill < this.#windowMax / 4 && end < this.#frames.length)) return
    const frames = this.#frames.slice(this.#sent, end)
    this.#sent = end
    this.#client.send(frames.length === 1 ? frames[0]! : Buffer.concat(frames))
  }
}

const LOOK_EVERY_MS = 2

/**
 * Waits until `condition` holds. Throws `what` when that takes longer than `timeoutMs` without `progress` becoming another number, or when a
 * client is stopped.
 */
export async function until(
  condition: () => boolean,
  what: string,
  timeoutMs: number,
  clients: readonly LoadClient[] = [],
  progress: () => number = () => 0,
): Promise<void> {
  let last = progress()
  let since = performance.now()
  while (!condition()) {
    for (const client of clients) client.assertWell()
    const now = progress()
    if (now !== last) {
      last = now
      since = performance.now()
    } else if (performance.now() - since > timeoutMs) {
      throw new Error(`${what} did not happen: no progress in ${timeoutMs} ms at ${last}`)
    }
    await sleep(LOOK_EVERY_MS)
  }
}
