/**
 * The log in memory, for tests and simulation: the same promises as a durable log, where "the disk" is a {@link
 * MemoryDisk} that outlives the log opened on it. It is not for production: it never gives memory back but by
 * checkpoints and drops.
 *
 * Deterministic: no clock, no I/O; flushes happen in microtasks, epochs come from the source given.
 */
import { LogError } from '../errors.ts'
import { randomEpoch, type EpochSource } from './epoch.ts'
import { GroupCommit, type GroupLimits } from './group-commit.ts'
import { headAfterAppend, headAfterCheckpoint } from './room-head.ts'
import {
  emptyHead,
  isInHistory,
  type Append,
  type Author,
  type AuthoredEntry,
  type ClientOwner,
  type LogSlice,
  type LogStats,
  type RoomHead,
  type UpdateLog,
} from './update-log.ts'
import type { Position } from '@syncline/protocol'

export interface MemoryLogOptions {
  /** What the log is opened on; a new, empty one by default. Only one log may be open on a disk at a time. */
  readonly disk?: MemoryDisk
  /** Where epochs come from: random by default. */
  readonly newEpoch?: EpochSource
  readonly limits?: GroupLimits
}

/** A room as it is stored. `tail` holds the entries after the checkpoint. */
interface StoredRoom {
  head: RoomHead
  checkpoint: Uint8Array | undefined
  readonly tail: StoredEntry[]
  readonly owners: Map<number, Author>
}

interface StoredEntry {
  readonly update: Uint8Array
  readonly author: Author | undefined
}

function emptyRoom(): StoredRoom {
  return { head: emptyHead, checkpoint: undefined, tail: [], owners: new Map() }
}

/**
 * What survives a {@link MemoryLog}: reopen it to simulate a restart, {@link MemoryDisk.copy} it to simulate a backup.
 */
export class MemoryDisk {
  readonly rooms: Map<string, StoredRoom>

  constructor(rooms: Iterable<readonly [string, StoredRoom]> = []) {
    this.rooms = new Map(rooms)
  }

  /** A backup of this moment. The update bytes are shared: nothing changes them once they are stored. */
  copy(): MemoryDisk {
    const copied = (room: StoredRoom): StoredRoom => {
      return { ...room, tail: [...room.tail], owners: new Map(room.owners) }
    }
    return new MemoryDisk([...this.rooms].map(([name, room]) => [name, copied(room)]))
  }
}

type Write =
  | { readonly kind: 'append'; readonly batch: readonly Append[] }
  | Checkpoint
  | { readonly kind: 'drop'; readonly room: string }

interface Checkpoint {
  readonly kind: 'checkpoint'
  readonly room: string
  readonly upTo: Position
  readonly update: Uint8Array
}

/** What a write came to: the positions of an append, and whether a checkpoint took place. */
interface Written {
  readonly positions: readonly Position[]
  readonly done: boolean
}

export class MemoryLog implements UpdateLog {
  readonly #disk: MemoryDisk
  readonly #newEpoch: EpochSource
  readonly #writes: GroupCommit<Write, Written>
  /** The epochs that this log, and not an earlier one on the same disk, has begun. */
  readonly #ownEpochs = new Set<number>()
  #entries = 0
  #crashed = false

  constructor({ disk = new MemoryDisk(), newEpoch = randomEpoch, limits }: MemoryLogOptions = {}) {
    this.#disk = disk
    this.#newEpoch = newEpoch
    this.#writes = new GroupCommit((group) => this.#commit(group), limits)
  }

