/**
 * The structs of an update, decoded and checked as a whole before anything is touched, in columns of numbers. Contents stay in the bytes of the update, which are
 * borrowed until it is applied.
 */
import { NO_CLIENT } from '../id.ts'
import * as Column from './incoming-column.ts'
import type { ByteReader } from '../byte-reader.ts'
import { ClientHead } from '../client-head.ts'
import { readIdRanges } from '../id-set.ts'
import * as ContentKind from '../content-kind.ts'
import * as Info from '../struct-info.ts'
import { utf16Length } from '../text-coding.ts'
import { StructScan } from '../struct-scan.ts'
import type { ClientTable } from './client-table.ts'
import { CLOCK_MAX } from './integrate.ts'
import { NONE } from './row-table.ts'

/** Numbers of one struct. */
export const STRIDE = 15

/** More than these are let go after use. */
const KEPT_CELLS_MAX = 2 ** 20

/** The structs of one client, in the order of their clocks. */
export interface IncomingClient {
  /** Index in the client table. */
  readonly client: number
  /** Handle of the next one to apply. */
  next: number
  /** Behind the last one. */
  readonly end: number
  /** The offset behind the last one in the bytes. */
  readonly to: number
}

/** Room for so many structs is made at once; an update may announce more than it can pay for. */
const RESERVED_MAX = 2 ** 14

/** The most bytes that a plain struct has in front of its content: nothing is read past the end. */
const PLAIN_HEAD_BYTES_MAX: number = 1 + 2 * (5 + 4) + 4

/** Beyond this clock no struct is plain: the clocks of what follows are below {@link CLOCK_MAX} in any case. */
const PLAIN_CLOCK_MAX: number = 2 ** 30

const scan = new StructScan()
const head = new ClientHead()

const noBytes = new Uint8Array(0)
const noClients: IncomingClient[] = []
const noDeletes: number[] = []

export class IncomingStructs {
  cells: Int32Array = new Int32Array(STRIDE * 8)
  /** Clients in the order of the bytes. */
  clients: IncomingClient[] = noClients
  /** Deletions, flat: client ID, start, end; in any order. */
  deletes: number[] = noDeletes
  bytes: Uint8Array = new Uint8Array(0)
  /** Code units of all text, in ASCII and in other runs: room for it can be made at once. */
  narrowUnits = 0
  wideUnits = 0
  #end = 0

  /**
   * Decodes an update in format v1. Throws `DecodeError`, also where a clock is above {@link CLOCK_MAX}; the client table is then as it was. Time and memory are
   * bounded by the length of `bytes`.
   */
  decode(bytes: Uint8Array, table: ClientTable): void {
    const known = table.count
    this.bytes = bytes
    this.#end = 0
    this.narrowUnits = 0
    this.wideUnits = 0
    try {
      scan.open(bytes, 0, 0)
      const { reader } = scan
      const clientCount = reader.count(5)
      head.open(clientCount)
      // New arrays, where any: emptying one takes longer than making it.
      this.clients = clientCount === 0 ? noClients : []
      for (let left = clientCount; left > 0; left--) this.#decodeClient(reader, table)
      if (reader.remaining === 1 && bytes[reader.offset] === 0) this.deletes = noDeletes
      else {
        this.deletes = []
        readIdRanges(reader, this.deletes)
        reader.end()
      }
    } catch (error) {
      table.truncate(known)
      this.release()
      throw error
    } finally {
      scan.close()
      head.close()
    }
  }

  /** Lets go of the bytes, and of what was more than usual. */
  release(): void {
    this.bytes = noBytes
    this.clients = noClients
    this.deletes = noDeletes
    if (this.cells.length > KEPT_CELLS_MAX) this.cells = new Int32Array(STRIDE * 8)
  }

