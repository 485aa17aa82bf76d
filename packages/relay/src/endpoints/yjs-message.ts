/**
 * What the clients of Yjs say about one document, whatever frames it in: the messages that the protocols of y-websocket
 * and Hocuspocus have in common, as values and as bytes. Bytes from a client are checked here, whole and against every
 * limit, except that an update is decoded by its room, which has to look into it anyway.
 *
 * ```
 * sync       uint 0 (step 1), bytes state vector     what I have
 *            uint 1 (step 2), bytes update           what you lack: the answer
 *            uint 2 (update), bytes update           what is new
 * awareness  bytes of an awareness update
 * ```
 */
import { decodeStateVector, type ByteReader, type ByteWriter } from '@syncline/core'
import { decodeAwareness, type AwarenessEntry } from '@syncline/protocol'
import type { RelayLimits } from '../limits.ts'
import { OverLimit } from './over-limit.ts'

/** What the relay says. Bytes are borrowed. */
export type YjsAnswer =
  | { readonly type: 'syncStep1'; readonly stateVector: Uint8Array }
  | { readonly type: 'syncStep2' | 'update'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly payload: Uint8Array }

/** What a client says. Bytes are views of its frame. */
export type YjsRequest =
  | { readonly type: 'syncStep1'; readonly stateVector: Uint8Array }
  | { readonly type: 'syncStep2' | 'update'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly entries: readonly AwarenessEntry[] }
  | { readonly type: 'queryAwareness' }
  /** For whoever else has the document open, and never stored. Hocuspocus only. */
  | { readonly type: 'stateless'; readonly payload: string }

export type YjsMessageLimits = Pick<RelayLimits, 'awarenessBytesMax' | 'stateVectorBytesMax'>

/** The message types that both protocols number alike. */
export const YjsTag = { sync: 0, awareness: 1, queryAwareness: 3 } as const

const SyncTag = { step1: 0, step2: 1, update: 2 } as const

/** Reads the body of a sync message. Throws `DecodeError`; `limit-exceeded` if it is too long. */
export function readSync(reader: ByteReader, limits: YjsMessageLimits): YjsRequest {
  const start = reader.offset
  const tag = reader.varUint()
  switch (tag) {
    case SyncTag.step1: {
      const stateVector = readBytes(reader, limits, 'stateVectorBytesMax', 'a state vector')
      decodeStateVector(stateVector)
      return { type: 'syncStep1', stateVector }
    }
    case SyncTag.step2:
      return { type: 'syncStep2', update: reader.lengthPrefixed() }
    case SyncTag.update:
      return { type: 'update', update: reader.lengthPrefixed() }
    default:
      return reader.fail('unknown-tag', `no sync message has the type ${tag}`, start)
  }
}

/** Reads the body of an awareness message; errors as for {@link readSync}. */
export function readAwareness(reader: ByteReader, limits: YjsMessageLimits): YjsRequest {
  return { type: 'awareness', entries: decodeAwareness(readBytes(reader, limits, 'awarenessBytesMax', 'awareness')) }
}

/** Writes a message with its type. */
export function writeAnswer(writer: ByteWriter, answer: YjsAnswer): void {
  switch (answer.type) {
    case 'syncStep1':
      writer.varUint(YjsTag.sync)
      writer.varUint(SyncTag.step1)
      return writer.lengthPrefixed(answer.stateVector)
    case 'syncStep2':
    case 'update':
      writer.varUint(YjsTag.sync)
      writer.varUint(answer.type === 'update' ? SyncTag.update : SyncTag.step2)
      return writer.lengthPrefixed(answer.update)
    case 'awareness':
      writer.varUint(YjsTag.awareness)
      return writer.lengthPrefixed(answer.payload)
    default:
      return answer satisfies never
  }
}

function readBytes(
  reader: ByteReader,
  limits: YjsMessageLimits,
  limit: keyof YjsMessageLimits,
  what: string,
): Uint8Array {
  const start = reader.offset
  const bytes = reader.lengthPrefixed()
  if (bytes.length > limits[limit]) {
    throw new OverLimit(limit, start, `${bytes.length} bytes of ${what}, ${limits[limit]} allowed`)
  }
  return bytes
}
