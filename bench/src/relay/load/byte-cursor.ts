/**
 * Reads the numbers and byte strings of lib0's encoding in place. A load generator has to be faster than the servers that it loads: no
 * copies, no limits, no errors but a `RangeError` at the end, because the other side is a server that the bench has started itself.
 */
export class ByteCursor {
  bytes: Uint8Array = new Uint8Array()
  at = 0
  end = 0

  /** Reads `bytes` from `start` on, up to `end`. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes
    this.at = start
    this.end = end
    return this
  }

  get done(): boolean {
    return this.at >= this.end
  }

  /** LEB128, up to 2^53 − 1. */
  uint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      if (this.at >= this.end) throw new RangeError('a message ends within a number')
      const byte = this.bytes[this.at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  /** Steps over a byte string; it lies between {@link start} and {@link at}. */
  skipBytes(): void {
    const length = this.uint()
    this.start = this.at
    this.at += length
    if (this.at > this.end) throw new RangeError('a message ends within a byte string')
  }

  /** Where the byte string begins that was stepped over last. */
  start = 0
}

/** LEB128 of a non-negative integer. */
export function uintBytes(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return bytes
}

/** A byte string: its length, then its bytes. */
export function lengthPrefixed(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(uintBytes(bytes.length)), bytes])
}
