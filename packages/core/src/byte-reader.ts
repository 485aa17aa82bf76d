/**
 * A cursor over bytes that somebody else wrote. Every read checks what is left first, so that no count in the input can make
 * it read past the end or allocate more than the input holds. Integers are LEB128 (`varUint`), at most 2^53 − 1.
 */
import { DecodeError, type DecodeErrorCode } from './errors.ts'
import { decodeUtf8, utf16Length } from './text-coding.ts'

export class ByteReader {
  #bytes: Uint8Array
  /** The next byte to read, counted from the start of the input. */
  offset: number

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.offset = offset
  }

  /** The input, borrowed: it must not change while the reader, or a view that it returned, is in use. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Reads other bytes from now on: a reader for each of many small inputs would cost more than reading them. */
  open(bytes: Uint8Array, offset = 0): void {
    this.#bytes = bytes
    this.offset = offset
  }

  get remaining(): number {
    return this.bytes.length - this.offset
  }

  uint8(): number {
    if (this.offset >= this.bytes.length) this.fail('unexpected-end', 'input ends inside a value')
    return this.bytes[this.offset++]!
  }

  /** An unsigned LEB128 integer of at most 53 bits. Longer encodings than needed are accepted, as Yjs accepts them. */
  varUint(): number {
    const start = this.offset
    const bytes = this.bytes
    const first = bytes[start]
    // Most integers of an update are one byte long.
    if (first !== undefined && first < 0x80) {
      this.offset = start + 1
      return first
    }
    return this.#longVarUint(start)
  }

  /** The next `length` bytes as a view of the input: no copy. */
  view(length: number): Uint8Array {
    if (length > this.remaining) this.fail('unexpected-end', `${length} bytes announced, ${this.remaining} left`)
    const start = this.offset
    this.offset = start + length
    return this.bytes.subarray(start, start + length)
  }

  /** Reads past the next `length` bytes. */
  skip(length: number): void {
    if (length > this.remaining) this.fail('unexpected-end', `${length} bytes announced, ${this.remaining} left`)
    this.offset += length
  }

  /** Reads past a varUint length and that many bytes of UTF-8, which are checked; returns how many UTF-16 code units they are. */
  skipUtf8(): number {
    const start = this.offset
    const length = this.varUint()
    const from = this.offset
    this.skip(length)
    const units = utf16Length(this.bytes, from, this.offset)
    if (units < 0) this.fail('invalid-utf8', 'string is not UTF-8', start)
    return units
  }

  /** A varUint length and that many bytes, as a view of the input. */
  lengthPrefixed(): Uint8Array {
    return this.view(this.varUint())
  }

  /** A length-prefixed UTF-8 string. */
  string(): string {
    const start = this.offset
    const encoded = this.lengthPrefixed()
    try {
      return decodeUtf8(encoded)
    } catch {
      return this.fail('invalid-utf8', 'string is not UTF-8', start)
    }
  }

  /** The bytes of a length-prefixed UTF-8 string, checked, as a view of the input: no copy, and no string is made. */
  utf8(): Uint8Array {
    const start = this.offset
    const encoded = this.lengthPrefixed()
    if (utf16Length(encoded) < 0) this.fail('invalid-utf8', 'string is not UTF-8', start)
    return encoded
  }

  /**
   * A varUint number of things to follow, each of at least `bytesEach` bytes. Fails when the input cannot hold them, so that
   * the caller may loop, or allocate, that many times.
   */
  count(bytesEach: number): number {
    const start = this.offset
    const count = this.varUint()
    if (count > this.remaining / bytesEach) {
      this.fail('unexpected-end', `${count} entries announced, ${this.remaining} bytes left`, start)
    }
    return count
  }

  /** Throws unless the whole input was read. */
  end(): void {
    if (this.remaining > 0) this.fail('trailing-bytes', `${this.remaining} bytes after the value`)
  }

  fail(code: DecodeErrorCode, detail: string, offset: number = this.offset): never {
    throw new DecodeError(code, offset, detail)
  }

  /** An integer of more than one byte. Up to four bytes, bits can be shifted; then the value may pass 2^31 and is multiplied. */
  #longVarUint(start: number): number {
    const bytes = this.bytes
    const end = bytes.length
    if (start + 5 <= end) {
      let byte = bytes[start + 1]!
      let low = (bytes[start]! & 0x7f) | ((byte & 0x7f) << 7)
      if (byte < 0x80) {
        this.offset = start + 2
        return low
      }
      byte = bytes[start + 2]!
      low |= (byte & 0x7f) << 14
      if (byte < 0x80) {
        this.offset = start + 3
        return low
      }
      byte = bytes[start + 3]!
      low |= (byte & 0x7f) << 21
      if (byte < 0x80) {
        this.offset = start + 4
        return low
      }
      byte = bytes[start + 4]!
      if (byte < 0x80) {
        this.offset = start + 5
        return low + byte * 0x10000000
      }
    }
    let at = start
    let value = 0
    let scale = 1
    for (;;) {
      if (at >= end) this.fail('unexpected-end', 'input ends inside an integer', start)
      const byte = bytes[at++]!
      value += (byte & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER) this.fail('integer-overflow', 'integer above 2^53 − 1', start)
      if (byte < 0x80) break
      scale *= 0x80
      if (scale > Number.MAX_SAFE_INTEGER) this.fail('integer-overflow', 'integer longer than 8 bytes', start)
    }
    this.offset = at
    return value
  }
}
