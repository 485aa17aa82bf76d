/**
 * Which structs a log has, in as little memory as that takes: three numbers for each client that wrote, and a bounded list of what
 * came before something that is missing.
 *
 * ```
 * clock 0 ────────── next          top           per client: everything below `next` is here, nothing from `top` on,
 *       ████████████████····██··███··                        and between them what the islands say, while they are known
 * ```
 *
 * Of a room with more islands than `islandsMax`, none is kept: then what lies between `next` and `top` is uncertain for as long
 * as the room is open. It only grows, so what was once certain stays so.
 */
import { encodeStateVector } from '@syncline/core'
import { RANGE_NUMBERS, type Ranges } from '../merger/update-ranges.ts'
import { SparseMap } from '../sparse-map.ts'

/** Numbers for each client: itself, its `next`, its `top`. */
const HEAD_NUMBERS = 3
const HEADS_MIN = 4

/** More new clients than these are put in place in one pass over all; each alone shifts those behind it. */
const CLIENTS_ONE_BY_ONE_MAX = 16

/** Shared by the rooms that nobody has written to: there is nothing in it to be changed. */
const noHeads = new Float64Array(0)
const emptyStateVector = encodeStateVector(new Map())

export class KnownStructs {
  readonly #islandsMax: number
  /** Clients descending, as ranges come and as state vectors are written; only the first `#clients` count. */
  #heads = noHeads
  #clients = 0
  /** Where {@link KnownStructs.#find} was last: whoever types goes on typing. */
  #hint = 0
  /** Start, end, start, end, … ascending, per client with a gap; `undefined` once there were too many. */
  #islands: SparseMap<number, number[]> | undefined = new SparseMap()
  #islandCount = 0

  /** Keeps no more than `islandsMax` ranges that lie behind gaps. */
  constructor(islandsMax: number) {
    this.#islandsMax = islandsMax
  }

  /** Bytes that it takes, nearly. */
  get byteLength(): number {
    return this.#heads.byteLength + this.#islandCount * 16
  }

