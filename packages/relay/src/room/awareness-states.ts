/**
 * The ephemeral lane of one room: the latest awareness state of each replica, who announced it, and until when it
 * counts. Pure: time arrives as `now`, in milliseconds. Nothing here is logged, and everything may be forgotten.
 *
 * An entry is news if its clock is higher than what is held, or if at the same clock it says that the replica is gone
 * (the rule of y-protocols). States are held per owner, the member that announced them last; an owner's states together
 * are bounded in bytes, so that a room's awareness is bounded by its members. What is gone leaves no trace: a ghost
 * that comes back is an ordinary state, and expires like one.
 */
import { ProtocolLimits, encodeAwareness, type AwarenessEntry } from '@syncline/protocol'
import { SparseMap } from '../sparse-map.ts'
import type { MemberId } from './room-member.ts'

interface HeldState {
  readonly clock: number
  readonly state: string
  readonly owner: MemberId
  readonly expiresAt: number
}

/** What a held state costs beside its text, as counted against the owner's bound. */
const STATE_OVERHEAD_BYTES = 32

export class AwarenessStates {
  readonly #ttlMs: number
  readonly #bytesPerOwnerMax: number
  readonly #held = new SparseMap<number, HeldState>()
  readonly #bytesByOwner = new SparseMap<MemberId, number>()
  #dropped = 0

  constructor(limits: { readonly awarenessTtlMs: number; readonly awarenessBytesMax: number }) {
    this.#ttlMs = limits.awarenessTtlMs
    this.#bytesPerOwnerMax = limits.awarenessBytesMax
  }

  /** The member that announces this replica now. */
  ownerOf(clientID: number): MemberId | undefined {
    return this.#held.get(clientID)?.owner
  }

  /** How many states were dropped, for they would have taken their owner above its bound. */
  get dropped(): number {
    return this.#dropped
  }

  /** How many replicas have a state. */
  get size(): number {
    return this.#held.size
  }

  /**
   * Takes what `owner` announced and returns the news in it, for the other members. A state that would take the owner
   * above its bound is dropped: the lane is ephemeral. The same clock again renews a state of one's own without being
   * news.
   */
  apply(owner: MemberId, entries: readonly AwarenessEntry[], now: number): AwarenessEntry[] {
    return entries.filter((entry) => this.#applyEntry(owner, entry, now))
  }

  /** Forgets the states of `owner` and returns the entries that say so. States that another member took over stay. */
  release(owner: MemberId): AwarenessEntry[] {
    if (!this.#bytesByOwner.has(owner)) return []
    return this.#remove((held) => held.owner === owner)
  }

  /** Forgets what was not renewed in time and returns the entries that say so. */
  expire(now: number): AwarenessEntry[] {
    return this.#held.size === 0 ? [] : this.#remove((held) => held.expiresAt <= now)
  }

  /** Everything held, as payloads for a member that knows nothing; none when nobody has a state. */
  encodeAll(): Uint8Array[] {
    const entries = [...this.#held].map(([clientID, { clock, state }]) => ({ clientID, clock, state }))
    return encodePayloads(entries)
  }

  #applyEntry(owner: MemberId, { clientID, clock, state }: AwarenessEntry, now: number): boolean {
    const held = this.#held.get(clientID)
    if (held !== undefined) {
      if (clock < held.clock) return false
      if (clock === held.clock && state !== null) {
        if (held.owner === owner) this.#held.set(clientID, { ...held, expiresAt: now + this.#ttlMs })
        return false
      }
    }
    if (state === null) {
      if (held !== undefined) this.#forget(clientID, held)
      // Gone is passed on even when nothing is held: a member may still show what expired here.
      return true
    }
    const inherited = held?.owner === owner ? stateBytes(held.state) : 0
    const bytes = (this.#bytesByOwner.get(owner) ?? 0) - inherited + stateBytes(state)
    if (bytes > this.#bytesPerOwnerMax) {
      this.#dropped++
      return false
    }
    if (held !== undefined) this.#forget(clientID, held)
    this.#held.set(clientID, { clock, state, owner, expiresAt: now + this.#ttlMs })
    this.#bytesByOwner.set(owner, bytes)
    return true
  }

  #remove(matches: (held: HeldState) => boolean): AwarenessEntry[] {
    const removed: AwarenessEntry[] = []
    for (const [clientID, held] of this.#held) {
      if (!matches(held)) continue
      this.#forget(clientID, held)
      removed.push({ clientID, clock: held.clock, state: null })
    }
    return removed
  }

  #forget(clientID: number, { owner, state }: HeldState): void {
    this.#held.delete(clientID)
    const bytes = (this.#bytesByOwner.get(owner) ?? 0) - stateBytes(state)
    if (bytes > 0) this.#bytesByOwner.set(owner, bytes)
    else this.#bytesByOwner.delete(owner)
  }
}

/** Entries as awareness payloads, as few as the protocol's bound on entries allows. */
export function encodePayloads(entries: readonly AwarenessEntry[]): Uint8Array[] {
  const payloads: Uint8Array[] = []
  for (let from = 0; from < entries.length; from += ProtocolLimits.awarenessEntriesMax) {
    payloads.push(encodeAwareness(entries.slice(from, from + ProtocolLimits.awarenessEntriesMax)))
  }
  return payloads
}

function stateBytes(state: string): number {
  // Counted in UTF-16 units, which is what the text costs in memory: a bound on memory needs no more.
  return state.length + STATE_OVERHEAD_BYTES
}
