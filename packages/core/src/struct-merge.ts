/**
 * The merge rule, struct by struct: for each unit the best of what is said of it, and neighbours that were one run as one
 * struct. It decides everything, surrogate pairs that were cut and forgeries too, and makes objects of all it reads; merging by
 * runs of bytes is the fast way, which comes here for what it cannot decide, and is tested against it.
 */
import * as ContentKind from './content-kind.ts'
import { contentOf, isOfValues } from './content.ts'
import { compareIds } from './id.ts'
import {
  areJoinable,
  endOf,
  joinStructs,
  splitStruct,
  standsAlone,
  type Item,
  type Parent,
  type Struct,
} from './struct.ts'
import { textOfUnits, unitsOfText } from './text-run.ts'

/** Called with two structs for the same units. */
export type OnOverlap = (left: Struct, right: Struct) => void

/**
 * Which values are written as they came: no two that were structs of their own become one. `keyed`: those that stand alone. `all`: those of lists too, for who cannot
 * tell: beside an origin a key is only hinted at, and Yjs loses hints when it merges.
 */
export type KeptValues = 'keyed' | 'all'

/** What was cut from the struct before it, and may become one with that again, says so. */
type Piece = Item & { readonly isRest?: true }

/** What is left of a surrogate pair that was cut, twice. */
export const REPLACEMENT = 0xfffd

/** The units of `structs`, each once and in order, neighbours joined. Sorts `structs` in place; there are no skips among them. */
export function mergeStructs(client: number, structs: Struct[], kept: KeptValues = 'keyed'): Struct[] {
  return joinRuns(client, withoutOverlaps(client, inOrder(structs)), kept)
}

/**
 * By clock, and each once. Equal clocks are ordered too, so that what follows sees the same list for the same inputs, however
 * often each comes. Sorts in place.
 */
function inOrder(structs: Struct[]): Struct[] {
  const order = (a: Struct, b: Struct): number => a.clock - b.clock || a.length - b.length || compareStructs(a, b)
  structs.sort(order)
  return structs.filter((struct, at) => at === 0 || order(structs[at - 1]!, struct) !== 0)
}

/** The same units with each ID once, in order; `structs` are in order, but may overlap. */
function withoutOverlaps(client: number, structs: readonly Struct[]): Struct[] {
  const disjoint: Struct[] = []
  let from = 0
  while (from < structs.length) {
    let end = endOf(structs[from]!)
    let to = from + 1
    for (; to < structs.length && structs[to]!.clock < end; to++) end = Math.max(end, endOf(structs[to]!))
    if (to === from + 1) disjoint.push(structs[from]!)
    else for (const struct of resolve(client, structs, from, to)) disjoint.push(struct)
    from = to
  }
  return disjoint
}

/** Merges `structs[from]` … `structs[to − 1]`, each a list of its own, by halves: however they overlap, cost stays n log n. */
function resolve(client: number, structs: readonly Struct[], from: number, to: number): readonly Struct[] {
  if (to - from === 1) return [structs[from]!]
  const middle = Math.floor((from + to) / 2)
  return mergeDisjoint(client, resolve(client, structs, from, middle), resolve(client, structs, middle, to))
}

/** Merges two lists, each in order and without overlaps. What is covered by both is cut to equal pieces, and decided there. */
export function mergeDisjoint(
  client: number,
  left: readonly Struct[],
  right: readonly Struct[],
  onOverlap: OnOverlap | null = null,
): readonly Struct[] {
  const merged: Struct[] = []
  let leftAt = 0
  let rightAt = 0
  let a = left[leftAt++]
  let b = right[rightAt++]
  while (a !== undefined && b !== undefined) {
    if (endOf(a) <= b.clock) {
      merged.push(a)
      a = left[leftAt++]
    } else if (endOf(b) <= a.clock) {
      merged.push(b)
      b = right[rightAt++]
    } else if (a.clock < b.clock) {
      const [before, rest] = cut(client, a, b.clock - a.clock)
      merged.push(before)
      a = rest
    } else if (b.clock < a.clock) {
      const [before, rest] = cut(client, b, a.clock - b.clock)
      merged.push(before)
      b = rest
    } else {
      const length = Math.min(a.length, b.length)
      const [aPiece, aRest]: readonly [Struct, Struct?] = a.length > length ? cut(client, a, length) : [a]
      const [bPiece, bRest]: readonly [Struct, Struct?] = b.length > length ? cut(client, b, length) : [b]
      onOverlap?.(aPiece, bPiece)
      pushBest(client, aPiece, bPiece, merged)
      a = aRest ?? left[leftAt++]
      b = bRest ?? right[rightAt++]
    }
  }
  for (; a !== undefined; a = left[leftAt++]) merged.push(a)
  for (; b !== undefined; b = right[rightAt++]) merged.push(b)
  return merged
}

/** As `splitStruct`; the rest says that it is one. */
function cut(client: number, struct: Struct, units: number): readonly [Struct, Struct] {
  const [before, rest] = splitStruct(client, struct, units)
  if (rest.type !== 'item') return [before, rest]
  const piece: Piece = { ...rest, isRest: true }
  return [before, piece]
}

