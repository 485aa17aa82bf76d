/**
 * A trace from a seed. Each seed draws a world of its own first, and which kinds of trouble there are in it and how much: a world with a
 * little of everything would never have much of anything.
 */
import { Random } from './random.ts'
import type { Action, Deed, Trace, WorldConfig } from './trace.ts'

/** How often something happens, relative to the others, and how it is drawn. */
interface Trouble {
  readonly weight: number
  readonly draw: (random: Random) => Deed
  /** What ends it, and after how long at most; more trouble may come before. */
  readonly end?: { readonly withinMs: number; readonly deed: (deed: Deed) => Deed }
}

const onDevice = (random: Random): { device: number } => ({ device: random.int(0, 4) })
const onTab = (random: Random): { device: number; tab: number } => ({ device: random.int(0, 4), tab: random.int(0, 4) })

const troubles: Readonly<Record<string, readonly Trouble[]>> = {
  rooms: [
    { weight: 2, draw: (random) => ({ type: 'openRoom', ...onTab(random), room: random.int(0, 4) }) },
    { weight: 1, draw: (random) => ({ type: 'closeRoom', ...onTab(random), room: random.int(0, 4) }) },
  ],
  visits: [
    { weight: 2, draw: (random) => ({ type: 'openTab', ...onDevice(random) }) },
    { weight: 1, draw: (random) => ({ type: 'closeTab', ...onTab(random) }) },
    { weight: 1, draw: (random) => ({ type: 'hide', ...onTab(random) }) },
    { weight: 1, draw: (random) => ({ type: 'wake', ...onTab(random) }) },
  ],
  tabCrashes: [
    {
      weight: 2,
      draw: (random) => ({
        type: 'killTab',
        ...onTab(random),
        kept: random.int(0, 4),
        told: random.chance(0.5),
        hidden: random.chance(0.5),
      }),
      end: { withinMs: 2_000, deed: (deed) => ({ type: 'openTab', device: (deed as { device: number }).device }) },
    },
  ],
  freezes: [
    {
      weight: 2,
      draw: (random) => ({ type: 'freeze', ...onTab(random) }),
      end: { withinMs: 20_000, deed: (deed) => ({ ...deed, type: 'thaw' }) as Deed },
    },
  ],
  cuts: [
    {
      weight: 3,
      draw: (random) => ({ type: 'cut', ...onDevice(random), kept: random.int(0, 4), told: random.int(0, 4) }),
    },
  ],
  partitions: [
    {
      weight: 2,
      draw: (random) => ({ type: 'partition', ...onDevice(random) }),
      end: { withinMs: 10_000, deed: (deed) => ({ ...deed, type: 'rejoin' }) as Deed },
    },
    {
      weight: 2,
      draw: (random) => ({ type: random.chance(0.7) ? 'stallTo' : 'stallFrom', ...onDevice(random) }),
      end: { withinMs: 5_000, deed: (deed) => ({ ...deed, type: 'rejoin' }) as Deed },
    },
  ],
  switches: [
    {
      weight: 1,
      draw: (random) => ({ type: 'offline', ...onTab(random) }),
      end: { withinMs: 10_000, deed: (deed) => ({ ...deed, type: 'online' }) as Deed },
    },
  ],
  clocks: [{ weight: 1, draw: (random) => ({ type: 'skew', ...onDevice(random), ms: random.int(-90_000, 90_000) }) }],
  deviceStores: [
    {
      weight: 3,
      draw: (random) => ({ type: 'storeFails', ...onDevice(random), fault: random.int(0, 3), count: random.int(1, 6) }),
    },
    {
      weight: 1,
      draw: (random) => ({ type: 'storeBroken', ...onDevice(random) }),
      end: { withinMs: 8_000, deed: (deed) => ({ ...deed, type: 'storeHeals' }) as Deed },
    },
  ],
  deviceWipes: [
    {
      weight: 1,
      draw: (random) => ({ type: 'wipeDevice', ...onDevice(random) }),
      end: { withinMs: 2_000, deed: (deed) => ({ type: 'openTab', device: (deed as { device: number }).device }) },
    },
  ],
  tokens: [{ weight: 1, draw: (random) => ({ type: 'tokenExpires', ...onDevice(random) }) }],
  grants: [
    {
      weight: 2,
      draw: (random) => ({ type: 'access', ...onDevice(random), access: random.int(0, 3) }),
      end: { withinMs: 10_000, deed: (deed) => ({ ...deed, access: 0 }) as Deed },
    },
    { weight: 2, draw: (random) => ({ type: 'tokenExpires', ...onDevice(random) }) },
  ],
  aliens: [{ weight: 1, draw: (random) => ({ type: 'openTab', ...onDevice(random), alien: true }) }],
  relayCrashes: [
    {
      weight: 2,
      draw: (random) => ({ type: 'crash', kept: random.pick([0, 0, 50, 100]), told: random.chance(0.7) }),
      end: { withinMs: 3_000, deed: () => ({ type: 'start' }) },
    },
    { weight: 1, draw: () => ({ type: 'restart' }) },
    { weight: 1, draw: () => ({ type: 'skewRelay' }) },
  ],
  relayDisks: [
    { weight: 2, draw: (random) => ({ type: 'diskFails', fault: random.int(0, 3), count: random.int(1, 5) }) },
    {
      weight: 1,
      draw: () => ({ type: 'holdDisk' }),
      end: { withinMs: 4_000, deed: () => ({ type: 'releaseDisk' }) },
    },
  ],
  relayLosses: [
    { weight: 2, draw: () => ({ type: 'backUp' }) },
    {
      weight: 1,
      draw: (random) => ({ type: random.chance(0.7) ? 'restore' : 'wipeDisk' }),
      end: { withinMs: 3_000, deed: () => ({ type: 'start' }) },
    },
  ],
}