  #decodeClient(reader: ByteReader, table: ClientTable): void {
    const start = reader.offset
    head.read(reader)
    const { client: id, count } = head
    let { clock } = head
    if (clock > CLOCK_MAX) reader.fail('limit-exceeded', `clock ${clock} is above ${CLOCK_MAX}`, start)
    const client = table.intern(id)
    scan.client = id
    const first = this.#end
    this.#reserve(Math.min(count, RESERVED_MAX))
    for (let left = count; left > 0; left--) {
      const plain = count > 3 ? this.#decodePlain(reader, table, client, id, clock, left) : 0
      if (plain > 0) {
        const { cells } = this
        left -= plain
        clock = cells[this.#end - STRIDE + Column.clock]! + cells[this.#end - STRIDE + Column.length]!
        if (left === 0) break
      }
      const from = reader.offset
      scan.read(clock, false)
      this.#add(client, id, from, table)
      clock += scan.length
    }
    this.clients.push({ client, next: first, end: this.#end, to: reader.offset })
  }

  /**
   * Decodes structs of the kinds that most of every document is: text and deleted content with an origin on a side. Stops in front of anything else, of what is damaged, and near the
   * end of the bytes; that is left to `StructScan`, which knows all errors. Returns how many.
   *
   * One long function with its varints written out: a struct of a recorded trace takes 40 ns, and 130 where a scan reads it into fields first.
   */
  #decodePlain(
    reader: ByteReader,
    table: ClientTable,
    client: number,
    id: number,
    firstClock: number,
    countMax: number,
  ): number {
    const { bytes } = reader
    const last = bytes.length - PLAIN_HEAD_BYTES_MAX
    let start = reader.offset
    let clock = firstClock
    let count = 0
    while (count < countMax && start < last && clock < PLAIN_CLOCK_MAX) {
      let at = start
      const info = bytes[at++]!
      const kind = info & Info.kindBits
      if ((kind !== ContentKind.string && kind !== ContentKind.deleted) || (info & 0xc0) === 0) break
      this.#reserve(1)
      const { cells } = this
      const cell = this.#end
      cells[cell + Column.originClient] = NONE
      cells[cell + Column.rightClient] = NONE
      let isPlain = true
      for (let flag: number = Info.origin, column: number = Column.originClient; ;) {
        if ((info & flag) !== 0) {
          let byte = bytes[at++]!
          let idClient = byte
          if (byte >= 0x80) {
            byte = bytes[at++]!
            let low = (idClient & 0x7f) | ((byte & 0x7f) << 7)
            if (byte >= 0x80) {
              byte = bytes[at++]!
              low |= (byte & 0x7f) << 14
              if (byte >= 0x80) {
                byte = bytes[at++]!
                low |= (byte & 0x7f) << 21
              }
            }
            idClient = low
            if (byte >= 0x80) {
              byte = bytes[at++]!
              idClient = low + (byte & 0x7f) * 0x10000000
              if (byte >= 0x80) isPlain = false
            }
          }
          byte = bytes[at++]!
          let idClock = byte
          if (byte >= 0x80) {
            byte = bytes[at++]!
            idClock = (idClock & 0x7f) | ((byte & 0x7f) << 7)
            if (byte >= 0x80) {
              byte = bytes[at++]!
              idClock |= (byte & 0x7f) << 14
              if (byte >= 0x80) {
                byte = bytes[at++]!
                idClock |= (byte & 0x7f) << 21
                if (byte >= 0x80) isPlain = false
              }
            }
          }
          if (!isPlain || (idClient === id && idClock >= clock)) {
            isPlain = false
            break
          }
          cells[cell + column] = idClient === id ? client : table.intern(idClient)
          cells[cell + column + 1] = idClock
        }
        if (flag === Info.rightOrigin) break
        flag = Info.rightOrigin
        column = Column.rightClient
      }
      if (!isPlain) break
      let byte = bytes[at++]!
      let size = byte
      if (byte >= 0x80) {
        byte = bytes[at++]!
        size = (size & 0x7f) | ((byte & 0x7f) << 7)
        if (byte >= 0x80) {
          byte = bytes[at++]!
          size |= (byte & 0x7f) << 14
          if (byte >= 0x80) break
        }
      }
      let length = size
      let end = at
      if (kind === ContentKind.string) {
        end = at + size
        if (end > bytes.length) break
        let seen = 0
        for (let read = at; read < end; read++) seen |= bytes[read]!
        if (seen >= 0x80) length = utf16Length(bytes, at, end)
      }
      if (length <= 0) break
      if (kind === ContentKind.string) this.#countText(length, end - at)
      cells[cell + Column.clock] = clock
      cells[cell + Column.length] = length
      cells[cell + Column.kind] = kind
      cells[cell + Column.from] = start
      cells[cell + Column.parentClient] = NONE
      cells[cell + Column.parentAt] = NONE
      cells[cell + Column.keyAt] = NONE
      cells[cell + Column.payloadAt] = at
      cells[cell + Column.payloadEnd] = end
      this.#end = cell + STRIDE
      clock += length
      start = end
      count++
    }
    reader.offset = start
    return count
  }

  #countText(units: number, bytes: number): void {
    if (units === bytes) this.narrowUnits += units
    else this.wideUnits += units
  }

