/**
 * The delete set in format v2: as in v1, but each range begins at its distance from the end of the one before, and lengths,
 * which are never 0, are written less 1. Ranges can therefore only ascend.
 *
 *     count, count × (client, count, count × (gap before the range, length − 1))      all varUint, clients descending
 */
import type { ByteReader } from '../byte-reader.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { IdSet } from '../id-set.ts'

/** Throws `DecodeError`. As in v1 a client may be listed twice, or without ranges: the value is the union. */
export function readDeleteSetV2(reader: ByteReader): IdSet {
  const lists: IdSet[] = []
  for (let clientsLeft = reader.count(2); clientsLeft > 0; clientsLeft--) {
    const list = new IdSet()
    const client = reader.varUint()
    let clock = 0
    for (let rangesLeft = reader.count(2); rangesLeft > 0; rangesLeft--) {
      const offset = reader.offset
      const start = clock + reader.varUint()
      const end = start + reader.varUint() + 1
      if (end > Number.MAX_SAFE_INTEGER) reader.fail('integer-overflow', 'range ends above 2^53 − 1', offset)
      list.add(client, start, end)
      clock = end
    }
    lists.push(list)
  }
  return IdSet.union(lists)
}

export function writeDeleteSetV2(writer: ByteWriter, deletes: IdSet): void {
  const clients = [...deletes.clients()].sort((a, b) => b - a)
  writer.varUint(clients.length)
  for (const client of clients) {
    const ranges = [...deletes.ranges(client)]
    writer.varUint(client)
    writer.varUint(ranges.length)
    let clock = 0
    for (const { start, end } of ranges) {
      writer.varUint(start - clock)
      writer.varUint(end - start - 1)
      clock = end
    }
  }
}
