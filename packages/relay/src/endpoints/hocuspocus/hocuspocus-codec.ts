/**
 * The frames of Hocuspocus, for many documents per socket: one message a frame, addressed to a document or to the
 * socket.
 *
 * ```
 * string key, uint type, body          key: a document's name, or name, NUL, session: a place of its own in the document
 * uint8 9 ping · uint8 10 pong         alone in their frame
 *
 * 0 sync · 1 awareness · 3 query awareness      as in ../yjs-message.ts
 * 2 auth     client: uint 0, string token, perhaps string version
 *            relay: uint 1, string reason: denied · uint 2, string scope: granted
 * 5 stateless: string                  for whoever else has the document open, and never stored
 * 7 close    client: nothing · relay: string reason
 * 8 sync status, from the relay: uint 1 stored, 0 not
 * ```
 */
import { ByteReader, ByteWriter } from '@syncline/core'
import { ProtocolLimits, type Access } from '@syncline/protocol'
import type { RelayLimits } from '../../limits.ts'
import { OverLimit } from '../over-limit.ts'
import {
  YjsTag,
  readAwareness,
  readSync,
  writeAnswer,
  type YjsAnswer,
  type YjsMessageLimits,
  type YjsRequest,
} from '../yjs-message.ts'

/** What the relay says. `key` is the one that the client uses for the document. */
export type HocuspocusAnswer =
  | { readonly type: 'ping' | 'pong' }
  | { readonly type: 'document'; readonly key: string; readonly answer: DocumentAnswer }

export type DocumentAnswer =
  | YjsAnswer
  /** The client shall show its token, a fresh one if it can. */
  | { readonly type: 'tokenWanted' }
  | { readonly type: 'permissionDenied'; readonly reason: string }
  | { readonly type: 'authenticated'; readonly access: Access }
  | { readonly type: 'stateless'; readonly payload: string }
  | { readonly type: 'closed'; readonly reason: string }
  | { readonly type: 'syncStatus'; readonly stored: boolean }

/** What a client says. */
export type HocuspocusRequest =
  | { readonly type: 'ping' | 'pong' }
  | { readonly type: 'document'; readonly key: string; readonly name: string; readonly request: DocumentRequest }

export type DocumentRequest =
  | YjsRequest
  | { readonly type: 'auth'; readonly token: string }
  | { readonly type: 'close' }

export type HocuspocusMessageLimits = YjsMessageLimits & Pick<RelayLimits, 'statelessBytesMax'>

/** UTF-8 bytes of the session in a key. Published clients choose about a dozen. */
export const SESSION_BYTES_MAX = 128

const KEY_BYTES_MAX = ProtocolLimits.roomNameBytesMax + 1 + SESSION_BYTES_MAX

const Tag = { ...YjsTag, auth: 2, stateless: 5, close: 7, syncStatus: 8, ping: 9, pong: 10 } as const
const AuthTag = { token: 0, denied: 1, authenticated: 2 } as const

const scopes: Readonly<Record<Access, string>> = { read: 'readonly', write: 'read-write' }

/** Decodes a frame of a client, whole. Throws `DecodeError`; `limit-exceeded` if something in it is too long. */
export function decodeHocuspocusFrame(frame: Uint8Array, limits: HocuspocusMessageLimits): HocuspocusRequest {
  if (frame.length === 1 && frame[0] === Tag.ping) return { type: 'ping' }
  if (frame.length === 1 && frame[0] === Tag.pong) return { type: 'pong' }
  const reader = new ByteReader(frame)
  const key = readString(reader, KEY_BYTES_MAX, 'a document name')
  const separatorAt = key.indexOf('\0')
  const name = separatorAt === -1 ? key : key.slice(0, separatorAt)
  const request = readRequest(reader, limits)
  reader.end()
  return { type: 'document', key, name, request }
}

/** Encodes one message as a frame. Bytes are copied. */
export function encodeHocuspocusFrame(message: HocuspocusAnswer): Uint8Array {
  if (message.type !== 'document') return Uint8Array.of(message.type === 'ping' ? Tag.ping : Tag.pong)
  const writer = new ByteWriter(64)
  writer.string(message.key)
  writeDocumentAnswer(writer, message.answer)
  return writer.finish()
}

function readRequest(reader: ByteReader, limits: HocuspocusMessageLimits): DocumentRequest {
  const start = reader.offset
  const tag = reader.varUint()
  switch (tag) {
    case Tag.sync:
      return readSync(reader, limits)
    case Tag.awareness:
      return readAwareness(reader, limits)
    case Tag.queryAwareness:
      return { type: 'queryAwareness' }
    case Tag.auth:
      return readAuth(reader)
    case Tag.stateless:
      return { type: 'stateless', payload: readStateless(reader, limits) }
    case Tag.close:
      return { type: 'close' }
    default:
      return reader.fail('unknown-tag', `a client does not send messages of type ${tag}`, start)
  }
}

function readAuth(reader: ByteReader): DocumentRequest {
  const start = reader.offset
  const tag = reader.varUint()
  if (tag !== AuthTag.token) reader.fail('unknown-tag', `a client does not send auth messages of type ${tag}`, start)
  const token = readString(reader, ProtocolLimits.tokenBytesMax, 'a token')
  // The version of the client, which older ones do not tell.
  if (reader.remaining > 0) readString(reader, ProtocolLimits.textBytesMax, 'a version')
  return { type: 'auth', token }
}

function readStateless(reader: ByteReader, { statelessBytesMax }: HocuspocusMessageLimits): string {
  const start = reader.offset
  const length = reader.varUint()
  if (length > statelessBytesMax) {
    throw new OverLimit('statelessBytesMax', start, `${length} bytes of a message, ${statelessBytesMax} allowed`)
  }
  reader.offset = start
  return reader.string()
}

function readString(reader: ByteReader, bytesMax: number, what: string): string {
  const start = reader.offset
  const length = reader.varUint()
  // Looked at before anything is made of the bytes.
  if (length > bytesMax) reader.fail('limit-exceeded', `${length} bytes of ${what}, ${bytesMax} allowed`, start)
  reader.offset = start
  return reader.string()
}

function writeDocumentAnswer(writer: ByteWriter, answer: DocumentAnswer): void {
  switch (answer.type) {
    case 'tokenWanted':
      writer.varUint(Tag.auth)
      return writer.varUint(AuthTag.token)
    case 'permissionDenied':
      writer.varUint(Tag.auth)
      writer.varUint(AuthTag.denied)
      return writer.string(answer.reason)
    case 'authenticated':
      writer.varUint(Tag.auth)
      writer.varUint(AuthTag.authenticated)
      return writer.string(scopes[answer.access])
    case 'stateless':
      writer.varUint(Tag.stateless)
      return writer.string(answer.payload)
    case 'closed':
      writer.varUint(Tag.close)
      return writer.string(answer.reason)
    case 'syncStatus':
      writer.varUint(Tag.syncStatus)
      return writer.varUint(answer.stored ? 1 : 0)
    case 'syncStep1':
    case 'syncStep2':
    case 'update':
    case 'awareness':
      return writeAnswer(writer, answer)
    default:
      return answer satisfies never
  }
}
