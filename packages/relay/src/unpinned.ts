/**
 * Bytes that may wait for a slow disk or socket, without the rest of their frame: a view keeps all of it in memory, and
 * what waits is counted by its own length. Copied only if it is the smaller part.
 */
export function unpinned(view: Uint8Array): Uint8Array {
  return isSmallerPart(view) ? new Uint8Array(view) : view
}

/**
 * The same for a push, which is counted with some thousands of bytes more than it has (room/room-member.ts): so small ones
 * may lie together in a slab of Node's pool, 8 KiB that live as long as the last of them. A buffer of its own for each keystroke
 * is what the garbage collector would be busy with.
 */
export function unpinnedPush(view: Uint8Array): Uint8Array {
  return isSmallerPart(view) ? Buffer.from(view) : view
}

function isSmallerPart(view: Uint8Array): boolean {
  return view.length * 2 < view.buffer.byteLength
}
