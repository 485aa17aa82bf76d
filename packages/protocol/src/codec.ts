/**
 * Frames: one or more messages back to back, each a `uint` tag and its fields, driven by {@link schema}. A decoded
 * message is whole and inside {@link ProtocolLimits}, or a `DecodeError` was thrown and none of the frame counts.
 */
import { ByteReader, ByteWriter } from '@syncline/core'
import { ProtocolLimits } from './limits.ts'
import type { ClientMessage, Message, Position, RelayMessage } from './messages.ts'
import { schema, type FieldKind, type MessageSchema, type MessageType, type Sender } from './schema.ts'
import { wireCodeName, wireCodes, type WireCode } from './wire-codes.ts'

/** A frame that is longer does not leave its buffer behind for the next. */
const KEPT_BYTES_MAX = 64 * 1024

/** One for all calls, which do not overlap: a buffer for each ack costs more than what is written into it. */
let shared = new ByteWriter(256)

/** Encodes messages, in order, as one frame. Bytes of fields are copied. */
export function encodeFrame(messages: readonly Message[]): Uint8Array<ArrayBuffer> {
  const writer = shared
  writer.reset()
  for (const message of messages) writeMessage(writer, message)
  if (writer.length > KEPT_BYTES_MAX) shared = new ByteWriter(256)
  return writer.finish()
}

/**
 * Decodes a frame that a client sent. Bytes of fields are views of `frame`, which must not change while they are in
 * use. Throws `DecodeError`: unknown tags, messages only a relay sends, fields outside their limits, an empty frame,
 * bytes left over.
 */
export function decodeClientFrame(frame: Uint8Array): ClientMessage[] {
  return decodeFrame(frame, 'client') as ClientMessage[]
}

/** Decodes a frame that a relay sent; as {@link decodeClientFrame}, for the other side. */
export function decodeRelayFrame(frame: Uint8Array): RelayMessage[] {
  return decodeFrame(frame, 'relay') as RelayMessage[]
}

function decodeFrame(frame: Uint8Array, sender: Sender): Message[] {
  const reader = new ByteReader(frame)
  const messages: Message[] = []
  do {
    if (messages.length === ProtocolLimits.frameMessagesMax) {
      reader.fail('limit-exceeded', `more than ${ProtocolLimits.frameMessagesMax} messages in a frame`)
    }
    messages.push(readMessage(reader, sender))
  } while (reader.remaining > 0)
  return messages
}

/** The schema with its fields as a list, by type and by tag: what the loops below want. */
interface Layout {
  readonly type: MessageType
  readonly tag: number
  readonly from: Sender
  readonly fields: readonly (readonly [name: string, kind: FieldKind])[]
}

const layouts: readonly Layout[] = Object.entries<MessageSchema>(schema).map(([type, { tag, from, fields }]) => ({
  type: type as MessageType,
  tag,
  from,
  fields: Object.entries(fields),
}))
const layoutByType = new Map(layouts.map((layout) => [layout.type, layout]))
const layoutByTag = new Map(layouts.map((layout) => [layout.tag, layout]))

function writeMessage(writer: ByteWriter, message: Message): void {
  const layout = layoutByType.get(message.type)!
  const values = message as unknown as Readonly<Record<string, unknown>>
  writer.varUint(layout.tag)
  for (const [name, kind] of layout.fields) writeField(writer, kind, values[name])
}

function readMessage(reader: ByteReader, sender: Sender): Message {
  const start = reader.offset
  const tag = reader.varUint()
  const layout = layoutByTag.get(tag)
  if (layout === undefined) return reader.fail('unknown-tag', `no message has the tag ${tag}`, start)
  if (layout.from !== 'both' && layout.from !== sender) {
    reader.fail('unknown-tag', `a ${sender} does not send ${layout.type}`, start)
  }
  const message: Record<string, unknown> = { type: layout.type }
  for (const [name, kind] of layout.fields) message[name] = readField(reader, kind, name)
  return message as unknown as Message
}

function writeField(writer: ByteWriter, kind: FieldKind, value: unknown): void {
  switch (kind) {
    case 'uint':
      return writer.varUint(value as number)
    case 'uints': {
      const numbers = value as readonly number[]
      writer.varUint(numbers.length)
      for (const number of numbers) writer.varUint(number)
      return
    }
    case 'bool':
      return writer.uint8(value === true ? 1 : 0)
    case 'text':
    case 'room':
    case 'token':
      return writer.string(value as string)
    case 'bytes':
      return writer.lengthPrefixed(value as Uint8Array)
    case 'position': {
      const { epoch, seq } = value as Position
      writer.varUint(epoch)
      return writer.varUint(seq)
    }
    case 'access':
      return writer.uint8(value === 'write' ? 1 : 0)
    case 'code':
      return writer.varUint(wireCodes[value as WireCode])
    case 'token?':
    case 'position?':
      writer.uint8(value === undefined ? 0 : 1)
      if (value !== undefined) writeField(writer, required(kind), value)
      return
    default:
      return kind satisfies never
  }
}

function readField(reader: ByteReader, kind: FieldKind, name: string): unknown {
  switch (kind) {
    case 'uint':
      return reader.varUint()
    case 'uints': {
      const start = reader.offset
      const count = reader.varUint()
      if (count > ProtocolLimits.versionsMax) {
        reader.fail('limit-exceeded', `${count} ${name}, ${ProtocolLimits.versionsMax} allowed`, start)
      }
      return Array.from({ length: count }, () => reader.varUint())
    }
    case 'bool':
      return readFlag(reader, name)
    case 'text':
    case 'room':
    case 'token':
      return readString(reader, stringBytesMax[kind], name)
    case 'bytes':
      return reader.lengthPrefixed()
    case 'position':
      return { epoch: reader.varUint(), seq: reader.varUint() } satisfies Position
    case 'access':
      return readFlag(reader, name) ? 'write' : 'read'
    case 'code': {
      const start = reader.offset
      const number = reader.varUint()
      return wireCodeName(number) ?? reader.fail('unknown-tag', `no code has the number ${number}`, start)
    }
    case 'token?':
    case 'position?':
      return readFlag(reader, name) ? readField(reader, required(kind), name) : undefined
    default:
      return kind satisfies never
  }
}

function required(kind: 'token?' | 'position?'): 'token' | 'position' {
  return kind === 'token?' ? 'token' : 'position'
}

function readFlag(reader: ByteReader, name: string): boolean {
  const byte = reader.uint8()
  if (byte > 1) reader.fail('unknown-tag', `${name} is ${byte}, not 0 or 1`, reader.offset - 1)
  return byte === 1
}

const stringBytesMax = {
  text: ProtocolLimits.textBytesMax,
  room: ProtocolLimits.roomNameBytesMax,
  token: ProtocolLimits.tokenBytesMax,
} as const

function readString(reader: ByteReader, bytesMax: number, name: string): string {
  const start = reader.offset
  if (reader.varUint() > bytesMax) reader.fail('limit-exceeded', `${name} is longer than ${bytesMax} bytes`, start)
  reader.offset = start
  return reader.string()
}