/** Troubles that came later, drawn from streams of their own: what a seed had before them, it still has. */
const laterTroubles: Readonly<Record<string, readonly Trouble[]>> = {
  deviceClears: [{ weight: 1, draw: (random) => ({ type: 'clearDevice', ...onDevice(random) }) }],
}

/** The trace of a seed. */
export function planTrace(seed: number, actionsMax?: number): Trace {
  const random = new Random(seed, 'plan')
  const kinds = Object.keys(troubles).filter(() => random.chance(0.35))
  // From streams of their own: whose documents devices have, and how long tokens are good, leaves all else of a seed as it is.
  const config = planConfig(random, kinds, new Random(seed, 'documents'), new Random(seed, 'tokens'))
  const durationMs = random.int(2, 40) * 1_000
  const drawn = kinds.flatMap((kind) => troubles[kind] ?? [])
  const edits = random.int(5, 80)
  const trouble = drawn.length === 0 ? 0 : random.int(1, 25)
  const actions: Action[] = []
  for (let count = 0; count < edits; count++) actions.push({ at: random.int(0, durationMs), ...drawEdit(random) })
  for (let count = 0; count < trouble; count++) {
    const { draw, end } = pickByWeight(random, drawn)
    const at = random.int(0, durationMs)
    const deed = draw(random)
    actions.push({ at, ...deed })
    if (end !== undefined) actions.push({ at: at + random.int(0, end.withinMs), ...end.deed(deed) })
  }
  for (const [kind, later] of Object.entries(laterTroubles)) {
    const own = new Random(seed, kind)
    if (!own.chance(0.2)) continue
    for (let count = own.int(1, 4); count > 0; count--) {
      actions.push({ at: own.int(0, durationMs), ...pickByWeight(own, later).draw(own) })
    }
  }
  actions.sort((one, other) => one.at - other.at)
  const kept = actions.filter(({ at }) => at < durationMs).slice(0, actionsMax)
  return { from: `seed ${seed}`, weather: seed, config, actions: kept, durationMs }
}

function planConfig(random: Random, kinds: readonly string[], documents: Random, life: Random): WorldConfig {
  const devices = random.int(1, 5)
  const tokens = random.chance(0.4)
  const span = (fromMax: number, toMax: number): readonly [number, number] => {
    const from = random.int(0, fromMax)
    return [from, from + random.int(0, toMax)]
  }
  const numbers = Array.from({ length: devices }, (_, number) => number)
  return {
    devices,
    rooms: random.pick([1, 1, 1, 2, 3]),
    tabs: random.pick([1, 1, 2, 3]),
    tokens,
    ...(tokens && life.chance(0.5) ? { tokenMs: life.int(8_000, 30_000) } : {}),
    // With an older log, a relay cannot tell who brings back the work of others from who forges it, and refuses (decision 0011).
    onePerson: kinds.includes('relayLosses') || random.chance(0.3),
    readers: tokens && devices > 1 ? numbers.filter(() => random.chance(0.2)) : [],
    keepers: numbers.filter(() => random.chance(0.2)),
    onCore: numbers.filter(() => documents.chance(0.5)),
    networkMs: span(20, random.pick([5, 50, 500])),
    relayDiskMs: span(3, random.pick([3, 30, 300])),
    deviceMs: span(3, random.pick([3, 30, 300])),
    tabsMs: span(2, random.pick([2, 20])),
    relayLimits: {
      compactionTailEntries: random.pick([2, 5, 20, 1000]),
      compactionRetryMs: 5_000,
      heartbeatMs: random.pick([4_000, 30_000]),
      roomLingerMs: random.pick([1_000, 10_000]),
      outboxSoftBytes: random.pick([150, 500, 4_000, 1_000_000]),
      unsettledBytesMax: random.pick([300, 32_000_000]),
      updateBytesMax: random.pick([4_096, 1_000_000]),
      scannedInlineBytesMax: random.pick([30, 65_536]),
      deletedRangesMax: random.pick([2, 512]),
      islandsMax: random.pick([1, 512]),
      uninspectedDeletesMax: random.pick([1, 16]),
    },
    clientLimits: {
      foldRowsMin: random.pick([4, 12, 128]),
      pushesInFlightMax: random.pick([1, 2, 8]),
      parcelBytesMax: random.pick([60, 1_048_576]),
      editsWaitingMax: random.pick([2, 256]),
      writesHastenedMax: random.pick([1, 8]),
      backgroundRoomsMax: random.pick([1, 4]),
    },
  }
}

function drawEdit(random: Random): Deed {
  const place = { ...onTab(random), room: random.int(0, 4), where: random.int(0, 1_000) }
  const draw = random.next()
  if (draw < 0.6) return { type: 'insert', ...place, length: random.int(0, 6) }
  if (draw < 0.85) return { type: 'delete', ...place, length: random.int(0, 6) }
  return { type: 'set', ...place }
}

function pickByWeight(random: Random, from: readonly Trouble[]): Trouble {
  let left = random.next() * from.reduce((sum, { weight }) => sum + weight, 0)
  return from.find(({ weight }) => (left -= weight) < 0) ?? from.at(-1)!
}
