/**
 * How far the frame has come that a client is sending. `ws` gives frames only when they are whole, and keeps what has come until
 * then; this reads along, headers only, so that the relay knows what it keeps (RFC 6455, 5.2). Nothing is judged here: `ws` ends
 * a connection whose bytes break the protocol.
 *
 * ```
 * fin rsv opcode · mask length 0 … 125      2 bytes
 *                · mask 126 · length        4 bytes, big-endian     then, if masked, 4 bytes of mask, and the payload
 *                · mask 127 · length       10 bytes, big-endian
 * ```
 *
 * A frame of the protocols above is one message of the WebSocket: fragments up to one with FIN. Between fragments there may be
 * pings, pongs and a close (opcodes of 8 and more), which are no part of it.
 */

const FIN = 0x80
const CONTROL = 0x08
const MASKED = 0x80
const MASK_BYTES = 4
const LENGTH_IN_2_BYTES = 126
const LENGTH_IN_8_BYTES = 127

/** What is expected next: bytes of a header, one by one, or of a payload. */
type Expected = 'first' | 'length' | 'longer-length' | 'payload'

export class ClientFrames {
  #expected: Expected = 'first'
  #first = 0
  #isMasked = false
  #length = 0
  /** Bytes of the length, or of mask and payload, that are still to come. */
  #leftBytes = 0
  #partBytes = 0

  /** Bytes that came of a frame that is not whole, with headers; 0 between frames. */
  get partBytes(): number {
    return this.#partBytes
  }

  /** The network has brought `chunk`. Costs a few steps for each header in it. */
  take(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#expected === 'payload') {
        const bytes = Math.min(this.#leftBytes, chunk.length - at)
        at += bytes
        this.#leftBytes -= bytes
        this.#count(bytes)
        if (this.#leftBytes === 0) this.#end()
      } else this.#header(chunk[at++]!)
    }
  }

  #header(byte: number): void {
    switch (this.#expected) {
      case 'first':
        this.#first = byte
        this.#expected = 'length'
        return this.#count(1)
      case 'length':
        this.#count(1)
        this.#isMasked = (byte & MASKED) !== 0
        this.#length = byte & ~MASKED
        if (this.#length < LENGTH_IN_2_BYTES) return this.#begin()
        this.#leftBytes = this.#length === LENGTH_IN_8_BYTES ? 8 : 2
        this.#length = 0
        this.#expected = 'longer-length'
        return
      case 'longer-length':
        this.#count(1)
        // One above 2^53 is not exact, and longer than any that `ws` takes.
        this.#length = this.#length * 0x100 + byte
        this.#leftBytes--
        if (this.#leftBytes === 0) this.#begin()
        return
      case 'payload':
        return
      default:
        return this.#expected satisfies never
    }
  }

  #begin(): void {
    this.#expected = 'payload'
    this.#leftBytes = this.#length + (this.#isMasked ? MASK_BYTES : 0)
    if (this.#leftBytes === 0) this.#end()
  }

  #end(): void {
    this.#expected = 'first'
    if ((this.#first & CONTROL) === 0 && (this.#first & FIN) !== 0) this.#partBytes = 0
  }

  #count(bytes: number): void {
    if ((this.#first & CONTROL) === 0) this.#partBytes += bytes
  }
}
