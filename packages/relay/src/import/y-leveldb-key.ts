/**
 * The keys of y-leveldb, the store of the y-websocket server. A key is a list of strings and numbers:
 *
 *   00 length (varUint) UTF-8      a string
 *   01 four bytes, big-endian      a number
 *
 * An update of a document lies at `['v1', document, 'update', clock]`. Other keys hold what can be computed from those
 * (`['v1_sv', document]`: its state vector) or what the application keeps beside (`['v1', document, 'meta', …]`).
 */
import { ByteReader, ByteWriter, DecodeError } from '@syncline/core'

const STRING = 0
const NUMBER = 1
/** No part of a key begins with this byte, so it sorts after everything that may follow. */
const AFTER_ALL = 0xff

/** A stretch of keys in the order of their bytes: `start` is in it, `end` is not. */
export interface KeyRange {
  readonly start: Uint8Array
  readonly end: Uint8Array
}

/** The keys of all documents. */
export const documentKeys: KeyRange = rangeOf('v1')

/** All keys of one document. No key of another document lies between them, since lengths come before names. */
export function keysOf(document: string): KeyRange {
  return rangeOf('v1', document)
}

/** The keys of the updates of one document, in the order in which they were stored. */
export function updateKeysOf(document: string): KeyRange {
  return rangeOf('v1', document, 'update')
}

/** The document that a key of {@link documentKeys} is of, or `undefined` for a key that y-leveldb does not write. */
export function documentOf(key: Uint8Array): string | undefined {
  try {
    const [, document] = decodeKey(key)
    return typeof document === 'string' ? document : undefined
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function decodeKey(key: Uint8Array): readonly (string | number)[] {
  const reader = new ByteReader(key)
  const parts: (string | number)[] = []
  while (reader.remaining > 0) {
    const tag = reader.uint8()
    if (tag === STRING) parts.push(reader.string())
    else if (tag === NUMBER) parts.push(Buffer.from(reader.view(4)).readUInt32BE())
    else reader.fail('unknown-tag', `part ${tag} of a key`)
  }
  return parts
}

function rangeOf(...parts: readonly string[]): KeyRange {
  const writer = new ByteWriter()
  for (const part of parts) {
    writer.uint8(STRING)
    writer.string(part)
  }
  const start = writer.finish()
  return { start, end: Buffer.concat([start, Uint8Array.of(AFTER_ALL)]) }
}
