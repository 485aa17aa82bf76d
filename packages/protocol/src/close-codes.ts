/**
 * Why a connection ends, as WebSocket close codes, and what a client should do then. Codes below 4000 keep the meaning
 * of RFC 6455, section 7.4; the others are ours.
 */

export const CloseCode = {
  /** The other side is done. */
  normal: 1000,
  /** The relay drains; connect again, to this or another relay. */
  goingAway: 1001,
  /** A frame that breaks the WebSocket protocol, or a message that breaks ours. */
  protocolError: 1002,
  /** A text frame: the protocol is binary. */
  unsupportedData: 1003,
  /** No close frame came: the network ended the connection. Never sent. */
  abnormal: 1006,
  /** A frame whose bytes are not what they claim. */
  invalidPayload: 1007,
  /** A frame above `frameBytesMax`. */
  messageTooBig: 1009,
  /** The relay failed. */
  internalError: 1011,
  /** The relay has too much to do; connect again later. */
  tryAgainLater: 1013,
  /** What the client may do has changed: connect again. Only for clients that cannot be told (`/hocuspocus`). */
  reset: 4205,
  /** No protocol version in common. */
  unsupportedVersion: 4400,
  /** The token is missing, invalid or expired: get a fresh one first. */
  unauthorized: 4401,
  /** Valid credentials that do not allow this. */
  forbidden: 4403,
  /** No hello, no sign of life, or no end of a frame, in time. */
  timeout: 4408,
  /** The client did not read what it was sent; it will resume where it was. */
  slowConsumer: 4409,
  /**
   * An update that will never be stored: too long, or in contradiction to what the room has. Only for clients whose
   * protocol has no way to refuse one update (`/y`).
   */
  unacceptable: 4422,
} as const

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/**
 * What a client does after a close: connect again with backoff, get a fresh token first, or stop until it is told to.
 */
export type AfterClose = 'retry' | 'reauthenticate' | 'stop'

/** Codes that stand for a disagreement which another attempt would only repeat. */
const stopping: ReadonlySet<number> = new Set([
  CloseCode.protocolError,
  CloseCode.unsupportedData,
  CloseCode.invalidPayload,
  CloseCode.messageTooBig,
  CloseCode.unsupportedVersion,
  CloseCode.forbidden,
  CloseCode.unacceptable,
])

/** Unknown codes are retried: the edits are safe on the device, and a proxy in between may close with anything. */
export function afterClose(code: number): AfterClose {
  if (code === CloseCode.unauthorized) return 'reauthenticate'
  return stopping.has(code) ? 'stop' : 'retry'
}
