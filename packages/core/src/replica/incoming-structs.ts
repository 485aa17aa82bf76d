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
import { skipContent, type ContentExtent } from '../content.ts'
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
  client: number
  /** Handle of the next one to apply. */
  next: number
  /** Behind the last one. */
  end: number
  /** The offset behind the last one in the bytes. */
  to: number
}

/** Room for so many structs is made at once; an update may announce more than it can pay for. */
const RESERVED_MAX = 2 ** 14

/** The most bytes that a plain struct has in front of its content: nothing is read past the end. */
const PLAIN_HEAD_BYTES_MAX: number = 1 + 2 * (5 + 4) + 4

/** Beyond this clock no struct is plain: the clocks of what follows are below {@link CLOCK_MAX} in any case. */
const PLAIN_CLOCK_MAX: number = 2 ** 30

// Constants of this module: V8 knows what they are, and looks up those of other modules each time.
const CLOCK = Column.clock
const LENGTH = Column.length
const KIND = Column.kind
const ORIGIN_CLIENT = Column.originClient
const RIGHT_CLIENT = Column.rightClient
const PAYLOAD_AT = Column.payloadAt
const PAYLOAD_END = Column.payloadEnd
const FROM = Column.from
const STRING = ContentKind.string
const DELETED = ContentKind.deleted
const ANY = ContentKind.any
/** A bit for each kind that is plain. */
const plainKinds: number = (1 << STRING) | (1 << DELETED) | (1 << ANY)
const KIND_BITS = Info.kindBits
const ORIGIN = Info.origin
const RIGHT_ORIGIN = Info.rightOrigin

/** Longer updates are no keystrokes. Below 128, so that the length of their text is one byte. */
const KEYSTROKE_BYTES_MAX = 100

/** Where {@link shortVarUint} reads. */
let cursor = 0

const scan = new StructScan()
const head = new ClientHead()
const extent: ContentExtent = { length: 0, payloadAt: 0 }

const noBytes = new Uint8Array(0)
const noClients: IncomingClient[] = []
const noNumbers: number[] = []

export class IncomingStructs {
  cells: Int32Array = new Int32Array(STRIDE * 8)
  /** Clients in the order of the bytes. */
  clients: IncomingClient[] = noClients
  /** Deletions, flat: client ID, start, end; in any order. */
  deletes: number[] = noNumbers
  bytes: Uint8Array = new Uint8Array(0)
  /** Handles of the structs whose parent is a root. */
  named: number[] = noNumbers
  /** Code units of all text, in ASCII and in other runs: room for it can be made at once. */
  narrowUnits = 0
  wideUnits = 0
  #end = 0
  /** The list of clients of a keystroke, used again and again. */
  readonly #typist: [IncomingClient] = [{ client: NONE, next: 0, end: STRIDE, to: 0 }]

