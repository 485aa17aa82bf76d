/** The log of a {@link SimulatedRelay}, and the disk that it is on: what is appended here has been flushed. */
import { UpdateStore, encodeStateVector, updateIds } from '@syncline/core'
import type { Position } from '@syncline/protocol'

/** One update, as it was flushed. */
export interface RelayEntry {
  readonly epoch: number
  readonly update: Uint8Array
}

/** What is on the disk of a simulated relay, at some moment. Opaque: for {@link SimulatedRelay.restore}. */
export type RelayBackup = ReadonlyMap<string, readonly RelayEntry[]>

/** A room, as one process of the relay has it. */
export class RelayLog {
  readonly #entries: RelayEntry[]
  readonly #newEpoch: () => number
  readonly #store: UpdateStore
  #epoch: number | undefined

  /** `entries` are those on the disk, which it adds to. */
  constructor(entries: RelayEntry[], newEpoch: () => number) {
    this.#entries = entries
    this.#newEpoch = newEpoch
    this.#store = UpdateStore.of(entries.map(({ update }) => update))
  }

  get position(): Position {
    const last = this.#entries.at(-1)
    return last === undefined ? { epoch: 0, seq: 0 } : { epoch: last.epoch, seq: this.#entries.length }
  }

  get stateVector(): Uint8Array {
    return encodeStateVector(this.#store.stateVector())
  }

  /** All of it, merged. */
  get content(): Uint8Array {
    return this.#store.encode()
  }

  isInHistory({ epoch, seq }: Position): boolean {
    return seq === 0 || this.#entries[seq - 1]?.epoch === epoch
  }

  /** The updates after `seq`. */
  after(seq: number): readonly Uint8Array[] {
    return this.#entries.slice(seq).map(({ update }) => update)
  }

  /** Whether `update` says anything that the log does not. Throws `DecodeError`, and `ConflictError` for what contradicts the log. */
  lacks(update: Uint8Array): boolean {
    const added = UpdateStore.of([this.#store.encode()]).ingest(update)
    const deletes = this.#store.deletes()
    // Content of what is deleted says nothing that anybody is to keep.
    const restored = added.restored.filter(({ client, start, end }) => !deletes.hasRange(client, start, end))
    return added.structs.length + added.deletes.length + restored.length > 0
  }

  /** Whether `update` would leave a gap that was not there: whether it begins behind all that is known of a client. */
  wouldLeaveGap(update: Uint8Array): boolean {
    const ends = new Map<number, number>()
    for (const { client, end } of updateIds(this.content).structs) ends.set(client, end)
    for (const { client, start, end } of updateIds(update).structs) {
      const known = ends.get(client) ?? 0
      if (start > known) return true
      ends.set(client, Math.max(known, end))
    }
    return false
  }

  /** The first append of a process begins an epoch. */
  append(update: Uint8Array): Position {
    this.#epoch ??= this.#newEpoch()
    this.#store.ingest(update)
    this.#entries.push({ epoch: this.#epoch, update: update.slice() })
    return this.position
  }
}
