/**
 * Stepping over the structs that most of every document is: text, deleted content and GC, with origins and with small numbers that are written as short as they can be, so that their
 * bytes are the canonical ones. It only ever stops early: whatever is less plain, damaged, or close to the end of the bytes is left to `StructScan`, which reads any
 * struct and knows all errors. So what is refused is decided in one place, and this decides nothing but how fast.
 */
import * as ContentKind from './content-kind.ts'
import { NO_CLIENT } from './id.ts'
import * as Info from './struct-info.ts'
import { utf16Length } from './text-coding.ts'

/** Stands for the kind of a struct that nothing can be joined to. */
export const NOT_JOINABLE = -1

/** Beyond this clock no struct is plain, so that clocks are small integers in here. */
export const PLAIN_CLOCK_MAX: number = 2 ** 30

/** The most bytes that a plain struct has in front of its content. The input must go on so far, and nothing is read past its end. */
const PLAIN_HEAD_BYTES_MAX: number = 1 + 2 * (5 + 4) + 4

/** Of four bytes at once, the bits that no ASCII character has. */
const NOT_ASCII = 0x80808080

export class PlainStructs {
  /** Where stepping ended: the offset and clock of the first struct that was not stepped over. */
  offset = 0
  clock = 0
  /** How many structs were stepped over. */
  count = 0

  // The struct before that, as far as it matters to what may be joined to it. Whoever minds sets it before the first step.
  kind: number = NOT_JOINABLE
  keyed = false
  rightClient: number = NO_CLIENT
  rightClock = 0
  /** The number in front of its content (bytes of a string, else units), and where it stands. */
  size = 0
  sizeAt = 0

  /** Made once for each input: making one takes as long as a few structs. */
  #view: DataView | null = null
  #viewed: Uint8Array | null = null

  /**
   * Steps over structs of `client` from `clock` and `offset` on: at most `countMax`, which all end at or before the offset
   * `offsetMax` and the clock `clockMax`. `apart`: stops before a struct that is one run with the one before it.
   * Returns how many.
   *
   * One long function with its varints written out, because that is what makes it fast: a struct of a recorded trace takes 32 ns, where
   * reading it into fields takes 44, and it is most of what merging two large states does.
   */
  step(
    bytes: Uint8Array,
    offset: number,
    offsetMax: number,
    client: number,
    clock: number,
    clockMax: number,
    countMax: number,
    apart: boolean,
  ): number {
    const lastStart = bytes.length - PLAIN_HEAD_BYTES_MAX
    const clockEnd = Math.min(clockMax, PLAIN_CLOCK_MAX)
    const view = this.#viewOf(bytes)
    let start = offset
    let at = offset
    let now = clock
    let count = 0
    let kind = this.kind
    let keyed = this.keyed
    let rightClient = this.rightClient
    let rightClock = this.rightClock
    let size = this.size
    let sizeAt = this.sizeAt
    while (count < countMax && start <= lastStart && now < clockEnd) {
      at = start
      const info = bytes[at++]!
      const nextKind = info & Info.kindBits
      let followsOwn = false
      let nextRightClient = NO_CLIENT
      let nextRightClock = 0
      if (nextKind === ContentKind.string || nextKind === ContentKind.deleted) {
        if ((info & (Info.origin | Info.rightOrigin)) === 0) break
        let flag: number = Info.origin
        let isPlain = true
        do {
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
                idClient = low + byte * 0x10000000
              }
              // Longer than a plain one is, or than it needs to be.
              if (byte >= 0x80 || byte === 0) isPlain = false
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
                }
              }
              if (byte >= 0x80 || byte === 0) isPlain = false
            }
            if (idClient === client && idClock >= now) isPlain = false
            if (flag === Info.origin) followsOwn = idClock === now - 1 && idClient === client
            else {
              nextRightClient = idClient
              nextRightClock = idClock
            }
          }
          flag >>= 1
        } while (flag === Info.rightOrigin)
        if (!isPlain) break
      } else if (info !== Info.gc) break
      const nextSizeAt = at
      let byte = bytes[at++]!
      let nextSize = byte
      if (byte >= 0x80) {
        byte = bytes[at++]!
        nextSize = (nextSize & 0x7f) | ((byte & 0x7f) << 7)
        if (byte >= 0x80) {
          byte = bytes[at++]!
          nextSize |= (byte & 0x7f) << 14
          if (byte >= 0x80) {
            byte = bytes[at++]!
            nextSize |= (byte & 0x7f) << 21
          }
        }
        if (byte >= 0x80 || byte === 0) break
      }
      if (nextSize === 0) break
      let length = nextSize
      if (nextKind === ContentKind.string) {
        const from = at
        at += nextSize
        if (at > offsetMax) break
        let bits = 0
        let index = from
        for (; index + 4 <= at; index += 4) bits |= view.getInt32(index)
        for (; index < at; index++) bits |= bytes[index]!
        if ((bits & NOT_ASCII) !== 0) length = utf16Length(bytes, from, at)
        if (length <= 0) break
      }
      if (at > offsetMax || now + length > clockEnd) break
      const nextKeyed = (info & Info.parentSub) !== 0
      if (
        apart &&
        nextKind === kind &&
        (nextKind === Info.gc ||
          (followsOwn &&
            nextKeyed === keyed &&
            nextRightClient === rightClient &&
            (rightClient === NO_CLIENT || nextRightClock === rightClock)))
      )
        break
      kind = nextKind
      keyed = nextKeyed
      rightClient = nextRightClient
      rightClock = nextRightClock
      size = nextSize
      sizeAt = nextSizeAt
      now += length
      start = at
      count++
    }
    this.offset = start
    this.clock = now
    this.count = count
    this.kind = kind
    this.keyed = keyed
    this.rightClient = rightClient
    this.rightClock = rightClock
    this.size = size
    this.sizeAt = sizeAt
    return count
  }

  /** Lets go of the bytes, so that they are not kept in memory. */
  close(): void {
    this.#view = null
    this.#viewed = null
  }

  #viewOf(bytes: Uint8Array): DataView {
    if (this.#view === null || this.#viewed !== bytes) {
      this.#viewed = bytes
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    return this.#view
  }
}
