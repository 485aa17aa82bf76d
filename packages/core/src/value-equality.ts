/**
 * Whether two encodings are the same value. Some implementations of the format read and write again what they pass on, and then the
 * keys of an object may stand in another order, or a number or a length in another width. That is no conflict. Bytes were checked
 * before.
 */
import { ANY_OBJECT, skipAny } from './any.ts'
import { ByteReader } from './byte-reader.ts'
import * as ContentKind from './content-kind.ts'
import { type Content } from './content.ts'
import { decodeUtf8 } from './text-coding.ts'

/** Whether two contents of the same kind, other than text, hold the same values. Linear, but for the sorting of keys. */
export function isSameValue(a: Content, b: Content): boolean {
  const [left, right] = [new ByteReader(a.payload), new ByteReader(b.payload)]
  switch (a.kind) {
    case ContentKind.any:
      return a.length === b.length && every(a.length, () => isSameAny(left, right))
    case ContentKind.json:
      return a.length === b.length && every(a.length, () => isSameJson(left, right))
    case ContentKind.embed:
      return isSameJson(left, right)
    case ContentKind.format:
      return left.string() === right.string() && isSameJson(left, right)
    case ContentKind.document:
      return left.string() === right.string() && isSameOptions(left, right)
    case ContentKind.binary:
      return isSameBytes(left.lengthPrefixed(), right.lengthPrefixed())
    case ContentKind.type:
      return left.varUint() === right.varUint() && isSameName(left, right)
    case ContentKind.deleted:
    case ContentKind.string:
      return isSameBytes(a.payload, b.payload)
    default:
      return a.kind satisfies never
  }
}

/** Of XML elements and hooks, the name; other shared types have none. */
function isSameName(a: ByteReader, b: ByteReader): boolean {
  if (a.remaining === 0 || b.remaining === 0) return a.remaining === b.remaining
  return isSameBytes(a.lengthPrefixed(), b.lengthPrefixed())
}

/** Reads a value from both, to its end if they are the same. Nesting was bounded when the bytes were checked. */
function isSameAny(a: ByteReader, b: ByteReader): boolean {
  const [aStart, bStart] = [a.offset, b.offset]
  const [aTag, bTag] = [a.uint8(), b.uint8()]
  if (isNumber(aTag) && isNumber(bTag)) return Object.is(readNumber(a, aTag), readNumber(b, bTag))
  if (aTag !== bTag) return false
  if (aTag === ANY_OBJECT) return isSameObject(a, b)
  if (aTag === ANY_ARRAY) {
    const length = a.varUint()
    return length === b.varUint() && every(length, () => isSameAny(a, b))
  }
  if (aTag === ANY_STRING || aTag === ANY_BYTES) return isSameBytes(a.lengthPrefixed(), b.lengthPrefixed())
  a.offset = aStart
  b.offset = bStart
  skipAny(a)
  skipAny(b)
  return isSameBytes(a.bytes.subarray(aStart, a.offset), b.bytes.subarray(bStart, b.offset))
}

function isSameObject(a: ByteReader, b: ByteReader): boolean {
  const [ours, theirs] = [readEntries(a), readEntries(b)]
  if (ours.size !== theirs.size) return false
  for (const [key, at] of ours) {
    const other = theirs.get(key)
    if (other === undefined || !isSameAny(new ByteReader(a.bytes, at), new ByteReader(b.bytes, other))) return false
  }
  return true
}

/**
 * Of a subdocument's options Yjs keeps whether it collects garbage, which it does, whether it loads itself, which it does not, and its
 * metadata. It writes them again only where they are not the default, and no others.
 */
function isSameOptions(a: ByteReader, b: ByteReader): boolean {
  a.uint8()
  b.uint8()
  const [ours, theirs] = [readEntries(a), readEntries(b)]
  const isTrue = (name: string, otherwise: boolean): boolean =>
    isTruthy(a, ours.get(name), otherwise) === isTruthy(b, theirs.get(name), otherwise)
  if (!isTrue('gc', true) || !isTrue('autoLoad', false)) return false
  const [meta, other] = [metadataAt(a, ours), metadataAt(b, theirs)]
  if (meta === undefined || other === undefined) return meta === other
  return isSameAny(new ByteReader(a.bytes, meta), new ByteReader(b.bytes, other))
}

/** Where the metadata begins; undefined if it is null, or as good as absent. */
function metadataAt({ bytes }: ByteReader, options: ReadonlyMap<string, number>): number | undefined {
  const at = options.get('meta')
  return at === undefined || bytes[at] === ANY_NULL || bytes[at] === ANY_UNDEFINED ? undefined : at
}

/** Whether JavaScript takes the value for true; `otherwise` if it is absent, or undefined, which stands for that. */
function isTruthy({ bytes }: ByteReader, at: number | undefined, otherwise: boolean): boolean {
  if (at === undefined || bytes[at] === ANY_UNDEFINED) return otherwise
  const reader = new ByteReader(bytes, at)
  const tag = reader.uint8()
  if (isNumber(tag)) return Boolean(readNumber(reader, tag))
  if (tag === ANY_BIGINT) return reader.view(8).some((byte) => byte !== 0)
  if (tag === ANY_STRING) return reader.varUint() > 0
  return tag !== ANY_NULL && tag !== ANY_FALSE
}

/** Where the value of each key begins; of a key that stands twice, the last, as when Yjs reads it. */
function readEntries(reader: ByteReader): Map<string, number> {
  const entries = new Map<string, number>()
  for (let left = reader.varUint(); left > 0; left--) {
    entries.set(reader.string(), reader.offset)
    skipAny(reader)
  }
  return entries
}

const ANY_BYTES = 116
const ANY_ARRAY = 117
const ANY_STRING = 119
const ANY_FALSE = 121
const ANY_BIGINT = 122
const ANY_NULL = 126
const ANY_UNDEFINED = 127
const ANY_INTEGER = 125
const ANY_FLOAT32 = 124
const ANY_FLOAT64 = 123

function isNumber(tag: number): boolean {
  return tag === ANY_INTEGER || tag === ANY_FLOAT32 || tag === ANY_FLOAT64
}

function readNumber(reader: ByteReader, tag: number): number {
  const bytes = tag === ANY_FLOAT32 ? 4 : 8
  if (tag !== ANY_INTEGER) {
    const { buffer, byteOffset } = reader.view(bytes)
    const view = new DataView(buffer, byteOffset, bytes)
    return tag === ANY_FLOAT32 ? view.getFloat32(0) : view.getFloat64(0)
  }
  const first = reader.uint8()
  let value = first & 0x3f
  let scale = 0x40
  for (let byte = first; byte >= 0x80; scale *= 0x80) {
    byte = reader.uint8()
    value += (byte & 0x7f) * scale
  }
  return (first & 0x40) === 0 ? value : -value
}

function isSameJson(a: ByteReader, b: ByteReader): boolean {
  const [left, right] = [a.lengthPrefixed(), b.lengthPrefixed()]
  return isSameBytes(left, right) || canonicalJson(left) === canonicalJson(right)
}

/** JSON with the keys of every object in order; the bare word `undefined` of legacy content as it is. */
function canonicalJson(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes)
  if (text === 'undefined') return text
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
  })
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

function every(times: number, holds: () => boolean): boolean {
  for (let left = times; left > 0; left--) if (!holds()) return false
  return true
}
