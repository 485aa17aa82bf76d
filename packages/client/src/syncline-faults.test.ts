/**
 * Random days in the life of two devices with two tabs each, against one relay: edits, crashes, reloads, cuts, a relay that
 * restarts or loses its disk, stores that fail, messages that come twice. First safety, then the world is healed and
 * everything has to arrive everywhere. SYNCLINE_FUZZ_RUNS sets the number of days. fast-check prints the seed of a bad one, and
 * `SYNCLINE_FUZZ_SEED=<seed> npx vitest run --project node packages/client/src/syncline-faults.test.ts` lives it again.
 */
import fc from 'fast-check'
import { applyUpdate, Doc } from 'yjs'
import { expect, test } from 'vitest'
import { device, World } from './client.fixture.ts'
import type { Link, Transport } from './connection/transport.ts'
import type { FaultyDeviceStore } from './device-store/faulty-device-store.fixture.ts'
import { ClientLimits } from './limits.ts'
import type { Room } from './room/room.ts'
import type { Scheduler } from './scheduler.ts'
import type { Syncline } from './syncline.ts'
import { TabsHub, type HubTabs } from './tabs/tabs-hub.fixture.ts'

const runs = Number(process.env['SYNCLINE_FUZZ_RUNS'] ?? 60)
const seed = process.env['SYNCLINE_FUZZ_SEED']
const DEVICES = 2
const TABS = 2

/** A page that can be killed: its timers, its links and its store end with it, and nothing is said to anybody. */
class Page {
  readonly store: FaultyDeviceStore
  readonly tabs: HubTabs
  readonly sync: Syncline
  room: Room
  #alive = true
  readonly #links = new Set<Link>()
  readonly #cancels = new Set<() => void>()

  constructor(world: World, store: FaultyDeviceStore, tabs: HubTabs) {
    this.store = store
    this.tabs = tabs
    const scheduler: Scheduler = {
      now: () => world.scheduler.now(),
      after: (delayMs, run) => {
        if (!this.#alive) return () => undefined
        const cancel = world.scheduler.after(delayMs, () => {
          this.#cancels.delete(cancel)
          run()
        })
        this.#cancels.add(cancel)
        return () => {
          this.#cancels.delete(cancel)
          cancel()
        }
      },
    }
    const transport: Transport = {
      connect: (url, events) => {
        const link = world.relay.connect(url, events)
        if (this.#alive) this.#links.add(link)
        else link.close(1006, '')
        return link
      },
    }
    this.sync = world.visit(store, { tabs, scheduler, transport })
    this.room = this.#openRoom()
  }

  /** Closes the room and opens it again, without waiting for what is under way. */
  reopen(): void {
    void this.room.close()
    this.room = this.#openRoom()
  }

  #openRoom(): Room {
    const room = this.sync.room('a')
    room.open().catch(() => undefined)
    return room
  }

  crash(): void {
    this.#alive = false
    this.store.failAll('closed')
    for (const cancel of this.#cancels) cancel()
    for (const link of this.#links) link.close(1006, '')
    this.tabs.close()
  }
}

interface Place {
  readonly tab: number
}

type Step =
  | ({ readonly type: 'edit' | 'reload' | 'reopen' | 'crash' | 'break-store' | 'heal-store' | 'switch' } & Place)
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'cut' | 'restart' | 'unreachable' | 'reachable' | 'hold' | 'release' | 'refuse' | 'accept' }
  | { readonly type: 'duplicate' | 'deaf' | 'lag' }
  | { readonly type: 'lose-log'; readonly keep: number }

const tab = fc.nat(DEVICES * TABS - 1)
const place = (...types: Extract<Step, Place>['type'][]): fc.Arbitrary<Step> =>
  fc.record({ type: fc.constantFrom(...types), tab })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: place('edit') },
  { weight: 4, arbitrary: place('reload', 'reopen', 'crash', 'break-store', 'heal-store', 'switch') },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.nat(20_000) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constantFrom('cut', 'restart', 'unreachable', 'reachable', 'hold', 'release', 'refuse', 'accept'),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'lag' as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('duplicate' as const, 'deaf' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('lose-log' as const), keep: fc.nat(4) }) },
)

interface Edit {
  readonly key: string
  readonly page: Page
  readonly room: Room
  stored: boolean
  acked: boolean
}

