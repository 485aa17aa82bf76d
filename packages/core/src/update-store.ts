/**
 * The updates of one document, kept merged as they come, without the document: per client the encoded structs in one buffer
 * (more than one while there are gaps), and one set of deletions. What is typed is appended where it belongs in a few bytes;
 * a late joiner's diff is one lookup and a copy. {@link UpdateStore.encode} gives the bytes that `mergeUpdates` gives for the same
 * updates, in whatever order they came.
 *
 * Unlike `mergeUpdates`, the store refuses what contradicts what it has: an ID that was claimed with other content before.
 */
import { encodeStretches, stretchFrom, type StretchRest } from './diff.ts'
import { ConflictError, CONFLICTS_REPORTED_MAX, type Conflict } from './errors.ts'
import { varUintWidth } from './byte-writer.ts'
import { compactLog, droppedRanges } from './compact.ts'
import { GrowingIdSet } from './growing-id-set.ts'
import { IdSet, type IdRange } from './id-set.ts'
import { structsOf } from './merge.ts'
import { mergeRuns } from './run-merge.ts'
import { orphans } from './orphans.ts'
import type { StateVector } from './state-vector.ts'
import { steppingScan, type SteppingScan } from './stepping-scan.ts'
import { isConflict } from './struct-conflict.ts'
import { StructLog, type StructPlace } from './struct-log.ts'
import { joinRuns, mergeDisjoint } from './struct-merge.ts'
import { endOf, type Struct } from './struct.ts'
import { TypingRun } from './typing-run.ts'
import { scanDeletion, scanSingle, scanUpdate, type ScannedDeletion, type Stretch } from './update-scan.ts'

/** What an update added to a store. All empty: nothing. */
export interface Added {
  /** Units that were not known. */
  readonly structs: readonly IdRange[]
  /** Units that were not known to be deleted, whether or not their structs are known. */
  readonly deletes: readonly IdRange[]
  /** Known units of which the update says more than was known: content that had been dropped, a surrogate pair made whole, values of one key that were one run. At least those; where pairs were cut, or the same value is written in other bytes, perhaps more. */
  readonly restored: readonly IdRange[]
  /** What is missing right below new units: updates that their author wrote before did not arrive. */
  readonly gaps: readonly IdRange[]
}

export interface CompactOptions {
  /** Deleted units whose content is kept all the same, for history. Nothing, unless given. */
  readonly keep?: IdSet
}

const none: readonly never[] = []
const nothing: Added = { structs: none, deletes: none, restored: none, gaps: none }

/** More ranges than these are merged into the set in one pass; each alone may have to shift all that come after it. */
const DELETES_ONE_BY_ONE_MAX = 64

/** After a stretch of more structs, reading which costs more than copying them. */
const TRIMMED_STRUCTS_MIN = 64

/** With fewer logs than these for a client, shifting them is nothing. */
const SHIFTED_LOGS_MIN = 1024

/** So many logs are shifted in the time in which one struct is read and appended. */
const SHIFTS_PER_STRUCT = 256

export class UpdateStore {
  /** Per client, ascending, neither overlapping nor touching: more than one only while there are gaps. */
  readonly #logs = new Map<number, StructLog[]>()
  readonly #deletes = new GrowingIdSet()
  readonly #scan = steppingScan()
  /** The log that was appended to last: whoever types goes on typing. */
  #last: StructLog | null = null
  /** What {@link #last} would be typed on with, if somebody types. */
  readonly #typing = new TypingRun()
  readonly #deletion: ScannedDeletion = { client: 0, start: 0, end: 0 }

  /** A store that holds these updates. Throws as {@link ingest} does. */
  static of(updates: Iterable<Uint8Array>): UpdateStore {
    const store = new UpdateStore()
    for (const update of updates) store.ingest(update)
    return store
  }

