/** What rows hold, on its way between the wire, the tables, and the values that apps see. */
import { ByteReader } from '../byte-reader.ts'
import type { ByteWriter } from '../byte-writer.ts'
import * as ContentKind from '../content-kind.ts'
import { readAnyValue, writeAnyValue } from '../any-value.ts'
import type { DocCore } from './doc-core.ts'
import * as Flag from './row-flag.ts'
import { GC_KIND, NONE } from './row-table.ts'
import type { Subdocument } from './subdocument.ts'
import type { Tables } from './tables.ts'
import * as TypeKind from './type-kind.ts'
import type { ValueBuffer } from './value-buffer.ts'

/** A formatting mark in a text: from here on, `key` is `value`; null ends it. */
export interface Format {
  readonly key: string
  readonly value: unknown
}

const reader = new ByteReader(new Uint8Array(0))

/**
 * Reads content that was checked into a row whose kind, length and handle are set, without its first `skipped` units. The payload is that of
 * `StructScan`: text without its length, elements without their count, the rest as on the wire.
 */
export function readContentInto(
  doc: DocCore,
  row: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  units: number,
  skipped: number,
): void {
  const { rows, text, values, types } = doc.tables
  const kind = rows.kind(row)
  switch (kind) {
    case GC_KIND:
    case ContentKind.deleted:
      rows.setContent(row, NONE)
      return
    case ContentKind.string:
      rows.setContent(row, text.putUtf8(bytes, from, to, units, skipped))
      if (text.isWide) rows.setFlags(row, rows.flags(row) | Flag.wide)
      return
    default:
  }
  reader.open(bytes, from)
  switch (kind) {
    case ContentKind.any:
    case ContentKind.json: {
      const read = kind === ContentKind.any ? readAnyValue : readJsonElement
      for (let left = skipped; left > 0; left--) read(reader)
      if (units - skipped === 1 && rows.parent(row) < 0) {
        rows.setContent(row, values.putSingle(read(reader)))
        return
      }
      rows.setContent(row, values.readRun(units - skipped, read, reader))
      return
    }
    case ContentKind.binary:
      rows.setContent(row, values.putSingle(Uint8Array.from(reader.lengthPrefixed())))
      return
    case ContentKind.embed:
      rows.setContent(row, values.putSingle(JSON.parse(reader.string())))
      return
    case ContentKind.format: {
      const format: Format = { key: reader.string(), value: JSON.parse(reader.string()) as unknown }
      rows.setContent(row, values.putSingle(format))
      return
    }
    case ContentKind.type: {
      const typeKind = reader.varUint() as TypeKind.Kind
      const type = types.add(typeKind, row)
      if (isNamed(typeKind)) types.setName(type, reader.string())
      rows.setContent(row, type)
      return
    }
    case ContentKind.document: {
      const guid = reader.string()
      const options = readAnyValue(reader) as Record<string, unknown>
      const shouldLoad = Boolean(options['shouldLoad']) || Boolean(options['autoLoad'])
      rows.setContent(row, values.putSingle({ doc: doc.createSubdocument({ guid, ...options, shouldLoad }), options }))
      return
    }
    default:
  }
}

/** Reads a run of plain values that were checked. Returns where it is. */
export function readValues(values: ValueBuffer, bytes: Uint8Array, from: number, units: number): number {
  reader.open(bytes, from)
  return values.readRun(units, readAnyValue, reader)
}

/** Writes the content of a row from its unit `skipped` on, as it stands after an item's header. */
export function writeContentOf(tables: Tables, row: number, skipped: number, writer: ByteWriter): void {
  const { rows, text, values, types } = tables
  const content = rows.content(row)
  const length = rows.length(row)
  switch (rows.kind(row)) {
    case GC_KIND:
    case ContentKind.deleted:
      writer.varUint(length - skipped)
      return
    case ContentKind.string:
      if ((rows.flags(row) & Flag.wide) !== 0) writer.string(text.text(true, content + skipped, length - skipped))
      else {
        writer.varUint(length - skipped)
        writer.copy(text.narrow, content + skipped, content + length)
      }
      return
    case ContentKind.any:
      writer.varUint(length - skipped)
      for (let at = skipped; at < length; at++) writeAnyValue(writer, values.get(content + at))
      return
    case ContentKind.json:
      writer.varUint(length - skipped)
      for (let at = skipped; at < length; at++) {
        const value = values.get(content + at)
        writer.string(value === undefined ? 'undefined' : JSON.stringify(value))
      }
      return
    case ContentKind.binary:
      writer.lengthPrefixed(values.get(content) as Uint8Array)
      return
    case ContentKind.embed:
      writer.string(JSON.stringify(values.get(content)))
      return
    case ContentKind.format: {
      const { key, value } = values.get(content) as Format
      writer.string(key)
      writer.string(JSON.stringify(value))
      return
    }
    case ContentKind.type: {
      const kind = types.kind(content)
      writer.varUint(kind)
      if (isNamed(kind)) writer.string(types.nameOf(content)!)
      return
    }
    case ContentKind.document: {
      const { doc, options } = values.get(content) as Subdocument
      writer.string(doc.guid)
      writeAnyValue(writer, options)
      return
    }
    default:
  }
}

/** The values of a row, one for each unit, as apps see them: none for tombstones and formats. */
export function valuesOfRow(doc: DocCore, row: number): unknown[] {
  const { rows, values } = doc.tables
  switch (rows.kind(row)) {
    case GC_KIND:
    case ContentKind.deleted:
    case ContentKind.format:
      return []
    case ContentKind.string:
      return textOfRow(doc.tables, row).split('')
    case ContentKind.any:
    case ContentKind.json:
      return values.slice(rows.content(row), rows.length(row))
    default:
      return [valueInRow(doc, row, 0)]
  }
}

/** The value of one unit of a row; undefined if it has none. */
export function valueInRow(doc: DocCore, row: number, unit: number): unknown {
  const { rows, values, text } = doc.tables
  const content = rows.content(row)
  switch (rows.kind(row)) {
    case GC_KIND:
    case ContentKind.deleted:
    case ContentKind.format:
      return undefined
    case ContentKind.string:
      return text.text((rows.flags(row) & Flag.wide) !== 0, content + unit, 1)
    case ContentKind.type:
      return doc.facade(content)
    case ContentKind.document:
      return (values.get(content) as Subdocument).doc
    default:
      return values.get(content + unit)
  }
}

/** The text of a row of kind string. */
export function textOfRow(tables: Tables, row: number): string {
  const { rows, text } = tables
  return text.text((rows.flags(row) & Flag.wide) !== 0, rows.content(row), rows.length(row))
}

function readJsonElement(from: ByteReader): unknown {
  const json = from.string()
  return json === 'undefined' ? undefined : (JSON.parse(json) as unknown)
}

function isNamed(kind: TypeKind.Kind): boolean {
  return kind === TypeKind.xmlElement || kind === TypeKind.xmlHook
}
