/**
 * A session: one connection as decisions, in the protocol of its endpoint. This is the vocabulary between the machines
 * that decide (connection-machine.ts, endpoints/) and the one driver that does (connection.ts). A machine is pure: no
 * socket, no clock; `handle(event)` changes its own state and returns the effects, in order.
 *
 * A *place* is what a session calls one of its rooms. It is the room's name where a connection is in a room once.
 */
import type { Access, AwarenessEntry, CloseCode, Position, WireCode } from '@syncline/protocol'
import type { CountedLimit } from '../limit-outcomes.ts'
import type { SharedMessage } from '../room/shared-message.ts'

/** The wish to enter a room. */
export interface Join {
  readonly place: string
  readonly room: string
  readonly request: number
  readonly position: Position | undefined
  readonly stateVector: Uint8Array
}

export type SessionEvent =
  /** The connection begins: the first event. */
  | { readonly type: 'opened' }
  | { readonly type: 'frame'; readonly frame: Uint8Array; readonly now: number }
  | { readonly type: 'textFrame' }
  /** The other side answered a ping of its WebSocket, whatever it speaks in it. */
  | { readonly type: 'alive'; readonly now: number }
  /** `sentAt` is when anything was last sent, by this machine or by a room. */
  | { readonly type: 'tick'; readonly now: number; readonly sentAt: number }
  /** The client's token runs out in `deadlineMs`: that of the connection, or, if there is a `place`, of that one. */
  | { readonly type: 'tokenExpires'; readonly place: string | undefined; readonly deadlineMs: number }
  /** The client is not to be served any more: say why, as far as the protocol can, and close. */
  | { readonly type: 'expelled'; readonly closeCode: CloseCode; readonly code: WireCode; readonly message: string }
  /** The answer to the effect `authorize`. */
  | { readonly type: 'authorized'; readonly join: Join; readonly access: Access }
  | { readonly type: 'denied'; readonly join: Join; readonly code: WireCode; readonly retryable: boolean }
  /** The room took the join up, under this handle; it will answer it. */
  | { readonly type: 'attached'; readonly place: string; readonly handle: number }
  /** The room, or the lack of one, ended the membership. The client was told. */
  | { readonly type: 'detached'; readonly place: string }
  /** The room tells its member something. Only for sessions that do not pass messages on as they are. */
  | { readonly type: 'told'; readonly place: string; readonly shared: SharedMessage }
  /** The socket did not take what it was sent. */
  | { readonly type: 'overflow' }
  /** The client began a frame, and did not end it in time. */
  | { readonly type: 'lateFrame' }
  /** The relay closes. */
  | { readonly type: 'drain' }
  /** The socket is gone. */
  | { readonly type: 'lost' }

export type SessionEffect<Message> =
  | { readonly type: 'send'; readonly messages: readonly Message[] }
  /** Send a frame that other connections are sent as well: borrowed, never changed. */
  | { readonly type: 'sendShared'; readonly frame: Uint8Array }
  /** The client shows a token for the whole connection, its first or a fresh one. */
  | { readonly type: 'present'; readonly token: string | undefined }
  /**
   * Ask who may enter; answer with `authorized` or `denied`. By the token that was presented for the connection; or, if
   * none was, by `token`, which then counts for this place alone. Asked again for a place that was entered, with a fresh
   * token, the answer says what the place is by that one.
   */
  | { readonly type: 'authorize'; readonly join: Join; readonly token: string | undefined }
  | { readonly type: 'join'; readonly join: Join; readonly access: Access }
  | {
      readonly type: 'push'
      readonly place: string
      readonly ref: number
      readonly update: Uint8Array
      /** Whether it is what the client was told that the log lacks; absent if the protocol does not tell. */
      readonly refill?: boolean
    }
  | { readonly type: 'announce'; readonly place: string; readonly entries: readonly AwarenessEntry[] }
  /** Ask the room for what `stateVector` lacks; it answers with `updates`, also if that is nothing. */
  | { readonly type: 'sync'; readonly place: string; readonly stateVector: Uint8Array }
  /** Ask the room for the awareness states of all others. */
  | { readonly type: 'askAwareness'; readonly place: string }
  /** Tell the other members of the room something that is not stored. */
  | { readonly type: 'tellOthers'; readonly place: string; readonly payload: string }
  /** Leave the room, if the driver has joined it. */
  | { readonly type: 'leave'; readonly place: string }
  /** A limit has bitten: count it. */
  | { readonly type: 'limitHit'; readonly limit: CountedLimit }
  /** Ask the other side for a sign of life that needs no message: a ping of the WebSocket. */
  | { readonly type: 'probe' }
  /** Close the socket; all rooms were left. `code` is a WebSocket close code. */
  | { readonly type: 'close'; readonly code: CloseCode; readonly reason: string }

/** The decisions of one connection. */
export interface SessionMachine<Message> {
  handle(event: SessionEvent): readonly SessionEffect<Message>[]
  /** Bytes of what the client said and that waits until it is let in; absent where nothing does. */
  readonly keptBytes?: number
}

/** A machine and how its messages become bytes. */
export interface Session<Message> {
  readonly machine: SessionMachine<Message>
  /**
   * What a room says, if it goes to the client as it is, without a look by the machine; `undefined` for what this
   * protocol cannot say.
   */
  direct?(shared: SharedMessage): Uint8Array | undefined
  /** Messages, in order, as the frames that hold them. */
  encode(messages: readonly Message[]): readonly Uint8Array[]
}
