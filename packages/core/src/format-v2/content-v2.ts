/**
 * What an item holds, in format v2. In memory there is one form of content, that of v1 (see `content.ts`): here it is put together
 * from the columns, or spread over them. Bytes that are the same in both formats are not copied.
 *
 *     1 deleted   lengths: length                     6 format    key, rest: any (v1: JSON)
 *     2 JSON      lengths: count, strings: JSON       7 type      type references: reference [, key for 3 and 5]
 *     3 binary    rest: length, bytes                 8 any       lengths: count, rest: any
 *     4 string    strings: text                       9 document  strings: guid, rest: any
 *     5 embed     rest: any (v1: JSON)
 */
import { skipAny } from '../any.ts'
import { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import * as ContentKind from '../content-kind.ts'
import { contentOf, readContent, type Content } from '../content.ts'
import { DecodeError } from '../errors.ts'
import { decodeUtf8 } from '../text-coding.ts'
import { Cut } from '../text-run.ts'
import { readAnyAsJson, writeJsonAsAny } from './any-json.ts'
import type { ColumnsReader, ColumnsWriter } from './columns.ts'

/** Shared types that have a name of their own. */
const XML_ELEMENT_REFERENCE = 3
const XML_HOOK_REFERENCE = 5

const noBytes = new Uint8Array(0)

/** Reads content of a kind that an info byte named. Throws `DecodeError` where v1 would, and for values that JSON cannot say. */
export function readContentV2(columns: ColumnsReader, kind: number): Content {
  const { rest, strings } = columns
  switch (kind) {
    case ContentKind.deleted:
      return { kind, length: readCount(columns), payload: noBytes, cut: Cut.none }
    case ContentKind.string: {
      const start = strings.offset
      const text = strings.readText()
      if (text.length === 0) rest.fail('invalid-value', 'content without units', start)
      return contentOf(kind, text)
    }
    case ContentKind.any: {
      const length = readCount(columns)
      const start = rest.offset
      if (length > rest.remaining)
        rest.fail('unexpected-end', `${length} values announced, ${rest.remaining} bytes left`)
      for (let left = length; left > 0; left--) skipAny(rest)
      return { kind, length, payload: rest.bytes.subarray(start, rest.offset), cut: Cut.none }
    }
    case ContentKind.embed:
      return single(kind, (payload) => payload.string(readAnyAsJson(rest)))
    case ContentKind.format:
      return single(kind, (payload) => {
        payload.lengthPrefixed(columns.keys.read())
        payload.string(readAnyAsJson(rest))
      })
    case ContentKind.json:
      return readAsV1(kind, strings.offset, (v1) => {
        const count = readCount(columns)
        if (count > strings.remaining) rest.fail('unexpected-end', `${count} elements announced`, strings.offset)
        v1.varUint(count)
        for (let left = count; left > 0; left--) v1.lengthPrefixed(strings.readName())
      })
    case ContentKind.type:
      return readAsV1(kind, columns.typeReferences.offset, (v1) => {
        const reference = columns.typeReferences.read()
        v1.varUint(reference)
        if (isNamed(reference)) v1.lengthPrefixed(columns.keys.read())
      })
    case ContentKind.document:
      return readAsV1(kind, rest.offset, (v1) => {
        v1.lengthPrefixed(strings.readName())
        const start = rest.offset
        skipAny(rest)
        v1.raw(rest.bytes.subarray(start, rest.offset))
      })
    default:
      // Binary, and the kinds that nobody knows.
      return readContent(rest, kind)
  }
}

/** Writes content. What stands in JSON text was checked when it was decoded. */
export function writeContentV2(columns: ColumnsWriter, content: Content): void {
  const { kind, length, payload } = content
  const { rest, strings } = columns
  const v1 = new ByteReader(payload)
  switch (kind) {
    case ContentKind.deleted:
      columns.lengths.write(length)
      return
    case ContentKind.string:
      strings.writeText(content)
      return
    case ContentKind.any:
      columns.lengths.write(length)
      rest.raw(payload)
      return
    case ContentKind.json:
      columns.lengths.write(length)
      while (v1.remaining > 0) strings.writeName(v1.lengthPrefixed())
      return
    case ContentKind.binary:
      rest.raw(payload)
      return
    case ContentKind.embed:
      writeJsonAsAny(rest, decodeUtf8(v1.lengthPrefixed()))
      return
    case ContentKind.format:
      columns.keys.write(v1.lengthPrefixed())
      writeJsonAsAny(rest, decodeUtf8(v1.lengthPrefixed()))
      return
    case ContentKind.type: {
      const reference = v1.varUint()
      columns.typeReferences.write(reference)
      if (isNamed(reference)) columns.keys.write(v1.lengthPrefixed())
      return
    }
    case ContentKind.document:
      strings.writeName(v1.lengthPrefixed())
      rest.raw(payload.subarray(v1.offset))
      return
    default:
      kind satisfies never
  }
}

function isNamed(typeReference: number): boolean {
  return typeReference === XML_ELEMENT_REFERENCE || typeReference === XML_HOOK_REFERENCE
}

function readCount(columns: ColumnsReader): number {
  const start = columns.lengths.offset
  const count = columns.lengths.read()
  if (count === 0) columns.rest.fail('invalid-value', 'content without units', start)
  return count
}

function single(kind: ContentKind.Kind, write: (payload: ByteWriter) => void): Content {
  const payload = new ByteWriter()
  write(payload)
  return { kind, length: 1, payload: payload.finish(), cut: Cut.none }
}

/**
 * Content whose v1 form `write` puts together, read as v1 reads it, so that both formats accept the same. `start` is where an
 * error is reported that shows only then.
 */
function readAsV1(kind: ContentKind.Kind, start: number, write: (v1: ByteWriter) => void): Content {
  const v1 = new ByteWriter()
  write(v1)
  try {
    return readContent(new ByteReader(v1.finish()), kind)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new DecodeError(error.code, start, `no content of kind ${kind} in format v1: ${error.message}`)
  }
}
