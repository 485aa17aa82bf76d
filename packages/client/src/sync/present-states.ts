/**
 * Who is in a room on other devices, as the relay last said: kept for tabs that open the room later, since the relay says it once.
 * Bounded: beyond `presentStatesMax` replicas, those that were silent for longest are forgotten; they are heard of again.
 */
import { encodeAwareness, ProtocolLimits, type AwarenessEntry } from '@syncline/protocol'
import { ClientLimits } from '../limits.ts'

export class PresentStates {
  /** By client ID, the latest heard last. */
  readonly #entries = new Map<number, AwarenessEntry>()

  add(entries: readonly AwarenessEntry[]): void {
    for (const entry of entries) {
      this.#entries.delete(entry.clientID)
      if (entry.state !== null) this.#entries.set(entry.clientID, entry)
    }
    for (const clientID of this.#entries.keys()) {
      if (this.#entries.size <= ClientLimits.presentStatesMax) return
      this.#entries.delete(clientID)
    }
  }

  /** All of them, as awareness updates that are each within the protocol's limit. */
  encode(): readonly Uint8Array[] {
    const entries = [...this.#entries.values()]
    const payloads: Uint8Array[] = []
    for (let from = 0; from < entries.length; from += ProtocolLimits.awarenessEntriesMax) {
      payloads.push(encodeAwareness(entries.slice(from, from + ProtocolLimits.awarenessEntriesMax)))
    }
    return payloads
  }

  clear(): void {
    this.#entries.clear()
  }
}
