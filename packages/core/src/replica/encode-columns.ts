/** Writing a document as a column snapshot; `column-layout.ts` draws it. */
import { ByteWriter } from '../byte-writer.ts'
import * as ContentKind from '../content-kind.ts'
import {
  byteLengthOf,
  checksumOf,
  MAGIC,
  RowBit,
  sectionsOf,
  TypeBit,
  VERSION,
  Word,
  type Sections,
  type Sizes,
} from './column-layout.ts'
import { encodeUpdate } from '../update.ts'
import type { DocCore } from './doc-core.ts'
import { writeContentOf } from './row-content.ts'
import * as Flag from './row-flag.ts'
import { GC_KIND, NARROW_CLIENTS_MAX, NONE } from './row-table.ts'
import type { Tables } from './tables.ts'
import * as TypeKind from './type-kind.ts'

/**
 * Encodes a document for {@link loadColumns}, with what waits in it: the fastest form to begin from, on the device that wrote it. The same document gives the same bytes.
 * What undo keeps is in it as any content; that it is kept, and what was redone, is not. Cost linear.
 */
export function encodeColumns(doc: DocCore): Uint8Array<ArrayBuffer> {
  const { tables } = doc
  const order = clientsByAge(tables)
  const values = new ByteWriter()
  const numbered = numberRows(tables, order, values)
  const { nested, narrowUnits, wideUnits } = numbered
  const roots = tables.types.roots()
  const { lists, listed, texts, keys } = listsOf(tables, roots, numbered)
  const meta = new ByteWriter()
  for (const client of order) meta.varUint(tables.clients.ids[client]!)
  writeTypes(tables, roots, nested, meta)
  meta.varUint(keys.length)
  for (const key of keys) meta.string(key)
  writePending(doc, meta)

  const sizes: Sizes = {
    rows: numbered.count,
    clients: order.length,
    types: roots.length + nested.length,
    listed: listed.length,
    listWords: lists.length,
    wideUnits,
    narrowUnits,
    valueBytes: values.length,
    metaBytes: meta.length,
    clientBytes: order.length > NARROW_CLIENTS_MAX ? 4 : 2,
  }
  const bytes = new Uint8Array(byteLengthOf(sizes))
  const sections = sectionsOf(bytes.buffer, 0, sizes)
  sections.order.set(listed)
  sections.lists.set(lists)
  sections.values.set(values.finish())
  sections.meta.set(meta.finish())
  copyText(tables, texts, sections)
  copyRows(tables, order, sections)
  writeFirstWords(new Int32Array(bytes.buffer), sizes)
  return bytes
}

/** The rows in their order in the snapshot, by client and clock. */
interface NumberedRows {
  /** By row; that of a row which is not in use means nothing. */
  readonly newRow: Int32Array
  readonly count: number
  /** The types that rows hold, in the order of these. */
  readonly nested: readonly number[]
  readonly narrowUnits: number
  readonly wideUnits: number
}

/** Numbers the rows, and writes the content of those that have values. */
function numberRows(tables: Tables, order: readonly number[], values: ByteWriter): NumberedRows {
  const { rows, clients } = tables
  const newRow = new Int32Array(rows.end)
  const nested: number[] = []
  let count = 0
  let narrowUnits = 0
  let wideUnits = 0
  for (const client of order) {
    for (let row = clients.first(client); row !== NONE; row = rows.nextByClock(row)) {
      newRow[row] = count++
      const kind = rows.kind(row)
      if (kind === ContentKind.string) {
        if ((rows.flags(row) & Flag.wide) === 0) narrowUnits += rows.length(row)
        else wideUnits += rows.length(row)
      } else if (kind === ContentKind.type) nested.push(rows.content(row))
      else if (kind !== GC_KIND && kind !== ContentKind.deleted) writeContentOf(tables, row, 0, values)
    }
  }
  return { newRow, count, nested, narrowUnits, wideUnits }
}

/** Names and types of the roots. */
type Roots = ReturnType<Tables['types']['roots']>

/** What the lists and keys of all types hold. */
interface Lists {
  /** Per type: the length of its list, the number of its keys, and for each key its number and the length of its list. */
  readonly lists: readonly number[]
  /** The rows of all these lists, by their new numbers. */
  readonly listed: readonly number[]
  /** Of these the rows of text, as they are. */
  readonly texts: readonly number[]
  /** Keys that are used, by when they come first. */
  readonly keys: readonly string[]
}

