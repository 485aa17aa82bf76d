/**
 * The clients of a document, by small numbers: rows hold an index instead of a 53-bit ID. Per client it knows the clock that comes next, which is the
 * document's state vector, and what the running transaction found there.
 */
import { ByteWriter } from '../byte-writer.ts'
import { grown, NARROW_CLIENTS_MAX, NONE, type RowTable } from './row-table.ts'

/** Numbers of a client, and where among them each is. Methods that read or write one have its place as a number, as in `row-table.ts`. */
const CLIENT_CELLS = 9
const STATE = 0
const FIRST = 1
const LAST = 2
const ROWS = 3
const SENIORITY = 4
const TOUCHED_BY = 5
// 6: touched at
const VIEWED_BY = 7
// 8: viewed at

/** Up to so many clients are found by looking at each: a map costs two hundred bytes. */
const LISTED_CLIENTS_MAX = 8

const noCells = new Int32Array(0)
const noIds: number[] = []
const noBytes = new Uint8Array(0)

export class ClientTable {
  /** Client IDs by index. */
  ids: number[] = noIds
  count = 0
  /** How many clients have units. */
  withUnits = 0
  #cells: Int32Array = noCells
  /** By ID, once there are many. */
  #indices: Map<number, number> | null = null
  #encoded: (Uint8Array | undefined)[] | null = null
  /** Not a number while there is none: a field in which V8 saw small integers first is kept in another way once an ID above 2^31 comes, and all that reads it is compiled anew. */
  #recentId: number | null = null
  #recentIndex: number = NONE
  /** After {@link readIndex}, how many bytes the ID takes. */
  readBytes = 0
  /** Those of the ID that it read last. */
  #recentBytes: Uint8Array = noBytes
  #recentBytesIndex: number = NONE
  readonly #rowTable: RowTable

  /** The table of the rows that hold indices of these clients. */
  constructor(rowTable: RowTable) {
    this.#rowTable = rowTable
  }

  /** The next expected clock of a client. */
  state(client: number): number {
    return this.#cells[client * 9]!
  }

  /** The first row by clock, or NONE. */
  first(client: number): number {
    return this.#cells[client * 9 + 1]!
  }

  /** The last row by clock, or NONE. */
  last(client: number): number {
    return this.#cells[client * 9 + 2]!
  }

  /** How many rows. */
  rows(client: number): number {
    return this.#cells[client * 9 + 3]!
  }

  /** How many clients had units before it had any: the order in which Yjs lists clients. */
  seniority(client: number): number {
    return this.#cells[client * 9 + 4]!
  }

  /** The number of the transaction that wrote last to this client. */
  touchedBy(client: number): number {
    return this.#cells[client * 9 + 5]!
  }

  /** The clock that this transaction found. */
  touchedAt(client: number): number {
    return this.#cells[client * 9 + 6]!
  }

  /** The same for the transaction whose events are asked; see `Transaction.clockBefore`. */
  viewedBy(client: number): number {
    return this.#cells[client * 9 + 7]!
  }

  viewedAt(client: number): number {
    return this.#cells[client * 9 + 8]!
  }

  setState(client: number, clock: number): void {
    this.#cells[client * 9] = clock
  }

  setFirst(client: number, row: number): void {
    this.#cells[client * 9 + 1] = row
  }

  setLast(client: number, row: number): void {
    this.#cells[client * 9 + 2] = row
  }

  setRows(client: number, count: number): void {
    this.#cells[client * 9 + 3] = count
  }

  setTouched(client: number, serial: number, clock: number): void {
    this.#cells[client * 9 + 5] = serial
    this.#cells[client * 9 + 6] = clock
  }

  setViewed(client: number, serial: number, clock: number): void {
    this.#cells[client * 9 + 7] = serial
    this.#cells[client * 9 + 8] = clock
  }

  /** A row that ends before the clock `end` is the client's last one from now on. Returns the one that was, or NONE. */
  append(client: number, row: number, end: number): number {
    const cells = this.#cells
    const at = client * CLIENT_CELLS
    const last = cells[at + LAST]!
    if (last === NONE) {
      cells[at + FIRST] = row
      cells[at + SENIORITY] = this.withUnits++
    }
    cells[at + LAST] = row
    cells[at + ROWS]!++
    cells[at + STATE] = end
    return last
  }

