/**
 * About the least that anything can do that edits a text whose characters have IDs and tells others: the characters and their IDs in two
 * arrays with a gap where the last edit was, and a few bytes for every edit. It merges nothing: no origins, no tombstones, no other clients.
 */
import type { Edit } from '../workloads/trace.ts'

const START_CAPACITY = 1024

/** Client ID, clock and offset, about what a keystroke takes in any format: the bytes are fresh, their content is not looked at. */
const HEADER_BYTES = 12

export class GapBuffer {
  #characters = new Uint16Array(START_CAPACITY)
  #ids = new Int32Array(START_CAPACITY)
  /** The gap: from here … */
  #gapStart = 0
  /** … to before here. */
  #gapEnd = START_CAPACITY
  #clock = 0

  /** Deletes and inserts at `position`, and returns the bytes that would go to others. */
  edit({ position, deleted, inserted }: Edit): Uint8Array {
    this.#moveGap(position)
    const firstDeleted = deleted === 0 ? 0 : this.#ids[this.#gapEnd]!
    this.#gapEnd += deleted
    if (this.#gapEnd - this.#gapStart < inserted.length) this.#grow(inserted.length)
    const update = new Uint8Array(HEADER_BYTES + inserted.length)
    writeInt32(update, 0, this.#clock)
    writeInt32(update, 4, firstDeleted)
    writeInt32(update, 8, deleted)
    for (let offset = 0; offset < inserted.length; offset++) {
      const character = inserted.charCodeAt(offset)
      this.#characters[this.#gapStart] = character
      this.#ids[this.#gapStart++] = this.#clock++
      update[HEADER_BYTES + offset] = character
    }
    return update
  }

  text(): string {
    const decode = (part: Uint16Array): string => new TextDecoder('utf-16le').decode(part)
    return decode(this.#characters.subarray(0, this.#gapStart)) + decode(this.#characters.subarray(this.#gapEnd))
  }

  #moveGap(position: number): void {
    const distance = position - this.#gapStart
    if (distance === 0) return
    if (distance < 0) {
      this.#move(position, this.#gapStart, this.#gapEnd + distance)
    } else {
      this.#move(this.#gapEnd, this.#gapEnd + distance, this.#gapStart)
    }
    this.#gapStart += distance
    this.#gapEnd += distance
  }

  #move(from: number, to: number, target: number): void {
    this.#characters.copyWithin(target, from, to)
    this.#ids.copyWithin(target, from, to)
  }

  #grow(room: number): void {
    const capacity = 2 * (this.#characters.length + room)
    const behind = this.#characters.length - this.#gapEnd
    const characters = new Uint16Array(capacity)
    const ids = new Int32Array(capacity)
    for (const [next, last] of [
      [characters, this.#characters],
      [ids, this.#ids],
    ] as const) {
      next.set(last.subarray(0, this.#gapStart))
      next.set(last.subarray(this.#gapEnd), capacity - behind)
    }
    this.#characters = characters
    this.#ids = ids
    this.#gapEnd = capacity - behind
  }
}

function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}
