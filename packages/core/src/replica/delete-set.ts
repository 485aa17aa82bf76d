/**
 * Deleted units in the shape that Yjs gives them, for apps that read it, and where the order of clients counts: Yjs undoes client after client, in the order in
 * which each was met first. Else the replica works on `IdSet`s, which are sorted.
 */
import type { Id } from '../id.ts'
import { IdSet } from '../id-set.ts'

/** A range of deleted units of one client. */
export class DeleteItem {
  readonly clock: number
  readonly len: number

  constructor(clock: number, len: number) {
    this.clock = clock
    this.len = len
  }
}

export class DeleteSet {
  /** Per client its ranges, ascending and apart; clients in the order in which they were added. */
  readonly clients: Map<number, DeleteItem[]> = new Map()

  static of(ids: IdSet): DeleteSet {
    const set = new DeleteSet()
    for (const { client, start, end } of ids) set.#itemsOf(client).push(new DeleteItem(start, end - start))
    return set
  }

  /** The units of ranges in any order, flat: client ID, start, end. Clients keep the order in which they come first. */
  static ofRanges(flat: readonly number[]): DeleteSet {
    const set = new DeleteSet()
    for (let at = 0; at < flat.length; at += 3) {
      set.#itemsOf(flat[at]!).push(new DeleteItem(flat[at + 1]!, flat[at + 2]! - flat[at + 1]!))
    }
    set.#sortAndJoin()
    return set
  }

  /** The units of all sets. A new one. */
  static union(sets: readonly DeleteSet[]): DeleteSet {
    const union = new DeleteSet()
    for (const { clients } of sets) {
      for (const [client, items] of clients) {
        const all = union.#itemsOf(client)
        for (const item of items) all.push(item)
      }
    }
    union.#sortAndJoin()
    return union
  }

  /** Whether a unit is in it. Cost log n. */
  has(client: number, clock: number): boolean {
    const items = this.clients.get(client)
    if (items === undefined) return false
    const item = items[rangesUpTo(items, clock) - 1]
    return item !== undefined && clock < item.clock + item.len
  }

  /** The first clock above this one at which a range begins or ends; infinity if there is none. Cost log n. */
  edgeAfter(client: number, clock: number): number {
    const items = this.clients.get(client)
    if (items === undefined) return Infinity
    const next = rangesUpTo(items, clock)
    const item = items[next - 1]
    if (item !== undefined && clock < item.clock + item.len) return item.clock + item.len
    return items[next]?.clock ?? Infinity
  }

  /** Whether both have the same ranges, in whatever order of clients. */
  equals(other: DeleteSet): boolean {
    if (this.clients.size !== other.clients.size) return false
    for (const [client, items] of this.clients) {
      const others = other.clients.get(client)
      if (others?.length !== items.length) return false
      if (items.some(({ clock, len }, at) => others[at]!.clock !== clock || others[at]!.len !== len)) return false
    }
    return true
  }

  /** The same units as an `IdSet`. */
  toIds(): IdSet {
    const flat: number[] = []
    for (const [client, items] of this.clients) {
      for (const { clock, len } of items) flat.push(client, clock, clock + len)
    }
    return IdSet.of(flat)
  }

  #itemsOf(client: number): DeleteItem[] {
    let items = this.clients.get(client)
    if (items === undefined) this.clients.set(client, (items = []))
    return items
  }

  /** Ranges that overlap or touch become one. */
  #sortAndJoin(): void {
    for (const [client, items] of this.clients) {
      items.sort((a, b) => a.clock - b.clock)
      const joined: DeleteItem[] = []
      for (const item of items) {
        const last = joined.at(-1)
        if (last === undefined || last.clock + last.len < item.clock) joined.push(item)
        else {
          const end = Math.max(last.clock + last.len, item.clock + item.len)
          joined[joined.length - 1] = new DeleteItem(last.clock, end - last.clock)
        }
      }
      this.clients.set(client, joined)
    }
  }
}

// The names that Yjs has for it.

export function createDeleteSet(): DeleteSet {
  return new DeleteSet()
}

export function isDeleted(set: DeleteSet, { client, clock }: Id): boolean {
  return set.has(client, clock)
}

export function equalDeleteSets(a: DeleteSet, b: DeleteSet): boolean {
  return a.equals(b)
}

export function mergeDeleteSets(sets: readonly DeleteSet[]): DeleteSet {
  return DeleteSet.union(sets)
}

/** How many ranges begin at this clock or before. */
function rangesUpTo(items: readonly DeleteItem[], clock: number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (items[middle]!.clock <= clock) low = middle + 1
    else high = middle
  }
  return low
}