  get stats(): LogStats {
    return { flushes: this.#writes.flushes, entries: this.#entries, pendingBytes: this.#writes.pendingBytes }
  }

  async append(batch: readonly Append[]): Promise<readonly Position[]> {
    const bytes = batch.reduce((sum, { update }) => sum + update.length, 0)
    return (await this.#writes.submit({ kind: 'append', batch }, bytes)).positions
  }

  async head(room: string): Promise<RoomHead> {
    this.#assertOpen()
    return this.#disk.rooms.get(room)?.head ?? emptyHead
  }

  async read(room: string, afterSeq: number): Promise<LogSlice> {
    this.#assertOpen()
    const stored = this.#disk.rooms.get(room)
    if (stored === undefined) return { position: emptyHead.position, updates: [] }
    const { head, checkpoint, tail } = stored
    const updates = tail.slice(Math.max(0, afterSeq - head.checkpointSeq)).map(({ update }) => update)
    if (checkpoint !== undefined && afterSeq < head.checkpointSeq) updates.unshift(checkpoint)
    return { position: head.position, updates: updates.map((update) => update.slice()) }
  }

  async authors(room: string, afterSeq: number): Promise<readonly AuthoredEntry[]> {
    this.#assertOpen()
    const stored = this.#disk.rooms.get(room)
    if (stored === undefined) return []
    const { checkpointSeq } = stored.head
    return stored.tail.flatMap(({ author }, index) => {
      const seq = checkpointSeq + 1 + index
      return author === undefined || seq <= afterSeq ? [] : [{ seq, ...author }]
    })
  }

  async owners(room: string): Promise<readonly ClientOwner[]> {
    this.#assertOpen()
    const owners: ClientOwner[] = []
    for (const [clientId, { subject, time }] of this.#disk.rooms.get(room)?.owners ?? []) {
      owners.push({ clientId, subject, time })
    }
    return owners
  }

  async checkpoint(room: string, upTo: Position, update: Uint8Array): Promise<boolean> {
    return (await this.#writes.submit({ kind: 'checkpoint', room, upTo, update }, update.length)).done
  }

  async *rooms(after = ''): AsyncIterable<string> {
    this.#assertOpen()
    const start = Buffer.from(after)
    const names = [...this.#disk.rooms.keys()].map((room) => ({ room, bytes: Buffer.from(room) }))
    for (const { room, bytes } of names.sort((a, b) => Buffer.compare(a.bytes, b.bytes))) {
      if (Buffer.compare(bytes, start) <= 0) continue
      yield room
      this.#assertOpen()
    }
  }

  async drop(room: string): Promise<void> {
    await this.#writes.submit({ kind: 'drop', room }, 0)
  }

  close(): Promise<void> {
    return this.#writes.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Closes as a power cut does: what is not flushed is lost, and its promises reject with `closed`. */
  async crash(): Promise<void> {
    this.#crashed = true
    await this.#writes.close()
  }

  /** All of the group, in order, in one turn: nothing in between can be seen, and nothing of it can fail. */
  async #commit(group: readonly Write[]): Promise<readonly Written[]> {
    // A real flush takes its time: no caller may rely on its result within the same turn.
    await Promise.resolve()
    if (this.#crashed) throw new LogError('closed', 'the log is closed')
    return group.map((write) => {
      if (write.kind === 'append') return { positions: write.batch.map((entry) => this.#writeEntry(entry)), done: true }
      if (write.kind === 'checkpoint') return { positions: [], done: this.#writeCheckpoint(write) }
      return { positions: [], done: this.#disk.rooms.delete(write.room) }
    })
  }

  #writeEntry({ room: name, update, author, claims = [] }: Append): Position {
    const room = this.#disk.rooms.get(name) ?? emptyRoom()
    this.#disk.rooms.set(name, room)
    room.head = headAfterAppend(room.head, this.#epochAfter(room.head), update.length)
    room.tail.push({ update: update.slice(), author })
    if (author !== undefined) {
      for (const clientId of claims) if (!room.owners.has(clientId)) room.owners.set(clientId, author)
    }
    this.#entries++
    return room.head.position
  }

  #writeCheckpoint({ room: name, upTo, update }: Checkpoint): boolean {
    const room = this.#disk.rooms.get(name)
    if (room === undefined || upTo.seq <= room.head.checkpointSeq || !isInHistory(room.head, upTo)) return false
    room.tail.splice(0, upTo.seq - room.head.checkpointSeq)
    const tailBytes = room.tail.reduce((sum, { update: { length } }) => sum + length, 0)
    room.head = headAfterCheckpoint(room.head, upTo.seq, update.length, tailBytes)
    room.checkpoint = update.slice()
    return true
  }

  #epochAfter({ position }: RoomHead): number {
    if (this.#ownEpochs.has(position.epoch)) return position.epoch
    const epoch = this.#newEpoch()
    this.#ownEpochs.add(epoch)
    return epoch
  }

  #assertOpen(): void {
    if (this.#writes.closed) throw new LogError('closed', 'the log is closed')
  }
}
