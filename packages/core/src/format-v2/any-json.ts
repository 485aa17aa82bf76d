/**
 * Embeds and formatting values, which are JSON text in format v1 and "any" values (see `any.ts`) in v2. Going from one to the
 * other means building the value, since JavaScript's own rules decide what is the same: number formats, the order of keys, which
 * of two equal keys counts. What JSON cannot say is lost or refused exactly where `JSON.stringify` loses or refuses it, as in
 * Yjs: NaN, infinities and `undefined` inside of arrays become null, −0 becomes 0, bytes become an object of their indices; a
 * bigint, or `undefined` on its own, cannot be said at all.
 */
import { readAnyValue, writeAnyValue } from '../any-value.ts'
import { skipAny } from '../any.ts'
import type { ByteReader } from '../byte-reader.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { checkNesting } from '../json.ts'

/** Reads one "any" value and returns its JSON text. Throws `DecodeError`, also where there is no such text. */
export function readAnyAsJson(reader: ByteReader): string {
  const start = reader.offset
  skipAny(reader)
  reader.offset = start
  const json = jsonOf(reader, readAnyValue(reader), start)
  if (json === undefined) return reader.fail('invalid-value', 'undefined cannot be written as JSON', start)
  checkNesting(reader, json, start)
  return json
}

/** Writes the value of a JSON text as "any". The text was checked when it was decoded. */
export function writeJsonAsAny(writer: ByteWriter, json: string): void {
  writeAnyValue(writer, JSON.parse(json))
}

function jsonOf(reader: ByteReader, value: unknown, start: number): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof TypeError) return reader.fail('invalid-value', 'a bigint cannot be written as JSON')
    return reader.fail('limit-exceeded', 'longer as JSON than a string can be', start)
  }
}
