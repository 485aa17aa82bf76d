/**
 * Updates on their way to another thread. Large ones that have a buffer to themselves are moved; the others are copied into one
 * buffer, since a buffer that is shared, as those of small reads and of received frames are, cannot be taken from its other owners.
 */

/** Smaller updates are copied: moving a buffer costs more than so many bytes. */
const MOVED_BYTES_MIN = 64 * 1024

export interface HandedOver {
  readonly updates: readonly Uint8Array[]
  readonly buffers: readonly ArrayBuffer[]
}

/** `owned` updates may be moved, and then are gone; of `borrowed` ones nothing is taken away. Both are in `updates`, in order. */
export function handOver(owned: readonly Uint8Array[], borrowed: readonly Uint8Array[]): HandedOver {
  const buffers = new Set<ArrayBuffer>()
  const copied: Uint8Array[] = []
  const moved = new Set<Uint8Array>()
  for (const update of owned) {
    const { buffer } = update
    if (update.length < MOVED_BYTES_MIN || !hasToItself(update) || !(buffer instanceof ArrayBuffer)) continue
    // Two views of one buffer cannot be told from one that has it to itself, except here.
    if (buffers.has(buffer)) continue
    buffers.add(buffer)
    moved.add(update)
  }
  for (const update of [...owned, ...borrowed]) if (!moved.has(update)) copied.push(update)
  const packed = pack(copied)
  buffers.add(packed.buffer)
  let next = 0
  const updates = [...owned, ...borrowed].map((update) => (moved.has(update) ? update : packed.updates[next++]!))
  return { updates, buffers: [...buffers] }
}

/** All but the header of its row, as a log reads it. */
function hasToItself({ length, buffer }: Uint8Array): boolean {
  return buffer.byteLength - length <= length / 16
}

function pack(updates: readonly Uint8Array[]): {
  readonly buffer: ArrayBuffer
  readonly updates: readonly Uint8Array[]
} {
  const bytes = new Uint8Array(updates.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  const packed = updates.map((update) => {
    bytes.set(update, offset)
    offset += update.length
    return bytes.subarray(offset - update.length, offset)
  })
  return { buffer: bytes.buffer, updates: packed }
}