  /** The index of a client, which is added if it is new. */
  intern(id: number): number {
    if (id === this.#recentId) return this.#recentIndex
    let index = this.#find(id)
    if (index === NONE) index = this.#add(id)
    this.#recentId = id
    this.#recentIndex = index
    return index
  }

  /** The index of a client, or NONE. */
  indexOf(id: number): number {
    return id === this.#recentId ? this.#recentIndex : this.#find(id)
  }

  /**
   * Reads a client ID, of up to five bytes as most have, and returns its index; or NONE if there is no such client, or no such ID. How many bytes it has is in {@link readBytes}
   * then. Where it is the one that was read last, its bytes are compared, and no number is made of them.
   */
  readIndex(bytes: Uint8Array, at: number): number {
    const recent = this.#recentBytes
    let same = 0
    while (same < recent.length && bytes[at + same] === recent[same]) same++
    if (same > 0 && same === recent.length) {
      this.readBytes = same
      return this.#recentBytesIndex
    }
    return this.#readOtherIndex(bytes, at)
  }

  /** The clock that the document expects next of a client, by its ID. */
  stateOf(id: number): number {
    const index = this.indexOf(id)
    return index === NONE ? 0 : this.state(index)
  }

  /** Client ID → next clock, of those that have units; by index, what is in `instead` counts. A new map. */
  stateVector(instead?: ReadonlyMap<number, number>): Map<number, number> {
    const stateVector = new Map<number, number>()
    for (let client = 0; client < this.count; client++) {
      const clock = instead?.get(client) ?? this.state(client)
      if (clock > 0) stateVector.set(this.ids[client]!, clock)
    }
    return stateVector
  }

  /** The client ID as a varUint; most IDs take five bytes, and each is written often. Borrowed. */
  encoded(index: number): Uint8Array {
    return this.#encoded?.[index] ?? this.#encode(index)
  }

  /** Forgets the clients from `count` on: those of an update that was refused. */
  truncate(count: number): void {
    for (const id of this.ids.splice(count)) this.#indices?.delete(id)
    this.count = this.ids.length
    if (this.#encoded !== null) this.#encoded.length = Math.min(this.#encoded.length, count)
    this.#recentId = null
    this.#recentBytes = noBytes
  }

  /** Indices of the clients that have units, in descending order of their IDs: the order of the wire. */
  descending(): number[] {
    const indices: number[] = []
    for (let index = 0; index < this.count; index++) if (this.state(index) > 0) indices.push(index)
    return this.inWireOrder(indices)
  }

  /** Sorts indices in place, descending by ID. */
  inWireOrder(indices: number[]): number[] {
    const { ids } = this
    return indices.length < 2 ? indices : indices.sort((a, b) => ids[b]! - ids[a]!)
  }

  #find(id: number): number {
    if (this.#indices !== null) return this.#indices.get(id) ?? NONE
    return this.count === 0 ? NONE : this.ids.indexOf(id)
  }

  #readOtherIndex(bytes: Uint8Array, at: number): number {
    let id = 0
    for (let read = 0; read < 5; read++) {
      const byte = bytes[at + read]
      if (byte === undefined) return NONE
      id += (byte & 0x7f) * 2 ** (7 * read)
      if (byte >= 0x80) continue
      const index = this.indexOf(id)
      if (index === NONE) return NONE
      this.readBytes = read + 1
      // An ID may be written longer than it has to be; then the next is read as a number again.
      this.#recentBytes = this.encoded(index)
      this.#recentBytesIndex = index
      return index
    }
    return NONE
  }

  #encode(index: number): Uint8Array {
    const writer = new ByteWriter(8)
    writer.varUint(this.ids[index]!)
    const bytes = writer.finish()
    this.#encoded ??= []
    this.#encoded[index] = bytes
    return bytes
  }

  #add(id: number): number {
    const index = this.count++
    if (index === NARROW_CLIENTS_MAX) this.#rowTable.widenClients()
    // A list that is pushed to has room for many; most documents that anybody opens have few writers.
    if (index === 0) {
      // As with `#recentId`: a list that had something else in it is one for anything from then on.
      const ids: unknown[] = [null]
      ids[0] = id
      this.ids = ids as number[]
    } else this.ids.push(id)
    if (index >= LISTED_CLIENTS_MAX) {
      if (this.#indices === null) this.#indices = new Map(this.ids.map((known, at) => [known, at]))
      else this.#indices.set(id, index)
    }
    const at = index * CLIENT_CELLS
    if (at === this.#cells.length) this.#cells = grown(this.#cells, at === 0 ? CLIENT_CELLS : at * 2)
    const cells = this.#cells
    cells[at + STATE] = 0
    cells[at + FIRST] = NONE
    cells[at + LAST] = NONE
    cells[at + ROWS] = 0
    cells[at + TOUCHED_BY] = 0
    cells[at + VIEWED_BY] = 0
    return index
  }
}
