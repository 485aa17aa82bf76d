/**
 * A set of IDs: per client sorted, disjoint, non-adjacent, half-open clock ranges. It is the delete set of an update, and it is
 * also how somebody without a document knows which structs exist, gaps included. It only grows; that makes union its merge.
 *
 *     count, count × (client, count, count × (clock, length))      all varUint, clients descending, clocks ascending
 */
import { ByteReader } from './byte-reader.ts'
import { ByteWriter, varUintWidth } from './byte-writer.ts'
import { assert } from './errors.ts'

/** The units of one client from `start` up to, but not including, `end`; never empty. */
export interface IdRange {
  readonly client: number
  readonly start: number
  readonly end: number
}

/** Start, end, start, end, …, ascending: half the memory of objects, and a search touches one array. */
export type Ranges = number[]

/** Up to so many ranges are inserted one by one; more are merged in one pass over both sides. */
const INSERTED_ONE_BY_ONE_MAX = 8

export class IdSet implements Iterable<IdRange> {
  /** No client has an empty list. */
  protected readonly clientRanges: Map<number, Ranges> = new Map()

  /** The union of many sets, as a new set. Cost n log n in all their ranges, whatever their order. */
  static union(sets: Iterable<IdSet>): IdSet {
    const gathered = new Map<number, Ranges[]>()
    for (const set of sets) {
      for (const [client, ranges] of set.clientRanges) {
        const known = gathered.get(client)
        if (known === undefined) gathered.set(client, [ranges])
        else known.push(ranges)
      }
    }
    const union = new IdSet()
    for (const [client, lists] of gathered) union.clientRanges.set(client, unionOf(lists, 0, lists.length))
    return union
  }

  get isEmpty(): boolean {
    return this.clientRanges.size === 0
  }

  /** How many ranges it is made of: its size in memory and on the wire. */
  get rangeCount(): number {
    let count = 0
    for (const ranges of this.clientRanges.values()) count += ranges.length / 2
    return count
  }

  /**
   * Adds the units `start` … `end − 1` of a client; nothing if there are none. Constant time at the end of what is known of the
   * client, which is where a live client writes; otherwise a binary search and a shift of the later ranges. To build a set out of
   * many ranges in no order, use {@link IdSet.union}.
   */
  add(client: number, start: number, end: number): void {
    assert(start >= 0 && end <= Number.MAX_SAFE_INTEGER, 'clocks are in 0 … 2^53 − 1')
    if (start >= end) return
    const ranges = this.clientRanges.get(client)
    if (ranges === undefined) this.clientRanges.set(client, [start, end])
    else insert(ranges, start, end)
  }

  /** Adds everything of `other`. Cheap when `other` is small, linear in both otherwise. */
  addAll(other: IdSet): void {
    for (const [client, added] of other.clientRanges) {
      const ranges = this.clientRanges.get(client)
      if (ranges === undefined) {
        this.clientRanges.set(client, [...added])
      } else if (added.length <= INSERTED_ONE_BY_ONE_MAX * 2) {
        for (let at = 0; at < added.length; at += 2) insert(ranges, added[at]!, added[at + 1]!)
      } else {
        this.clientRanges.set(client, mergedRanges(ranges, added))
      }
    }
  }

  has(client: number, clock: number): boolean {
    return this.hasRange(client, clock, clock + 1)
  }

  /** Whether all units `start` … `end − 1` of the client are in the set; true when there are none. Cost log n. */
  hasRange(client: number, start: number, end: number): boolean {
    if (start >= end) return true
    const ranges = this.clientRanges.get(client)
    if (ranges === undefined) return false
    const at = firstEndingAfter(ranges, start)
    return at < ranges.length && ranges[at]! <= start && end <= ranges[at + 1]!
  }

  /** Whether everything of `other` is here already, so that adding it would change nothing. Cost m log n. */
  hasAll(other: IdSet): boolean {
    for (const [client, ranges] of other.clientRanges) {
      for (let at = 0; at < ranges.length; at += 2) {
        if (!this.hasRange(client, ranges[at]!, ranges[at + 1]!)) return false
      }
    }
    return true
  }

  /** What is here and not in `other`, as a new set. */
  difference(other: IdSet): IdSet {
    const difference = new IdSet()
    for (const [client, ranges] of this.clientRanges) {
      const removed = other.clientRanges.get(client)
      const left = removed === undefined ? [...ranges] : subtract(ranges, removed)
      if (left.length > 0) difference.clientRanges.set(client, left)
    }
    return difference
  }

  /** Per client the first clock that is missing: what a replica that has exactly this set would send. */
  stateVector(): Map<number, number> {
    const stateVector = new Map<number, number>()
    for (const [client, ranges] of this.clientRanges) if (ranges[0] === 0) stateVector.set(client, ranges[1]!)
    return stateVector
  }

