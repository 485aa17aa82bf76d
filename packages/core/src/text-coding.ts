/**
 * UTF-8 as the Yjs format uses it: strict when decoding, lone surrogates written as U+FFFD when encoding. `TextEncoder` and
 * `TextDecoder` are the only globals of the core; they exist in every runtime, but no `lib` without DOM or Node declares them.
 */

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label: 'utf-8', options: { fatal: boolean; ignoreBOM: boolean })
  decode(bytes: Uint8Array): string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 of `text`; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** The text of `bytes`. Throws a `TypeError` when they are not UTF-8; {@link ByteReader.string} makes that a `DecodeError`. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/**
 * How many UTF-16 code units the bytes from `start` up to `end` are as text, or −1 when they are not UTF-8. Exactly as strict as
 * {@link decodeUtf8} (Unicode 15, table 3-7), but without making a string: validating is most of what the merge core does with
 * text.
 */
export function utf16Length(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  // A unit for each byte, but for those that characters of several bytes have too many.
  let units = end - start
  let at = start
  while (at < end) {
    const lead = bytes[at]!
    if (lead < 0x80) {
      at += 1
      // Most text is ASCII, and four at a time is twice as fast.
      while (at + 4 <= end && (bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) < 0x80) at += 4
      continue
    }
    const width = utf8Width(lead)
    if (width === 0 || at + width > end) return -1
    const second = bytes[at + 1]!
    // The second byte is where overlong forms, surrogates and code points above U+10FFFF show.
    const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (second < least || second > most) return -1
    if (width > 2 && (bytes[at + 2]! & 0xc0) !== 0x80) return -1
    if (width > 3 && (bytes[at + 3]! & 0xc0) !== 0x80) return -1
    at += width
    units -= width === 4 ? 2 : width - 1
  }
  return units
}

/** Bytes of the character that begins with `lead`; 0 when no character begins with it. */
export function utf8Width(lead: number): number {
  if (lead < 0x80) return 1
  if (lead < 0xc2) return 0
  if (lead < 0xe0) return 2
  if (lead < 0xf0) return 3
  return lead < 0xf5 ? 4 : 0
}
