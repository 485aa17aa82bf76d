/** The messages of the protocol as TypeScript types, derived from {@link schema}. */
import type { FieldKind, MessageType, Sender, schema } from './schema.ts'
import type { WireCode } from './wire-codes.ts'

/**
 * A place in a room's log. `seq` counts the room's entries from 1; 0 is the place before the first. `epoch` names the
 * stretch of history that the entry was written in: a relay that starts on a log begins a new one with its first
 * append, so a seq that was lost and given out again never looks like the old one.
 */
export interface Position {
  readonly epoch: number
  readonly seq: number
}

/** What a member may do in a room. */
export type Access = 'read' | 'write'

interface FieldValues {
  uint: number
  uints: readonly number[]
  bool: boolean
  text: string
  room: string
  token: string
  'token?': string | undefined
  bytes: Uint8Array
  position: Position
  'position?': Position | undefined
  access: Access
  code: WireCode
}

type Fields<F extends Readonly<Record<string, FieldKind>>> = {
  readonly [Name in keyof F]: FieldValues[F[Name]]
}

/** The message of one type: `{ type, …fields }`. Bytes are borrowed from the frame that they were decoded from. */
export type MessageOf<T extends MessageType> = { readonly type: T } & Fields<(typeof schema)[T]['fields']>

type TypeFrom<S extends Sender> = {
  [T in MessageType]: (typeof schema)[T]['from'] extends S | 'both' ? T : never
}[MessageType]

type Union<T extends MessageType> = T extends MessageType ? MessageOf<T> : never

/** What a client may send. */
export type ClientMessage = Union<TypeFrom<'client'>>
/** What a relay may send. */
export type RelayMessage = Union<TypeFrom<'relay'>>
export type Message = ClientMessage | RelayMessage