async function live(steps: readonly Step[], locks: boolean): Promise<void> {
  const world = new World()
  const devices = Array.from({ length: DEVICES }, () => ({ ...device(), hub: new TabsHub() }))
  const openPage = (index: number): Page => {
    const [{ store, hub }] = devices.slice(index % DEVICES) as [(typeof devices)[number]]
    // Without locks every tab is the owner, as where the page came over plain http.
    return new Page(world, store(), locks ? hub.tab() : new TabsHub().tab())
  }
  const pages = Array.from({ length: DEVICES * TABS }, (_, index) => openPage(index))
  const pageAt = (index: number): Page => pages.at(index) as Page
  const edits: Edit[] = []
  let logLost = false

  const take = async (next: Step): Promise<void> => {
    const page = 'tab' in next ? pageAt(next.tab) : pageAt(0)
    switch (next.type) {
      case 'edit': {
        const edit: Edit = { key: `${edits.length}`, page, room: page.room, stored: false, acked: false }
        edits.push(edit)
        page.room.doc.getMap('edits').set(edit.key, true)
        // What the client claims is written down, and held against it at the end.
        page.room.whenStored().then(
          () => (edit.stored = true),
          () => undefined,
        )
        page.room.whenAcked().then(
          () => (edit.acked = true),
          () => undefined,
        )
        return
      }
      case 'reload':
        await page.sync.close()
        pages[next.tab] = openPage(next.tab)
        return
      case 'reopen':
        return page.reopen()
      case 'crash':
        page.crash()
        pages[next.tab] = openPage(next.tab)
        return
      case 'break-store':
        return page.store.failAll('store-full')
      case 'heal-store':
        return page.store.heal()
      case 'switch': {
        const { sync } = page
        if (sync.status.offline) sync.connect()
        else sync.disconnect()
        return
      }
      case 'advance':
        return world.scheduler.advance(next.ms)
      case 'cut':
        return world.relay.cut()
      case 'restart':
        return world.relay.restart()
      case 'lose-log':
        logLost = true
        return world.relay.wipe(next.keep)
      case 'unreachable':
      case 'reachable':
        world.relay.reachable = next.type === 'reachable'
        return
      case 'hold':
        world.relay.holding = true
        return
      case 'release':
        return world.relay.release()
      case 'refuse':
        world.relay.rejectPush = () => ({ code: 'log-unavailable', retryable: true })
        return
      case 'accept':
        world.relay.rejectPush = undefined
        return
      case 'duplicate':
        world.relay.duplicating = !world.relay.duplicating
        return
      case 'lag':
        return world.relay.setLagging(!world.relay.lagging)
      case 'deaf':
        for (const { hub } of devices) hub.deaf = !hub.deaf
        return
      default:
        return next satisfies never
    }
  }

  for (const next of steps) {
    await take(next)
    if (edits.length % 2 === 0) await world.rest()
  }

  // Heal the world, and let it go on for a while.
  world.relay.reachable = true
  world.relay.rejectPush = undefined
  world.relay.release()
  world.relay.setLagging(false)
  for (const { hub } of devices) hub.deaf = false
  for (const page of pages) {
    page.store.heal()
    page.sync.connect()
  }
  for (const { tabs } of pages) tabs.missedListeners.forEach((listener) => listener())
  await world.scheduler.advance(10 * ClientLimits.storeRetryMaxMs)

  const relayDoc = new Doc()
  applyUpdate(relayDoc, world.relay.content('a'))
  const atRelay = relayDoc.getMap('edits')
  for (const edit of edits) {
    // The page that made it may have crashed before it was anywhere else. An acknowledged edit of a crashed page can be lost
    // with the relay's disk only if this device had not stored it either.
    if (edit.stored || (edit.acked && !logLost)) expect(atRelay.has(edit.key), `edit ${edit.key}`).toBe(true)
    if (pages.includes(edit.page) && edit.page.room === edit.room)
      expect(atRelay.has(edit.key), `edit ${edit.key} of a living page`).toBe(true)
  }
  for (const { room, sync } of pages) {
    expect(room.doc.getMap('edits').toJSON()).toEqual(atRelay.toJSON())
    expect(room.status).toMatchObject({ sync: 'live', unstored: 0, unsent: 0, unacked: 0, store: { state: 'durable' } })
    expect(sync.status.pendingRooms).toEqual([])
  }
  await world.close()
  expect(world.scheduler.pending, 'timers left running').toBe(0)

  // What is on the devices alone is everything, too.
  for (const { store } of devices) {
    const again = new World()
    again.relay.reachable = false
    const room = again.visit(store()).room('a')
    await room.loaded
    expect(room.doc.getMap('edits').toJSON()).toEqual(atRelay.toJSON())
    await again.close()
  }
}

test(
  `${runs} random days: nothing stored or acknowledged is lost, and all converge`,
  { timeout: 600_000 },
  async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.boolean(), live), {
      numRuns: runs,
      ...(seed === undefined ? {} : { seed: Number(seed) }),
    })
  },
)
