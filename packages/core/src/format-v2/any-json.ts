/**
 * Embeds and formatting values, which are JSON text in format v1 and "any" values (see `any.ts`) in v2. Going from one to the
 * other means building the value, since JavaScript's own rules decide what is the same: number formats, the order of keys, which
 * of two equal keys counts. What JSON cannot say is lost or refused exactly where `JSON.stringify` loses or refuses it, as in
 * Yjs: NaN, infinities and `undefined` inside of arrays become null, −0 becomes 0, bytes become an object of their indices; a
 * bigint, or `undefined` on its own, cannot be said at all.
 *
 * One deliberate difference: a key `__proto__` stays a key. Yjs assigns it, and so loses it.
 */
import { ANY_OBJECT, NESTING_DEPTH_MAX } from '../any.ts'
import type { ByteReader } from '../byte-reader.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { readVarInt, writeVarInt } from './var-int.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What `JSON.stringify` takes and an "any" may be. */
type Stringifiable =
  | Json
  | undefined
  | Uint8Array
  | readonly Stringifiable[]
  | { readonly [key: string]: Stringifiable }

const UNDEFINED = 127
const NULL = 126
const INTEGER = 125
const FLOAT32 = 124
const FLOAT64 = 123
const BIGINT = 122
const FALSE = 121
const TRUE = 120
const STRING = 119
const ARRAY = 117
const BYTES = 116

/** The largest integer that lib0 writes as one; others are floats. */
const INTEGER_MAX = 0x7fffffff

/** Reads one "any" value and returns its JSON text. Throws `DecodeError`, also where there is no such text. */
export function readAnyAsJson(reader: ByteReader): string {
  const start = reader.offset
  const value = readAny(reader, 0)
  if (value === undefined) reader.fail('invalid-value', 'undefined cannot be written as JSON', start)
  try {
    return JSON.stringify(value)
  } catch {
    return reader.fail('limit-exceeded', 'longer as JSON than a string can be', start)
  }
}

/** Writes the value of a JSON text as "any". The text was checked when it was decoded. */
export function writeJsonAsAny(writer: ByteWriter, json: string): void {
  writeAny(writer, JSON.parse(json) as Json)
}

function readAny(reader: ByteReader, depth: number): Stringifiable {
  const start = reader.offset
  const tag = reader.uint8()
  // Each of these is a pair of brackets in JSON.
  if ((tag === ANY_OBJECT || tag === ARRAY || tag === BYTES) && depth === NESTING_DEPTH_MAX) {
    reader.fail('limit-exceeded', `nested deeper than ${NESTING_DEPTH_MAX}`, start)
  }
  switch (tag) {
    case UNDEFINED:
      return undefined
    case NULL:
      return null
    case INTEGER:
      return readVarInt(reader)
    case FLOAT32:
      return dataView(reader.view(4)).getFloat32(0)
    case FLOAT64:
      return dataView(reader.view(8)).getFloat64(0)
    case BIGINT:
      return reader.fail('invalid-value', 'a bigint cannot be written as JSON', start)
    case FALSE:
      return false
    case TRUE:
      return true
    case STRING:
      return reader.string()
    case ANY_OBJECT: {
      // Without a prototype, so that `__proto__` is a key like any other.
      const object = Object.create(null) as Record<string, Stringifiable>
      for (let left = reader.count(2); left > 0; left--) {
        const key = reader.string()
        object[key] = readAny(reader, depth + 1)
      }
      return object
    }
    case ARRAY: {
      const array: Stringifiable[] = []
      for (let left = reader.count(1); left > 0; left--) array.push(readAny(reader, depth + 1))
      return array
    }
    case BYTES:
      // A copy, for its type: the input may be a Node Buffer, which has a JSON form of its own.
      return Uint8Array.from(reader.lengthPrefixed())
    default:
      return reader.fail('unknown-tag', `no value has the tag ${tag}`, start)
  }
}

function writeAny(writer: ByteWriter, value: Json): void {
  if (value === null) writer.uint8(NULL)
  else if (typeof value === 'boolean') writer.uint8(value ? TRUE : FALSE)
  else if (typeof value === 'number') writeNumber(writer, value)
  else if (typeof value === 'string') {
    writer.uint8(STRING)
    writer.string(value)
  } else if (isArray(value)) {
    writer.uint8(ARRAY)
    writer.varUint(value.length)
    for (const element of value) writeAny(writer, element)
  } else {
    const entries = Object.entries(value)
    writer.uint8(ANY_OBJECT)
    writer.varUint(entries.length)
    for (const [key, element] of entries) {
      writer.string(key)
      writeAny(writer, element)
    }
  }
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isInteger(value) && Math.abs(value) <= INTEGER_MAX) {
    writer.uint8(INTEGER)
    writeVarInt(writer, value)
  } else if (Math.fround(value) === value) {
    const float = new Uint8Array(4)
    dataView(float).setFloat32(0, value)
    writer.uint8(FLOAT32)
    writer.raw(float)
  } else {
    const float = new Uint8Array(8)
    dataView(float).setFloat64(0, value)
    writer.uint8(FLOAT64)
    writer.raw(float)
  }
}

function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
