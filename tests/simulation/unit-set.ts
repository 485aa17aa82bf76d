/**
 * A set of units (client, clock), as ranges. The oracles' own, so that they do not judge the product by what the product counts with.
 */

export class UnitSet {
  /** By client: starts and ends, half-open, in rising order, neither overlapping nor touching. */
  readonly #clients = new Map<number, number[]>()

  get isEmpty(): boolean {
    return this.#clients.size === 0
  }

  clear(): void {
    this.#clients.clear()
  }

  add(client: number, start: number, end: number): void {
    if (start >= end) return
    const ranges = this.#clients.get(client)
    if (ranges === undefined) {
      this.#clients.set(client, [start, end])
      return
    }
    const { length } = ranges
    // Nearly always it goes on where the last ended.
    if (start > ranges[length - 1]!) {
      ranges.push(start, end)
      return
    }
    if (start >= ranges[length - 2]!) {
      ranges[length - 1] = Math.max(ranges[length - 1]!, end)
      return
    }
    let from = 0
    while (ranges[from + 1]! < start) from += 2
    let to = from
    while (to < ranges.length && ranges[to]! <= end) to += 2
    const merged = to === from ? [start, end] : [Math.min(start, ranges[from]!), Math.max(end, ranges[to - 1]!)]
    ranges.splice(from, to - from, ...merged)
  }

  addAll(other: UnitSet): void {
    for (const [client, start, end] of other.ranges()) this.add(client, start, end)
  }

  hasRange(client: number, start: number, end: number): boolean {
    const ranges = this.#clients.get(client)
    if (ranges === undefined) return start >= end
    for (let index = 0; index < ranges.length; index += 2) {
      if (ranges[index]! <= start && end <= ranges[index + 1]!) return true
    }
    return start >= end
  }

  has(client: number, clock: number): boolean {
    return this.hasRange(client, clock, clock + 1)
  }

  hasAll(other: UnitSet): boolean {
    return other.firstMissingIn(this) === undefined
  }

  /** A range of this set that is not whole in `other`. */
  firstMissingIn(other: UnitSet): readonly [client: number, start: number, end: number] | undefined {
    for (const range of this.ranges()) if (!other.hasRange(...range)) return range
    return undefined
  }

  *ranges(): Generator<readonly [client: number, start: number, end: number]> {
    for (const [client, ranges] of this.#clients) {
      for (let index = 0; index < ranges.length; index += 2) yield [client, ranges[index]!, ranges[index + 1]!]
    }
  }

  /** The units one by one. */
  *units(): Generator<readonly [client: number, clock: number]> {
    for (const [client, start, end] of this.ranges())
      for (let clock = start; clock < end; clock++) yield [client, clock]
  }
}
