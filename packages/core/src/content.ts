/**
 * What an item holds, as checked bytes: the core moves content, splits it and joins it, but never builds the values. Content
 * that decodes here is content that a Yjs client can read; where Yjs would throw, so does {@link readContent}.
 *
 *     1 deleted   length                                            6 format   key, JSON
 *     2 JSON      count, count × (JSON or `undefined`)              7 type     reference [, name for 3 and 5]
 *     3 binary    length, bytes                                     8 any      count, count × any
 *     4 string    length in bytes, UTF-8                            9 document guid, any (an object of options)
 *     5 embed     JSON
 */
import * as ContentKind from './content-kind.ts'
import * as AnyTag from './any-tag.ts'
import { skipAny } from './any.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { skipJson, skipJsonOrUndefined } from './json.ts'
import { Cut, joinText, splitText, writeText, type TextRun } from './text-run.ts'

export interface Content {
  readonly kind: ContentKind.Kind
  /** In units: UTF-16 code units of a string, elements of JSON and any, as stated for deleted, otherwise 1. Never 0. */
  readonly length: number
  /**
   * Encoded, and borrowed from the update it was read from. Text without its length; elements of JSON and any back to back,
   * without their count; nothing for deleted; otherwise as on the wire.
   */
  readonly payload: Uint8Array
  /**
   * Which ends of text are only half there; see {@link Cut}. Always `none` in what was decoded from format v1. In format v2 all
   * strings of an update are one text, which may be cut inside of a pair.
   */
  readonly cut: Cut
}

/** The references of shared types that Yjs knows, array 0 … XML text 6; elements and hooks are followed by their name. */
const TYPE_REFERENCE_MAX = 6
const XML_ELEMENT_REFERENCE = 3
const XML_HOOK_REFERENCE = 5

const noBytes = new Uint8Array(0)

/** Where content lies in the bytes that were read. What is needed to move content, without a view of it being made. */
export interface ContentExtent {
  /** As {@link Content.length}. */
  length: number
  /** The offset at which {@link Content.payload} begins; it ends where reading ended. */
  payloadAt: number
}

/** Reads content of a kind that an info byte named. Throws `DecodeError`; nothing is allocated that the input does not hold. */
export function readContent(reader: ByteReader, kind: number): Content {
  const extent: ContentExtent = { length: 0, payloadAt: 0 }
  skipContent(reader, kind, extent)
  return contentAt(reader.bytes, kind, extent, reader.offset)
}

/** Content that was read past, as a view; its payload ends at `end`. */
export function contentAt(bytes: Uint8Array, kind: number, { length, payloadAt }: ContentExtent, end: number): Content {
  const payload = kind === ContentKind.deleted ? noBytes : bytes.subarray(payloadAt, end)
  return { kind: kind as ContentKind.Kind, length, payload, cut: Cut.none }
}

/** Reads past content, and notes in `extent` where it lies. Throws `DecodeError` for whatever a Yjs client could not read. */
export function skipContent(reader: ByteReader, kind: number, extent: ContentExtent): void {
  const start = reader.offset
  extent.payloadAt = start
  extent.length = 1
  switch (kind) {
    case ContentKind.string:
      extent.length = reader.skipUtf8()
      if (extent.length === 0) reader.fail('invalid-value', 'content without units', start)
      extent.payloadAt = start + lengthWidth(reader.bytes, start)
      return
    case ContentKind.deleted:
      extent.length = readLength(reader)
      extent.payloadAt = reader.offset
      return
    case ContentKind.json:
      for (let left = readElementCount(reader, extent); left > 0; left--) skipJsonOrUndefined(reader)
      return
    case ContentKind.any:
      for (let left = readElementCount(reader, extent); left > 0; left--) skipAny(reader)
      return
    case ContentKind.binary:
      reader.skip(reader.varUint())
      return
    case ContentKind.embed:
      skipJson(reader)
      return
    case ContentKind.format:
      reader.skipUtf8()
      skipJson(reader)
      return
    case ContentKind.type: {
      const reference = reader.varUint()
      if (reference > TYPE_REFERENCE_MAX) reader.fail('unknown-tag', `no shared type ${reference}`, start)
      if (reference === XML_ELEMENT_REFERENCE || reference === XML_HOOK_REFERENCE) reader.skipUtf8()
      return
    }
    case ContentKind.document:
      reader.skipUtf8()
      skipDocumentOptions(reader)
      return
    default:
      reader.fail('unknown-tag', `no content of kind ${kind}`, start)
  }
}

