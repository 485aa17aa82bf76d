/**
 * A growing buffer of bytes. The counterpart of {@link ByteReader}; what one writes, the other reads. Not for sharing: a
 * writer has one owner, and {@link ByteWriter.finish} copies, so that the buffer may be used again after {@link ByteWriter.reset}.
 */
import { assert } from './errors.ts'
import { encodeUtf8 } from './text-coding.ts'

/** Up to so many code units a string is written unit by unit; its length is then one byte. */
const SHORT_STRING_MAX = 64

/** Up to so many bytes are copied one by one. */
const SHORT_COPY_MAX = 64

export class ByteWriter {
  #buffer: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(capacityBytes = 64) {
    this.#buffer = new Uint8Array(capacityBytes)
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length
  }

  uint8(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  /** Three bytes, for which the buffer is looked at once. */
  threeBytes(first: number, second: number, third: number): void {
    this.#reserve(3)
    const buffer = this.#buffer
    const at = this.#length
    buffer[at] = first
    buffer[at + 1] = second
    buffer[at + 2] = third
    this.#length = at + 3
  }

  /** An unsigned LEB128 integer; `value` is an integer in 0 … 2^53 − 1. */
  varUint(value: number): void {
    this.#reserve(8)
    const buffer = this.#buffer
    let at = this.#length
    // Most integers of an update are small; those may be shifted.
    if (value >= 0 && value <= 0x7fffffff && value === Math.floor(value)) {
      let rest = value
      while (rest > 0x7f) {
        buffer[at++] = 0x80 | (rest & 0x7f)
        rest >>>= 7
      }
      buffer[at++] = rest
      this.#length = at
      return
    }
    assert(Number.isSafeInteger(value) && value >= 0, 'a varUint is an integer in 0 … 2^53 − 1')
    // Divided, not shifted: the value may pass 2^31.
    while (value > 0x7f) {
      buffer[at++] = 0x80 | (value % 0x80)
      value = Math.floor(value / 0x80)
    }
    buffer[at++] = value
    this.#length = at
  }

  /** The bytes as they are, without a length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** The bytes from `from` up to `to`. Of a few, a copy is several times as fast as a view of them. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    const count = to - from
    this.#reserve(count)
    if (count > 24) this.#buffer.set(bytes.subarray(from, to), this.#length)
    else {
      const buffer = this.#buffer
      let at = this.#length
      for (let read = from; read < to; read++) buffer[at++] = bytes[read]!
    }
    this.#length += count
  }

  /** A varUint length, then the bytes. */
  lengthPrefixed(bytes: Uint8Array): void {
    this.varUint(bytes.length)
    this.raw(bytes)
  }

  /** A length-prefixed UTF-8 string; lone surrogates become U+FFFD. */
  string(text: string): void {
    if (text.length > SHORT_STRING_MAX || !this.#shortAscii(text)) this.lengthPrefixed(encodeUtf8(text))
  }

  /** Writes a short text if it is ASCII, without an array of its own: keys and words are, and there are many. */
  #shortAscii(text: string): boolean {
    const units = text.length
    this.#reserve(units + 1)
    const buffer = this.#buffer
    const at = this.#length + 1
    for (let unit = 0; unit < units; unit++) {
      const code = text.charCodeAt(unit)
      if (code > 0x7f) return false
      buffer[at + unit] = code
    }
    buffer[at - 1] = units
    this.#length = at + units
    return true
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(this.#length)
    if (this.#length <= SHORT_COPY_MAX) {
      // A view to copy from would take longer than to copy: keystrokes are as short as this.
      const buffer = this.#buffer
      for (let at = 0; at < copy.length; at++) copy[at] = buffer[at]!
      return copy
    }
    // Of large buffers, a third of the time of a slice.
    copy.set(this.#buffer.subarray(0, this.#length))
    return copy
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): void {
    this.#length = 0
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }
}

/** How many bytes {@link ByteWriter.varUint} writes for `value`, an integer in 0 … 2^53 − 1. */
export function varUintWidth(value: number): number {
  let width = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) width++
  return width
}
