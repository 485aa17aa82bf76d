/** Many small updates as one buffer: some hundred thousand arrays would be objects that a collector has to visit for as long as they are kept, and take long to send. */

export interface PackedUpdates {
  /** All updates, one behind the other. */
  readonly bytes: Uint8Array
  /** Where each update ends. */
  readonly ends: Uint32Array
}

/** Copies the updates. */
export function packed(updates: readonly Uint8Array[]): PackedUpdates {
  const ends = new Uint32Array(updates.length)
  let end = 0
  updates.forEach((update, index) => (ends[index] = end += update.length))
  const bytes = new Uint8Array(end)
  updates.forEach((update, index) => bytes.set(update, ends[index]! - update.length))
  return { bytes, ends }
}

/** Each update, with bytes of its own, as it comes from a socket or a store. */
export function* unpacked({ bytes, ends }: PackedUpdates): Generator<Uint8Array> {
  let start = 0
  for (const end of ends) {
    yield bytes.slice(start, end)
    start = end
  }
}
