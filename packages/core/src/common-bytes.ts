/** How far two pieces of bytes are the same. */

/** How many bytes are the same from `aFrom` and `bFrom` on; at most `most`, which both have. Four at a time where there are many. */
export function commonBytes(a: Uint8Array, aFrom: number, b: Uint8Array, bFrom: number, most: number): number {
  let at = 0
  if (most >= 64) {
    const aView = new DataView(a.buffer, a.byteOffset + aFrom, most)
    const bView = new DataView(b.buffer, b.byteOffset + bFrom, most)
    while (at + 4 <= most && aView.getInt32(at) === bView.getInt32(at)) at += 4
  }
  while (at < most && a[aFrom + at] === b[bFrom + at]) at++
  return at
}
