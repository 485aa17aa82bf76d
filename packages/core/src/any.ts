/**
 * Values in lib0's "any" encoding, which Yjs uses for what apps put into arrays and maps. The core never needs such a value,
 * only its end and the certainty that a Yjs client can read it; so it is walked, not built.
 *
 *     127 undefined · 126 null · 125 varInt · 124 float32 · 123 float64 · 122 bigint64 · 121 false · 120 true
 *     119 string · 118 count, count × (string, any) · 117 count, count × any · 116 length, bytes
 */
import * as AnyTag from './any-tag.ts'
import type { ByteReader } from './byte-reader.ts'

/**
 * How deep values may be nested, here and in JSON. Yjs reads and writes them by recursion: what is deeper than its stack would
 * crash every client that receives it.
 */
export const NESTING_DEPTH_MAX = 256

/** Reads past one value. Throws `DecodeError` where Yjs would fail to read it, and for nesting beyond {@link NESTING_DEPTH_MAX}. */
export function skipAny(reader: ByteReader, depth = 0): void {
  const start = reader.offset
  if (depth > NESTING_DEPTH_MAX) reader.fail('limit-exceeded', `nested deeper than ${NESTING_DEPTH_MAX}`)
  const { bytes } = reader
  // Lists of numbers are long, and most numbers take one byte, or two. Behind the last byte, nothing is below.
  if (bytes[start] === AnyTag.integer && (bytes[start + 1]! < 0x80 || bytes[start + 2]! < 0x80)) {
    reader.offset = start + (bytes[start + 1]! < 0x80 ? 2 : 3)
    return
  }
  const tag = reader.uint8()
  switch (tag) {
    case AnyTag.undefined:
    case AnyTag.null:
    case AnyTag.false:
    case AnyTag.true:
      return
    case AnyTag.integer:
      skipVarInt(reader)
      return
    case AnyTag.float32:
      reader.skip(4)
      return
    case AnyTag.float64:
    case AnyTag.bigint:
      reader.skip(8)
      return
    case AnyTag.string:
      reader.skipUtf8()
      return
    case AnyTag.object:
      for (let left = reader.count(2); left > 0; left--) {
        reader.skipUtf8()
        skipAny(reader, depth + 1)
      }
      return
    case AnyTag.array:
      for (let left = reader.count(1); left > 0; left--) skipAny(reader, depth + 1)
      return
    case AnyTag.bytes:
      reader.skip(reader.varUint())
      return
    default:
      reader.fail('unknown-tag', `no value has the tag ${tag}`, start)
  }
}

/** Integers of so many bytes are below 2^48. */
const VAR_INT_SAFE_BYTES = 7

/** A signed integer: like a varUint, but the first byte holds six bits, and its 64 is the sign. */
function skipVarInt(reader: ByteReader): void {
  const start = reader.offset
  const { bytes } = reader
  // As long as it cannot be too large, only its end matters. Behind the last byte, nothing is below.
  for (let at = start; at < start + VAR_INT_SAFE_BYTES; at++) {
    if (bytes[at]! < 0x80) {
      reader.offset = at + 1
      return
    }
  }
  let byte = reader.uint8()
  let value = byte & 0x3f
  let scale = 0x40
  while (byte >= 0x80) {
    byte = reader.uint8()
    value += (byte & 0x7f) * scale
    scale *= 0x80
    if (value > Number.MAX_SAFE_INTEGER || scale > Number.MAX_SAFE_INTEGER) {
      reader.fail('integer-overflow', 'integer above 2^53 − 1', start)
    }
  }
}
