/**
 * A connection's place in one room, on whichever wire: what the load is put on, and where arrivals are noticed. A room has one
 * writer, so its pushes can be numbered, from 1, in the order in which they were made.
 */
import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A room has one writer; the others read. */
export type Role = 'writer' | 'reader'

export interface MemberListener {
  /** Every push up to this number is acknowledged. */
  acked?(upTo: number): void
  /** Every push up to this number has arrived here. */
  received?(upTo: number): void
}

export interface Member {
  /** Who hears what happens; nobody at first. */
  listener: MemberListener
  /** What arrived, in order. */
  readonly updates: readonly Uint8Array[]
  /** Rejects when the connection fails or the server refuses something; otherwise stays pending. */
  readonly failed: Promise<never>
  push(update: Uint8Array): void
  close(): Promise<void>
}

const OPEN_TIMEOUT_MS = 10_000

/** An open socket, compression off: keystrokes do not compress. */
export async function openSocket(url: string, subprotocol?: string): Promise<WebSocket> {
  const socket = new WebSocket(url, subprotocol === undefined ? [] : [subprotocol], {
    perMessageDeflate: false,
    handshakeTimeout: OPEN_TIMEOUT_MS,
  })
  await once(socket, 'open')
  return socket
}

/** Rejects when the socket fails, or closes before `closing` is aborted. */
export function socketFailure(socket: WebSocket, closing: AbortSignal): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    socket.on('error', reject)
    socket.on('close', (code: number, reason: Buffer) => {
      if (!closing.aborted) reject(new Error(`a connection was closed by the server: ${code} ${reason.toString()}`))
    })
  })
  // Whoever waits for something on this socket hears of it; when nobody does, it does not matter.
  failed.catch(() => {})
  return failed
}

/** Closes the socket and waits until it is closed. */
export async function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return
  const closed = once(socket, 'close')
  socket.close()
  await closed
}