  /**
   * Adds ranges, in any order. Returns whether one of them left a gap that was not there: it begins behind everything that was
   * known of its client. Idempotent. Costs a search for each range, and a shift of the clients behind each new one, or one pass
   * over all when many are new.
   */
  add(ranges: Ranges): boolean {
    this.#addClients(ranges)
    let leftGap = false
    for (let at = 0; at < ranges.length; at += RANGE_NUMBERS) {
      if (this.#addRange(ranges[at]!, ranges[at + 1]!, ranges[at + 2]!)) leftGap = true
    }
    return leftGap
  }

  /** Whether certainly none of these units is here. */
  hasNone(ranges: Ranges): boolean {
    for (let at = 0; at < ranges.length; at += RANGE_NUMBERS) {
      if (!this.#lacks(ranges[at]!, ranges[at + 1]!, ranges[at + 2]!)) return false
    }
    return true
  }

  /** Per client the clock up to which nothing is missing, or is certain not to be. The bytes may be shared: nobody may change them. */
  encodeStateVector(): Uint8Array {
    if (this.#clients === 0) return emptyStateVector
    const stateVector = new Map<number, number>()
    for (let index = 0; index < this.#clients; index++) {
      stateVector.set(this.#heads[index * HEAD_NUMBERS]!, this.#heads[index * HEAD_NUMBERS + 1]!)
    }
    return encodeStateVector(stateVector)
  }

  #addRange(client: number, start: number, end: number): boolean {
    const index = this.#find(client)
    const at = (index < 0 ? this.#insertClient(~index, client) : index) * HEAD_NUMBERS
    const next = this.#heads[at + 1]!
    const top = this.#heads[at + 2]!
    this.#heads[at + 2] = Math.max(top, end)
    if (start > next) {
      this.#addIsland(client, start, end)
      return start > top
    }
    if (end > next) this.#heads[at + 1] = this.#absorb(client, end)
    return false
  }

  #lacks(client: number, start: number, end: number): boolean {
    const index = this.#find(client)
    if (index < 0) return true
    const at = index * HEAD_NUMBERS
    if (start >= this.#heads[at + 2]!) return true
    if (start < this.#heads[at + 1]! || this.#islands === undefined) return false
    const islands = this.#islands.get(client)
    if (islands === undefined) return true
    const island = firstEndingAfter(islands, start)
    return island === islands.length || end <= islands[island]!
  }

  #addIsland(client: number, start: number, end: number): void {
    if (this.#islands === undefined) return
    const islands = this.#islands.get(client) ?? []
    // One that ends at `start` is joined.
    const from = firstEndingAfter(islands, start - 1)
    let to = from
    let joinedStart = start
    let joinedEnd = end
    for (; to < islands.length && islands[to]! <= end; to += 2) {
      joinedStart = Math.min(joinedStart, islands[to]!)
      joinedEnd = Math.max(joinedEnd, islands[to + 1]!)
    }
    islands.splice(from, to - from, joinedStart, joinedEnd)
    this.#islands.set(client, islands)
    this.#islandCount += 1 - (to - from) / 2
    if (this.#islandCount <= this.#islandsMax) return
    this.#islands = undefined
    this.#islandCount = 0
  }

  /** Takes away the islands that `next` has reached, and returns where it is then. */
  #absorb(client: number, reached: number): number {
    const islands = this.#islands?.get(client)
    if (islands === undefined) return reached
    let next = reached
    let count = 0
    for (; count < islands.length && islands[count]! <= next; count += 2) next = Math.max(next, islands[count + 1]!)
    islands.splice(0, count)
    this.#islandCount -= count / 2
    if (islands.length === 0) this.#islands!.delete(client)
    return next
  }

  /** The client's index, or the complement of the one that it would have. */
  #find(client: number): number {
    if (this.#hint < this.#clients && this.#heads[this.#hint * HEAD_NUMBERS] === client) return this.#hint
    let low = 0
    let high = this.#clients
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#heads[middle * HEAD_NUMBERS]! > client) low = middle + 1
      else high = middle
    }
    const found = low < this.#clients && this.#heads[low * HEAD_NUMBERS] === client
    if (found) this.#hint = low
    return found ? low : ~low
  }

  #insertClient(index: number, client: number): number {
    const length = this.#clients * HEAD_NUMBERS
    if (length === this.#heads.length) {
      const heads = new Float64Array(Math.max(HEADS_MIN * HEAD_NUMBERS, Math.ceil(this.#clients * 1.5) * HEAD_NUMBERS))
      heads.set(this.#heads)
      this.#heads = heads
    }
    this.#heads.copyWithin((index + 1) * HEAD_NUMBERS, index * HEAD_NUMBERS, length)
    this.#heads.set([client, 0, 0], index * HEAD_NUMBERS)
    this.#clients++
    this.#hint = index
    return index
  }

  /** Makes room for the clients of `ranges`, if many of them are new. */
  #addClients(ranges: Ranges): void {
    if (ranges.length <= CLIENTS_ONE_BY_ONE_MAX * RANGE_NUMBERS) return
    const added: number[] = []
    for (let at = 0; at < ranges.length; at += RANGE_NUMBERS) {
      const client = ranges[at]!
      if (client !== added.at(-1) && this.#find(client) < 0) added.push(client)
    }
    if (added.length <= CLIENTS_ONE_BY_ONE_MAX) return
    const clients = [...new Set(added)].sort((a, b) => b - a)
    const heads = new Float64Array((this.#clients + clients.length) * HEAD_NUMBERS)
    let from = 0
    let to = 0
    const known = this.#heads.subarray(0, this.#clients * HEAD_NUMBERS)
    for (const client of clients) {
      let end = from
      while (end < known.length && known[end]! > client) end += HEAD_NUMBERS
      heads.set(known.subarray(from, end), to)
      to += end - from
      heads[to] = client
      to += HEAD_NUMBERS
      from = end
    }
    heads.set(known.subarray(from), to)
    this.#heads = heads
    this.#clients += clients.length
  }
}

/** The index of the first island that ends after `clock`; how many numbers there are when none does. */
function firstEndingAfter(islands: readonly number[], clock: number): number {
  let low = 0
  let high = islands.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (islands[middle * 2 + 1]! > clock) high = middle
    else low = middle + 1
  }
  return low * 2
}