  /** The length of {@link write}'s encoding, in bytes. Linear in the ranges. */
  get byteLength(): number {
    let bytes = varUintWidth(this.clientRanges.size)
    for (const [client, ranges] of this.clientRanges) {
      bytes += varUintWidth(client) + varUintWidth(ranges.length / 2)
      for (let at = 0; at < ranges.length; at += 2) {
        bytes += varUintWidth(ranges[at]!) + varUintWidth(ranges[at + 1]! - ranges[at]!)
      }
    }
    return bytes
  }

  equals(other: IdSet): boolean {
    if (this.clientRanges.size !== other.clientRanges.size) return false
    for (const [client, ranges] of this.clientRanges) {
      const others = other.clientRanges.get(client)
      if (others === undefined || others.length !== ranges.length) return false
      if (!ranges.every((bound, at) => bound === others[at])) return false
    }
    return true
  }

  clone(): IdSet {
    return IdSet.union([this])
  }

  /** The clients in the set, in no particular order. */
  clients(): IterableIterator<number> {
    return this.clientRanges.keys()
  }

  /** The ranges of one client, ascending. */
  *ranges(client: number): IterableIterator<IdRange> {
    const ranges = this.clientRanges.get(client) ?? []
    for (let at = 0; at < ranges.length; at += 2) yield { client, start: ranges[at]!, end: ranges[at + 1]! }
  }

  /** All ranges, flat: client, start, end, client, …; in the order of iteration. Where it matters: an iterator makes an object for each. */
  flat(): number[] {
    const flat: number[] = []
    for (const client of [...this.clientRanges.keys()].sort((a, b) => b - a)) {
      const ranges = this.clientRanges.get(client)!
      for (let at = 0; at < ranges.length; at += 2) flat.push(client, ranges[at]!, ranges[at + 1]!)
    }
    return flat
  }

  /** All ranges: clients descending, as they are written, and clocks ascending. */
  *[Symbol.iterator](): IterableIterator<IdRange> {
    for (const client of [...this.clientRanges.keys()].sort((a, b) => b - a)) yield* this.ranges(client)
  }

  /** Writes the set in the delete set encoding, as the tail of an update. */
  write(writer: ByteWriter): void {
    writer.varUint(this.clientRanges.size)
    for (const client of [...this.clientRanges.keys()].sort((a, b) => b - a)) {
      const ranges = this.clientRanges.get(client)!
      writer.varUint(client)
      writer.varUint(ranges.length / 2)
      for (let at = 0; at < ranges.length; at += 2) {
        writer.varUint(ranges[at]!)
        writer.varUint(ranges[at + 1]! - ranges[at]!)
      }
    }
  }

  /**
   * Reads a set in the delete set encoding. As in Yjs, ranges may come in any order, touch or overlap, and a client may be listed
   * twice, or without ranges: the value is their union, so nothing is lost by accepting that. Throws `DecodeError`, also for an
   * empty range: it makes a Yjs client throw that does not have its unit yet.
   */
  static read(reader: ByteReader): IdSet {
    const ranges: number[] = []
    readIdRanges(reader, ranges)
    return IdSet.of(ranges)
  }

  /** The union of ranges given flat, client, start, end, client, …, in any order. Cost n log n, linear where they ascend. */
  static of(flat: readonly number[]): IdSet {
    const gathered = new Map<number, Ranges>()
    let ranges: Ranges | undefined
    for (let at = 0; at < flat.length; at += 3) {
      const client = flat[at]!
      if (ranges === undefined || client !== flat[at - 3]) ranges = gathered.get(client)
      if (ranges === undefined) gathered.set(client, (ranges = []))
      ranges.push(flat[at + 1]!, flat[at + 2]!)
    }
    return IdSet.#of(gathered)
  }

  static #of(gathered: ReadonlyMap<number, Ranges>): IdSet {
    const set = new IdSet()
    for (const [client, ranges] of gathered) set.clientRanges.set(client, normalised(ranges))
    return set
  }
}

/**
 * Reads what {@link IdSet.read} reads, and adds each range to `flat`, unless that is null, as client, start, end: for many sets that
 * become one, and for small ones of which nothing else is needed. Returns whether they come in the order in which they are written,
 * and apart. Throws `DecodeError`.
 */
export function readIdRanges(reader: ByteReader, flat: number[] | null): boolean {
  let isInOrder = true
  let lastClient = Infinity
  for (let clientsLeft = reader.count(2); clientsLeft > 0; clientsLeft--) {
    const client = reader.varUint()
    const count = reader.count(2)
    if (client >= lastClient || count === 0) isInOrder = false
    lastClient = client
    let end = -1
    for (let rangesLeft = count; rangesLeft > 0; rangesLeft--) {
      const offset = reader.offset
      const start = reader.varUint()
      const length = reader.varUint()
      if (length > Number.MAX_SAFE_INTEGER - start) {
        reader.fail('integer-overflow', 'range ends above 2^53 − 1', offset)
      }
      if (length === 0) reader.fail('invalid-value', 'range without units', offset)
      if (start <= end) isInOrder = false
      end = start + length
      if (flat !== null) flat.push(client, start, end)
    }
  }
  return isInOrder
}

