/** Values in the encoding of "any", as Yjs writes them. */
import * as Y from 'yjs'

/** An update of Yjs without structs begins with so many bytes. */
const HEAD_BYTES = 11

export function yjsAnyOf(value: unknown): Uint8Array {
  const encoder = new Y.UpdateEncoderV2()
  encoder.writeAny(value)
  return encoder.toUint8Array().slice(HEAD_BYTES)
}
