/**
 * Which items have lost the shared type that they stand in. Where a type is deleted and its content dropped, nothing can be found of
 * its children but their IDs, so Yjs keeps them as GC; and whatever is written beside GC becomes GC. An item names its parent only
 * where it has no neighbours; otherwise it stands where they stand.
 */
import { NO_CLIENT } from './id.ts'
import { IdSet } from './id-set.ts'
import type { SteppingScan } from './stepping-scan.ts'
import * as Info from './struct-info.ts'
import type { Stretch } from './update-scan.ts'

/** What is known of a struct while its neighbours are followed. */
const Fate = { unknown: 0, followed: 1, placed: 2, orphan: 3 } as const
type Fate = (typeof Fate)[keyof typeof Fate]

/** The structs of one client in order, a column for each thing that has to be known of them. */
interface Places {
  readonly clocks: number[]
  readonly ends: number[]
  readonly fates: Fate[]
  /** Client and clock of origin and right origin, four numbers each. */
  readonly neighbours: number[]
}

/**
 * The units of `stretches`, those of a client in order and apart, that are GC, whose parent is among the `dropped`, or that stand
 * beside such. A lookup per neighbour, and some 60 bytes of memory a struct; where no type was dropped, only a scan.
 */
export function orphans(stretches: readonly Stretch[], dropped: IdSet, scan: SteppingScan): IdSet {
  if (!stretches.some((stretch) => hasOrphans(stretch, dropped, scan))) return new IdSet()
  const places = new Map<number, Places>()
  for (const stretch of stretches) addPlaces(stretch, dropped, places, scan)
  const flat: number[] = []
  for (const [client, { clocks, ends, fates }] of places) {
    for (let at = 0; at < clocks.length; at++) {
      if (fates[at] === Fate.unknown) follow(places, client, at)
      if (fates[at] === Fate.orphan) flat.push(client, clocks[at]!, ends[at]!)
    }
  }
  return IdSet.of(flat)
}

/** Whether there are some that are orphans by themselves; if there are none, none of their neighbours are. */
function hasOrphans({ client, clock, bytes, from, count }: Stretch, dropped: IdSet, scan: SteppingScan): boolean {
  let at = clock
  scan.open(bytes, from, client)
  for (let left = count; left > 0; left--) {
    scan.read(at, true)
    if (fateOf(scan, dropped) === Fate.orphan) return true
    at = scan.end
  }
  return false
}

/** Adds the structs of a stretch, which comes after those of its client that were added before. */
function addPlaces(stretch: Stretch, dropped: IdSet, places: Map<number, Places>, scan: SteppingScan): void {
  const { client, bytes, from, count } = stretch
  let own = places.get(client)
  if (own === undefined) places.set(client, (own = { clocks: [], ends: [], fates: [], neighbours: [] }))
  let clock = stretch.clock
  scan.open(bytes, from, client)
  for (let left = count; left > 0; left--) {
    scan.read(clock, true)
    own.clocks.push(clock)
    own.ends.push(scan.end)
    own.fates.push(fateOf(scan, dropped))
    own.neighbours.push(scan.originClient, scan.originClock, scan.rightClient, scan.rightClock)
    clock = scan.end
  }
}

function fateOf(scan: SteppingScan, dropped: IdSet): Fate {
  if (scan.kind === Info.gc) return Fate.orphan
  if (!scan.hasParent) return Fate.unknown
  return scan.parentClient !== NO_CLIENT && dropped.has(scan.parentClient, scan.parentClock) ? Fate.orphan : Fate.placed
}

/**
 * Settles a struct, and whatever it stands beside. With a stack of its own, since neighbours may lead through the whole document; and
 * those of a forged one in a circle, which ends where it began.
 */
function follow(places: ReadonlyMap<number, Places>, client: number, index: number): void {
  const stack: (readonly [own: Places, at: number])[] = [[places.get(client)!, index]]
  while (stack.length > 0) {
    const [own, at] = stack[stack.length - 1]!
    own.fates[at] = Fate.followed
    let fate: Fate = Fate.placed
    let unknown: readonly [Places, number] | null = null
    for (let side = at * 4; side < at * 4 + 4; side += 2) {
      const others = places.get(own.neighbours[side]!)
      const other = others === undefined ? -1 : indexOf(others, own.neighbours[side + 1]!)
      if (others === undefined || other < 0) continue
      if (others.fates[other] === Fate.orphan) fate = Fate.orphan
      else if (others.fates[other] === Fate.unknown) unknown = [others, other]
    }
    if (unknown !== null && fate !== Fate.orphan) stack.push(unknown)
    else {
      own.fates[at] = fate
      stack.pop()
    }
  }
}

/** The index of the struct that has this clock; −1 if it is not there. */
function indexOf({ clocks, ends }: Places, clock: number): number {
  let low = 0
  let high = clocks.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (ends[middle]! > clock) high = middle
    else low = middle + 1
  }
  return low < clocks.length && clocks[low]! <= clock ? low : -1
}
