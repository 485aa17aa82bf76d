/** Deleted units in the shape that Yjs gives them, for apps that read it. The replica itself works on `IdSet`s. */
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
  /** Per client its ranges, ascending and apart. */
  readonly clients: Map<number, DeleteItem[]> = new Map()

  static of(ids: IdSet): DeleteSet {
    const set = new DeleteSet()
    for (const { client, start, end } of ids) {
      let items = set.clients.get(client)
      if (items === undefined) set.clients.set(client, (items = []))
      items.push(new DeleteItem(start, end - start))
    }
    return set
  }

  /** The same units as an `IdSet`. */
  toIds(): IdSet {
    const flat: number[] = []
    for (const [client, items] of this.clients) {
      for (const { clock, len } of items) flat.push(client, clock, clock + len)
    }
    return IdSet.of(flat)
  }
}
