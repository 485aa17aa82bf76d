/**
 * A column of clocks as differences to the clock before, the first to 0, in runs of equal differences: typing forwards or
 * backwards is one run. Whether a count follows is the lowest bit.
 *
 *     once        varInt 2 × difference
 *     repeated    varInt 2 × difference + 1, varUint count − 2
 *
 * lib0's documentation speaks of 31-bit integers, and its early versions shifted; since it multiplies, all of 2^53 arrives as
 * it was written. Twice a difference may pass 2^53, but then it stands alone and is even, hence exact. Here the flag is taken off
 * first and the rest is read as half the number, so that nothing ever passes 2^53.
 */
import type { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import { readHigherBits } from './var-int.ts'

const MORE = 0x80
const NEGATIVE = 0x40
const COUNTED = 1
/** What is left of a first byte for the magnitude: five bits. */
const FIRST_BITS = 0x20

export class DiffRunsReader {
  readonly #reader: ByteReader
  #value = 0
  #difference = 0
  #left = 0

  /** `column` ends where the column ends. */
  constructor(column: ByteReader) {
    this.#reader = column
  }

  /** The next clock, in 0 … 2^53 − 1. */
  read(): number {
    const start = this.#reader.offset
    if (this.#left === 0) this.#readRun(start)
    this.#left--
    this.#value += this.#difference
    if (this.#value < 0) this.#reader.fail('invalid-value', `clock ${this.#value}`, start)
    if (this.#value > Number.MAX_SAFE_INTEGER) this.#reader.fail('integer-overflow', 'clock above 2^53 − 1', start)
    return this.#value
  }

  /** Throws unless the column was read to its end. */
  end(): void {
    this.#reader.end()
    if (this.#left > 0) this.#reader.fail('trailing-bytes', `a run goes on for ${this.#left} after the value`)
  }

  #readRun(start: number): void {
    const first = this.#reader.uint8()
    const counted = (first & COUNTED) !== 0
    const low = (first >> 1) % FIRST_BITS
    const half = first < MORE ? low : low + readHigherBits(this.#reader, start, FIRST_BITS)
    if (half > Number.MAX_SAFE_INTEGER) this.#reader.fail('integer-overflow', 'integer above 2^53 − 1', start)
    // The flag was added to a negative number too: −2d + 1 has the magnitude 2d − 1, whose half is d − 1.
    this.#difference = (first & NEGATIVE) === 0 ? half : -half - (counted ? 1 : 0)
    this.#left = counted ? this.#reader.varUint() + 2 : 1
  }
}

export class DiffRunsWriter {
  readonly #writer = new ByteWriter()
  #value = 0
  #difference = 0
  #count = 0

  /** `value` is in 0 … 2^53 − 1. */
  write(value: number): void {
    const difference = value - this.#value
    this.#value = value
    if (difference === this.#difference) {
      this.#count++
      return
    }
    this.#flush()
    this.#difference = difference
    this.#count = 1
  }

  /** The column. Nothing may be written after. */
  finish(): Uint8Array {
    this.#flush()
    return this.#writer.finish()
  }

  #flush(): void {
    if (this.#count === 0) return
    const counted = this.#count > 1
    const negative = this.#difference < 0
    const half = Math.abs(this.#difference) - (negative && counted ? 1 : 0)
    const higher = Math.floor(half / FIRST_BITS)
    this.#writer.uint8(
      (higher > 0 ? MORE : 0) | (negative ? NEGATIVE : 0) | ((half % FIRST_BITS) << 1) | (counted ? COUNTED : 0),
    )
    if (higher > 0) this.#writer.varUint(higher)
    if (counted) this.#writer.varUint(this.#count - 2)
  }
}
