/**
 * The frames of y-websocket, for one document per socket.
 *
 * ```
 * uint 0 sync · uint 1 awareness · uint 2 auth: uint 0, string reason · uint 3 query awareness
 * ```
 *
 * The relay writes one message in a frame, since published clients read no further; it reads as many as there are.
 */
import { ByteReader, ByteWriter } from '@syncline/core'
import { ProtocolLimits, encodeAwareness } from '@syncline/protocol'
import {
  YjsTag,
  readAwareness,
  readSync,
  writeAnswer,
  type YjsAnswer,
  type YjsMessageLimits,
  type YjsRequest,
} from '../yjs-message.ts'

/** What the relay says. The client shows the reason of a denial to its developer, and goes on. */
export type YAnswer = YjsAnswer | { readonly type: 'permissionDenied'; readonly reason: string }

const AUTH_TAG = 2
const PERMISSION_DENIED_TAG = 0

/** Awareness of nobody: the shortest message that a client takes for a sign of life. */
export const keepalive: YAnswer = { type: 'awareness', payload: encodeAwareness([]) }

/** Decodes a frame of a client, whole. Throws `DecodeError`; `limit-exceeded` if something in it is too long. */
export function decodeYFrame(frame: Uint8Array, limits: YjsMessageLimits): YjsRequest[] {
  const reader = new ByteReader(frame)
  const requests: YjsRequest[] = []
  do {
    if (requests.length === ProtocolLimits.frameMessagesMax) {
      reader.fail('limit-exceeded', `more than ${ProtocolLimits.frameMessagesMax} messages in a frame`)
    }
    requests.push(readRequest(reader, limits))
  } while (reader.remaining > 0)
  return requests
}

/** Encodes one message as a frame. Bytes are copied. */
export function encodeYFrame(answer: YAnswer): Uint8Array {
  const writer = new ByteWriter(64)
  if (answer.type === 'permissionDenied') {
    writer.varUint(AUTH_TAG)
    writer.varUint(PERMISSION_DENIED_TAG)
    writer.string(answer.reason)
  } else {
    writeAnswer(writer, answer)
  }
  return writer.finish()
}

function readRequest(reader: ByteReader, limits: YjsMessageLimits): YjsRequest {
  const start = reader.offset
  const tag = reader.varUint()
  switch (tag) {
    case YjsTag.sync:
      return readSync(reader, limits)
    case YjsTag.awareness:
      return readAwareness(reader, limits)
    case YjsTag.queryAwareness:
      return { type: 'queryAwareness' }
    default:
      return reader.fail('unknown-tag', `a client does not send messages of type ${tag}`, start)
  }
}