  #reserve(count: number): void {
    const needed = this.#end + count * STRIDE
    if (needed <= this.cells.length) return
    const cells = new Int32Array(Math.max(needed, this.cells.length * 2))
    cells.set(this.cells.subarray(0, this.#end))
    this.cells = cells
  }

  #add(client: number, id: number, from: number, table: ClientTable): void {
    this.#reserve(1)
    const { cells } = this
    const at = this.#end
    this.#end = at + STRIDE
    const { reader, kind } = scan
    if (scan.end > CLOCK_MAX) reader.fail('limit-exceeded', `clock ${scan.end} is above ${CLOCK_MAX}`, from)
    cells[at + Column.clock] = scan.clock
    cells[at + Column.length] = scan.length
    cells[at + Column.kind] = kind
    cells[at + Column.from] = from
    cells[at + Column.originClient] = NONE
    cells[at + Column.rightClient] = NONE
    cells[at + Column.parentClient] = NONE
    cells[at + Column.parentAt] = NONE
    cells[at + Column.keyAt] = NONE
    if (kind === Info.gc || kind === Info.skip) return
    if (kind === ContentKind.string) this.#countText(scan.length, scan.payloadEnd - scan.content.payloadAt)
    cells[at + Column.payloadAt] = scan.content.payloadAt
    cells[at + Column.payloadEnd] = scan.payloadEnd
    if (scan.originClient !== NO_CLIENT) {
      if (scan.originClock > CLOCK_MAX) reader.fail('limit-exceeded', `origin above ${CLOCK_MAX}`, from)
      cells[at + Column.originClient] = scan.originClient === id ? client : table.intern(scan.originClient)
      cells[at + Column.originClock] = scan.originClock
    }
    if (scan.rightClient !== NO_CLIENT) {
      if (scan.rightClock > CLOCK_MAX) reader.fail('limit-exceeded', `right origin above ${CLOCK_MAX}`, from)
      cells[at + Column.rightClient] = scan.rightClient === id ? client : table.intern(scan.rightClient)
      cells[at + Column.rightClock] = scan.rightClock
    }
    if (!scan.hasParent) return
    if (scan.parentClient === NO_CLIENT) {
      cells[at + Column.parentAt] = scan.parentNameAt
      cells[at + Column.parentEnd] = scan.parentNameEnd
    } else {
      if (scan.parentClock > CLOCK_MAX) reader.fail('limit-exceeded', `parent above ${CLOCK_MAX}`, from)
      cells[at + Column.parentClient] = scan.parentClient === id ? client : table.intern(scan.parentClient)
      cells[at + Column.parentAt] = scan.parentClock
    }
    if (!scan.keyed) return
    cells[at + Column.keyAt] = scan.parentSubAt
    cells[at + Column.keyEnd] = scan.parentSubEnd
  }
}
