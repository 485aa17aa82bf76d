/**
 * Reading a column snapshot into an empty document; `column-layout.ts` draws it. All is checked before the document is touched: that sizes and sums agree, that IDs
 * name units that there are, that each row is in one list and no type inside of itself, that what a deleted type holds is deleted. So whatever the bytes are,
 * the document works, and what it encodes is an update. That its rows are in the order that their origins ask for is not checked, since that would be to integrate
 * them again: a snapshot is as trustworthy as the device that kept it.
 */
import { ByteReader } from '../byte-reader.ts'
import * as ContentKind from '../content-kind.ts'
import { skipContent, type ContentExtent } from '../content.ts'
import { DecodeError } from '../errors.ts'
import { decodeUpdate } from '../update.ts'
import { applyUpdate } from './apply-update.ts'
import { readSizes, RowBit, sectionsOf, TypeBit, type Sections, type Sizes } from './column-layout.ts'
import { TransactionEvent, type DocCore } from './doc-core.ts'
import { deletedIdsOf } from './encode-state.ts'
import { announce, CLOCK_MAX } from './integrate.ts'
import { readContentInto } from './row-content.ts'
import * as Flag from './row-flag.ts'
import * as RowRecord from './row-record.ts'
import { GC_KIND, isCountable, NARROW_CLIENTS_MAX, NONE, parentOfEntry, RowTable } from './row-table.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'
import * as TypeKind from './type-kind.ts'

// As in `row-table.ts`.
const ROW_WORDS = RowRecord.words
const CLOCK = RowRecord.clock
const LENGTH = RowRecord.length
const ORIGIN_CLOCK = RowRecord.originClock
const RIGHT_ORIGIN_CLOCK = RowRecord.rightOriginClock
const CONTENT = RowRecord.content
const LEFT = RowRecord.left
const RIGHT = RowRecord.right
const NEXT_BY_CLOCK = RowRecord.nextByClock
const PARENT = RowRecord.parent
const ROW_HALVES = RowRecord.halves
const CLIENT = RowRecord.client
const ORIGIN_CLIENT = RowRecord.originClient
const RIGHT_ORIGIN_CLIENT = RowRecord.rightOriginClient
const TRAITS = RowRecord.traits
const KIND_BITS = RowRecord.kindBits
const FLAGS_SHIFT = RowRecord.flagsShift
const DELETED: number = Flag.deleted << FLAGS_SHIFT
const WIDE: number = Flag.wide << FLAGS_SHIFT

/** In the left column while rows are read: not in any list yet. */
const UNLISTED = -2

/** What meta says. */
interface Meta {
  readonly clientIds: readonly number[]
  readonly roots: readonly { readonly name: string; readonly bits: number }[]
  readonly nested: readonly { readonly kind: TypeKind.Kind; readonly bits: number; readonly name: string | null }[]
  readonly keys: readonly string[]
  /** What waits for others, as an update; empty if nothing does. */
  readonly waiting: Uint8Array
}

/** A list of rows: `order` from `from` to `to − 1`. */
interface List {
  /** By their order in the snapshot. */
  readonly type: number
  /** Or NONE, for the list of the type itself. */
  readonly key: number
  readonly from: number
  readonly to: number
  readonly visibleUnits: number
}

/** What is met among the rows. */
interface Found {
  /** The rows that hold types. */
  readonly holders: number[]
  /** The rows whose content is neither text nor a type. */
  readonly valued: number[]
  /** How many were collected. */
  collected: number
  /** Whether something that was deleted still has content. */
  hasGarbage: boolean
}

/** A snapshot that was checked. Clients and types have the numbers of the snapshot, and rows under keys no parent. */
interface Checked {
  readonly sections: Sections
  readonly meta: Meta
  readonly rows: RowTable
  readonly lists: readonly List[]
  readonly found: Readonly<Found>
  /** Of each row in `found.valued`: where in the values its payload begins and ends. */
  readonly payloads: readonly number[]
  readonly narrow: Uint8Array
}

/**
 * Fills an empty document from what `encodeColumns` wrote. `bytes` are copied. Events are those of an update that brings all at once, with this origin; where
 * garbage is collected, what a document that collects none had kept is collected. Throws `DecodeError` if the bytes are damaged, of another version, or of a machine with
 * another byte order, and an `Error` if the document has anything; it is then as it was. Cost linear, a fraction of that of an update.
 */