/** Adds, of two structs for the same units, the best for each unit. */
function pushBest(client: number, a: Struct, b: Struct, merged: Struct[]): void {
  const order = compareForAllUnits(a, b)
  if (order !== 0 || a.type !== 'item' || b.type !== 'item') {
    merged.push(order < 0 ? b : a)
    return
  }
  const heads = compareHeads(a, b)
  if (compareContents(a, b) === 0) {
    // They differ in their first unit, if at all. Not unit by unit: a run without content claims as many as it likes.
    merged.push((heads || compareBeginnings(a, b)) < 0 ? b : a)
    return
  }
  // Rare from here on: only the same ID with two contents, or a pair that was cut.
  if (a.content.kind === ContentKind.string) {
    merged.push(bestText(a, b, heads))
    return
  }
  let aRest: Item | undefined = a
  let bRest: Item | undefined = b
  while (aRest !== undefined && bRest !== undefined) {
    const [aUnit, aNext]: readonly [Struct, Struct?] = aRest.length > 1 ? cut(client, aRest, 1) : [aRest]
    const [bUnit, bNext]: readonly [Struct, Struct?] = bRest.length > 1 ? cut(client, bRest, 1) : [bRest]
    merged.push(compareStructs(aUnit, bUnit) < 0 ? bUnit : aUnit)
    aRest = aNext as Item | undefined
    bRest = bNext as Item | undefined
  }
}

/** Per code unit the better of two texts. U+FFFD is what cutting a pair leaves, so anything else is better than it. */
function bestText(a: Item, b: Item, heads: number): Item {
  const aUnits = unitsOfText(a.content)
  const bUnits = unitsOfText(b.content)
  const best = aUnits.map((unit, at) => betterUnit(unit, bUnits[at]!))
  if (heads !== 0) best[0] = (heads < 0 ? bUnits : aUnits)[0]!
  return { ...(heads < 0 ? b : a), content: contentOf(ContentKind.string, textOfUnits(best)) }
}

function betterUnit(a: number, b: number): number {
  if (a === REPLACEMENT) return b
  if (b === REPLACEMENT) return a
  return Math.max(a, b)
}

/** Joins neighbours that are one run, so that a burst of keystrokes becomes one struct. */
export function joinRuns(client: number, structs: readonly Struct[], kept: KeptValues = 'keyed'): Struct[] {
  const joined: Struct[] = []
  let run: Struct[] = []
  for (const struct of structs) {
    if (run.length > 0 && (isKept(struct, kept) || !areJoinable(client, run[run.length - 1]!, struct))) {
      joined.push(joinStructs(run))
      run = []
    }
    run.push(struct)
  }
  if (run.length > 0) joined.push(joinStructs(run))
  return joined
}

/** Whether a struct stays one, whatever is before it. */
function isKept(struct: Struct, kept: KeptValues): boolean {
  if (struct.type !== 'item' || (struct as Piece).isRest === true) return false
  const { kind } = struct.content
  return standsAlone(kind, struct.keyed) || (kept === 'all' && isOfValues(kind))
}

/** The order of two structs for the same units; the greater is the better. 0 only where they say the same. */
function compareStructs(a: Struct, b: Struct): number {
  const order = compareForAllUnits(a, b)
  if (order !== 0 || a.type !== 'item' || b.type !== 'item') return order
  return compareHeads(a, b) || compareContents(a, b) || compareBeginnings(a, b)
}

/** Compares what is the same for each unit of a struct, so that the struct wins as a whole wherever it is cut. */
function compareForAllUnits(a: Struct, b: Struct): number {
  const order = information(a) - information(b)
  if (order !== 0 || a.type !== 'item' || b.type !== 'item') return order
  return (
    a.content.kind - b.content.kind ||
    compareIds(a.rightOrigin, b.rightOrigin) ||
    // The hint is lost where Yjs merges updates; having it is better.
    Number(a.keyed) - Number(b.keyed)
  )
}

/** Compares what a struct says of its first unit alone. */
export function compareHeads(a: Item, b: Item): number {
  return (
    compareIds(a.origin, b.origin) ||
    compareParents(a.parent, b.parent) ||
    compareOptionalBytes(a.parentSub, b.parentSub)
  )
}

/** What begins a struct in one of the inputs begins one in what is merged, where that matters: see `standsAlone`. */
function compareBeginnings(a: Piece, b: Piece): number {
  return Number(b.isRest === true) - Number(a.isRest === true)
}

function compareContents(a: Item, b: Item): number {
  return compareBytes(a.content.payload, b.content.payload) || a.content.cut - b.content.cut
}

function information(struct: Struct): number {
  switch (struct.type) {
    case 'skip':
      return 0
    case 'gc':
      return 1
    case 'item':
      return struct.content.kind === ContentKind.deleted ? 2 : 3
    default:
      return struct satisfies never
  }
}

function compareParents(a: Parent | null, b: Parent | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  if (a.type === 'root') return b.type === 'root' ? compareBytes(a.name, b.name) : 1
  return b.type === 'item' ? compareIds(a.id, b.id) : -1
}

function compareOptionalBytes(a: Uint8Array | null, b: Uint8Array | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  return compareBytes(a, b)
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length)
  for (let at = 0; at < end; at++) if (a[at] !== b[at]) return a[at]! - b[at]!
  return a.length - b.length
}
