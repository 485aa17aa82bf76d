/** The text of bytes that are often those of before: updates name the same root, or the same key, again and again. Comparing a few bytes takes a tenth of decoding them. */
import { decodeUtf8 } from '../text-coding.ts'

/** Longer texts are not remembered. */
const REMEMBERED_BYTES_MAX = 32

export class RecentText {
  readonly #bytes: Uint8Array = new Uint8Array(REMEMBERED_BYTES_MAX)
  #length = 0
  #text = ''

  /** The text of `bytes` from `from` up to `to`, which are checked UTF-8. */
  decode(bytes: Uint8Array, from: number, to: number): string {
    const length = to - from
    let same = 0
    if (length === this.#length) while (same < length && bytes[from + same] === this.#bytes[same]) same++
    if (same === length && length === this.#length) return this.#text
    const text = decodeUtf8(bytes.subarray(from, to))
    if (length > REMEMBERED_BYTES_MAX) return text
    for (let at = 0; at < length; at++) this.#bytes[at] = bytes[from + at]!
    this.#length = length
    this.#text = text
    return text
  }
}