export function loadColumns(doc: DocCore, bytes: Uint8Array, origin: unknown = null): void {
  transact(
    doc,
    (transaction) => {
      // In here, since those who are told that a transaction begins may edit.
      const checked = checkColumns(bytes)
      if (doc.tables.rows.end > 0 || doc.pending !== null) throw new Error('columns are loaded into an empty document')
      transaction.local = false
      transaction.isRestored = true
      fill(transaction, checked)
    },
    origin,
    false,
  )
}

function checkColumns(bytes: Uint8Array): Checked {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  if (whole.length % 4 !== 0) throw new DecodeError('unexpected-end', whole.length, 'a column snapshot is whole words')
  const buffer = whole.buffer as ArrayBuffer
  const sizes = readSizes(new Int32Array(buffer, whole.byteOffset, whole.length / 4))
  const sections = sectionsOf(buffer, whole.byteOffset, sizes)
  const meta = readMeta(whole, sections, sizes)
  const found: Found = { holders: [], valued: [], collected: 0, hasGarbage: false }
  const rows = readRows(sections, sizes, meta, found)
  const lists = readLists(sections, sizes, meta, rows, found)
  const payloads = readValues(sections, rows, found.valued)
  const narrow = asciiOf(sections.narrow)
  if (meta.waiting.length > 0) decodeUpdate(meta.waiting)
  return { sections, meta, rows, lists, found, payloads, narrow }
}

function readMeta(bytes: Uint8Array, { metaAt, end }: Sections, sizes: Sizes): Meta {
  const reader = new ByteReader(bytes.subarray(0, end), metaAt)
  const clientIds: number[] = []
  for (let left = sizes.clients; left > 0; left--) clientIds.push(reader.varUint())
  const roots: { name: string; bits: number }[] = []
  for (let left = reader.count(2); left > 0; left--) roots.push({ name: reader.string(), bits: reader.uint8() })
  if (roots.length > sizes.types) reader.fail('invalid-value', 'more roots than types')
  const nested: { kind: TypeKind.Kind; bits: number; name: string | null }[] = []
  for (let left = sizes.types - roots.length; left > 0; left--) {
    const kind = reader.uint8() as TypeKind.Kind
    if (kind >= TypeKind.unknown) reader.fail('unknown-tag', `no shared type ${kind}`)
    const bits = reader.uint8()
    const isNamed = kind === TypeKind.xmlElement || kind === TypeKind.xmlHook
    nested.push({ kind, bits, name: isNamed ? reader.string() : null })
  }
  const keys: string[] = []
  for (let left = reader.count(1); left > 0; left--) keys.push(reader.string())
  const waiting = Uint8Array.from(reader.lengthPrefixed())
  reader.end()
  const names = roots.map(({ name }) => name)
  for (const distinct of [clientIds, names, keys]) {
    if (new Set<unknown>(distinct).size < distinct.length)
      reader.fail('invalid-value', 'a name is listed twice', metaAt)
  }
  return { clientIds, roots, nested, keys, waiting }
}

