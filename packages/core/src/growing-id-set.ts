/** A set of IDs that tells what is new as it grows: the deletions of a store. Apart from `IdSet`, since few sets are asked for that. */
import { firstEndingAfter, IdSet, insert } from './id-set.ts'

export class GrowingIdSet extends IdSet {
  /** Where {@link addMissing} was last. Only a guess: checked against the ranges before use. */
  #hint = 0

  /**
   * Adds the units `start` … `end − 1` of a client, and appends to `flat`, as client, start, end, those that were not here. Cost as
   * of `add`, and less where the last call was close by, as when somebody deletes letter by letter.
   */
  addMissing(client: number, start: number, end: number, flat: number[]): void {
    const ranges = this.clientRanges.get(client)
    if (ranges === undefined) {
      this.clientRanges.set(client, [start, end])
      flat.push(client, start, end)
      return
    }
    const hint = this.#hint
    const isNear = hint < ranges.length && ranges[hint + 1]! >= start && (hint === 0 || ranges[hint - 1]! < start)
    const at = isNear ? hint : firstEndingAfter(ranges, start - 1)
    this.#hint = at
    if (at >= ranges.length || end < ranges[at]!) {
      if (at >= ranges.length) ranges.push(start, end)
      else ranges.splice(at, 0, start, end)
      flat.push(client, start, end)
    } else if (at + 2 >= ranges.length || end < ranges[at + 2]!) {
      if (start < ranges[at]!) {
        flat.push(client, start, ranges[at]!)
        ranges[at] = start
      }
      if (end > ranges[at + 1]!) {
        flat.push(client, ranges[at + 1]!, end)
        ranges[at + 1] = end
      }
    } else {
      let from = start
      for (let next = at; next < ranges.length && ranges[next]! < end; next += 2) {
        if (from < ranges[next]!) flat.push(client, from, ranges[next]!)
        from = ranges[next + 1]!
      }
      if (from < end) flat.push(client, from, end)
      insert(ranges, start, end)
    }
  }
}