/** Encodes a set of IDs on its own, in the encoding that delete sets have inside updates. */
export function encodeIdSet(set: IdSet): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter()
  set.write(writer)
  return writer.finish()
}

/** Decodes what {@link encodeIdSet} encodes; see {@link IdSet.read}. Throws `DecodeError`. */
export function decodeIdSet(bytes: Uint8Array): IdSet {
  const reader = new ByteReader(bytes)
  const set = IdSet.read(reader)
  reader.end()
  return set
}

/** Adds one range in place, joining every range that it overlaps or touches. */
export function insert(ranges: Ranges, start: number, end: number): void {
  const last = ranges.length - 2
  if (start > ranges[last + 1]!) {
    ranges.push(start, end)
    return
  }
  if (start >= ranges[last]!) {
    if (end > ranges[last + 1]!) ranges[last + 1] = end
    return
  }
  const from = firstEndingAfter(ranges, start - 1)
  if (ranges[from]! <= start && end <= ranges[from + 1]!) return
  let to = from
  while (to < ranges.length && ranges[to]! <= end) to += 2
  if (to === from) {
    ranges.splice(from, 0, start, end)
    return
  }
  ranges[from] = Math.min(start, ranges[from]!)
  ranges[from + 1] = Math.max(end, ranges[to - 1]!)
  ranges.splice(from + 2, to - from - 2)
}

/** The index of the first range that ends after `clock`; `ranges.length` when none does. */
export function firstEndingAfter(ranges: Ranges, clock: number): number {
  let low = 0
  let high = ranges.length / 2
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (ranges[middle * 2 + 1]! > clock) high = middle
    else low = middle + 1
  }
  return low * 2
}

/** The same units as sorted ranges that neither overlap nor touch. In place and linear when they are sorted already. */
function normalised(ranges: Ranges): Ranges {
  const sorted = isAscending(ranges) ? ranges : sortedByStart(ranges)
  let last = 0
  for (let at = 2; at < sorted.length; at += 2) {
    const start = sorted[at]!
    const end = sorted[at + 1]!
    if (start <= sorted[last + 1]!) {
      if (end > sorted[last + 1]!) sorted[last + 1] = end
    } else {
      last += 2
      sorted[last] = start
      sorted[last + 1] = end
    }
  }
  sorted.length = last + 2
  return sorted
}

function isAscending(ranges: Ranges): boolean {
  for (let at = 2; at < ranges.length; at += 2) if (ranges[at]! < ranges[at - 2]!) return false
  return true
}

/**
 * Ranges that cover the same units, ascending. Starts and ends are sorted apart, without a comparison function and without
 * pairs, which is several times as fast: paired in order, the n-th start and the n-th end have the same union as the originals.
 */
function sortedByStart(ranges: Ranges): Ranges {
  const starts = new Float64Array(ranges.length / 2)
  const ends = new Float64Array(ranges.length / 2)
  for (let at = 0; at < starts.length; at++) {
    starts[at] = ranges[at * 2]!
    ends[at] = ranges[at * 2 + 1]!
  }
  starts.sort()
  ends.sort()
  const sorted: Ranges = []
  for (let at = 0; at < starts.length; at++) sorted.push(starts[at]!, ends[at]!)
  return sorted
}

/** The union of `lists[from]` … `lists[to − 1]`, by halves, as a new list. */
function unionOf(lists: readonly Ranges[], from: number, to: number): Ranges {
  if (to - from === 1) return lists[from]!.slice()
  const middle = Math.floor((from + to) / 2)
  return mergedRanges(unionOf(lists, from, middle), unionOf(lists, middle, to))
}

/** The union of two lists that are sorted and disjoint each. */
function mergedRanges(a: Ranges, b: Ranges): Ranges {
  const merged: Ranges = []
  let aAt = 0
  let bAt = 0
  let end = -1
  while (aAt < a.length || bAt < b.length) {
    const isA = bAt >= b.length || (aAt < a.length && a[aAt]! <= b[bAt]!)
    const nextStart = isA ? a[aAt]! : b[bAt]!
    const nextEnd = isA ? a[aAt + 1]! : b[bAt + 1]!
    if (isA) aAt += 2
    else bAt += 2
    if (nextStart > end) {
      merged.push(nextStart, nextEnd)
      end = nextEnd
    } else if (nextEnd > end) {
      merged[merged.length - 1] = nextEnd
      end = nextEnd
    }
  }
  return merged
}

function subtract(ranges: Ranges, removed: Ranges): Ranges {
  const left: Ranges = []
  let from = 0
  for (let at = 0; at < ranges.length; at += 2) {
    let start = ranges[at]!
    const end = ranges[at + 1]!
    while (from < removed.length && removed[from + 1]! <= start) from += 2
    for (let hole = from; hole < removed.length && removed[hole]! < end; hole += 2) {
      if (removed[hole]! > start) left.push(start, removed[hole]!)
      start = Math.max(start, removed[hole + 1]!)
    }
    if (start < end) left.push(start, end)
  }
  return left
}
