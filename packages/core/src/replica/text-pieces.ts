/** Reading the text of many rows as one string: what is short is gathered, and made a string together, since making one costs more than a run of letters does. */
import { decodeUtf8 } from '../text-coding.ts'
import type { TextBuffer } from './text-buffer.ts'

/** More is a string of its own. */
const GATHERED_UNITS_MAX = 1024

/** Up to so many units are copied one by one. */
const COPIED_UNITS_MAX = 24

/** ASCII that is gathered. Shared, since one text is read at a time. */
const gathered = new Uint8Array(16 * GATHERED_UNITS_MAX)

export class TextPieces {
  #text = ''
  #end = 0

  /** Adds what stands at an offset of a buffer. */
  add(buffer: TextBuffer, isWide: boolean, from: number, units: number): void {
    if (isWide || units > GATHERED_UNITS_MAX) {
      this.#flush()
      this.#text += buffer.text(isWide, from, units)
      return
    }
    if (this.#end + units > gathered.length) this.#flush()
    const { narrow } = buffer
    const end = this.#end
    if (units > COPIED_UNITS_MAX) gathered.set(narrow.subarray(from, from + units), end)
    else for (let at = 0; at < units; at++) gathered[end + at] = narrow[from + at]!
    this.#end = end + units
  }

  /** All that was added. */
  finish(): string {
    this.#flush()
    return this.#text
  }

  #flush(): void {
    if (this.#end > 0) this.#text += decodeUtf8(gathered.subarray(0, this.#end))
    this.#end = 0
  }
}
