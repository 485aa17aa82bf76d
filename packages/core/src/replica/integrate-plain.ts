/**
 * The plain structs of a load: text, plain values and tombstones in the list of a root, next to units that begin or end there. They are most of most documents, and go where
 * `integrateStruct` would put them, by the same steps in the same order, in one loop over the arrays of the tables. Whatever else comes, and what has to be cut
 * or to wait, is left to it.
 */
import * as ContentKind from '../content-kind.ts'
import * as Column from './incoming-column.ts'
import { STRIDE as STRUCT_CELLS } from './incoming-structs.ts'
import { afterConflicts } from './integrate.ts'
import * as Flag from './row-flag.ts'
import { readValues } from './row-content.ts'
import * as RowRecord from './row-record.ts'
import { NONE } from './row-table.ts'
import type { Transaction } from './transaction.ts'

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

const KIND = Column.kind
const STRUCT_ORIGIN_CLIENT = Column.originClient
const STRUCT_ORIGIN_CLOCK = Column.originClock
const STRUCT_RIGHT_CLIENT = Column.rightClient
const STRUCT_RIGHT_CLOCK = Column.rightClock
const STRUCT_CLOCK = Column.clock
const STRUCT_LENGTH = Column.length
const PAYLOAD_AT = Column.payloadAt
const PAYLOAD_END = Column.payloadEnd
const STRIDE = STRUCT_CELLS
const STRING = ContentKind.string
const DELETED = ContentKind.deleted
const ANY = ContentKind.any
const tombstone: number = DELETED | (Flag.deleted << RowRecord.flagsShift)
const wideText: number = STRING | (Flag.wide << RowRecord.flagsShift)

/** More text than this is copied as a whole. */
const COPIED_UNITS_MAX = 24

/**
 * Integrates structs of a client as long as they are plain. `cells` and `bytes` are those of `IncomingStructs`, `from` and `end` handles in it. Returns the
 * handle of the first one that is left.
 *
 * One long function that calls little: half of a load, and nearly all of the first one of a process, whose code is not compiled yet and pays for every call.
 */
export function integratePlain(
  transaction: Transaction,
  client: number,
  cells: Int32Array,
  bytes: Uint8Array,
  from: number,
  end: number,
): number {
  const { tables } = transaction.doc
  const { rows, clients, ids, types, text, values } = tables
  // Rows are made in front of the end of the arrays only, so that they stay the same.
  const { words, halves, capacity } = rows
  const clientId = clients.ids[client]!
  let { narrow } = text
  let state = clients.state(client)
  let last = clients.last(client)
  let count = clients.rows(client)
  let knownParent = NONE
  let at = from
  for (; at < end && rows.end < capacity; at += STRIDE) {
    const kind = cells[at + KIND]!
    const originClient = cells[at + STRUCT_ORIGIN_CLIENT]!
    const rightClient = cells[at + STRUCT_RIGHT_CLIENT]!
    if ((kind !== STRING && kind !== DELETED && kind !== ANY) || cells[at + STRUCT_CLOCK] !== state) break
    let left = NONE
    let originClock = 0
    if (originClient !== NONE) {
      originClock = cells[at + STRUCT_ORIGIN_CLOCK]!
      if (originClient === client) left = originClock === state - 1 ? last : ids.find(client, originClock)
      else if (originClock < clients.state(originClient)) left = ids.find(originClient, originClock)
      else break
      const word = left * ROW_WORDS
      if (words[word + CLOCK]! + words[word + LENGTH]! !== originClock + 1) break
    }
    let right = NONE
    let rightClock = 0
    if (rightClient !== NONE) {
      rightClock = cells[at + STRUCT_RIGHT_CLOCK]!
      right = left === NONE ? NONE : words[left * ROW_WORDS + RIGHT]!
      if (
        right === NONE ||
        words[right * ROW_WORDS + CLOCK] !== rightClock ||
        halves[right * ROW_HALVES + CLIENT] !== rightClient
      ) {
        if (rightClient !== client && rightClock >= clients.state(rightClient)) break
        right = ids.find(rightClient, rightClock)
        if (words[right * ROW_WORDS + CLOCK] !== rightClock || words[right * ROW_WORDS + PARENT] === NONE) break
      }
    } else if (left === NONE) break
    const parent = words[(left === NONE ? right : left) * ROW_WORDS + PARENT]!
    // What was collected has no parent, nor is one known at first.
    if (parent === NONE || parent !== knownParent) {
      if (parent < 0 || !types.isRoot(parent) || types.tree(parent) !== undefined) break
      knownParent = parent
      transaction.addChanged(parent)
    }
    const isNextTo =
      left === NONE ? words[right * ROW_WORDS + LEFT] === NONE : words[left * ROW_WORDS + RIGHT] === right
    if (!isNextTo) {
      left = afterConflicts(tables, parent, left, right, clientId, originClient, originClock, rightClient, rightClock)
      right = left === NONE ? types.head(parent) : words[left * ROW_WORDS + RIGHT]!
    }
    if (at === from) {
      transaction.touch(client)
      transaction.hasLooseEnds = true
      if (client === transaction.doc.ownClientIfAny()) transaction.receivedOwnUnits = true
    }
    const row = rows.end++
    rows.live++
    rows.changes = (rows.changes + 1) | 0
    const length = cells[at + STRUCT_LENGTH]!
    let traits = tombstone
    let content = NONE
    if (kind === STRING) {
      traits = STRING
      const payloadAt = cells[at + PAYLOAD_AT]!
      const payloadEnd = cells[at + PAYLOAD_END]!
      content = text.narrowEnd
      if (payloadEnd - payloadAt !== length) {
        content = text.putUtf8(bytes, payloadAt, payloadEnd, length, 0)
        traits = wideText
      } else {
        if (content + length > narrow.length) {
          text.reserveNarrow(length)
          narrow = text.narrow
        }
        text.narrowEnd = content + length
        if (length > COPIED_UNITS_MAX) narrow.set(bytes.subarray(payloadAt, payloadEnd), content)
        else for (let read = payloadAt, write = content; read < payloadEnd;) narrow[write++] = bytes[read++]!
      }
    }
    if (kind === ANY) {
      traits = ANY
      content = readValues(values, bytes, cells[at + PAYLOAD_AT]!, length)
    }
    const half = row * ROW_HALVES
    halves[half + CLIENT] = client
    halves[half + ORIGIN_CLIENT] = originClient
    halves[half + RIGHT_ORIGIN_CLIENT] = rightClient
    halves[half + TRAITS] = traits
    const word = row * ROW_WORDS
    words[word + CLOCK] = state
    words[word + LENGTH] = length
    words[word + ORIGIN_CLOCK] = originClock
    words[word + RIGHT_ORIGIN_CLOCK] = rightClock
    words[word + CONTENT] = content
    words[word + LEFT] = left
    words[word + RIGHT] = right
    words[word + NEXT_BY_CLOCK] = NONE
    words[word + PARENT] = parent
    if (left !== NONE) words[left * ROW_WORDS + RIGHT] = row
    if (right !== NONE) words[right * ROW_WORDS + LEFT] = row
    types.listed(parent, left, row, right, kind === DELETED ? 0 : length)
    const clock = state
    state += length
    clients.append(client, row, state)
    if (last !== NONE) words[last * ROW_WORDS + NEXT_BY_CLOCK] = row
    last = row
    ids.added(client, row, clock, state, ++count)
    if (kind === DELETED) transaction.addDeleted(clientId, clock, state)
  }
  return at
}
