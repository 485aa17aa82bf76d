/**
 * The text of a document. Rows hold an offset into one of two buffers that only ever grow at their end: one of bytes for ASCII, which is most text and is
 * the same bytes on the wire, one of UTF-16 code units for the rest. What rows no longer refer to is dead until `compactText` packs the buffers.
 */
import { decodeUtf8 } from '../text-coding.ts'

/** Code units that are turned into a string at once; more would overflow the stack. */
const CHUNK_UNITS = 4096

const REPLACEMENT = 0xfffd
const noBytes = new Uint8Array(0)
const noUnits = new Uint16Array(0)

export class TextBuffer {
  narrow: Uint8Array = noBytes
  narrowEnd = 0
  wide: Uint16Array = noUnits
  wideEnd = 0
  /** Units that no row refers to, in both buffers. */
  dead = 0
  /** Whether what was put last is in the wide buffer. */
  isWide = false

  /** Appends text and returns its offset; which buffer it is in is in {@link isWide}. */
  put(text: string): number {
    const units = text.length
    this.reserveNarrow(units)
    const { narrow } = this
    const start = this.narrowEnd
    for (let at = 0; at < units; at++) {
      const unit = text.charCodeAt(at)
      if (unit > 0x7f) return this.#putWide(text)
      narrow[start + at] = unit
    }
    this.narrowEnd = start + units
    this.isWide = false
    return start
  }

  /** Appends checked UTF-8 of `units` code units, without the first `skipped` of them. Half of a pair becomes U+FFFD. */
  putUtf8(bytes: Uint8Array, from: number, to: number, units: number, skipped: number): number {
    if (to - from !== units) {
      const text = decodeUtf8(bytes.subarray(from, to))
      if (skipped === 0) return this.#putWide(text)
      const rest = text.slice(skipped)
      return this.#putWide(isHigh(text.charCodeAt(skipped - 1)) ? `\ufffd${rest.slice(1)}` : rest)
    }
    const start = this.narrowEnd
    const count = units - skipped
    this.reserveNarrow(count)
    const { narrow } = this
    let read = from + skipped
    if (count > 24) narrow.set(bytes.subarray(read, to), start)
    else for (let at = start; read < to; at++) narrow[at] = bytes[read++]!
    this.narrowEnd = start + count
    this.isWide = false
    return start
  }

  /** The text of a row. */
  text(isWide: boolean, offset: number, units: number): string {
    if (!isWide)
      return units > 24 ? decodeUtf8(this.narrow.subarray(offset, offset + units)) : this.#short(offset, units)
    let text = ''
    for (let at = offset; at < offset + units; at += CHUNK_UNITS) {
      text += String.fromCharCode.apply(
        null,
        this.wide.subarray(at, Math.min(at + CHUNK_UNITS, offset + units)) as unknown as number[],
      )
    }
    return text
  }

  /** Cuts a row of wide text after `units`. A pair that is cut becomes two U+FFFD, as in Yjs: halves cannot be written. */
  cutPair(offset: number, units: number): void {
    const at = offset + units
    if (!isHigh(this.wide[at - 1]!)) return
    this.wide[at - 1] = REPLACEMENT
    this.wide[at] = REPLACEMENT
  }

  /**
   * The offset of a text that is one text followed by another; which buffer it is in is in {@link isWide}. Constant where they are neighbours
   * already, as when somebody types; else the text is copied.
   */
  join(
    isLeftWide: boolean,
    left: number,
    leftUnits: number,
    isRightWide: boolean,
    right: number,
    rightUnits: number,
  ): number {
    this.isWide = isLeftWide || isRightWide
    if (isLeftWide === isRightWide) {
      if (left + leftUnits === right) return left
      return isLeftWide
        ? this.#joinWide(left, leftUnits, right, rightUnits)
        : this.#joinNarrow(left, leftUnits, right, rightUnits)
    }
    const start = this.wideEnd
    const units = leftUnits + rightUnits
    this.reserveWide(units)
    this.#widen(isLeftWide, left, leftUnits, start)
    this.#widen(isRightWide, right, rightUnits, start + leftUnits)
    this.wideEnd = start + units
    this.dead += units
    return start
  }

  /** Becomes what `packed` is. */
  take(packed: TextBuffer): void {
    this.narrow = packed.narrow
    this.narrowEnd = packed.narrowEnd
    this.wide = packed.wide
    this.wideEnd = packed.wideEnd
    this.dead = 0
  }

  reserveNarrow(units: number): void {
    const needed = this.narrowEnd + units
    if (needed <= this.narrow.length) return
    const longer = new Uint8Array(Math.max(needed, Math.ceil(this.narrow.length * 1.5), 32))
    longer.set(this.narrow.subarray(0, this.narrowEnd))
    this.narrow = longer
  }

  reserveWide(units: number): void {
    const needed = this.wideEnd + units
    if (needed <= this.wide.length) return
    const longer = new Uint16Array(Math.max(needed, Math.ceil(this.wide.length * 1.5), 32))
    longer.set(this.wide.subarray(0, this.wideEnd))
    this.wide = longer
  }

  #short(offset: number, units: number): string {
    const { narrow } = this
    let text = ''
    for (let at = offset; at < offset + units; at++) text += String.fromCharCode(narrow[at]!)
    return text
  }

  #putWide(text: string): number {
    const units = text.length
    this.reserveWide(units)
    const { wide, wideEnd: start } = this
    for (let at = 0; at < units; at++) wide[start + at] = text.charCodeAt(at)
    this.wideEnd = start + units
    this.isWide = true
    return start
  }

  /** Text at the end of the buffer moves aside for what comes before it; other text is copied to the end. */
  #joinNarrow(left: number, leftUnits: number, right: number, rightUnits: number): number {
    const isLast = right + rightUnits === this.narrowEnd
    const start = isLast ? right : this.narrowEnd
    this.reserveNarrow(leftUnits + rightUnits)
    const { narrow } = this
    narrow.copyWithin(start + leftUnits, right, right + rightUnits)
    narrow.copyWithin(start, left, left + leftUnits)
    this.narrowEnd = start + leftUnits + rightUnits
    this.dead += isLast ? leftUnits : leftUnits + rightUnits
    return start
  }

  #joinWide(left: number, leftUnits: number, right: number, rightUnits: number): number {
    const isLast = right + rightUnits === this.wideEnd
    const start = isLast ? right : this.wideEnd
    this.reserveWide(leftUnits + rightUnits)
    const { wide } = this
    wide.copyWithin(start + leftUnits, right, right + rightUnits)
    wide.copyWithin(start, left, left + leftUnits)
    this.wideEnd = start + leftUnits + rightUnits
    this.dead += isLast ? leftUnits : leftUnits + rightUnits
    return start
  }

  #widen(isWide: boolean, from: number, units: number, to: number): void {
    const { wide } = this
    if (isWide) wide.copyWithin(to, from, from + units)
    else for (let at = 0; at < units; at++) wide[to + at] = this.narrow[from + at]!
  }
}

/** Whether a code unit is the first half of a surrogate pair. */
export function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
