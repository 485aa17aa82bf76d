/**
 * JSON inside an update: embeds, formatting values, and the legacy content of arrays. Yjs parses it while it reads an update,
 * so text that is not JSON would throw in every client that receives it. Here it is checked and kept as bytes.
 */
import { NESTING_DEPTH_MAX } from './any.ts'
import type { ByteReader } from './byte-reader.ts'
import { DecodeError } from './errors.ts'
import { decodeUtf8 } from './text-coding.ts'

/** Reads past one length-prefixed JSON text. Throws `DecodeError` if it is none, or is nested deeper than {@link NESTING_DEPTH_MAX}. */
export function skipJson(reader: ByteReader): void {
  const start = reader.offset
  checkJson(reader, reader.utf8(), start)
}

/** As {@link skipJson}, but for legacy array content, where Yjs writes the bare word `undefined` for that value. */
export function skipJsonOrUndefined(reader: ByteReader): void {
  const start = reader.offset
  const text = reader.utf8()
  if (text.length === 9 && decodeUtf8(text) === 'undefined') return
  checkJson(reader, text, start)
}

/** Fails for JSON that is nested deeper than {@link NESTING_DEPTH_MAX}. */
export function checkNesting(reader: ByteReader, json: string, start: number): void {
  if (nestingDepth(json) > NESTING_DEPTH_MAX)
    reader.fail('limit-exceeded', `nested deeper than ${NESTING_DEPTH_MAX}`, start)
}

function checkJson(reader: ByteReader, text: Uint8Array, start: number): void {
  try {
    const json = decodeUtf8(text)
    checkNesting(reader, json, start)
    JSON.parse(json)
  } catch (error) {
    if (error instanceof DecodeError) throw error
    reader.fail('invalid-value', 'not JSON', start)
  }
}

/** The deepest nesting of brackets outside of strings; of any use only for what is JSON. */
function nestingDepth(json: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at)
    if (inString) {
      if (unit === 0x5c) at++
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x5b || unit === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (unit === 0x5d || unit === 0x7d) depth--
  }
  return deepest
}
