/**
 * Joining updates without a document. The merge of updates is a function of the units that they hold: for each (client, clock)
 * the best of what the inputs say, and the union of their delete sets. Adjacent units that were one run are written as one.
 * So the order and grouping of inputs, and how often one comes, make no difference to the bytes.
 *
 * Which is the best: more information wins. Content wins over deleted content, which wins over GC, which wins over a skip.
 * Replicas drop content only of units that are deleted, and their delete sets or their parents' say so as well, so keeping it
 * resurrects nothing; whereas letting the poorer struct win would let anybody with a forged GC run erase, for later readers,
 * what others wrote. And half a surrogate pair, left over where somebody cut an update, loses against the whole one.
 *
 * Two structs that differ otherwise claim the same ID with different content: a copied client ID, or a forgery. Then one is
 * taken by an order of their bytes: the same on every relay and in any order of inputs, though with no meaning, and not
 * promised to be independent of grouping.
 *
 * Structs are appended as they come while each client's clocks are in order, as in a log; what comes early or again is sorted and
 * merged at the end, run by run, or struct by struct where runs of bytes do not decide.
 */
import { ByteReader } from './byte-reader.ts'
import { ByteWriter, varUintWidth } from './byte-writer.ts'
import { IdSet } from './id-set.ts'
import { mergeRuns } from './run-merge.ts'
import { withSkips, readStruct, type Struct } from './struct.ts'
import { StructLog } from './struct-log.ts'
import { mergeStructs } from './struct-merge.ts'
import { StructScan } from './struct-scan.ts'
import { scanUpdate, type Stretch } from './update-scan.ts'

/** What is known of one client while its updates are gathered. */
interface Gathered {
  /** Stretches that came in order, joined. */
  readonly log: StructLog
  /** The others. */
  readonly others: Stretch[]
}

/**
 * One update with everything that is in `updates`. Commutative, associative and idempotent, to the byte (associative only where
 * no ID is claimed with two contents, see above); one input, or none, is brought into the same form. Inputs may miss each
 * other's context: gaps become skips. Throws `DecodeError` if any input is not an update. Cost n log n in the structs, and
 * linear if inputs come in order.
 */
export function mergeUpdates(updates: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const clients = new Map<number, Gathered>()
  const deletes: number[] = []
  const scan = new StructScan()
  let gathered: Gathered | undefined
  for (const bytes of updates) {
    const update = scanUpdate(bytes, scan)
    for (const stretch of update.stretches) {
      const { client, clock } = stretch
      if (gathered === undefined || gathered.log.client !== client) gathered = clients.get(client)
      if (gathered === undefined) {
        gathered = { log: new StructLog(client, clock, Math.max(32, stretch.to - stretch.from)), others: [] }
        clients.set(client, gathered)
      }
      if (clock !== gathered.log.end) gathered.others.push(stretch)
      else if (update.isSingle) gathered.log.append(scan)
      else gathered.log.appendStretch(stretch, scan)
    }
    for (const bound of update.deletes) deletes.push(bound)
  }
  const logs: StructLog[] = []
  for (const { log, others } of clients.values()) logs.push(others.length === 0 ? log : mergeAll(log, others, scan))
  return encodeLogs(logs, IdSet.of(deletes))
}

/** Writes an update of encoded structs, clients descending. */
export function encodeLogs(logs: StructLog[], deletes: IdSet): Uint8Array<ArrayBuffer> {
  logs.sort((a, b) => b.client - a.client)
  let bytes = varUintWidth(logs.length) + deletes.byteLength
  for (const { client, start, count, byteLength } of logs) {
    bytes += varUintWidth(count) + varUintWidth(client) + varUintWidth(start) + byteLength
  }
  // A varUint is written with room for its longest form.
  const writer = new ByteWriter(bytes + 8)
  writer.varUint(logs.length)
  for (const log of logs) {
    writer.varUint(log.count)
    writer.varUint(log.client)
    writer.varUint(log.start)
    writer.raw(log.bytes)
  }
  deletes.write(writer)
  return writer.finish()
}

/** Merges stretches of one client in any order. What overlaps nothing is appended; what does is merged by halves. */
function mergeAll(log: StructLog, others: Stretch[], scan: StructScan): StructLog {
  const stretches = [log.stretch(), ...others].sort((a, b) => a.clock - b.clock)
  const merged = new StructLog(log.client, stretches[0]!.clock, log.byteLength)
  for (let from = 0; from < stretches.length;) {
    let end = stretches[from]!.end
    let to = from + 1
    for (; to < stretches.length && stretches[to]!.clock < end; to++) end = Math.max(end, stretches[to]!.end)
    if (stretches[from]!.clock > merged.end) merged.appendSkip(stretches[from]!.clock - merged.end)
    const overlapping = to === from + 1 ? stretches[from]! : mergeByHalves(stretches, from, to)
    if (overlapping === null) return mergeStructByStruct(log.client, stretches, scan)
    merged.appendStretch(overlapping, scan)
    from = to
  }
  return merged
}

/** However they overlap, cost stays n log n. Null if the bytes do not decide. */
function mergeByHalves(stretches: readonly Stretch[], from: number, to: number): Stretch | null {
  if (to - from === 1) return stretches[from]!
  const middle = Math.floor((from + to) / 2)
  const left = mergeByHalves(stretches, from, middle)
  const right = left === null ? null : mergeByHalves(stretches, middle, to)
  if (left === null || right === null) return null
  const merged = new StructLog(left.client, left.clock, Math.max(left.to - left.from, right.to - right.from))
  return mergeRuns([left], [right], merged) ? merged.stretch() : null
}

function mergeStructByStruct(client: number, stretches: readonly Stretch[], scan: StructScan): StructLog {
  const structs = withSkips(mergeStructs(client, stretches.flatMap(structsOf)))
  const log = new StructLog(client, structs[0]!.clock)
  for (const struct of structs) {
    if (struct.type === 'skip') log.appendSkip(struct.length)
    else log.appendStruct(struct, scan)
  }
  return log
}

/** The structs of a stretch as values. */
export function structsOf({ client, clock, bytes, from, count }: Stretch): Struct[] {
  const reader = new ByteReader(bytes, from)
  const structs: Struct[] = []
  let at = clock
  for (let left = count; left > 0; left--) {
    const struct = readStruct(reader, client, at)
    structs.push(struct)
    at += struct.length
  }
  return structs
}
