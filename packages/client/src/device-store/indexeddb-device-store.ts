/**
 * The device store on IndexedDB: one database per name, shared by all tabs of the origin, with one object store:
 *
 * ```
 *   ['head', room]      → DeviceHead
 *   ['row', room, row]  → DeviceRow
 *   ['floor']           → number: above every number of rooms that were deleted
 *   ['made']            → string: which database this is, of all that had its name; absent in those of earlier versions
 * ```
 *
 * Kinds come before rooms in the keys, so that all heads are one range, small, and read without touching a row. Every verb is one
 * short transaction, and numbers are given out in the transaction that writes the row: IndexedDB runs writing transactions on
 * an object store one after the other, over all tabs, so two tabs never give out the same number.
 */
import { promisifyRequest } from 'idb-keyval'
import type { Position } from '@syncline/protocol'
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
import { IndexedDbConnection, type IndexedDbConnectionOptions } from './indexeddb-connection.ts'
import { withOwnBuffer } from './own-buffer.ts'
import { toStoreError } from './store-error.ts'

export interface IndexedDbDeviceStoreOptions {
  /** Stores of one origin and name share their rooms. The database is called `syncline:<name>`. */
  readonly name: string
}

const STORE_NAME = 'rooms'

/** The schema of the database, a step per version. */
const upgrades: IndexedDbConnectionOptions['upgrades'] = [
  (database, _, again) => {
    const store = database.createObjectStore(STORE_NAME)
    // Not `randomUUID`: pages that are neither https nor localhost have none.
    store.put(crypto.getRandomValues(new Uint32Array(4)).join('-'), madeKey)
    // Pages live that know numbers of the one before. Time is above them: nobody writes a row in a microsecond.
    if (again) store.put(Date.now() * 1_000, floorKey)
  },
]

/** A store that opens its database on first use. Where there is none to be had, every verb rejects with `store-unavailable`. */
export function openIndexedDbDeviceStore(options: IndexedDbDeviceStoreOptions): IndexedDbDeviceStore {
  return new IndexedDbDeviceStore(
    new IndexedDbConnection({
      name: `syncline:${options.name}`,
      storeName: STORE_NAME,
      upgrades,
      identify: (store) => promisifyRequest<unknown>(store.get(madeKey)),
    }),
  )
}

type Connection = Pick<IndexedDbConnection, 'useStore' | 'close'> &
  Partial<Pick<IndexedDbConnection, 'open' | 'onReplaced'>>

export class IndexedDbDeviceStore implements DeviceStore {
  readonly #connection: Connection

  /** Prefer {@link openIndexedDbDeviceStore}. `useStore` resolves when its transaction has completed. Closed with this store. */
  constructor(connection: Connection) {
    this.#connection = connection
  }

  open(): void {
    this.#connection.open?.()
  }

  onLost(listener: () => void): () => void {
    return this.#connection.onReplaced?.(listener) ?? (() => undefined)
  }

  pendingRooms(): Promise<readonly string[]> {
    return this.#use('find rooms with unsent edits', 'readonly', async (store) => {
      const [keys, heads] = await Promise.all([
        promisifyRequest(store.getAllKeys(allHeads())),
        promisifyRequest<DeviceHead[]>(store.getAll(allHeads())),
      ])
      return keys.filter((_, index) => hasOutbox(heads[index]!)).map((key) => (key as HeadKey)[1])
    })
  }

  load(room: string, afterRow: number = 0): Promise<DeviceRoom> {
    return this.#use(`load room ${room}`, 'readonly', async (store) => {
      const [head, rows] = await Promise.all([
        readHead(store, room),
        promisifyRequest<DeviceRow[]>(store.getAll(rowsAfter(room, afterRow))),
      ])
      return { head, rows }
    })
  }

  appendLocal(room: string, update: Uint8Array): Promise<DeviceRow> {
    return this.#use(`store an edit of room ${room}`, 'readwrite', async (store) => {
      const head = await readHead(store, room)
      const row: DeviceRow = { row: head.nextRow, update: withOwnBuffer(update), ref: head.nextRef }
      store.add(row, rowKey(room, row.row))
      store.put(withLocalRow(head), headKey(room))
      return row
    })
  }

  appendRemote(
    room: string,
    update: Uint8Array | undefined,
    position: Position | undefined,
  ): Promise<DeviceRow | undefined> {
    return this.#use(`store an update of room ${room}`, 'readwrite', async (store) => {
      const head = await readHead(store, room)
      const row: DeviceRow | undefined = update && { row: head.nextRow, update: withOwnBuffer(update), ref: undefined }
      if (row !== undefined) store.add(row, rowKey(room, row.row))
      store.put(withRemoteRows(head, row === undefined ? 0 : 1, position), headKey(room))
      return row
    })
  }

  settle(
    room: string,
    change: { readonly ackedRef: number; readonly position?: Position; readonly rejected?: readonly RejectedRow[] },
  ): Promise<DeviceHead> {
    return this.#use(`store what the relay has of room ${room}`, 'readwrite', async (store) => {
      const head = withSettled(await readHead(store, room), change)
      store.put(head, headKey(room))
      return head
    })
  }

  fold(room: string, rows: readonly DeviceRow[], merged: Uint8Array): Promise<boolean> {
    if (rows.length === 0) return Promise.resolve(false)
    return this.#use(`fold rows of room ${room}`, 'readwrite', async (store) => {
      const [head, stored] = await Promise.all([
        readHead(store, room),
        Promise.all(rows.map(({ row }) => promisifyRequest<DeviceRow | undefined>(store.get(rowKey(room, row))))),
      ])
      if (!rows.every((loaded, index) => isFoldable(head, stored[index], loaded))) return false
      const last = Math.max(...rows.map(({ row }) => row))
      for (const { row } of rows) store.delete(rowKey(room, row))
      store.put({ row: last, update: withOwnBuffer(merged), ref: undefined } satisfies DeviceRow, rowKey(room, last))
      return true
    })
  }

  delete(room: string): Promise<void> {
    return this.#use(`delete room ${room}`, 'readwrite', async (store) => {
      const head = await readHead(store, room)
      store.put(floorAfter(await readFloor(store), head), floorKey)
      store.delete(headKey(room))
      store.delete(rowsAfter(room, 0))
    })
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  async #use<T>(
    doing: string,
    mode: IDBTransactionMode,
    callback: (store: IDBObjectStore) => T | PromiseLike<T>,
  ): Promise<T> {
    try {
      return await this.#connection.useStore(mode, callback)
    } catch (error) {
      throw toStoreError(error, doing)
    }
  }
}

type HeadKey = [kind: 'head', room: string]

const floorKey = ['floor']

const madeKey = ['made']

function headKey(room: string): HeadKey {
  return ['head', room]
}

function rowKey(room: string, row: number): IDBValidKey {
  return ['row', room, row]
}

/** An array sorts after every number and every string, so `[]` closes a range of either. */
function allHeads(): IDBKeyRange {
  return IDBKeyRange.bound(['head'], ['head', []], true, true)
}

function rowsAfter(room: string, afterRow: number): IDBKeyRange {
  return IDBKeyRange.bound(rowKey(room, afterRow), ['row', room, []], true, true)
}

async function readHead(store: IDBObjectStore, room: string): Promise<DeviceHead> {
  const head = await promisifyRequest<DeviceHead | undefined>(store.get(headKey(room)))
  return head ?? newDeviceHead(await readFloor(store))
}

async function readFloor(store: IDBObjectStore): Promise<number> {
  return (await promisifyRequest<number | undefined>(store.get(floorKey))) ?? 1
}
