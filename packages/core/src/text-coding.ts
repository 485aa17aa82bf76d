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
