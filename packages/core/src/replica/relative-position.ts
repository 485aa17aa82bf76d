/**
 * Positions that stay where they are while the document changes: next to a unit, or at an end of a type. The names, the bytes and the JSON are those of Yjs, so
 * cursors of both libraries understand each other.
 *
 *     0, client, clock         next to a unit
 *     1, name                  at an end of a root type
 *     2, client, clock         at an end of the type that this item holds
 *     then varInt assoc        may be missing in what old versions wrote: 0
 */
import { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import * as ContentKind from '../content-kind.ts'
import { sameId, type Id } from '../id.ts'
import { readVarInt, writeVarInt } from '../format-v2/var-int.ts'
import type { DocCore } from './doc-core.ts'
import { ID } from './item.ts'
import { entryOfRow, findIndex, Found, indexOfRow, typeOfRow } from './row-list.ts'
import * as Flag from './row-flag.ts'
import { GC_KIND, NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'
import type { Tables } from './tables.ts'

const PlaceTag = { item: 0, root: 1, type: 2 } as const

const found = new Found()

export class RelativePosition {
  /** The item that holds the type, for a position at an end of a type that is no root. */
  readonly type: ID | null
  /** The name of a root type. */
  readonly tname: string | null
  /** The unit beside the position; null at an end of the type. */
  readonly item: ID | null
  /** 0 and above: the position belongs to the unit behind it; below 0: to the one before. What is inserted there comes on the other side. */
  readonly assoc: number

  constructor(type: ID | null, tname: string | null, item: ID | null, assoc = 0) {
    this.type = type
    this.tname = tname
    this.item = item
    this.assoc = assoc
  }
}

export class AbsolutePosition {
  readonly type: SharedType
  /** Visible units before the position; in text UTF-16 code units. */
  readonly index: number
  readonly assoc: number

  constructor(type: SharedType, index: number, assoc = 0) {
    this.type = type
    this.index = index
    this.assoc = assoc
  }
}

/** A relative position as plain data. */
export interface RelativePositionJson {
  type?: Id | null
  tname?: string | null
  item?: Id | null
  assoc?: number | null
}

/**
 * The position before the visible unit at `index`, or at the end of the type. With `assoc` below 0 it belongs to the unit before it. Throws a `TypeError` for a type
 * that is in no document. Cost log n.
 */
export function createRelativePositionFromTypeIndex(type: SharedType, index: number, assoc = 0): RelativePosition {
  const tables = tablesOf(type)
  const { types } = tables
  const before = assoc < 0
  if (before && index === 0) return atTypeEnd(type, null, assoc)
  const at = Math.max(0, before ? index - 1 : index)
  if (at < types.length(type.handle)) {
    findIndex(tables, type.handle, at, found)
    return atTypeEnd(type, idOf(tables, found.row, found.offset), assoc)
  }
  const last = types.tail(type.handle)
  if (!before || last === NONE) return atTypeEnd(type, null, assoc)
  return atTypeEnd(type, idOf(tables, last, tables.rows.length(last) - 1), assoc)
}

/**
 * Where a relative position is now. A unit that was deleted is where it was; with `followUndoneDeletions`, one that was deleted and put back is where it is now. Null
 * if the document does not know the place, or has collected it. A root type that nobody named is made. Throws a `TypeError` if the position names nothing. Cost log n.
 */
export function createAbsolutePositionFromRelativePosition(
  position: RelativePosition,
  doc: DocCore,
  followUndoneDeletions = true,
): AbsolutePosition | null {
  const { tables } = doc
  const { rows, types } = tables
  const { item, assoc } = position
  if (item === null) {
    const type = typeNamedBy(position, doc, followUndoneDeletions)
    return type === null ? null : new AbsolutePosition(type, assoc >= 0 ? types.length(type.handle) : 0, assoc)
  }
  if (!findUnit(tables, item, followUndoneDeletions)) return null
  const { row, offset } = found
  if (rows.kind(row) === GC_KIND) return null
  const type = doc.facade(typeOfRow(tables, row))
  if (doc.isTypeDeleted(type.handle)) return new AbsolutePosition(type, 0, assoc)
  const inRow = rows.isVisible(row) ? offset + (assoc >= 0 ? 0 : 1) : 0
  // Under a key, all but the last row are deleted.
  const before = entryOfRow(tables, row) === NONE ? indexOfRow(tables, row) : 0
  return new AbsolutePosition(type, before + inRow, assoc)
}

/** Whether both are the same position of the same document, or both absent. */
export function compareRelativePositions(a: RelativePosition | null, b: RelativePosition | null): boolean {
  if (a === null || b === null) return a === b
  return a.tname === b.tname && sameId(a.item, b.item) && sameId(a.type, b.type) && a.assoc === b.assoc
}

/** Throws a `TypeError` if the position names nothing. */
export function encodeRelativePosition(position: RelativePosition): Uint8Array<ArrayBuffer> {
  const { type, tname, item, assoc } = position
  const writer = new ByteWriter(24)
  if (item !== null) writeTaggedId(writer, PlaceTag.item, item)
  else if (tname !== null) {
    writer.uint8(PlaceTag.root)
    writer.string(tname)
  } else if (type !== null) writeTaggedId(writer, PlaceTag.type, type)
  else throw namesNothing()
  writeVarInt(writer, assoc)
  return writer.finish()
}

/** Throws `DecodeError` for anything else than a relative position. */
export function decodeRelativePosition(bytes: Uint8Array): RelativePosition {
  const reader = new ByteReader(bytes)
  let type: ID | null = null
  let tname: string | null = null
  let item: ID | null = null
  const tag = reader.varUint()
  if (tag === PlaceTag.item) item = readId(reader)
  else if (tag === PlaceTag.root) tname = reader.string()
  else if (tag === PlaceTag.type) type = readId(reader)
  else reader.fail('unknown-tag', `no place has the tag ${tag}`, 0)
  const assoc = reader.remaining > 0 ? readVarInt(reader) : 0
  reader.end()
  return new RelativePosition(type, tname, item, assoc)
}

export function relativePositionToJSON({ type, tname, item, assoc }: RelativePosition): RelativePositionJson {
  const json: RelativePositionJson = {}
  if (type !== null) json.type = type
  if (tname !== null) json.tname = tname
  if (item !== null) json.item = item
  json.assoc = assoc
  return json
}

/** The opposite of {@link relativePositionToJSON}; also reads what `JSON.stringify` makes of a position. */
export function createRelativePositionFromJSON({ type, tname, item, assoc }: RelativePositionJson): RelativePosition {
  return new RelativePosition(idFrom(type), tname ?? null, idFrom(item), assoc ?? 0)
}

/** A position in a type, next to a unit or at an end. */
function atTypeEnd(type: SharedType, item: ID | null, assoc: number): RelativePosition {
  const id = type._item?.id ?? idFrom(tablesOf(type).types.collectedItem(type.handle))
  return new RelativePosition(id, id === null ? findRootTypeKey(type) : null, item, assoc)
}

/** The name of a root type. Throws a `TypeError` for a type that is none. */
export function findRootTypeKey(type: SharedType): string {
  const { types } = tablesOf(type)
  const name = types.isRoot(type.handle) ? types.nameOf(type.handle) : undefined
  if (name === undefined) throw new TypeError('the type is no root of its document')
  return name
}

function typeNamedBy({ type, tname }: RelativePosition, doc: DocCore, followUndone: boolean): SharedType | null {
  if (tname !== null) return doc.rootNamed(tname)
  if (type === null) throw namesNothing()
  const { rows } = doc.tables
  if (!findUnit(doc.tables, type, followUndone)) return null
  return rows.kind(found.row) === ContentKind.type ? doc.facade(rows.content(found.row)) : null
}

/** Leaves the row of a unit, or of what took its place, in {@link found}; false if the document does not have it. */
function findUnit(tables: Tables, id: Id, followUndone: boolean): boolean {
  const { rows, ids, clients } = tables
  let client = clients.indexOf(id.client)
  if (client === NONE || id.clock >= clients.state(client)) return false
  let { clock } = id
  for (;;) {
    const row = ids.find(client, clock)
    found.row = row
    found.offset = clock - rows.clock(row)
    if (!followUndone || (rows.flags(row) & Flag.redone) === 0) return true
    const [redoneClient, redoneClock] = tables.redone!.get(row)!
    client = redoneClient
    clock = redoneClock + found.offset
  }
}

function idOf({ rows, clients }: Tables, row: number, offset: number): ID {
  return new ID(clients.ids[rows.client(row)]!, rows.clock(row) + offset)
}

function tablesOf({ doc }: SharedType): Tables {
  if (doc === null) throw new TypeError('a type that is in no document has no positions')
  return doc.tables
}

function writeTaggedId(writer: ByteWriter, tag: number, { client, clock }: ID): void {
  writer.uint8(tag)
  writer.varUint(client)
  writer.varUint(clock)
}

function readId(reader: ByteReader): ID {
  const client = reader.varUint()
  return new ID(client, reader.varUint())
}

function idFrom(json: Id | null | undefined): ID | null {
  return json === null || json === undefined ? null : new ID(json.client, json.clock)
}

function namesNothing(): TypeError {
  return new TypeError('a relative position names a unit or a type')
}