/** Reads what is said of each row by itself. The loop is whole on purpose: it is most of a load. */
function readRows(sections: Sections, sizes: Sizes, meta: Meta, found: Found): RowTable {
  const { clientRows, clientUnits, kinds, length, originClient, originClock, rightOriginClient, rightOriginClock } =
    sections
  const count = sizes.rows
  const rows = new RowTable()
  if (sizes.clients > NARROW_CLIENTS_MAX) rows.widenClients()
  rows.reserve(count)
  rows.end = count
  const { words, halves } = rows
  let row = 0
  for (let index = 0; index < sizes.clients; index++) {
    const end = row + clientRows[index]!
    if (!(end > row && end <= count)) damaged('a client has at least one row, and not more than there are')
    let at = 0
    for (; row < end; row++) {
      const byte = kinds[row]!
      const kindOfRow = byte & RowBit.kind
      const units = length[row]!
      const isDeleted = (byte & RowBit.deleted) !== 0
      if (kindOfRow > ContentKind.document || (byte & RowBit.unknown) !== 0) damaged('a row of no known kind')
      if (units < 1 || units > CLOCK_MAX - at) damaged('a row has at least one unit, and a clock')
      const origin = originClient[row]!
      const originAt = originClock[row]!
      const rightOrigin = rightOriginClient[row]!
      const rightAt = rightOriginClock[row]!
      let flags: number = isDeleted ? Flag.deleted : 0
      let content = NONE
      if (kindOfRow <= ContentKind.deleted) {
        if (!isDeleted) damaged('what has no content is deleted')
        if ((byte & RowBit.wide) !== 0) damaged('only text is wide')
      } else {
        if (isDeleted) found.hasGarbage = true
        if (kindOfRow === ContentKind.string) {
          if ((byte & RowBit.wide) !== 0) flags |= Flag.wide
        } else {
          if ((byte & RowBit.wide) !== 0) damaged('only text is wide')
          if (units > 1 && kindOfRow !== ContentKind.any && kindOfRow !== ContentKind.json) {
            damaged('content of this kind is one unit')
          }
          if (kindOfRow === ContentKind.type) {
            content = meta.roots.length + found.holders.length
            found.holders.push(row)
          } else found.valued.push(row)
        }
      }
      if (origin !== NONE) {
        const known = origin === index ? at : clientUnits[origin]
        if (!(originAt >= 0 && originAt < known!)) damaged('an origin is a unit that was there before')
      }
      if (rightOrigin !== NONE) {
        const known = rightOrigin === index ? at : clientUnits[rightOrigin]
        if (!(rightAt >= 0 && rightAt < known!)) damaged('a right origin is a unit that was there before')
      }
      if (kindOfRow === GC_KIND) {
        if (origin !== NONE || rightOrigin !== NONE) damaged('what was collected has no place')
        found.collected++
      }
      const half = row * ROW_HALVES
      halves[half + CLIENT] = index
      halves[half + ORIGIN_CLIENT] = origin
      halves[half + RIGHT_ORIGIN_CLIENT] = rightOrigin
      halves[half + TRAITS] = kindOfRow | (flags << FLAGS_SHIFT)
      const word = row * ROW_WORDS
      words[word + CLOCK] = at
      words[word + LENGTH] = units
      words[word + ORIGIN_CLOCK] = originAt
      words[word + RIGHT_ORIGIN_CLOCK] = rightAt
      words[word + CONTENT] = content
      words[word + LEFT] = kindOfRow === GC_KIND ? NONE : UNLISTED
      words[word + RIGHT] = NONE
      words[word + NEXT_BY_CLOCK] = row + 1 === end ? NONE : row + 1
      words[word + PARENT] = NONE
      at += units
    }
    if (at !== clientUnits[index]) damaged('the rows of a client have its units')
  }
  if (row !== count) damaged('each row is one of a client')
  if (found.holders.length !== meta.nested.length) damaged('each type is a root, or in a row')
  return rows
}

/** Links the rows of each list, and checks that every row that can be in one is in exactly one. */
function readLists(
  { lists: words, order }: Sections,
  { types, listed, rows: count, narrowUnits, wideUnits }: Sizes,
  meta: Meta,
  rows: RowTable,
  { holders, collected }: Found,
): List[] {
  const lists: List[] = []
  const around = new Int32Array(types).fill(NONE)
  const usedBy = new Int32Array(meta.keys.length).fill(NONE)
  const rootCount = meta.roots.length
  const textEnd: TextEnd = { narrow: 0, wide: 0 }
  let at = 0
  let word = 0
  const read = (type: number, key: number, rowCount: number): void => {
    const from = at
    at += rowCount
    if (!(rowCount >= 0 && at <= listed)) damaged('lists have the rows that are listed')
    const isGone = type >= rootCount && rows.isDeleted(holders[type - rootCount]!)
    const visibleUnits = linkRows(rows, count, order, from, at, type, key, isGone, around, textEnd)
    lists.push({ type, key, from, to: at, visibleUnits })
  }
  for (let type = 0; type < types; type++) {
    read(type, NONE, words[word++] ?? NONE)
    const entryCount = words[word++] ?? NONE
    if (!(entryCount >= 0 && entryCount <= words.length)) damaged('a type has as many entries as it says')
    for (let entry = 0; entry < entryCount; entry++) {
      const key = words[word++] ?? NONE
      const rowCount = words[word++] ?? 0
      if (!(key >= 0 && key < usedBy.length) || usedBy[key] === type || rowCount < 1) {
        damaged('an entry has a key of its own, and rows')
      }
      usedBy[key] = type
      read(type, key, rowCount)
    }
  }
  if (word !== words.length || at !== listed) damaged('lists are as long as they say')
  if (textEnd.narrow !== narrowUnits || textEnd.wide !== wideUnits) damaged('rows have all the text')
  if (collected + listed !== count) damaged('what was not collected is in a list')
  checkNesting(around, rootCount)
  return lists
}

