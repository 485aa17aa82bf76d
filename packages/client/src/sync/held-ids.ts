/**
 * Which structs of a room this device has, without its content: enough to tell a relay, in a state vector, what not to send. It
 * may know too little (another tab's row that was not heard of yet), which only costs bytes; it never claims too much.
 */
import { IdSet, encodeStateVector, updateIds, type IdRange, type StateVector } from '@syncline/core'

export class HeldIds {
  #structs = new IdSet()

  /**
   * Adds what an update holds, and returns its structs' IDs. Decodes all of it; throws `DecodeError`, and adds nothing, if it is
   * not an update.
   */
  add(update: Uint8Array): IdSet {
    const { structs } = updateIds(update)
    this.#structs.addAll(structs)
    return structs
  }

  /** What this update holds is not to be counted on: the relay refused it, and may have other content under its IDs. */
  remove(structs: IdSet): void {
    this.#structs = this.#structs.difference(structs)
  }

  hasAll(structs: IdSet): boolean {
    return this.#structs.hasAll(structs)
  }

  /** The units that are here without a gap, and beyond another state vector. */
  beyond(stateVector: StateVector): readonly IdRange[] {
    const beyond: IdRange[] = []
    for (const [client, end] of this.#structs.stateVector()) {
      const start = stateVector.get(client) ?? 0
      if (start < end) beyond.push({ client, start, end })
    }
    return beyond
  }

  encodeStateVector(): Uint8Array {
    return encodeStateVector(this.#structs.stateVector())
  }
}
