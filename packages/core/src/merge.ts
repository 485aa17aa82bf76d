/**
 * Joining updates without a document. The merge of updates is a function of the units that they hold: for each (client, clock)
 * the best of what the inputs say, and the union of their delete sets. Adjacent units that were one run are written as one, but for
 * values of one key: each deletes the one before it where it is integrated, and its author may say so only in a later update. Of
 * these, what begins a struct in any of the inputs does so in the merge. So the order and grouping of inputs, and how often one comes, make no difference to the bytes.
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
import { ByteWriter, varUintWidth } from './byte-writer.ts'
import { IdSet } from './id-set.ts'
import { mergeRuns } from './run-merge.ts'
import { steppingScan, type SteppingScan } from './stepping-scan.ts'
import { structOf, StructScan } from './struct-scan.ts'
import { withSkips, type Struct } from './struct.ts'
import { StructLog } from './struct-log.ts'
import { mergeStructs } from './struct-merge.ts'
import { TypingRun } from './typing-run.ts'
import { scanDeletion, scanSingle, scanUpdate } from './update-scan.ts'
import type { Gathering, MarkedStretch, ScannedDeletion, Stretch } from './update-scan.ts'

/** What is known of one client while its updates are gathered. */
interface Gathered {
  readonly client: number
  /** What came in order, joined. */
  log: StructLog | null
  /** The others. */
  readonly others: Stretch[]
  /** The longest stretch that came: what comes next may well begin with the same bytes. */
  longest: MarkedStretch | null
}

/** In numbers, three a range. Larger delete sets are merged as they are; smaller ones gathered and sorted at the end. */
const FLAT_DELETES_MAX = 192

/**
 * One update with everything that is in `updates`. Commutative, associative and idempotent, to the byte (associative only where
 * no ID is claimed with two contents, see above); one input, or none, is brought into the same form. Inputs may miss each
 * other's context: gaps become skips. Throws `DecodeError` if any input is not an update. Cost n log n in the structs, and
 * linear if inputs come in order.
 */
export function mergeUpdates(updates: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const clients = new Map<number, Gathered>()
  const deletes: number[] = []
  const deleteSets: IdSet[] = []
  const scan = steppingScan()
  const deletion: ScannedDeletion = { client: 0, start: 0, end: 0 }
  const gathering: Gathering = {
    twinOf: (client) => clients.get(client)?.longest ?? null,
    logAt(client, clock, bytes) {
      const known = gatheredOf(clients, client)
      if (known.log === null) known.log = new StructLog(client, clock, Math.max(bytes, 32))
      return known.log.end === clock ? known.log : null
    },
  }
  const typing = new TypingRun()
  let gathered: Gathered | undefined
  for (const bytes of updates) {
    if (typing.append(bytes)) continue
    if (scanDeletion(bytes, scan.reader, deletion)) {
      gatherDeletion(deletes, deletion)
      continue
    }
    if (scanSingle(bytes, scan)) {
      if (gathered === undefined || gathered.client !== scan.client) gathered = gatheredOf(clients, scan.client)
      if (gathered.log === null) gathered.log = new StructLog(scan.client, scan.clock)
      if (gathered.log.end === scan.clock) {
        gathered.log.append(scan)
        typing.begin(bytes, scan, gathered.log)
        continue
      }
    }
    const update = scanUpdate(bytes, scan, true, null, gathering)
    for (const stretch of update.stretches) {
      if (gathered === undefined || gathered.client !== stretch.client) gathered = gatheredOf(clients, stretch.client)
      if (!stretch.isSunk) gathered.others.push(stretch)
      if (gathered.longest === null || gathered.longest.count < stretch.count) gathered.longest = stretch
    }
    if (update.deletes.length > FLAT_DELETES_MAX) deleteSets.push(IdSet.of(update.deletes))
    else for (const bound of update.deletes) deletes.push(bound)
  }
  const logs: StructLog[] = []
  for (const { client, log, others } of clients.values()) {
    logs.push(log !== null && others.length === 0 ? log : mergeAll(client, log, others, scan))
  }
  deleteSets.push(IdSet.of(deletes))
  return encodeLogs(logs, IdSet.union(deleteSets))
}

/** Adds a range of deletions to the flat list; whoever deletes letter by letter makes the last one longer. */
function gatherDeletion(deletes: number[], { client, start, end }: ScannedDeletion): void {
  const last = deletes.length - 3
  if (last >= 0 && deletes[last] === client) {
    if (end === deletes[last + 1]) {
      deletes[last + 1] = start
      return
    }
    if (start === deletes[last + 2]) {
      deletes[last + 2] = end
      return
    }
  }
  deletes.push(client, start, end)
}

function gatheredOf(clients: Map<number, Gathered>, client: number): Gathered {
  let gathered = clients.get(client)
  if (gathered === undefined) clients.set(client, (gathered = { client, log: null, others: [], longest: null }))
  return gathered
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
function mergeAll(client: number, log: StructLog | null, others: Stretch[], scan: SteppingScan): StructLog {
  const stretches = log === null ? others : [log.stretch(), ...others]
  stretches.sort((a, b) => a.clock - b.clock)
  let bytes = 0
  for (const { from, to } of stretches) bytes += to - from
  const merged = new StructLog(client, stretches[0]!.clock, bytes)
  for (let from = 0; from < stretches.length;) {
    const stretch = stretches[from]!
    let end = stretch.end
    let to = from + 1
    for (; to < stretches.length && stretches[to]!.clock < end; to++) end = Math.max(end, stretches[to]!.end)
    if (stretch.clock > merged.end) merged.appendSkip(stretch.clock - merged.end)
    if (to === from + 1) merged.appendStretch(stretch, scan)
    else if (!mergeByHalves(stretches, from, to, merged)) return mergeStructByStruct(client, stretches, scan)
    from = to
  }
  return merged
}

/** Appends `stretches[from]` … `stretches[to − 1]`, at least two. However they overlap, cost stays n log n. False if the bytes do not decide. */
function mergeByHalves(stretches: readonly Stretch[], from: number, to: number, out: StructLog): boolean {
  const middle = Math.floor((from + to) / 2)
  const left = halfOf(stretches, from, middle)
  const right = left === null ? null : halfOf(stretches, middle, to)
  return left !== null && right !== null && mergeRuns([left], [right], out)
}

function halfOf(stretches: readonly Stretch[], from: number, to: number): Stretch | null {
  const first = stretches[from]!
  if (to - from === 1) return first
  const merged = new StructLog(first.client, first.clock, first.to - first.from)
  return mergeByHalves(stretches, from, to, merged) ? merged.stretch() : null
}

function mergeStructByStruct(client: number, stretches: readonly Stretch[], scan: SteppingScan): StructLog {
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
  const scan = new StructScan()
  scan.open(bytes, from, client)
  const structs: Struct[] = []
  let at = clock
  for (let left = count; left > 0; left--) {
    scan.read(at, true)
    structs.push(structOf(scan))
    at = scan.end
  }
  return structs
}
