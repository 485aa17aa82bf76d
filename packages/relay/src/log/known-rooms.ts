/**
 * The rows of rooms that are written to, as the last group of writes left them, for the next group: planning need not read them
 * again. Pure. Some hundred bytes each, and bounded; of more, those that were written to first are forgotten, and read again.
 */
import type { RoomRow } from './lmdb-rows.ts'

const ROOMS_MAX = 8192

export class KnownRooms {
  readonly #roomsMax: number
  readonly #rows = new Map<string, RoomRow>()

  constructor(roomsMax: number = ROOMS_MAX) {
    this.#roomsMax = roomsMax
  }

  get(name: string): RoomRow | undefined {
    return this.#rows.get(name)
  }

  /** A group has left these rows; `undefined`: it has removed the room. */
  take(rooms: ReadonlyMap<string, RoomRow | undefined>): void {
    for (const [name, row] of rooms) {
      if (row === undefined) this.#rows.delete(name)
      else this.#rows.set(name, row)
    }
    for (const name of this.#rows.keys()) {
      if (this.#rows.size <= this.#roomsMax) return
      this.#rows.delete(name)
    }
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#rows.clear()
  }
}
