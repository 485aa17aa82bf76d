/**
 * The port through which a connection meets its socket: frames out, and a few facts. The gateway implements it on `ws`;
 * a simulation may on anything. Frames come in through the verbs of `Connection`. No verb throws, whatever the socket's
 * state.
 */
import type { OpeningRequest } from '../access.ts'

export interface FrameSocket {
  /** Where the client is, for logs and for `authorize`: its IP address, behind trusted proxies too. It never changes. */
  readonly address: string
  /** The HTTP request that it began with, if there was one. */
  readonly request?: OpeningRequest | undefined
  /** Bytes given to `send` that the network has not taken. */
  readonly bufferedBytes: number
  /** Bytes that the network has taken in all, those of a frame that it has not taken whole among them. */
  readonly takenBytes: number
  /** Bytes that the network has brought, those of a frame that is not whole yet among them. */
  readonly receivedBytes: number
  /** Of these, what belongs to a frame that is not whole. */
  readonly partBytes: number
  /** Sends one binary frame; borrowed until `onSent` is called, which happens also when it could not be sent. */
  send(frame: Uint8Array, onSent: () => void): void
  /** Asks the other side's WebSocket for a pong, which comes in through `receivePong`. */
  ping(): void
  /** Begins the closing handshake. Idempotent. */
  close(code: number, reason: string): void
  /** Cuts the connection off. */
  terminate(): void
  /** Stops, or goes on, taking frames from the network. */
  pause(): void
  resume(): void
}
