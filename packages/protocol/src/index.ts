/** The public face of the wire protocol. */

// The protocol as data
export {
  PROTOCOL_VERSION,
  SCHEMA_HASH,
  SUBPROTOCOL,
  schema,
  type FieldKind,
  type MessageSchema,
  type MessageType,
  type Sender,
} from './schema.ts'
export { ProtocolLimits, isRoomName } from './limits.ts'
export { wireCodes, type WireCode } from './wire-codes.ts'
export { CloseCode, afterClose, type AfterClose } from './close-codes.ts'
export { negotiateVersion, supportedVersions } from './version.ts'

// Messages
export type { Access, ClientMessage, Message, MessageOf, Position, RelayMessage } from './messages.ts'
export { decodeClientFrame, decodeRelayFrame, encodeFrame } from './codec.ts'
export { decodeAwareness, encodeAwareness, type AwarenessEntry } from './awareness.ts'
