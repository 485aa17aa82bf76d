/**
 * Bytes that may wait for a slow disk or socket, without the rest of their frame: a view keeps all of it in memory, and
 * what waits is counted by its own length. Copied only if it is the smaller part.
 */
export function unpinned(view: Uint8Array): Uint8Array {
  return view.length * 2 < view.buffer.byteLength ? new Uint8Array(view) : view
}
