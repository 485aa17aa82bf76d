/**
 * The clients of a document, by small numbers: rows hold an index instead of a 53-bit ID. Per client it knows the clock that comes next, which is the
 * document's state vector, and what the running transaction found there.
 */
import { ByteWriter } from '../byte-writer.ts'
import { grownColumns, noNumbers } from './columns.ts'
import { NARROW_CLIENTS_MAX, NONE, type RowTable } from './row-table.ts'

export class ClientTable {
  /** Client IDs by index. */
  readonly ids: number[] = []
  /** Per client the next expected clock. */
  states: Int32Array = noNumbers
  /** The first and last row by clock, or NONE. */
  first: Int32Array = noNumbers
  last: Int32Array = noNumbers
  /** How many rows. */
  rows: Int32Array = noNumbers
  /** How many clients had units before it had any: the order in which Yjs lists clients. */
  seniority: Int32Array = noNumbers
  /** How many clients have units. */
  withUnits = 0
  /** The number of the transaction that wrote last to this client, and the clock that it found. */
  touchedBy: Int32Array = noNumbers
  touchedAt: Int32Array = noNumbers
  /** The same for the transaction whose events are asked; see `Transaction.clockBefore`. */
  viewedBy: Int32Array = noNumbers
  viewedAt: Int32Array = noNumbers

  /** By ID; made for the first client. */
  #indices: Map<number, number> | null = null
  readonly #encoded: (Uint8Array | undefined)[] = []
  #recentId: number = NONE
  #recentIndex: number = NONE
  readonly #rowTable: RowTable

  /** The table of the rows that hold indices of these clients. */
  constructor(rowTable: RowTable) {
    this.#rowTable = rowTable
  }

  get count(): number {
    return this.ids.length
  }

  /** The index of a client, which is added if it is new. */
  intern(id: number): number {
    if (id === this.#recentId) return this.#recentIndex
    let index = this.#indices?.get(id)
    if (index === undefined) index = this.#add(id)
    this.#recentId = id
    this.#recentIndex = index
    return index
  }

  /** The index of a client, or NONE. */
  indexOf(id: number): number {
    return id === this.#recentId ? this.#recentIndex : (this.#indices?.get(id) ?? NONE)
  }

  /** The clock that the document expects next of a client, by its ID. */
  stateOf(id: number): number {
    const index = this.indexOf(id)
    return index === NONE ? 0 : this.states[index]!
  }

  /** The client ID as a varUint; most IDs take five bytes, and each is written often. Borrowed. */
  encoded(index: number): Uint8Array {
    let bytes = this.#encoded[index]
    if (bytes === undefined) {
      const writer = new ByteWriter(8)
      writer.varUint(this.ids[index]!)
      bytes = writer.finish()
      this.#encoded[index] = bytes
    }
    return bytes
  }

  /** Forgets the clients from `count` on: those of an update that was refused. */
  truncate(count: number): void {
    for (const id of this.ids.splice(count)) this.#indices?.delete(id)
    this.#encoded.length = Math.min(this.#encoded.length, count)
    this.#recentId = NONE
  }

  /** Indices of the clients that have units, in descending order of their IDs: the order of the wire. */
  descending(): number[] {
    const indices: number[] = []
    for (let index = 0; index < this.count; index++) if (this.states[index]! > 0) indices.push(index)
    return this.inWireOrder(indices)
  }

  /** Sorts indices in place, descending by ID. */
  inWireOrder(indices: number[]): number[] {
    const { ids } = this
    return indices.length < 2 ? indices : indices.sort((a, b) => ids[b]! - ids[a]!)
  }

  #add(id: number): number {
    const index = this.ids.length
    if (index === NARROW_CLIENTS_MAX) this.#rowTable.widenClients()
    this.ids.push(id)
    this.#indices ??= new Map()
    this.#indices.set(id, index)
    if (index === this.states.length) this.#resize(index === 0 ? 1 : index * 2)
    this.states[index] = 0
    this.first[index] = NONE
    this.last[index] = NONE
    this.rows[index] = 0
    this.touchedBy[index] = 0
    this.viewedBy[index] = 0
    return index
  }

  #resize(capacity: number): void {
    ;[
      this.states,
      this.first,
      this.last,
      this.rows,
      this.seniority,
      this.touchedBy,
      this.touchedAt,
      this.viewedBy,
      this.viewedAt,
    ] = grownColumns(capacity, [
      this.states,
      this.first,
      this.last,
      this.rows,
      this.seniority,
      this.touchedBy,
      this.touchedAt,
      this.viewedBy,
      this.viewedAt,
    ])
  }
}