  /**
   * Takes in an update, and says what was new. Its bytes are copied. Idempotent, and independent of order. Throws `DecodeError` if
   * it is not an update, and {@link ConflictError} if it contradicts what is known; the store then stays as it was. Constant time
   * for what a client appends to its own; otherwise linear in the update, and in the structs that come after a place that it adds
   * to.
   */
  ingest(update: Uint8Array): Added {
    const typed = this.#last
    if (typed !== null && this.#typing.append(update)) {
      return {
        structs: [{ client: typed.client, start: typed.end - 1, end: typed.end }],
        deletes: none,
        restored: none,
        gaps: none,
      }
    }
    const scan = this.#scan
    if (scanDeletion(update, scan.reader, this.#deletion)) {
      const { client, start, end } = this.#deletion
      const added: number[] = []
      this.#deletes.addMissing(client, start, end, added)
      scan.close()
      return added.length === 0 ? nothing : { structs: none, deletes: rangesOf(added), restored: none, gaps: none }
    }
    const last = this.#last
    if (scanSingle(update, scan) && last !== null && last.client === scan.client && last.end === scan.clock) {
      last.append(scan)
      this.#typing.begin(update, scan, last)
      scan.close()
      return {
        structs: [{ client: last.client, start: scan.clock, end: last.end }],
        deletes: none,
        restored: none,
        gaps: none,
      }
    }
    // This may cut or replace logs.
    this.#typing.stop()
    const { stretches, deletes } = scanUpdate(update, scan)
    const added = this.#ingestAll(stretches, deletes)
    scan.close()
    return added
  }

  /** Per client the next clock that is missing: what a replica would send that holds what this store holds, up to the gaps. */
  stateVector(): Map<number, number> {
    const stateVector = new Map<number, number>()
    for (const [client, [first]] of this.#logs) if (first!.start === 0) stateVector.set(client, first!.end)
    return stateVector
  }

  /** The units that are missing below units that are here, and so wait. */
  missing(): IdSet {
    const missing = new IdSet()
    for (const [client, logs] of this.#logs) {
      let end = 0
      for (const log of logs) {
        missing.add(client, end, log.start)
        end = log.end
      }
    }
    return missing
  }

  /** The units that are deleted, as a copy. */
  deletes(): IdSet {
    return this.#deletes.clone()
  }

  /**
   * What a replica with this state vector lacks, as an update; see `diffUpdate`. Cost: a lookup per client, and what is copied.
   */
  diff(stateVector: StateVector): Uint8Array<ArrayBuffer> {
    const missing: StretchRest[] = []
    for (const [client, logs] of this.#logs) {
      const clock = stateVector.get(client) ?? 0
      for (const log of logs) {
        if (log.end <= clock) continue
        const stretch = clock <= log.start ? log.stretch() : log.between(log.find(clock, this.#scan), null)
        missing.push(stretchFrom(stretch, clock, this.#scan))
      }
    }
    return encodeStretches(missing, this.#deletes)
  }

  /** Everything, as one update: the same bytes for the same updates, whatever their order. */
  encode(): Uint8Array<ArrayBuffer> {
    return this.diff(new Map())
  }

  /** How many bytes {@link encode} gives. Linear in the clients and the ranges of deletions. */
  get byteLength(): number {
    let bytes = varUintWidth(this.#logs.size) + this.#deletes.byteLength
    for (const [client, logs] of this.#logs) {
      let count = logs.length - 1
      let end = logs[0]!.start
      bytes += varUintWidth(client) + varUintWidth(end)
      for (const log of logs) {
        if (log.start > end) bytes += 1 + varUintWidth(log.start - end)
        count += log.count
        bytes += log.byteLength
        end = log.end
      }
      bytes += varUintWidth(count)
    }
    return bytes
  }

  /**
   * Drops the content of units that are deleted, except those in `keep`, and joins what then is one run; nothing that a document
   * shows is lost. What stood in a type that is dropped becomes GC, as in Yjs. An update that still has the content brings it
   * back. Linear in the structs; where types were dropped, with a lookup for each.
   */
  compact(options: CompactOptions = {}): void {
    const dropped = options.keep === undefined ? this.#deletes : this.#deletes.difference(options.keep)
    const stretches = [...this.#logs.values()].flatMap((logs) => logs.map((log) => log.stretch()))
    const collected = orphans(stretches, dropped, this.#scan)
    for (const [client, logs] of this.#logs) {
      const ranges = droppedRanges(client, dropped, collected)
      this.#logs.set(
        client,
        logs.map((log) => compactLog(log, ranges, this.#scan)),
      )
    }
    this.#last = null
    this.#scan.close()
  }

  #ingestAll(stretches: readonly Stretch[], deletes: readonly number[]): Added {
    if (stretches.length === 0) return { structs: none, deletes: this.#addDeletes(deletes), restored: none, gaps: none }
    const structs: number[] = []
    const restored: number[] = []
    const gaps: number[] = []
    // Nothing may be half applied. The only one that could contradict comes first; of several, all are compared beforehand.
    const overlapping = stretches.filter((stretch) => this.#overlapsKnown(stretch))
    if (overlapping.length === 1) this.#add(overlapping[0]!, structs, restored, gaps)
    else if (overlapping.length > 1) this.#refuseConflicts(overlapping)
    for (let at = 0; at < stretches.length;) {
      let to = at + 1
      while (to < stretches.length && stretches[to]!.client === stretches[at]!.client) to++
      if (this.#isCheaperAnew(stretches[at]!.client, to - at)) {
        this.#addAnew(stretches.slice(at, to), structs, restored, gaps)
      } else {
        for (const stretch of stretches.slice(at, to)) {
          if (overlapping.length !== 1 || stretch !== overlapping[0]) this.#add(stretch, structs, restored, gaps)
        }
      }
      at = to
    }
    return {
      structs: rangesOf(structs),
      deletes: this.#addDeletes(deletes),
      restored: rangesOf(restored),
      // What was taken in first may have left a gap that the rest of the update fills.
      gaps: gaps.length === 0 ? none : [...IdSet.of(gaps).difference(idsOf(stretches))],
    }
  }

  /** Whether so many stretches would shift so many logs that building all anew takes less. */
  #isCheaperAnew(client: number, stretches: number): boolean {
    const logs = this.#logs.get(client)
    // Each log has a struct at least, so that fewer stretches never are worth it.
    if (stretches <= SHIFTS_PER_STRUCT || logs === undefined || logs.length < SHIFTED_LOGS_MIN) return false
    const structs = logs.reduce((sum, { count }) => sum + count, 0)
    return stretches * logs.length > structs * SHIFTS_PER_STRUCT
  }

  /** Adds stretches of one client that contradict nothing, at the cost of reading all that is known of it. */
  #addAnew(stretches: readonly Stretch[], structs: number[], restored: number[], gaps: number[]): void {
    const { client } = stretches[0]!
    const known = this.#logs.get(client)!.map((log) => log.stretch())
    const merged = mergeOverlap(known, stretches, this.#scan, [])
    for (const { start, end } of idsOf(stretches).difference(idsOf(known))) structs.push(client, start, end)
    for (const bound of merged.restored) restored.push(bound)
    const logs = merged.structs.withoutSkips(this.#scan)
    this.#logs.set(client, logs)
    this.#last = null
    let end = 0
    for (const log of logs) {
      if (log.start > end) gaps.push(client, end, log.start)
      end = log.end
    }
  }

  #overlapsKnown({ client, clock, end }: Stretch): boolean {
    const logs = this.#logs.get(client)
    if (logs === undefined) return false
    const log = logs[firstEndingAfter(logs, clock)]
    return log !== undefined && log.start < end
  }

  #refuseConflicts(stretches: readonly Stretch[]): void {
    const conflicts: Conflict[] = []
    for (const stretch of stretches) {
      const logs = this.#logs.get(stretch.client)!
      const from = firstEndingAfter(logs, stretch.clock)
      const to = firstStartingAt(logs, stretch.end)
      mergeOverlap(overlapOf(logs, from, to, stretch, this.#scan).known, [stretch], this.#scan, conflicts)
    }
    throwIfAny(conflicts)
  }

  /** Adds a stretch, or throws before anything is changed. */
  #add(stretch: Stretch, structs: number[], restored: number[], gaps: number[]): void {
    const { client, clock, end } = stretch
    const scan = this.#scan
    let logs = this.#logs.get(client)
    if (logs === undefined) this.#logs.set(client, (logs = []))
    // The logs that it touches or overlaps.
    const from = firstEndingAfter(logs, clock - 1)
    const to = firstStartingAt(logs, end + 1)
    const first = logs[from]
    let log: StructLog
    if (first === undefined || to <= from) {
      log = new StructLog(client, clock, stretch.to - stretch.from)
      log.appendStretch(stretch, scan)
      logs.splice(from, 0, log)
      structs.push(client, clock, end)
    } else if (to === from + 1 && first.end === clock) {
      first.appendStretch(stretch, scan)
      log = first
      structs.push(client, clock, end)
    } else {
      const overlap = overlapOf(logs, from, to, stretch, scan)
      const conflicts: Conflict[] = []
      const merged = mergeOverlap(overlap.known, [stretch], scan, conflicts)
      throwIfAny(conflicts)
      let at = clock
      for (let index = from; index < to; index++) {
        if (at < logs[index]!.start) structs.push(client, at, logs[index]!.start)
        at = Math.max(at, logs[index]!.end)
      }
      if (at < end) structs.push(client, at, end)
      for (const bound of merged.restored) restored.push(bound)
      if (to === from + 1 && merged.restored.length === 0 && first.start <= clock && end <= first.end) return
      log = first
      if (clock <= first.start) log = new StructLog(client, clock, first.byteLength + stretch.to - stretch.from)
      else if (overlap.from !== null) first.truncate(overlap.from, scan)
      log.appendStretch(merged.structs.stretch(), scan)
      if (overlap.rest !== null) log.appendStretch(overlap.rest, scan)
      logs.splice(from, to - from, log)
    }
    // What is joined takes less than what came.
    if (stretch.count > TRIMMED_STRUCTS_MIN) log.trimIfLoose()
    this.#last = logs[logs.length - 1]!
    const below = logs[from - 1]?.end ?? 0
    if (below < log.start && structs.length > 0) gaps.push(client, below, log.start)
  }

  #addDeletes(flat: readonly number[]): readonly IdRange[] {
    if (flat.length === 0) return none
    if (flat.length > DELETES_ONE_BY_ONE_MAX * 3) {
      const deletes = IdSet.of(flat)
      const missing = [...deletes.difference(this.#deletes)]
      this.#deletes.addAll(deletes)
      return missing
    }
    const added: number[] = []
    for (let at = 0; at < flat.length; at += 3) {
      this.#deletes.addMissing(flat[at]!, flat[at + 1]!, flat[at + 2]!, added)
    }
    return rangesOf(added)
  }
}

/** What of some logs a stretch speaks of, and what it does not. */
interface Overlap {
  /** Where the first log is cut; null if it is kept whole, or is not before the stretch. */
  readonly from: StructPlace | null
  readonly known: readonly Stretch[]
  /** What the last log has behind the overlap, as a copy. */
  readonly rest: Stretch | null
}

/** `logs[from]` … `logs[to − 1]` are those that the stretch touches or overlaps; all lie in its range but for the ends. */
function overlapOf(
  logs: readonly StructLog[],
  from: number,
  to: number,
  stretch: Stretch,
  scan: SteppingScan,
): Overlap {
  let cut: StructPlace | null = null
  let rest: Stretch | null = null
  const known: Stretch[] = []
  for (let index = from; index < to; index++) {
    const log = logs[index]!
    if (log.end <= stretch.clock) continue
    if (log.start >= stretch.end) {
      rest = log.stretch()
      continue
    }
    const begin = log.find(Math.max(log.start, stretch.clock), scan)
    if (log.start < stretch.clock) cut = begin
    let end: StructPlace | null = null
    if (stretch.end < log.end) {
      const last = log.find(stretch.end - 1, scan)
      if (scan.end < log.end) end = { offset: scan.payloadEnd, clock: scan.end, index: last.index + 1 }
    }
    known.push(log.between(begin, end))
    if (end !== null) rest = copied(log.between(end, null))
  }
  return { from: cut, known, rest }
}

/** The log of what is known and what came, and the ranges in which the latter says more. Contradictions are added to `conflicts`. */
function mergeOverlap(
  known: readonly Stretch[],
  incoming: readonly Stretch[],
  scan: SteppingScan,
  conflicts: Conflict[],
): { readonly structs: StructLog; readonly restored: readonly number[] } {
  const { client, clock, from, to } = incoming[0]!
  const start = Math.min(clock, known[0]?.clock ?? clock)
  const restored: number[] = []
  const merged = new StructLog(client, start, to - from)
  if (mergeRuns(known, incoming, merged, (first, end) => restored.push(client, first, end))) {
    return { structs: merged, restored }
  }
  const noteConflict = (a: Struct, b: Struct): void => {
    if (isConflict(a, b)) conflicts.push(conflictOf(client, a, b))
  }
  const after = new StructLog(client, start, to - from)
  const structs = mergeDisjoint(client, known.flatMap(structsOf), incoming.flatMap(structsOf), noteConflict)
  for (const struct of joinRuns(client, structs)) {
    if (struct.clock > after.end) after.appendSkip(struct.clock - after.end)
    after.appendStruct(struct, scan)
  }
  // Which units changed is not known here; some of those that both speak of did.
  const ids = idsOf(incoming)
  const both = [...ids.difference(ids.difference(idsOf(known)))]
  return { structs: after, restored: both.flatMap((range) => [client, range.start, range.end]) }
}

function idsOf(stretches: readonly Stretch[]): IdSet {
  return IdSet.of(stretches.flatMap(({ client, clock, end }) => [client, clock, end]))
}

function conflictOf(client: number, known: Struct, incoming: Struct): Conflict {
  return {
    client,
    start: Math.max(known.clock, incoming.clock),
    end: Math.min(endOf(known), endOf(incoming)),
    known: { start: known.clock, end: endOf(known) },
    incoming: { start: incoming.clock, end: endOf(incoming) },
  }
}

function throwIfAny(conflicts: readonly Conflict[]): void {
  if (conflicts.length > 0) throw new ConflictError(conflicts.slice(0, CONFLICTS_REPORTED_MAX))
}

/** The index of the first log that ends after `clock`. */
function firstEndingAfter(logs: readonly StructLog[], clock: number): number {
  return firstWhere(logs, (log) => log.end > clock)
}

/** The index of the first log that starts at `clock` or after it. */
function firstStartingAt(logs: readonly StructLog[], clock: number): number {
  return firstWhere(logs, (log) => log.start >= clock)
}

/** `is` holds from some log on. */
function firstWhere(logs: readonly StructLog[], is: (log: StructLog) => boolean): number {
  let low = 0
  let high = logs.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (is(logs[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}

function copied(stretch: Stretch): Stretch {
  const bytes = stretch.bytes.slice(stretch.from, stretch.to)
  return { ...stretch, bytes, from: 0, to: bytes.length }
}

/** Ranges given flat as client, start, end; joined where they touch. */
function rangesOf(flat: readonly number[]): readonly IdRange[] {
  if (flat.length === 0) return none
  if (flat.length === 3) return [{ client: flat[0]!, start: flat[1]!, end: flat[2]! }]
  return [...IdSet.of(flat)]
}
