/**
 * Values in lib0's "any" encoding, built and written: what apps put into arrays and maps. The layout is drawn in `any.ts`; the same bytes come out as
 * from Yjs.
 *
 * A deliberate difference: a key `__proto__` in what somebody sent becomes a key like any other. Yjs assigns it, and so changes the object's prototype.
 */
import * as AnyTag from './any-tag.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { readVarInt, writeTaggedVarInt } from './format-v2/var-int.ts'

const INTEGER_MAX = 0x7fffffff
const scratch = new DataView(new ArrayBuffer(8))

/** Reads one value that `skipAny` has checked. Bytes are copied. */
export function readAnyValue(reader: ByteReader): unknown {
  const tag = reader.uint8()
  switch (tag) {
    case AnyTag.undefined:
      return undefined
    case AnyTag.null:
      return null
    case AnyTag.integer:
      return readVarInt(reader)
    case AnyTag.float32:
      return viewOf(reader.view(4)).getFloat32(0)
    case AnyTag.float64:
      return viewOf(reader.view(8)).getFloat64(0)
    case AnyTag.bigint:
      return viewOf(reader.view(8)).getBigInt64(0)
    case AnyTag.false:
      return false
    case AnyTag.true:
      return true
    case AnyTag.string:
      return reader.string()
    case AnyTag.object: {
      const object: Record<string, unknown> = {}
      for (let left = reader.varUint(); left > 0; left--) {
        const key = reader.string()
        const value = readAnyValue(reader)
        if (key === '__proto__') {
          Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
        } else object[key] = value
      }
      return object
    }
    case AnyTag.array: {
      const array: unknown[] = []
      for (let left = reader.varUint(); left > 0; left--) array.push(readAnyValue(reader))
      return array
    }
    case AnyTag.bytes:
      return Uint8Array.from(reader.lengthPrefixed())
    default:
      return reader.fail('unknown-tag', `no value has the tag ${tag}`)
  }
}

/** Writes one value. What is none (a function, a symbol) is written as undefined, as in Yjs. */
export function writeAnyValue(writer: ByteWriter, value: unknown): void {
  if (typeof value === 'string') {
    writer.uint8(AnyTag.string)
    writer.string(value)
  } else if (typeof value === 'number') writeNumber(writer, value)
  else if (typeof value === 'bigint') {
    writer.uint8(AnyTag.bigint)
    scratch.setBigInt64(0, value)
    writeScratch(writer, 8)
  } else if (typeof value === 'boolean') writer.uint8(value ? AnyTag.true : AnyTag.false)
  else if (value === null) writer.uint8(AnyTag.null)
  else if (typeof value === 'object') writeObject(writer, value)
  else writer.uint8(AnyTag.undefined)
}

function writeObject(writer: ByteWriter, value: object): void {
  if (Array.isArray(value)) {
    writer.uint8(AnyTag.array)
    writer.varUint(value.length)
    for (let at = 0; at < value.length; at++) writeAnyValue(writer, value[at])
  } else if (value instanceof Uint8Array) {
    writer.uint8(AnyTag.bytes)
    writer.lengthPrefixed(value)
  } else {
    const keys = Object.keys(value)
    writer.uint8(AnyTag.object)
    writer.varUint(keys.length)
    for (const key of keys) {
      writer.string(key)
      writeAnyValue(writer, (value as Record<string, unknown>)[key])
    }
  }
}

function writeNumber(writer: ByteWriter, value: number): void {
  if ((value | 0) === value && value >= -INTEGER_MAX) return writeTaggedVarInt(writer, AnyTag.integer, value)
  scratch.setFloat32(0, value)
  if (scratch.getFloat32(0) === value) {
    writer.uint8(AnyTag.float32)
    writeScratch(writer, 4)
    return
  }
  scratch.setFloat64(0, value)
  writer.uint8(AnyTag.float64)
  writeScratch(writer, 8)
}

function writeScratch(writer: ByteWriter, bytes: number): void {
  for (let at = 0; at < bytes; at++) writer.uint8(scratch.getUint8(at))
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
