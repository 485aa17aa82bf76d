/**
 * Bytes that are about to be cloned, into a database or for another tab. Structured cloning takes the whole buffer behind a view:
 * a small update cut out of a frame would carry the frame with it.
 */

/** The same bytes, copied if they are a window on a larger buffer. */
export function withOwnBuffer(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}
