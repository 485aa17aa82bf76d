/**
 * Signed integers as lib0 writes them: a sign and a magnitude, not two's complement, so that −0 is a value of its own. The
 * columns of format v2 use that sign as a flag; inside "any" values it is a sign.
 *
 *     first byte    bit 7 more follows · bit 6 negative · bits 0–5 magnitude
 *     the others    bit 7 more follows · bits 0–6 magnitude, seven bits higher each
 */
import type { ByteReader } from '../byte-reader.ts'
import type { ByteWriter } from '../byte-writer.ts'

const MORE = 0x80
const NEGATIVE = 0x40
const FIRST_BITS = 0x40
const HIGHER_BITS = 0x80
/** Magnitudes below this take one byte, or two. */
const TWO_BYTES = FIRST_BITS * HIGHER_BITS
/** Integers up to this may be shifted. */
const SHIFTED_MAX = 0x7fffffff

/** Reads an integer in ±(2^53 − 1); negative zero is −0. Throws `DecodeError`. */
export function readVarInt(reader: ByteReader): number {
  const start = reader.offset
  const first = reader.uint8()
  const second = first < MORE ? 0 : (reader.bytes[reader.offset] ?? MORE)
  if (second < MORE) {
    // One byte or two, which is most: a small integer, that V8 keeps without a box. What is computed in floating point it boxes.
    if (first >= MORE) reader.offset++
    const small = (first & (FIRST_BITS - 1)) | (second << 6)
    if ((first & NEGATIVE) === 0) return small
    return -small
  }
  const low = first % FIRST_BITS
  const magnitude = low + readHigherBits(reader, start, FIRST_BITS)
  if (magnitude > Number.MAX_SAFE_INTEGER) reader.fail('integer-overflow', 'integer above 2^53 − 1', start)
  return (first & NEGATIVE) === 0 ? magnitude : -magnitude
}

/** Writes an integer in ±(2^53 − 1), −0 included. */
export function writeVarInt(writer: ByteWriter, value: number): void {
  const magnitude = Math.abs(value)
  if (magnitude <= SHIFTED_MAX) {
    const sign = isNegative(value) ? NEGATIVE : 0
    if (magnitude < FIRST_BITS) return writer.uint8(sign | magnitude)
    writer.uint8(MORE | sign | (magnitude & (FIRST_BITS - 1)))
    return writer.varUint(magnitude >>> 6)
  }
  const higher = Math.floor(magnitude / FIRST_BITS)
  writer.uint8((higher > 0 ? MORE : 0) | (isNegative(value) ? NEGATIVE : 0) | (magnitude % FIRST_BITS))
  // From the second byte on it is an unsigned integer like any other.
  if (higher > 0) writer.varUint(higher)
}

/** As {@link writeVarInt}, behind a byte that says what it is. */
export function writeTaggedVarInt(writer: ByteWriter, tag: number, value: number): void {
  if (value >= FIRST_BITS && value < TWO_BYTES) {
    return writer.threeBytes(tag, MORE | (value & (FIRST_BITS - 1)), value >>> 6)
  }
  writer.uint8(tag)
  writeVarInt(writer, value)
}

/** Whether the sign of an integer is set: negative zero has one too. */
export function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0)
}

/**
 * Reads the bytes after the first of an integer that began at `start`, whose first byte held what is below `scale`. At most
 * 2^53 + scale; the caller checks what is left of the sum.
 */
export function readHigherBits(reader: ByteReader, start: number, scale: number): number {
  let value = 0
  let place = scale
  for (;;) {
    const byte = reader.uint8()
    // Multiplied, not shifted: the value may pass 2^31.
    value += (byte % HIGHER_BITS) * place
    if (value > Number.MAX_SAFE_INTEGER) reader.fail('integer-overflow', 'integer above 2^53 − 1', start)
    if (byte < MORE) return value
    place *= HIGHER_BITS
    if (place > Number.MAX_SAFE_INTEGER) reader.fail('integer-overflow', 'integer longer than 8 bytes', start)
  }
}
