/**
 * Whether two encodings are the same value. Some implementations of the format read and write again what they pass on, and then the
 * keys of an object may stand in another order, or a number or a length in another width. That is no conflict. Bytes were checked
 * before.
 */
import { readAnyValue } from './any-value.ts'
import { ByteReader } from './byte-reader.ts'
import * as ContentKind from './content-kind.ts'
import { type Content } from './content.ts'
import { decodeUtf8 } from './text-coding.ts'

/** Whether two contents of the same kind, other than text, hold the same values. Linear, but for the sorting of keys. */
export function isSameValue(a: Content, b: Content): boolean {
  const [left, right] = [new ByteReader(a.payload), new ByteReader(b.payload)]
  switch (a.kind) {
    case ContentKind.any:
      return a.length === b.length && every(a.length, () => isSame(readAnyValue(left), readAnyValue(right)))
    case ContentKind.json:
      return a.length === b.length && every(a.length, () => isSameJson(left, right))
    case ContentKind.embed:
      return isSameJson(left, right)
    case ContentKind.format:
      return left.string() === right.string() && isSameJson(left, right)
    case ContentKind.document:
      return left.string() === right.string() && isSameOptions(readAnyValue(left), readAnyValue(right))
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

/** Whether two values are the same: numbers by value, objects whatever the order of their keys. Nesting was bounded when the bytes were checked. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && isSameBytes(a, b)
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [ours, theirs] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  if (ours.size !== theirs.size) return false
  for (const [key, value] of ours) if (!theirs.has(key) || !isSame(value, theirs.get(key))) return false
  return true
}

/**
 * Of a subdocument's options Yjs keeps whether it collects garbage, which it does, whether it loads itself, which it does not, and its
 * metadata. It writes them again only where they are not the default, and no others.
 */
function isSameOptions(a: unknown, b: unknown): boolean {
  const [ours, theirs] = [optionsOf(a), optionsOf(b)]
  return ours.gc === theirs.gc && ours.autoLoad === theirs.autoLoad && isSame(ours.meta, theirs.meta)
}

function optionsOf(options: unknown): { gc: boolean; autoLoad: boolean; meta: unknown } {
  const { gc = true, autoLoad = false, meta = null } = options as Record<string, unknown>
  return { gc: Boolean(gc), autoLoad: Boolean(autoLoad), meta }
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