  /**
   * Decodes an update in format v1. Throws `DecodeError`, also where a clock is above {@link CLOCK_MAX}; the client table is then as it was. Time and memory are
   * bounded by the length of `bytes`.
   */
  decode(bytes: Uint8Array, table: ClientTable): void {
    const known = table.count
    this.bytes = bytes
    this.#end = 0
    this.named = noNumbers
    this.narrowUnits = 0
    this.wideUnits = 0
    if (bytes.length <= KEYSTROKE_BYTES_MAX && this.#decodeKeystroke(bytes, table)) return
    try {
      scan.open(bytes, 0, 0)
      const { reader } = scan
      const clientCount = reader.count(5)
      head.open(clientCount)
      // New arrays, where any: emptying one takes longer than making it.
      this.clients = clientCount === 0 ? noClients : []
      for (let left = clientCount; left > 0; left--) this.#decodeClient(reader, table)
      if (reader.remaining === 1 && bytes[reader.offset] === 0) this.deletes = noNumbers
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
    this.deletes = noNumbers
    this.named = noNumbers
    if (this.cells.length > KEPT_CELLS_MAX) this.cells = new Int32Array(STRIDE * 8)
  }

  /**
   * Decodes the update of a keystroke: ASCII, with an origin on a side, by a client that is known, and nothing deleted; or one range deleted, and nothing new. False for anything else,
   * and for what is damaged; then nothing was done.
   *
   * Most updates are this. Half of the time that the general way takes for one goes into calls and fields.
   */
  #decodeKeystroke(bytes: Uint8Array, table: ClientTable): boolean {
    const end = bytes.length
    const isDeletion = bytes[0] === 0
    if (bytes[1] !== 1 || (!isDeletion && (bytes[0] !== 1 || bytes[end - 1] !== 0))) return false
    const client = table.readIndex(bytes, 2)
    if (client === NONE) return false
    const idBytes = table.readBytes
    cursor = 2 + idBytes
    if (isDeletion) {
      if (bytes[cursor++] !== 1) return false
      const start = shortVarUint(bytes)
      const units = shortVarUint(bytes)
      if (start < 0 || units <= 0 || cursor !== end) return false
      this.clients = noClients
      this.deletes = [table.ids[client]!, start, start + units]
      return true
    }
    const clock = shortVarUint(bytes)
    const from = cursor
    const info = bytes[cursor++]!
    if (clock < 0 || (info & 0x3f) !== STRING || (info & 0xc0) === 0) return false
    const { cells } = this
    cells[ORIGIN_CLIENT] = NONE
    cells[RIGHT_CLIENT] = NONE
    if ((info & ORIGIN) !== 0) {
      const originClient = table.readIndex(bytes, cursor)
      cursor += table.readBytes
      const originClock = shortVarUint(bytes)
      if (originClient === NONE || originClock < 0 || (originClient === client && originClock >= clock)) return false
      cells[ORIGIN_CLIENT] = originClient
      cells[ORIGIN_CLIENT + 1] = originClock
    }
    if ((info & RIGHT_ORIGIN) !== 0) {
      const rightClient = table.readIndex(bytes, cursor)
      cursor += table.readBytes
      const rightClock = shortVarUint(bytes)
      if (rightClient === NONE || rightClock < 0 || (rightClient === client && rightClock >= clock)) return false
      cells[RIGHT_CLIENT] = rightClient
      cells[RIGHT_CLIENT + 1] = rightClock
    }
    const units = bytes[cursor++]!
    if (units === 0 || cursor + units !== end - 1) return false
    let seen = 0
    for (let read = cursor; read < end; read++) seen |= bytes[read]!
    if (seen >= 0x80) return false
    cells[CLOCK] = clock
    cells[LENGTH] = units
    cells[KIND] = STRING
    cells[FROM] = from
    cells[PAYLOAD_AT] = cursor
    cells[PAYLOAD_END] = end - 1
    this.#end = STRIDE
    const only = this.#typist[0]
    only.client = client
    only.next = 0
    only.to = end - 1
    this.clients = this.#typist
    this.deletes = noNumbers
    return true
  }

  #decodeClient(reader: ByteReader, table: ClientTable): void {
    const { bytes } = this
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
      const plain =
        count > 3 && isPlainInfo(bytes[reader.offset]!) ? this.#decodePlain(reader, table, client, id, clock, left) : 0
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
   * Decodes structs of the kinds that most of every document is: text, plain values and deleted content with an origin on a side. Stops in front of anything else, of what is damaged, and near the
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
    // Most origins are of the client itself, whose ID is five bytes like most: then these are compared, and no number is made of them.
    const isFiveBytes = id >= 2 ** 28 && id < 2 ** 35
    const own0 = isFiveBytes ? (id % 128) + 128 : NONE
    const own1 = (Math.floor(id / 2 ** 7) % 128) + 128
    const own2 = (Math.floor(id / 2 ** 14) % 128) + 128
    const own3 = (Math.floor(id / 2 ** 21) % 128) + 128
    const own4 = Math.floor(id / 2 ** 28)
    let { cells } = this
    let cell = this.#end
    let narrowUnits = 0
    let start = reader.offset
    let clock = firstClock
    let count = 0
    while (count < countMax && start < last && clock < PLAIN_CLOCK_MAX) {
      let at = start
      const info = bytes[at++]!
      const kind = info & KIND_BITS
      if (!isPlainInfo(info)) break
      if (cell + STRIDE > cells.length) {
        this.#end = cell
        this.#reserve(1)
        cells = this.cells
      }
      cells[cell + ORIGIN_CLIENT] = NONE
      cells[cell + RIGHT_CLIENT] = NONE
      let isPlain = true
      for (let flag: number = ORIGIN, column: number = ORIGIN_CLIENT; ;) {
        if ((info & flag) !== 0) {
          let byte = bytes[at]!
          let isOwn =
            byte === own0 &&
            bytes[at + 1] === own1 &&
            bytes[at + 2] === own2 &&
            bytes[at + 3] === own3 &&
            bytes[at + 4] === own4
          let idClient = id
          if (isOwn) at += 5
          else {
            at++
            let low = byte
            if (byte >= 0x80) {
              byte = bytes[at++]!
              low = (low & 0x7f) | ((byte & 0x7f) << 7)
              if (byte >= 0x80) {
                byte = bytes[at++]!
                low |= (byte & 0x7f) << 14
                if (byte >= 0x80) {
                  byte = bytes[at++]!
                  low |= (byte & 0x7f) << 21
                }
              }
            }
            idClient = low
            if (byte >= 0x80) {
              byte = bytes[at++]!
              idClient = low + (byte & 0x7f) * 0x10000000
              if (byte >= 0x80) isPlain = false
            }
            isOwn = idClient === id
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
          if (!isPlain || (isOwn && idClock >= clock)) {
            isPlain = false
            break
          }
          cells[cell + column] = isOwn ? client : table.intern(idClient)
          cells[cell + column + 1] = idClock
        }
        if (flag === RIGHT_ORIGIN) break
        flag = RIGHT_ORIGIN
        column = RIGHT_CLIENT
      }
      if (!isPlain) break
      if (kind === ANY) {
        reader.offset = at
        skipContent(reader, ANY, extent)
        if (extent.length > PLAIN_CLOCK_MAX - clock) break
        cells[cell + CLOCK] = clock
        cells[cell + LENGTH] = extent.length
        cells[cell + KIND] = ANY
        cells[cell + FROM] = start
        cells[cell + PAYLOAD_AT] = extent.payloadAt
        cells[cell + PAYLOAD_END] = reader.offset
        cell += STRIDE
        clock += extent.length
        start = reader.offset
        count++
        continue
      }
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
      if (kind === STRING) {
        end = at + size
        if (end > bytes.length) break
        let seen = 0
        for (let read = at; read < end; read++) seen |= bytes[read]!
        if (seen >= 0x80) length = utf16Length(bytes, at, end)
      }
      if (length <= 0) break
      if (length === end - at) narrowUnits += length
      else if (kind === STRING) this.wideUnits += length
      cells[cell + CLOCK] = clock
      cells[cell + LENGTH] = length
      cells[cell + KIND] = kind
      cells[cell + FROM] = start
      cells[cell + PAYLOAD_AT] = at
      cells[cell + PAYLOAD_END] = end
      cell += STRIDE
      clock += length
      start = end
      count++
    }
    this.#end = cell
    this.narrowUnits += narrowUnits
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
      if (this.named.length === 0) this.named = [at]
      else this.named.push(at)
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

/** Whether a struct with this info byte is plain: see `IncomingStructs.#decodePlain`. */
function isPlainInfo(info: number): boolean {
  return ((plainKinds >> (info & KIND_BITS)) & 1) !== 0 && (info & 0xc0) !== 0
}

/** Whether structs of this kind may be plain. */
export function isPlainKind(kind: number): boolean {
  return ((plainKinds >> kind) & 1) !== 0
}

/** Reads an integer of up to four bytes at {@link cursor}. Negative if it is longer, or the bytes end. */
function shortVarUint(bytes: Uint8Array): number {
  let value = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[cursor++]
    if (byte === undefined) return -1
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  return -1
}