/** Units of text that rows were given. */
interface TextEnd {
  narrow: number
  wide: number
}

/** Links the rows of one list, gives them their text, and notes which types are inside. Returns the visible units. On the arrays themselves: it is half of a load. */
function linkRows(
  { words, halves }: RowTable,
  count: number,
  order: Int32Array,
  from: number,
  to: number,
  type: number,
  key: number,
  isGone: boolean,
  around: Int32Array,
  textEnd: TextEnd,
): number {
  const parentOfRow = key === NONE ? type : NONE
  // Of what stands under a key, only the last may be alive.
  const aliveFrom = isGone ? to : key === NONE ? from : to - 1
  let { narrow, wide } = textEnd
  let before = NONE
  let visibleUnits = 0
  for (let at = from; at < to; at++) {
    const row = order[at]!
    const word = row * ROW_WORDS
    if (!(row >= 0 && row < count) || words[word + LEFT] !== UNLISTED) damaged('a row is in one list')
    words[word + LEFT] = before
    if (before !== NONE) words[before * ROW_WORDS + RIGHT] = row
    words[word + PARENT] = parentOfRow
    before = row
    const traits = halves[row * ROW_HALVES + TRAITS]!
    const kindOfRow = traits & KIND_BITS
    const units = words[word + LENGTH]!
    if ((traits & DELETED) === 0) {
      if (at < aliveFrom) damaged('what was replaced, or in something deleted, is deleted')
      if (isCountable(kindOfRow)) visibleUnits += units
    }
    if (kindOfRow === ContentKind.string) {
      if ((traits & WIDE) === 0) {
        words[word + CONTENT] = narrow
        narrow += units
      } else {
        words[word + CONTENT] = wide
        wide += units
      }
    } else if (kindOfRow === ContentKind.type) around[words[word + CONTENT]!] = type
  }
  textEnd.narrow = narrow
  textEnd.wide = wide
  return visibleUnits
}

/** Checks that from every type the way outwards leads to a root. */
function checkNesting(around: Int32Array, rootCount: number): void {
  // The type from which a type was reached first.
  const reachedFrom = new Int32Array(around.length).fill(NONE)
  for (let start = rootCount; start < around.length; start++) {
    for (let type = start; type >= rootCount && reachedFrom[type] === NONE; type = around[type]!) {
      reachedFrom[type] = start
      if (reachedFrom[around[type]!] === start) damaged('no type is inside of itself')
    }
  }
}

/** Finds the content of rows that are neither text nor types, and checks it: flat, where each begins and ends. */
function readValues({ values }: Sections, rows: RowTable, valued: readonly number[]): number[] {
  const reader = new ByteReader(values)
  const extent: ContentExtent = { length: 0, payloadAt: 0 }
  const payloads: number[] = []
  for (const row of valued) {
    skipContent(reader, rows.kind(row), extent)
    if (extent.length !== rows.length(row)) reader.fail('invalid-value', 'content is as long as its row')
    payloads.push(extent.payloadAt, reader.offset)
  }
  reader.end()
  return payloads
}

/** A copy of narrow text, checked four bytes at a time. */
function asciiOf(text: Uint8Array): Uint8Array {
  const copy = new Uint8Array(Math.ceil(text.length / 4) * 4)
  copy.set(text)
  let bits = 0
  for (let at = 0, words = new Int32Array(copy.buffer); at < words.length; at++) bits |= words[at]!
  if ((bits & 0x80808080) !== 0) damaged('narrow text is ASCII')
  return copy
}

