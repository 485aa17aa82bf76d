/**
 * Dropping the content of deleted units from encoded structs. What is left of them is their place, which others were written
 * beside, and their length. A run that is deleted in part is cut, and deleted neighbours become one run, so that a sentence that
 * was typed and removed costs some ten bytes. Of what stood in a type that is dropped itself, not even the place is left.
 */
import * as ContentKind from './content-kind.ts'
import type { IdRange, IdSet } from './id-set.ts'
import type { SteppingScan } from './stepping-scan.ts'
import * as Info from './struct-info.ts'
import { structOf } from './struct-scan.ts'
import { splitStruct } from './struct.ts'
import { payloadOffset, StructLog } from './struct-log.ts'

/** Units whose content is dropped, and what is left of them: an item, or GC alone. */
interface DroppedRange extends IdRange {
  readonly kind: typeof ContentKind.deleted | typeof Info.gc
}

/** Of a client, what is dropped, ascending. Of what is in `collected` as well, GC is left: its parent was dropped too. */
export function droppedRanges(client: number, dropped: IdSet, collected: IdSet): DroppedRange[] {
  const kept = dropped.difference(collected)
  const ranges: DroppedRange[] = []
  for (const range of kept.ranges(client)) ranges.push({ ...range, kind: ContentKind.deleted })
  for (const range of dropped.difference(kept).ranges(client)) ranges.push({ ...range, kind: Info.gc })
  return ranges.sort((a, b) => a.start - b.start)
}

/** The same units without the content of those in `dropped`, ascending ranges of this client. Linear in both. */
export function compactLog(log: StructLog, dropped: readonly DroppedRange[], scan: SteppingScan): StructLog {
  const compacted = new StructLog(log.client, log.start)
  const { bytes, from, to } = log.stretch()
  let range = 0
  let clock = log.start
  let offset = from
  while (offset < to) {
    scan.open(bytes, offset, log.client)
    scan.read(clock, true)
    clock = scan.end
    offset = scan.payloadEnd
    if (scan.kind === Info.gc) {
      compacted.append(scan)
      continue
    }
    while (range < dropped.length && dropped[range]!.end <= scan.clock) range++
    range = appendPieces(compacted, scan, dropped, range)
  }
  compacted.trim()
  return compacted
}

/** Appends one struct, in pieces if only a part of it is dropped. Returns the index of the range that its end falls into. */
function appendPieces(
  compacted: StructLog,
  scan: SteppingScan,
  dropped: readonly DroppedRange[],
  firstRange: number,
): number {
  const { clock, end, payloadEnd } = scan
  let range = firstRange
  let at = clock
  let payloadAt = scan.content.payloadAt
  while (at < end) {
    const hole = dropped[range]
    const isDropped = hole !== undefined && hole.start <= at
    const pieceEnd = Math.min(end, hole === undefined ? end : isDropped ? hole.end : hole.start)
    const units = pieceEnd - at
    const next = pieceEnd === end ? payloadEnd : payloadAt < 0 ? -1 : payloadOffset(scan, units, payloadAt)
    if (isDropped) {
      const kind = scan.kind
      scan.kind = hole.kind
      compacted.appendPart(scan, at - clock, pieceEnd - clock, 0, 0)
      scan.kind = kind
      if (hole.end <= pieceEnd) range++
    } else if (payloadAt >= 0 && next >= 0) {
      compacted.appendPart(scan, at - clock, pieceEnd - clock, payloadAt, next)
    } else {
      return appendCut(compacted, scan, dropped, range, at)
    }
    at = pieceEnd
    payloadAt = next
  }
  return range
}

/** The rest of a struct from unit `from` on, where ranges begin or end inside of surrogate pairs. */
function appendCut(
  compacted: StructLog,
  scan: SteppingScan,
  dropped: readonly DroppedRange[],
  firstRange: number,
  from: number,
): number {
  const { client, clock, end } = scan
  let range = firstRange
  let rest = structOf(scan)
  if (from > clock) rest = splitStruct(client, rest, from - clock)[1]
  for (let at = from; at < end;) {
    const hole = dropped[range]
    const isDropped = hole !== undefined && hole.start <= at
    const pieceEnd = Math.min(end, hole === undefined ? end : isDropped ? hole.end : hole.start)
    const [piece, next] = pieceEnd < end ? splitStruct(client, rest, pieceEnd - at) : [rest, rest]
    rest = next
    if (isDropped && hole.end <= pieceEnd) range++
    if (isDropped && hole.kind === Info.gc) {
      compacted.appendStruct({ type: 'gc', clock: piece.clock, length: piece.length }, scan)
    } else if (piece.type === 'item' && isDropped) {
      const content = {
        kind: ContentKind.deleted,
        length: piece.length,
        payload: piece.content.payload,
        cut: 0,
      } as const
      compacted.appendStruct({ ...piece, content }, scan)
    } else compacted.appendStruct(piece, scan)
    at = pieceEnd
  }
  return range
}
