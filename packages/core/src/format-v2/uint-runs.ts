/**
 * A column of unsigned integers (client IDs, lengths, type references) in runs of equal ones. The sign says whether a count
 * follows, so that a value on its own costs nothing extra; a run of zeros begins with −0.
 *
 *     once        varInt  value
 *     repeated    varInt −value, varUint count − 2
 */
import type { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import { isNegative, readVarInt, writeVarInt } from './var-int.ts'

export class UintRunsReader {
  readonly #reader: ByteReader
  #value = 0
  #left = 0

  /** `column` ends where the column ends. */
  constructor(column: ByteReader) {
    this.#reader = column
  }

  /** Where the column is read next, for errors. */
  get offset(): number {
    return this.#reader.offset
  }

  read(): number {
    if (this.#left === 0) {
      const signed = readVarInt(this.#reader)
      this.#left = isNegative(signed) ? this.#reader.varUint() + 2 : 1
      this.#value = Math.abs(signed)
    }
    this.#left--
    return this.#value
  }

  /** Throws unless the column was read to its end. */
  end(): void {
    this.#reader.end()
    if (this.#left > 0) this.#reader.fail('trailing-bytes', `a run goes on for ${this.#left} after the value`)
  }
}

export class UintRunsWriter {
  readonly #writer = new ByteWriter()
  #value = 0
  #count = 0

  /** `value` is in 0 … 2^53 − 1. */
  write(value: number): void {
    if (value === this.#value) {
      this.#count++
      return
    }
    this.#flush()
    this.#value = value
    this.#count = 1
  }

  /** The column. Nothing may be written after. */
  finish(): Uint8Array {
    this.#flush()
    return this.#writer.finish()
  }

  #flush(): void {
    if (this.#count === 0) return
    writeVarInt(this.#writer, this.#count === 1 ? this.#value : -this.#value)
    if (this.#count > 1) this.#writer.varUint(this.#count - 2)
  }
}
