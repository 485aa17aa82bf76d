/**
 * A device store in memory: for Node, for tests and for the simulation. It keeps the whole promise of the port but one: nothing
 * outlives the process. A {@link MemoryDisk} outlives the store, as a database outlives a page: stores on one disk are the tabs
 * of one origin, and a new store on an old disk is a reload.
 */
import type { Position } from '@syncline/protocol'
import { SynclineError } from '../errors.ts'
import {
  floorAfter,
  hasOutbox,
  isFoldable,
  newDeviceHead,
  withLocalRow,
  withRemoteRows,
  withSettled,
} from './device-head.ts'
import type { DeviceHead, DeviceRoom, DeviceRow, DeviceStore, RejectedRow } from './device-store.ts'

interface MemoryRoom {
  head: DeviceHead
  /** By row number, in rising order: rows are only ever added at the end, or replaced where they are. */
  readonly rows: Map<number, DeviceRow>
}

/** What would be a database in a browser. Opaque; shared by handing it to several stores. */
export class MemoryDisk {
  /** For the stores on this disk alone. */
  readonly rooms: Map<string, MemoryRoom> = new Map()
  floor = 1

  /** An empty disk, whose numbers are above all that were given out on this one. */
  emptied(): MemoryDisk {
    const disk = new MemoryDisk()
    disk.floor = [...this.rooms.values()].reduce((floor, { head }) => floorAfter(floor, head), this.floor)
    return disk
  }
}

export class MemoryDeviceStore implements DeviceStore {
  readonly #disk: MemoryDisk
  #closed = false

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk
  }

  async pendingRooms(): Promise<readonly string[]> {
    this.#assertOpen()
    return [...this.#disk.rooms].filter(([, { head }]) => hasOutbox(head)).map(([room]) => room)
  }

  async load(room: string, afterRow: number = 0): Promise<DeviceRoom> {
    this.#assertOpen()
    const stored = this.#disk.rooms.get(room)
    if (stored === undefined) return { head: newDeviceHead(this.#disk.floor), rows: [] }
    return { head: stored.head, rows: [...stored.rows.values()].filter(({ row }) => row > afterRow) }
  }

  async appendLocal(room: string, update: Uint8Array): Promise<DeviceRow> {
    const stored = this.#room(room)
    const row = { row: stored.head.nextRow, update: update.slice(), ref: stored.head.nextRef }
    stored.rows.set(row.row, row)
    stored.head = withLocalRow(stored.head)
    return row
  }

  async appendRemote(
    room: string,
    update: Uint8Array | undefined,
    position: Position | undefined,
  ): Promise<DeviceRow | undefined> {
    const stored = this.#room(room)
    const row = update && { row: stored.head.nextRow, update: update.slice(), ref: undefined }
    if (row !== undefined) stored.rows.set(row.row, row)
    stored.head = withRemoteRows(stored.head, row === undefined ? 0 : 1, position)
    return row
  }

  async settle(
    room: string,
    change: { readonly ackedRef: number; readonly position?: Position; readonly rejected?: readonly RejectedRow[] },
  ): Promise<DeviceHead> {
    const stored = this.#room(room)
    stored.head = withSettled(stored.head, change)
    return stored.head
  }

  async fold(room: string, rows: readonly DeviceRow[], merged: Uint8Array): Promise<boolean> {
    this.#assertOpen()
    const stored = this.#disk.rooms.get(room)
    if (stored === undefined || rows.length === 0) return false
    if (!rows.every((loaded) => isFoldable(stored.head, stored.rows.get(loaded.row), loaded))) return false
    const last = Math.max(...rows.map(({ row }) => row))
    for (const { row } of rows) if (row !== last) stored.rows.delete(row)
    stored.rows.set(last, { row: last, update: merged.slice(), ref: undefined })
    return true
  }

  async delete(room: string): Promise<void> {
    this.#assertOpen()
    const stored = this.#disk.rooms.get(room)
    if (stored === undefined) return
    this.#disk.floor = floorAfter(this.#disk.floor, stored.head)
    this.#disk.rooms.delete(room)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  /** The room to write to, made if there is none. */
  #room(room: string): MemoryRoom {
    this.#assertOpen()
    let stored = this.#disk.rooms.get(room)
    if (stored === undefined) {
      stored = { head: newDeviceHead(this.#disk.floor), rows: new Map() }
      this.#disk.rooms.set(room, stored)
    }
    return stored
  }

  #assertOpen(): void {
    if (this.#closed) throw new SynclineError('closed', 'The device store is closed')
  }
}
