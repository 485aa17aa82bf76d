/** Random messages of the protocol, derived from the schema: a new message is fuzzed from the day it is declared. */
import fc from 'fast-check'
import { ProtocolLimits, isRoomName } from './limits.ts'
import type { ClientMessage, Message, RelayMessage } from './messages.ts'
import { schema, type FieldKind, type MessageSchema, type MessageType, type Sender } from './schema.ts'
import { wireCodes, type WireCode } from './wire-codes.ts'

const uint = fc.oneof(fc.nat(300), fc.maxSafeNat())
const position = fc.record({ epoch: uint, seq: uint })
const text = fc.string({ unit: 'grapheme', maxLength: 40 })

function field(kind: FieldKind): fc.Arbitrary<unknown> {
  switch (kind) {
    case 'uint':
      return uint
    case 'uints':
      return fc.array(uint, { maxLength: ProtocolLimits.versionsMax })
    case 'bool':
      return fc.boolean()
    case 'text':
    case 'token':
      return text
    case 'room':
      return text.filter(isRoomName)
    case 'token?':
      return fc.option(text, { nil: undefined })
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 })
    case 'position':
      return position
    case 'position?':
      return fc.option(position, { nil: undefined })
    case 'access':
      return fc.constantFrom('read', 'write')
    case 'code':
      return fc.constantFrom(...(Object.keys(wireCodes) as WireCode[]))
  }
}

function messagesFrom(sender: Sender): fc.Arbitrary<Message> {
  const arbitraries = Object.entries<MessageSchema>(schema)
    .filter(([, { from }]) => from === sender || from === 'both')
    .map(([type, { fields }]) =>
      fc.record({
        type: fc.constant(type as MessageType),
        ...Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, field(kind)])),
      }),
    )
  return fc.oneof(...arbitraries) as fc.Arbitrary<unknown> as fc.Arbitrary<Message>
}

export const clientMessage: fc.Arbitrary<ClientMessage> = messagesFrom('client') as fc.Arbitrary<ClientMessage>
export const relayMessage: fc.Arbitrary<RelayMessage> = messagesFrom('relay') as fc.Arbitrary<RelayMessage>
