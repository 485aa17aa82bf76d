/**
 * WebSocket frames as a server writes them (RFC 6455, 5.2): whole binary messages, not masked. So a frame is the same bytes for
 * every socket, and what goes to all members of a room is framed once, and is one write for each of them.
 *
 * ```
 * 82 · length 0 … 125                 1 byte
 *      7e length                      3 bytes, big-endian
 *      7f length                      9 bytes, big-endian
 * ```
 */
import type { Writable } from 'node:stream'

const FIN_AND_BINARY = 0x82
const LENGTH_IN_2_BYTES = 126
const LENGTH_IN_8_BYTES = 127

/** A longer message is not copied behind its header, but written after it. */
const COPIED_BYTES_MAX = 16 * 1024

export class ServerFrames {
  /** The last message, and its frame: all members of a room are sent the same one after the other. */
  #message: Uint8Array | undefined
  #frame: Buffer | undefined

  /**
   * Writes `message` as one frame; it is borrowed until `onWritten` is called, which happens also when the stream fails. The
   * stream must be at the end of a frame, and must not be closing.
   */
  write(stream: Writable, message: Uint8Array, onWritten: () => void): void {
    if (message.length > COPIED_BYTES_MAX) {
      stream.write(frameHeader(message.length))
      stream.write(message, onWritten)
      return
    }
    if (message !== this.#message) {
      this.#message = message
      this.#frame = frameOf(message)
    }
    stream.write(this.#frame, onWritten)
  }
}

function frameOf(message: Uint8Array): Buffer {
  const start = headerBytes(message.length)
  // Of the pool, most often.
  const frame = Buffer.allocUnsafe(start + message.length)
  putHeader(frame, message.length)
  frame.set(message, start)
  return frame
}

function frameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes(length))
  putHeader(header, length)
  return header
}

function headerBytes(length: number): number {
  if (length < LENGTH_IN_2_BYTES) return 2
  return length < 0x10000 ? 4 : 10
}

function putHeader(target: Buffer, length: number): void {
  target[0] = FIN_AND_BINARY
  if (length < LENGTH_IN_2_BYTES) {
    target[1] = length
  } else if (length < 0x10000) {
    target[1] = LENGTH_IN_2_BYTES
    target.writeUInt16BE(length, 2)
  } else {
    target[1] = LENGTH_IN_8_BYTES
    target.writeBigUInt64BE(BigInt(length), 2)
  }
}
