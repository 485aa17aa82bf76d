/**
 * A protocol as the load generator speaks it: what a client sends, and what it makes of what it gets. One {@link WireSession} per connection;
 * a connection is in one room.
 */

/** What a message of the server meant. Bytes are borrowed until the call returns. */
export interface WireListener {
  /** The client is in the room and has what is stored. Once. */
  ready(): void
  update(bytes: Uint8Array, start: number, end: number): void
  /** As many pushes as this are acknowledged, counted from the first. Only on wires that acknowledge. */
  acknowledged(pushes: number): void
  /** A push was refused. */
  refused(reason: string): void
  awareness(bytes: Uint8Array, start: number, end: number): void
  /** The protocol asks for an answer at once. */
  answer(message: Uint8Array): void
}

export interface WireSession {
  /** What the client sends first. */
  readonly opening: readonly Uint8Array[]
  receive(bytes: Uint8Array, start: number, end: number, listener: WireListener): void
  /** The message that pushes an update. Wires that number their pushes count the calls. */
  push(update: Uint8Array): Uint8Array
  /** The message that announces awareness states, which are in the encoding of y-protocols. Empty where a wire has none. */
  awareness(states: Uint8Array): Uint8Array
}

export interface Wire {
  /**
   * How a client knows that its push was accepted: the server says so, or the client's own update comes back to it. What that is worth is
   * another question.
   */
  readonly acceptance: 'acknowledged' | 'echoed'
  readonly subprotocol?: string
  /** The path below the server's URL. */
  path(room: string): string
  session(room: string): WireSession
}