/** As {@link skipContent}, for bytes that it has checked before: what is slow to check is only stepped over. */
export function skipCheckedContent(reader: ByteReader, kind: number, extent: ContentExtent): void {
  switch (kind) {
    case ContentKind.json:
      for (let left = readElementCount(reader, extent); left > 0; left--) reader.skip(reader.varUint())
      return
    case ContentKind.format:
      extent.payloadAt = reader.offset
      extent.length = 1
      reader.skip(reader.varUint())
      reader.skip(reader.varUint())
      return
    case ContentKind.embed:
      extent.payloadAt = reader.offset
      extent.length = 1
      reader.skip(reader.varUint())
      return
    default:
      skipContent(reader, kind, extent)
  }
}

/** The offset after the first `units` elements of JSON or any that begin at `from`, in bytes that were checked before. */
export function elementsEnd(bytes: Uint8Array, kind: number, from: number, units: number): number {
  const elements = new ByteReader(bytes, from)
  for (let left = units; left > 0; left--) {
    if (kind === ContentKind.any) skipAny(elements)
    else elements.skip(elements.varUint())
  }
  return elements.offset
}

/** Writes content as it stands after an item's header. Cut ends of text become U+FFFD. */
export function writeContent(writer: ByteWriter, content: Content): void {
  switch (content.kind) {
    case ContentKind.deleted:
      writer.varUint(content.length)
      return
    case ContentKind.json:
    case ContentKind.any:
      writer.varUint(content.length)
      writer.raw(content.payload)
      return
    case ContentKind.string:
      writeText(writer, content)
      return
    case ContentKind.binary:
    case ContentKind.embed:
    case ContentKind.format:
    case ContentKind.type:
    case ContentKind.document:
      writer.raw(content.payload)
      return
    default:
      content.kind satisfies never
  }
}

/** Whether each unit of this kind is a value, so that it may stand under a key. (Text may too, but nobody writes that.) */
export function isOfValues(kind: number): boolean {
  return kind === ContentKind.any || kind === ContentKind.json
}

/** Whether runs of this kind may be longer than one unit, so that neighbours may be joined. */
export function isJoinable(kind: ContentKind.Kind): boolean {
  return (
    kind === ContentKind.string || kind === ContentKind.any || kind === ContentKind.deleted || kind === ContentKind.json
  )
}

/** The first `units` of the content and the rest, as views; `units` is in 1 … length − 1. Cost linear in the first part. */
export function splitContent(content: Content, units: number): readonly [Content, Content] {
  const { kind, length, payload } = content
  if (kind === ContentKind.string) {
    const [first, rest] = splitText(content, units)
    return [contentOf(kind, first), contentOf(kind, rest)]
  }
  const at = kind === ContentKind.any || kind === ContentKind.json ? elementsEnd(payload, kind, 0, units) : 0
  return [
    { kind, length: units, payload: payload.subarray(0, at), cut: Cut.none },
    { kind, length: length - units, payload: payload.subarray(at), cut: Cut.none },
  ]
}

/** One content of several of the same joinable kind, in order. The bytes are copied, once. */
export function joinContents(contents: readonly Content[]): Content {
  const kind = contents[0]!.kind
  if (kind === ContentKind.string) return contentOf(kind, joinText(contents))
  let length = 0
  const writer = new ByteWriter()
  for (const content of contents) {
    length += content.length
    writer.raw(content.payload)
  }
  return { kind, length, payload: writer.finish(), cut: Cut.none }
}

/** Text as content of an item. */
export function contentOf(kind: typeof ContentKind.string, text: TextRun): Content {
  return { kind, length: text.length, payload: text.payload, cut: text.cut }
}

function readLength(reader: ByteReader): number {
  const start = reader.offset
  const length = reader.varUint()
  if (length === 0) reader.fail('invalid-value', 'content without units', start)
  return length
}

function readElementCount(reader: ByteReader, extent: ContentExtent): number {
  const start = reader.offset
  const count = reader.count(1)
  if (count === 0) reader.fail('invalid-value', 'content without units', start)
  extent.length = count
  extent.payloadAt = reader.offset
  return count
}

/** Bytes of the varUint at `at`. */
function lengthWidth(bytes: Uint8Array, at: number): number {
  let width = 1
  while (bytes[at + width - 1]! >= 0x80) width++
  return width
}

/**
 * The options of a subdocument. Yjs spreads them over the constructor's: anything but an object throws, a `guid` would replace
 * the document's own, and a `gcFilter` is later called as a function, which no decoded value is. No writer sends those two.
 */
function skipDocumentOptions(reader: ByteReader): void {
  const start = reader.offset
  if (reader.uint8() !== AnyTag.object)
    reader.fail('invalid-value', 'the options of a document are not an object', start)
  for (let left = reader.count(2); left > 0; left--) {
    const keyOffset = reader.offset
    const key = reader.string()
    if (key === 'guid' || key === 'gcFilter') reader.fail('invalid-value', `${key} is no option to send`, keyOffset)
    skipAny(reader, 1)
  }
}
