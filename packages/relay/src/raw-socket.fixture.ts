/**
 * A WebSocket connection whose client writes bytes to TCP itself, for tests of what no WebSocket library would send.
 */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { SUBPROTOCOL } from '@syncline/protocol'

export interface RawSocket {
  /** Resolves when the network has taken the bytes, or takes no more. */
  write(bytes: Uint8Array): Promise<void>
  /** Reads no more. */
  pause(): void
  /** Everything that the relay has sent, when it has ended the connection. */
  received(): Promise<Buffer>
  /** Cuts the connection without a word. */
  cut(): void
  /** The code of the close frame that the relay sends before it ends the connection; `undefined` if it sends none. */
  closeCode(): Promise<number | undefined>
}

/** Opens a WebSocket at `url` by hand, at one of the endpoints. */
export async function openRawSocket(url: string, path = '/sync'): Promise<RawSocket> {
  const upgrade = request(`${url.replace('ws:', 'http:')}${path}`, {
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
      'Sec-WebSocket-Protocol': SUBPROTOCOL,
    },
  })
  upgrade.end()
  const [, socket] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Duplex]
  socket.on('error', () => {})
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = async (): Promise<void> => {
    if (!socket.readableEnded && !socket.destroyed) await once(socket, 'close')
  }
  return {
    received: async () => {
      await ended()
      return Buffer.concat(chunks)
    },
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    pause: () => socket.pause(),
    cut: () => socket.destroy(),
    closeCode: async () => {
      await ended()
      return closeCodeIn(Buffer.concat(chunks))
    },
  }
}

/** A frame as a client sends it: masked, with a mask of zeros. `firstByte` holds FIN, RSV bits and opcode. */
export function maskedFrame(firstByte: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.of(firstByte, 0x80 | payload.length, 0, 0, 0, 0, ...payload)
}

/** Frames of a relay are not masked, and those of these tests are short. */
function closeCodeIn(bytes: Buffer): number | undefined {
  for (let at = 0; at + 1 < bytes.length; at += 2 + bytes.readUInt8(at + 1)) {
    if (bytes[at] === 0x88) return bytes.readUInt16BE(at + 2)
  }
  return undefined
}
