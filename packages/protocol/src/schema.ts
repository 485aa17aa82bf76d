/**
 * The wire protocol as data: every message of `syncline.v1`, its tag, who may send it and its fields in order. The
 * codec, the message types, the fuzz arbitraries and the tables of docs/PROTOCOL.md derive from it. It is not code:
 * nothing here runs.
 *
 * Changing this table changes the wire: its hash is pinned beside the version, so that neither changes alone.
 */

/** The version that {@link schema} describes. */
export const PROTOCOL_VERSION = 1

/** The start of the SHA-256 of {@link schema} and the wire codes, pinned by protocol-document.test.ts. */
export const SCHEMA_HASH = '22334b6053dc771e'

/** The WebSocket subprotocol that both sides name in the opening handshake. */
export const SUBPROTOCOL = 'syncline.v1'

/** How a field is written, and its bound. `?` is a byte 0 (absent) or 1, then the field. */
export type FieldKind =
  /** LEB128, 0 … 2^53 − 1. */
  | 'uint'
  /** A count, at most `versionsMax`, then that many `uint`s. */
  | 'uints'
  /** One byte, 0 or 1. */
  | 'bool'
  /** For people to read: a `uint` length, then that many bytes of UTF-8, at most `textBytesMax`. */
  | 'text'
  /** As `text`, at most `roomNameBytesMax` bytes. */
  | 'room'
  /** As `text`, at most `tokenBytesMax` bytes. */
  | 'token'
  | 'token?'
  /** A `uint` length, then that many bytes. */
  | 'bytes'
  /** A place in a room's log: `uint` epoch, `uint` seq. */
  | 'position'
  | 'position?'
  /** One byte: 0 `read`, 1 `write`. */
  | 'access'
  /** One `uint` from the table in wire-codes.ts. */
  | 'code'

/** Who may send a message. A message from the wrong side is malformed. */
export type Sender = 'client' | 'relay' | 'both'

export interface MessageSchema {
  readonly tag: number
  readonly from: Sender
  readonly fields: Readonly<Record<string, FieldKind>>
}

export const schema = {
  /** The first message of a connection: the protocol versions that the client speaks, who it is, what it may do. */
  hello: { tag: 1, from: 'client', fields: { versions: 'uints', agent: 'text', token: 'token?' } },
  /** The answer: the version chosen and the limits that the relay will hold the client to. */
  welcome: {
    tag: 2,
    from: 'relay',
    fields: {
      version: 'uint',
      agent: 'text',
      frameBytesMax: 'uint',
      updateBytesMax: 'uint',
      awarenessBytesMax: 'uint',
      roomsMax: 'uint',
      heartbeatMs: 'uint',
    },
  },
  /** Enter a room. `position` is the last place in its log that the client has on its device, if any. */
  join: {
    tag: 3,
    from: 'client',
    fields: { request: 'uint', room: 'room', position: 'position?', stateVector: 'bytes' },
  },
  /**
   * The client is a member. `resumed` tells whether its position is still part of the log's history; if not, the relay
   * has lost data, or the client is new, and the client sends what `stateVector` lacks.
   */
  joined: {
    tag: 4,
    from: 'relay',
    fields: {
      request: 'uint',
      handle: 'uint',
      access: 'access',
      position: 'position',
      resumed: 'bool',
      stateVector: 'bytes',
    },
  },
  /** The client is not a member. */
  refused: {
    tag: 5,
    from: 'relay',
    fields: { request: 'uint', code: 'code', retryable: 'bool', message: 'text' },
  },
  /** One merged update. With it, the client has everything of the room up to `position`. */
  updates: { tag: 6, from: 'relay', fields: { handle: 'uint', position: 'position', update: 'bytes' } },
  /** A change of the client's. `ref` rises with every push of a room; it is the client's own number. */
  push: { tag: 7, from: 'client', fields: { handle: 'uint', ref: 'uint', update: 'bytes' } },
  /** Every push of this room up to `ref` that was not rejected is durable; this one stands at `position` of the log. */
  ack: { tag: 8, from: 'relay', fields: { handle: 'uint', ref: 'uint', position: 'position' } },
  /** The push `ref` was not accepted: nothing of it was logged or sent to anybody. */
  reject: {
    tag: 9,
    from: 'relay',
    fields: { handle: 'uint', ref: 'uint', code: 'code', retryable: 'bool', message: 'text' },
  },
  /** Ephemeral state of replicas, as an awareness update. Never logged; the first to be dropped. */
  awareness: { tag: 10, from: 'both', fields: { handle: 'uint', payload: 'bytes' } },
  /** Leave a room. */
  leave: { tag: 11, from: 'client', fields: { handle: 'uint' } },
  /** The client is no longer a member of this room; the connection lives on. */
  evicted: {
    tag: 12,
    from: 'relay',
    fields: { handle: 'uint', code: 'code', retryable: 'bool', message: 'text' },
  },
  /** A fresh token, at the client's own time or as the answer to `reauthenticate`. */
  token: { tag: 13, from: 'client', fields: { token: 'token' } },
  /** The token expires in `deadlineMs`: send a fresh one or be disconnected. */
  reauthenticate: { tag: 14, from: 'relay', fields: { reason: 'text', deadlineMs: 'uint' } },
  /** Is anybody there? Each side answers with `pong`. */
  ping: { tag: 15, from: 'both', fields: {} },
  pong: { tag: 16, from: 'both', fields: {} },
  /** Why the relay is about to close the connection. */
  error: { tag: 17, from: 'relay', fields: { code: 'code', message: 'text' } },
  /**
   * Something was stored of which the room lacks what came before. The client pushes what it has beyond `stateVector`,
   * the relay's.
   */
  resync: { tag: 18, from: 'relay', fields: { handle: 'uint', stateVector: 'bytes' } },
} as const

export type MessageType = keyof typeof schema
