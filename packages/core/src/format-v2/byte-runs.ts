/**
 * A column of bytes in runs of equal ones. The last run has no count: it goes on for as long as somebody reads, which saves a
 * byte and means that the column does not know its own length. Whoever reads it bounds that; see `update-v2.ts`.
 *
 *     value, count − 1,   value, count − 1,   …,   value
 */
import type { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'

export class ByteRunsReader {
  readonly #reader: ByteReader
  #value = 0
  /** How many more times the value stands there; infinite in the last run. */
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
      this.#value = this.#reader.uint8()
      this.#left = this.#reader.remaining === 0 ? Infinity : this.#reader.varUint() + 1
    }
    this.#left--
    return this.#value
  }

  /** Throws unless the column was read to its end. */
  end(): void {
    this.#reader.end()
    if (this.#left > 0 && this.#left !== Infinity) this.#reader.fail('trailing-bytes', 'a run goes on after the value')
  }
}

export class ByteRunsWriter {
  readonly #writer = new ByteWriter()
  #value = -1
  #count = 0

  write(value: number): void {
    if (value === this.#value) {
      this.#count++
      return
    }
    if (this.#count > 0) this.#writer.varUint(this.#count - 1)
    this.#writer.uint8(value)
    this.#value = value
    this.#count = 1
  }

  /** The column. Nothing may be written after. */
  finish(): Uint8Array {
    return this.#writer.finish()
  }
}
