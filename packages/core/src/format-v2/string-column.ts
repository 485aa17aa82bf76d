/**
 * All strings of an update as one: their text end to end, then where to cut it. Lengths are UTF-16 code units, so a cut may fall
 * inside a surrogate pair: Yjs writes that where one string ends with a high half and the next begins with a low one. Text
 * keeps such halves, as a {@link TextRun} can; in names a half is U+FFFD, which is what every reader of format v1 sees.
 *
 *     varUint length in bytes, UTF-8 of all strings, lengths of the strings (a column of runs, to the end)
 */
import { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import { utf16Length, utf8Width } from '../text-coding.ts'
import { Cut, joinText, writeText, type TextRun } from '../text-run.ts'
import { UintRunsReader, UintRunsWriter } from './uint-runs.ts'

const noText: TextRun = { length: 0, payload: new Uint8Array(0), cut: Cut.none }

export class StringColumnReader {
  readonly #lengths: UintRunsReader
  readonly #reader: ByteReader
  readonly #utf8: Uint8Array
  /** Where the next string begins in the text; behind a character of which only the first half is taken. */
  #at = 0
  #insidePair = false
  #unitsLeft: number

  /** `column` ends where the column ends. */
  constructor(column: ByteReader) {
    this.#reader = column
    this.#utf8 = column.utf8()
    this.#unitsLeft = utf16Length(this.#utf8)
    this.#lengths = new UintRunsReader(column)
  }

  /** How many code units no string has taken yet. */
  get remaining(): number {
    return this.#unitsLeft
  }

  /** Where the column is read next, for errors. */
  get offset(): number {
    return this.#lengths.offset
  }

  /** The next string: a view of the input, and possibly cut at either end. Cost linear in its length. */
  readText(): TextRun {
    const start = this.#lengths.offset
    const length = this.#lengths.read()
    if (length > this.#unitsLeft) {
      this.#reader.fail('unexpected-end', `${length} code units announced, ${this.#unitsLeft} left`, start)
    }
    if (length === 0) return noText
    this.#unitsLeft -= length
    const startsWithLow = this.#insidePair
    const from = startsWithLow ? this.#at - 4 : this.#at
    this.#take(startsWithLow ? length - 1 : length)
    const cut = (startsWithLow ? Cut.start : Cut.none) | (this.#insidePair ? Cut.end : Cut.none)
    return { length, payload: this.#utf8.subarray(from, this.#at), cut: cut as Cut }
  }

  /** The next string as UTF-8 without a length; a view of the input unless it is cut. */
  readName(): Uint8Array {
    const text = this.readText()
    if (text.cut === Cut.none) return text.payload
    const writer = new ByteWriter()
    writeText(writer, text)
    return new ByteReader(writer.finish()).lengthPrefixed()
  }

  /** Throws unless the column was read to its end. */
  end(): void {
    this.#lengths.end()
    if (this.#unitsLeft > 0) {
      this.#reader.fail('trailing-bytes', `${this.#unitsLeft} code units that belong to no string`)
    }
  }

  /** Moves on by so many code units, to behind the character that holds the last of them. */
  #take(units: number): void {
    const utf8 = this.#utf8
    let at = this.#at
    let left = units
    while (left > 0) {
      const width = utf8Width(utf8[at]!)
      left -= width === 4 ? 2 : 1
      at += width
    }
    this.#at = at
    this.#insidePair = left < 0
  }
}

export class StringColumnWriter {
  readonly #lengths = new UintRunsWriter()
  readonly #texts: TextRun[] = []

  /** Bytes are borrowed until {@link StringColumnWriter.finish}. */
  writeText(text: TextRun): void {
    this.#lengths.write(text.length)
    // An empty string would keep the halves around it from meeting.
    if (text.length > 0) this.#texts.push(text)
  }

  /** UTF-8 without a length, checked before. */
  writeName(payload: Uint8Array): void {
    this.writeText({ length: utf16Length(payload), payload, cut: Cut.none })
  }

  /** The column. Nothing may be written after. */
  finish(): Uint8Array {
    const writer = new ByteWriter()
    writeText(writer, this.#texts.length === 0 ? noText : joinText(this.#texts))
    writer.raw(this.#lengths.finish())
    return writer.finish()
  }
}