/** Gives the document what was read. Nothing here can fail. */
function fill(transaction: Transaction, checked: Checked): void {
  const { doc } = transaction
  const { tables } = doc
  const { clients, types, ids, text, entries } = tables
  const { sections, meta, rows } = checked
  const clientAt = meta.clientIds.map((id) => clients.intern(id))
  if (clients.count > NARROW_CLIENTS_MAX && !rows.hasWideClients) rows.widenClients()
  if (clientAt.some((client, at) => client !== at)) rows.renumberClients(clientAt)
  tables.rows.take(rows)
  let first = 0
  clientAt.forEach((client, at) => {
    const next = first + sections.clientRows[at]!
    transaction.touch(client)
    ids.adopt(client, first, next - 1, sections.clientUnits[at]!)
    if (client === doc.ownClientIfAny()) transaction.receivedOwnUnits = true
    first = next
  })
  text.narrow = checked.narrow
  text.narrowEnd = sections.narrow.length
  text.wide = sections.wide.slice()
  text.wideEnd = text.wide.length

  const typeAt = typesOf(transaction, checked)
  for (const { type: number, key, from, to, visibleUnits } of checked.lists) {
    if (from === to) continue
    const type = typeAt[number]!
    const [head, tail] = [sections.order[from]!, sections.order[to - 1]!]
    let parent = type
    if (key === NONE) {
      types.setHead(type, head)
      types.setTail(type, tail)
      types.setRows(type, to - from)
      types.setLength(type, visibleUnits)
      if (type !== number) for (let at = from; at < to; at++) rows.setParent(sections.order[at]!, type)
    } else {
      const entry = entries.findOrAdd(type, meta.keys[key]!)
      entries.setHead(entry, head)
      entries.setTail(entry, tail)
      parent = parentOfEntry(entry)
      for (let at = from; at < to; at++) rows.setParent(sections.order[at]!, parent)
    }
    if (number < meta.roots.length) transaction.addChanged(parent)
  }
  checked.found.valued.forEach((row, at) => {
    const [from, to] = [checked.payloads[2 * at]!, checked.payloads[2 * at + 1]!]
    readContentInto(doc, row, sections.values, from, to, rows.length(row), 0)
    if (rows.kind(row) === ContentKind.document && !rows.isDeleted(row)) announce(transaction, row)
  })
  tellDeletions(transaction, checked.found.hasGarbage)
  if (meta.waiting.length > 0) applyUpdate(doc, meta.waiting)
}

/** Makes the types, and returns their numbers in the table. */
function typesOf({ doc }: Transaction, { meta, rows, found }: Checked): number[] {
  const { types } = doc.tables
  const typeAt: number[] = []
  for (const { name, bits } of meta.roots) {
    doc.rootNamed(name)
    const type = types.root(name)
    if ((bits & TypeBit.formatted) !== 0) types.setFormatted(type)
    typeAt.push(type)
  }
  meta.nested.forEach(({ kind, bits, name }, at) => {
    const row = found.holders[at]!
    const type = types.add(kind, row)
    rows.setContent(row, type)
    if ((bits & TypeBit.formatted) !== 0) types.setFormatted(type)
    if (name !== null) types.setName(type, name)
    typeAt.push(type)
  })
  return typeAt
}

/** Says which units are deleted, if anybody wants to know: who listens, or who collects. */
function tellDeletions(transaction: Transaction, hasGarbage: boolean): void {
  const { doc } = transaction
  const { update, updateV2, afterTransaction, beforeObserverCalls, afterTransactionCleanup } = TransactionEvent
  const collects = hasGarbage && doc.gc
  const isHeard = doc.isHeard(update | updateV2 | afterTransaction | beforeObserverCalls | afterTransactionCleanup)
  if (!collects && !isHeard && doc.observers === 0) return
  for (const { client, start, end } of deletedIdsOf(doc.tables)) transaction.addDeleted(client, start, end)
  if (!collects) return
  transaction.hasLooseEnds = true
  transaction.hasCollectable = true
}

/** Where it is does not matter: nothing of it can be used. */
function damaged(rule: string): never {
  throw new DecodeError('invalid-value', 0, `a damaged column snapshot: ${rule}`)
}
