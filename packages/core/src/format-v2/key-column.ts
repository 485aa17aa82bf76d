/**
 * Keys that tend to repeat: names of formatting attributes and of XML nodes. A key is numbered when it first comes, and its text
 * stands in the string column; later it is its number alone. No released Yjs numbers a key twice (it never fills its table), but
 * all of them read such numbers. So writing gives every key a new number, as Yjs does, and reading knows the old ones.
 *
 *     numbers    a column of differences; below the count of keys so far: that key · else: a new key, next in the string column
 */
import type { ByteReader } from '../byte-reader.ts'
import { DiffRunsReader, DiffRunsWriter } from './diff-runs.ts'
import type { StringColumnReader, StringColumnWriter } from './string-column.ts'

/**
 * How many bytes of keys an update may repeat by number alone. In the decoded form each is written out: without a bound, a long
 * key and many references to it would be quadratic in the input.
 */
export const REPEATED_KEY_BYTES_MAX: number = 1024 * 1024

export class KeyColumnReader {
  readonly #column: ByteReader
  readonly #numbers: DiffRunsReader
  readonly #strings: StringColumnReader
  readonly #keys: Uint8Array[] = []
  #repeatedBytes = 0

  /** `column` ends where the column of numbers ends. */
  constructor(column: ByteReader, strings: StringColumnReader) {
    this.#column = column
    this.#numbers = new DiffRunsReader(column)
    this.#strings = strings
  }

  /** The next key, as UTF-8 without a length. */
  read(): Uint8Array {
    const start = this.#column.offset
    const known = this.#keys[this.#numbers.read()]
    if (known === undefined) {
      const key = this.#strings.readName()
      this.#keys.push(key)
      return key
    }
    this.#repeatedBytes += known.length
    if (this.#repeatedBytes > REPEATED_KEY_BYTES_MAX) {
      this.#column.fail('limit-exceeded', `more than ${REPEATED_KEY_BYTES_MAX} bytes of repeated keys`, start)
    }
    return known
  }

  /** Throws unless the column was read to its end. */
  end(): void {
    this.#numbers.end()
  }
}

export class KeyColumnWriter {
  readonly #numbers = new DiffRunsWriter()
  readonly #strings: StringColumnWriter
  #count = 0

  constructor(strings: StringColumnWriter) {
    this.#strings = strings
  }

  /** UTF-8 without a length, checked before. */
  write(key: Uint8Array): void {
    this.#numbers.write(this.#count++)
    this.#strings.writeName(key)
  }

  /** The column of numbers. Nothing may be written after. */
  finish(): Uint8Array {
    return this.#numbers.finish()
  }
}