function listsOf({ rows, entries, types }: Tables, roots: Roots, { newRow, nested }: NumberedRows): Lists {
  const lists: number[] = []
  const listed: number[] = []
  const texts: number[] = []
  const list = (head: number): number => {
    const before = listed.length
    for (let row = head; row !== NONE; row = rows.right(row)) {
      listed.push(newRow[row]!)
      if (rows.kind(row) === ContentKind.string) texts.push(row)
    }
    return listed.length - before
  }
  const keys: string[] = []
  const newKey = new Int32Array(entries.keys.length).fill(NONE)
  const keyOf = (key: number): number => {
    if (newKey[key] === NONE) newKey[key] = keys.push(entries.keys[key]!) - 1
    return newKey[key]!
  }
  for (const type of [...roots.map(([, root]) => root), ...nested]) {
    lists.push(list(types.head(type)), 0)
    const countAt = lists.length - 1
    for (let entry = types.firstEntry(type); entry !== NONE; entry = entries.next(entry)) {
      if (entries.head(entry) === NONE) continue
      lists[countAt]!++
      lists.push(keyOf(entries.key(entry)), list(entries.head(entry)))
    }
  }
  return { lists, listed, texts, keys }
}

/** Names and kinds: roots, then nested types. */
function writeTypes(tables: Tables, roots: Roots, nested: readonly number[], meta: ByteWriter): void {
  const { types } = tables
  meta.varUint(roots.length)
  for (const [name, type] of roots) {
    meta.string(name)
    meta.uint8(bitsOf(tables, type))
  }
  for (const type of nested) {
    const kind = types.kind(type)
    meta.uint8(kind)
    meta.uint8(bitsOf(tables, type))
    if (kind === TypeKind.xmlElement || kind === TypeKind.xmlHook) meta.string(types.nameOf(type)!)
  }
}

/** Copies what does not follow from anything else of each row. */
function copyRows({ rows, clients }: Tables, order: readonly number[], sections: Sections): void {
  const newClient = new Int32Array(clients.count)
  order.forEach((client, at) => (newClient[client] = at))
  let at = 0
  order.forEach((client, index) => {
    const first = at
    for (let row = clients.first(client); row !== NONE; row = rows.nextByClock(row), at++) {
      const kind = rows.kind(row)
      const flags = rows.flags(row)
      const isWide = kind === ContentKind.string && (flags & Flag.wide) !== 0
      sections.kinds[at] = kind | ((flags & Flag.deleted) === 0 ? 0 : RowBit.deleted) | (isWide ? RowBit.wide : 0)
      sections.length[at] = rows.length(row)
      const origin = rows.originClient(row)
      const rightOrigin = rows.rightOriginClient(row)
      sections.originClient[at] = origin === NONE ? NONE : newClient[origin]!
      sections.originClock[at] = origin === NONE ? 0 : rows.originClock(row)
      sections.rightOriginClient[at] = rightOrigin === NONE ? NONE : newClient[rightOrigin]!
      sections.rightOriginClock[at] = rightOrigin === NONE ? 0 : rows.rightOriginClock(row)
    }
    sections.clientRows[index] = at - first
    sections.clientUnits[index] = clients.state(client)
  })
}

/** Copies the text of rows, one after another. */
function copyText({ rows, text }: Tables, texts: readonly number[], { narrow, wide }: Sections): void {
  let narrowAt = 0
  let wideAt = 0
  for (const row of texts) {
    const from = rows.content(row)
    const to = from + rows.length(row)
    if ((rows.flags(row) & Flag.wide) !== 0) {
      wide.set(text.wide.subarray(from, to), wideAt)
      wideAt += to - from
    } else if (to - from > 24) {
      narrow.set(text.narrow.subarray(from, to), narrowAt)
      narrowAt += to - from
    } else for (let at = from; at < to; at++) narrow[narrowAt++] = text.narrow[at]!
  }
}

/** The clients that have units, those that came first before the others. */
function clientsByAge({ clients }: Tables): number[] {
  const indices: number[] = []
  for (let client = 0; client < clients.count; client++) if (clients.state(client) > 0) indices.push(client)
  return indices.sort((a, b) => clients.seniority(a) - clients.seniority(b))
}

function bitsOf({ types }: Tables, type: number): number {
  return types.isFormatted(type) ? TypeBit.formatted : 0
}

/** What waits, as one update; no bytes if nothing does. */
function writePending({ pending }: DocCore, meta: ByteWriter): void {
  if (pending === null) meta.varUint(0)
  else meta.lengthPrefixed(encodeUpdate(pending.lackedBy(new Map())))
}

function writeFirstWords(words: Int32Array, sizes: Sizes): void {
  words[Word.magic] = MAGIC
  words[Word.version] = VERSION
  words[Word.rows] = sizes.rows
  words[Word.clients] = sizes.clients
  words[Word.types] = sizes.types
  words[Word.listed] = sizes.listed
  words[Word.listWords] = sizes.listWords
  words[Word.wideUnits] = sizes.wideUnits
  words[Word.narrowUnits] = sizes.narrowUnits
  words[Word.valueBytes] = sizes.valueBytes
  words[Word.metaBytes] = sizes.metaBytes
  words[Word.clientBytes] = sizes.clientBytes
  const [low, high] = checksumOf(words)
  words[Word.checksum] = low
  words[Word.checksum + 1] = high
}
