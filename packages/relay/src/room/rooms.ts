/**
 * The open rooms of a relay, by name: single-flight, so a name has one room at a time, and a room is read only after
 * the last write of an earlier room of that name was answered. Rooms open with their first member and close some time
 * after their last.
 */
import type { Measured } from '../metrics/relay-metrics.ts'
import type { Refusal } from './admission.ts'
import type { JoinRequest } from './room-event.ts'
import type { MemberId, RoomMember } from './room-member.ts'
import { Room, type RoomSurroundings } from './room.ts'

export class Rooms {
  readonly #surroundings: RoomSurroundings
  readonly #open = new Map<string, Room>()
  /** Rooms that closed while the log still owed them an answer; a new room of that name waits for them. */
  readonly #settling = new Map<string, { readonly last: object; readonly settled: Promise<void> }>()
  #nextHandle = 1
  #nextMember = 1

  constructor(surroundings: RoomSurroundings) {
    this.#surroundings = surroundings
  }

  /** How many rooms are open. */
  get size(): number {
    return this.#open.size
  }

  /** The members of all open rooms. Costs a look at each of them. */
  measure(): Pick<Measured, 'members' | 'membersBehind'> {
    let members = 0
    let membersBehind = 0
    for (const room of this.#open.values()) {
      members += room.members
      membersBehind += room.membersBehind
    }
    return { members, membersBehind }
  }

  /**
   * Makes `member` a member of the room `name`, which is opened if it is not open; the answer is sent to the member.
   * Returns its place, or why there is none: too many rooms, or too much that waits in all of them.
   */
  join(name: string, member: RoomMember, join: JoinRequest): { room: Room; member: MemberId } | Refusal {
    const { buffers, counters } = this.#surroundings
    if (buffers.pressed) {
      counters.limitHit('bufferBytesMax')
      return { code: 'too-many-rooms', retryable: true, message: 'this relay holds as many bytes as it may' }
    }
    const room = this.#open.get(name) ?? this.#openRoom(name)
    if (room === undefined) {
      return { code: 'too-many-rooms', retryable: true, message: 'this relay has no place for another open room' }
    }
    const id = this.#nextMember++
    room.join(id, member, join)
    return { room, member: id }
  }

  /** How many members a room has; 0 if it is not open. */
  membersOf(name: string): number {
    return this.#open.get(name)?.members ?? 0
  }

  /**
   * Tells the members of a room why they are evicted, and drops the room from the log once what was under way is
   * written. Whoever joins it meanwhile waits, and finds it empty. Rejects with `LogError`.
   */
  drop(name: string, refusal: Refusal): Promise<void> {
    this.#open.get(name)?.evictAll(refusal)
    const before = this.#settling.get(name)?.settled ?? Promise.resolve()
    const dropped = before.then(() => this.#surroundings.log.drop(name))
    this.#settling.set(name, { last: dropped, settled: this.#dropped(name, dropped) })
    return dropped
  }

  tick(now: number): void {
    for (const room of this.#open.values()) room.tick(now)
  }

  /** Closes every room without a word. What is under way is still written, but nobody is told any more. */
  close(): void {
    for (const room of this.#open.values()) room.close()
  }

  /** Resolves when the log has answered every append that was under way when this was called. */
  async settled(): Promise<void> {
    const closed = [...this.#settling.values()].map(({ settled }) => settled)
    const open = [...this.#open.values()].map((room) => room.settled())
    await Promise.all([...closed, ...open])
  }

  #openRoom(name: string): Room | undefined {
    const { limits, counters } = this.#surroundings
    if (this.#open.size >= limits.roomsOpenMax) {
      counters.limitHit('roomsOpenMax')
      return undefined
    }
    const room = new Room(name, this.#nextHandle++, this.#surroundings, () => this.#closed(room))
    this.#open.set(name, room)
    room.open(this.#settling.get(name)?.settled ?? Promise.resolve())
    return room
  }

  #closed(room: Room): void {
    if (this.#open.get(room.name) !== room) return
    this.#open.delete(room.name)
    const settled = this.#settle(room, this.#settling.get(room.name)?.settled)
    this.#settling.set(room.name, { last: room, settled })
  }

  async #dropped(name: string, dropped: Promise<void>): Promise<void> {
    // Its failure is its caller's to handle; whoever waits for the name finds the room as it was.
    await dropped.catch(() => {})
    if (this.#settling.get(name)?.last === dropped) this.#settling.delete(name)
  }

  async #settle(room: Room, before: Promise<void> | undefined): Promise<void> {
    await before
    await room.settled()
    // Unless a later room of the name has closed as well, and taken the entry over.
    if (this.#settling.get(room.name)?.last === room) this.#settling.delete(room.name)
  }
}
