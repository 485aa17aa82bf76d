/**
 * The world of one trace: devices with their tabs, a relay, and the network between them. It runs in three phases. While actions
 * happen, only safety is demanded, at each step (oracles.ts). Then everything is healed, and the world has to come to rest in a bounded
 * time, with everything everywhere that was safe anywhere (verdict.ts). Then everybody closes, and nothing may be left.
 */
import { MemoryLog, type MemoryDisk } from '@syncline/relay'
import { ClientLimits } from '../../packages/client/src/limits.ts'
import { SimulatedNetwork } from '../../packages/client/src/testing/simulated-network.ts'
import { BrokenOracle } from './broken-oracle.ts'
import { Device, type Tab } from './device.ts'
import { Oracles, type LogBackup } from './oracles.ts'
import { Random } from './random.ts'
import { RelayHost } from './relay-host.ts'
import type { Action, Trace } from './trace.ts'
import { assertNothingLost, difference, outboxLeft, survivors, unrest, wrongAwareness } from './verdict.ts'
import { VirtualTime, WORLD_START } from './virtual-time.ts'

/** In a healed world: from when on everything has to be everywhere, and when everybody has to know who is here. */
const REST_MS_MAX = 240_000
const AWARENESS_MS_MAX = 120_000
const CLOSE_MS_MAX = 60_000
/** Within this time a token is renewed, or its connection over. */
const RENEWAL_MS = 5_000
/** What a tab has asked its device to store is stored after this long, dead or not. */
const HIDDEN_MS = 5_000
/** How often it is looked whether the world is at rest. */
const LOOK_MS = 250

export interface RunResult {
  readonly steps: number
  /** How long it was until the healed world was at rest, in ms of its time. */
  readonly restMs: number
  /** Equal for equal runs. */
  readonly digest: number
  readonly edits: number
  readonly checks: Oracles['checks']
}

export interface RunOptions {
  /** Takes lines of what happens; without it, nothing is formatted. */
  readonly log?: ((line: string) => void) | undefined
}

/** A run that ended with a broken oracle. */
export interface Failure {
  readonly step: number
  readonly error: BrokenOracle
}

/** Runs a trace to its end. One at a time in a process: the client's limits are the world's meanwhile. */
export async function runTrace(trace: Trace, options: RunOptions = {}): Promise<RunResult | Failure> {
  const world = new World(trace, options)
  const { clientLimits } = trace.config
  const limits = { ...ClientLimits }
  Object.assign(ClientLimits, clientLimits)
  const uncaught = (error: unknown): void => world.oracles.note(error)
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)
  try {
    return await world.run()
  } catch (error) {
    const broken =
      error instanceof BrokenOracle ? error : new BrokenOracle('nothing-throws', String(error), { cause: error })
    return { step: world.time.steps, error: broken }
  } finally {
    process.off('uncaughtException', uncaught)
    process.off('unhandledRejection', uncaught)
    Object.assign(ClientLimits, limits)
  }
}

export function isFailure(result: RunResult | Failure): result is Failure {
  return 'error' in result
}

class World {
  readonly time = new VirtualTime()
  readonly oracles: Oracles
  readonly #trace: Trace
  readonly #network: SimulatedNetwork
  readonly #relay: RelayHost
  readonly #devices: readonly Device[]
  readonly #rooms: readonly string[]
  readonly #backups: { readonly disk: MemoryDisk; readonly books: LogBackup }[] = []
  #healed = false

  constructor(trace: Trace, { log }: RunOptions) {
    this.#trace = trace
    const { config, weather } = trace
    const { time } = this
    const logLine = (text: () => string): void => {
      if (log !== undefined)
        log(`${String(time.steps).padStart(6)} ${String(time.now() - WORLD_START).padStart(7)} ms  ${text()}`)
    }
    this.#log = logLine
    this.oracles = new Oracles(logLine)
    const latencies = new Map<string, Random>()
    this.#network = new SimulatedNetwork({
      scheduler: time,
      latencyMs: (client) => {
        let latency = latencies.get(client)
        if (latency === undefined) latencies.set(client, (latency = new Random(weather, client, 'network')))
        const [from, to] = config.networkMs
        return latency.int(from, to + 1)
      },
    })
    this.#rooms = Array.from({ length: config.rooms }, (_, number) => `room-${number}`)
    for (const room of this.#rooms) this.oracles.room(room)
    const accounts = { access: (device: string) => this.#accessOf(device) }
    const { oracles } = this
    this.#relay = new RelayHost({ time, network: this.#network, weather, config, witness: oracles, accounts })
    const surroundings = { time, network: this.#network, oracles, config, weather, log: logLine }
    this.#devices = Array.from({ length: config.devices }, (_, number) => new Device(number, surroundings))
    time.onStep = () => oracles.throwIfBroken()
  }

  readonly #log: (text: () => string) => void

  async run(): Promise<RunResult> {
    const { time } = this
    const { actions, durationMs } = this.#trace
    this.#relay.start()
    for (const device of this.#devices) {
      for (let tab = 0; tab < this.#trace.config.tabs; tab++) this.#openEverything(device)
    }
    for (const action of actions) time.at(WORLD_START + action.at, () => this.#act(action), undefined)
    await time.run(WORLD_START + durationMs)
    this.oracles.throwIfBroken()
    this.#assertReadersChangedNothing()

    const survived = await this.#heal()
    const healedAt = time.now()
    await this.#rest(healedAt + REST_MS_MAX)
    const restMs = time.now() - healedAt
    for (const [index, room] of this.oracles.rooms.entries()) assertNothingLost(room, survived[index]!)
    await this.#seeEachOther(time.now() + AWARENESS_MS_MAX)
    await this.#stay()
    await this.#close(time.now() + CLOSE_MS_MAX)
    this.oracles.throwIfBroken()
    const edits = this.oracles.rooms.reduce((sum, { written }) => sum + written.edits.length, 0)
    return { steps: time.steps, restMs, digest: time.digest, edits, checks: this.oracles.checks }
  }

  #act(action: Action): void {
    this.#log(() => `act    ${JSON.stringify(action)}`)
    switch (action.type) {
      case 'insert':
        return this.#inRoom(action, (tab, room) => tab.rooms.get(room)?.insert(action.where, 1 + (action.length % 6)))
      case 'delete':
        return this.#inRoom(action, (tab, room) => tab.rooms.get(room)?.delete(action.where, 1 + (action.length % 6)))
      case 'set':
        return this.#inRoom(action, (tab, room) => tab.rooms.get(room)?.set(action.where))
      case 'openRoom':
        return this.#inRoom(action, (tab, room) => tab.openRoom(room))
      case 'closeRoom':
        return this.#inRoom(action, (tab, room) => tab.closeRoom(room))
      case 'openTab': {
        const device = this.#device(action)
        if (device.tabs.length < 4) this.#openEverything(device, action.alien)
        return
      }
      case 'closeTab':
        return this.#onTab(action, (tab) => tab.close())
      case 'hide':
        return this.#onTab(action, (tab) => tab.hide())
      case 'wake':
        return this.#onTab(action, (tab) => tab.wake())
      case 'offline':
        return this.#onTab(action, (tab) => !tab.leaving && tab.client.disconnect())
      case 'online':
        return this.#onTab(action, (tab) => !tab.leaving && tab.client.connect())
      case 'freeze':
        return this.#tab(action)?.process.freeze()
      case 'thaw':
        return this.#tab(action)?.process.thaw()
      case 'killTab':
        return this.#killTab(action)
      case 'partition':
      case 'rejoin': {
        for (const tab of this.#device(action).tabs) this.#network[action.type](tab.name)
        return
      }
      case 'stallTo':
      case 'stallFrom': {
        const direction = action.type === 'stallTo' ? 'to' : 'from'
        for (const tab of this.#device(action).tabs) this.#network.stall(tab.name, direction)
        return
      }
      case 'cut': {
        const told = (['both', 'client', 'server', 'nobody'] as const)[action.told % 4]!
        for (const tab of this.#device(action).tabs) this.#network.cut(tab.name, told, action.kept % 4)
        return
      }
      case 'access':
        this.#device(action).access = (['write', 'read', 'none'] as const)[action.access % 3]!
        return
      case 'skew': {
        const device = this.#device(action)
        device.skewMs += action.ms
        for (const { process: tab } of device.tabs) tab.skewMs = device.skewMs
        return
      }
      case 'storeFails': {
        const fault = (['store-failed', 'store-full', 'store-blocked'] as const)[action.fault % 3]!
        this.#device(action).faults += 1
        return this.#device(action).disk.failWrites(fault, action.count)
      }
      case 'storeBroken':
        this.#device(action).faults += 1
        return this.#device(action).disk.failAll('store-unavailable')
      case 'storeHeals':
        return this.#device(action).disk.heal()
      case 'wipeDevice':
        return this.#wipeDevice(this.#device(action), (device) => device.wipe())
      case 'clearDevice':
        return this.#wipeDevice(this.#device(action), (device) => device.clear())
      case 'tokenExpires':
        this.#device(action).staleTokens += 2
        return
      case 'crash':
        return this.#relay.crash(action.kept, action.told)
      case 'start':
        return this.#relay.start()
      case 'restart':
        return void this.#restart()
      case 'holdDisk':
        this.#relay.disk.holding = true
        return
      case 'releaseDisk':
        this.#relay.disk.holding = false
        return
      case 'diskFails':
        this.#relay.disk.failures = { code: (['full', 'io', 'busy'] as const)[action.fault % 3]!, left: action.count }
        return
      case 'backUp':
        this.#backups.push({ disk: this.#relay.backUp(), books: this.oracles.backUp() })
        return
      case 'skewRelay':
        return this.#relay.setSkew(7_200_000)
      case 'restore':
      case 'wipeDisk':
        return this.#replaceDisk(action.type === 'restore' ? this.#backups.at(-1) : undefined)
      default:
        return action satisfies never
    }
  }

  #accessOf(name: string): 'read' | 'write' | 'none' {
    const device = this.#devices.find((one) => one.name === name)
    if (this.#healed || device === undefined) return 'write'
    if (!this.#trace.config.readers.includes(device.number)) return device.access
    return device.access === 'write' ? 'read' : device.access
  }

  #device({ device }: { readonly device: number }): Device {
    return this.#devices[device % this.#devices.length]!
  }

  #tab(action: { readonly device: number; readonly tab: number }): Tab | undefined {
    const { tabs } = this.#device(action)
    return tabs[action.tab % tabs.length]
  }

  #onTab(action: { readonly device: number; readonly tab: number }, work: (tab: Tab) => unknown): void {
    const tab = this.#tab(action)
    tab?.does(() => void work(tab))
  }

  #inRoom(
    action: { readonly device: number; readonly tab: number; readonly room: number },
    work: (tab: Tab, room: string) => void,
  ): void {
    const room = this.#rooms[action.room % this.#rooms.length]!
    this.#onTab(action, (tab) => {
      if (!tab.leaving) work(tab, room)
    })
  }

  #openEverything(device: Device, alien = false): Tab {
    const tab = device.openTab(alien)
    tab.does(() => {
      for (const room of this.#rooms) tab.openRoom(room)
    })
    return tab
  }

  #killTab(action: Action & { readonly type: 'killTab' }): void {
    const tab = this.#tab(action)
    if (tab === undefined) return
    if (!action.hidden) return tab.kill(action.kept % 4, action.told)
    // Somebody types to the last moment; then it is told in time to put things away, and the end comes in the same breath.
    tab.does(() => this.#type(tab))
    tab.process.after(1, () => {
      this.#type(tab)
      tab.hide()
      const kept = tab.editsKept()
      this.time.after(0, () => {
        tab.kill(Number.POSITIVE_INFINITY, action.told)
        this.time.after(HIDDEN_MS, () => this.oracles.noting(() => tab.device.assertKept(kept)))
      })
    })
  }

  #type(tab: Tab): void {
    if (!tab.leaving) for (const room of tab.rooms.values()) room.insert(1, 2)
  }

  #wipeDevice(device: Device, wipe: (device: Device) => void): void {
    wipe(device)
    for (const { written } of this.oracles.rooms) {
      for (const edit of written.edits) if (edit.device === device.name) edit.storedClaimed = false
    }
  }

  #replaceDisk(backup: { readonly disk: MemoryDisk; readonly books: LogBackup } | undefined): void {
    this.#relay.crash(0, true)
    if (backup === undefined) this.#relay.wipe()
    else this.#relay.restore(backup.disk)
    this.oracles.restored(backup?.books ?? { rooms: new Map() })
  }

  async #restart(): Promise<void> {
    try {
      await this.#relay.stop()
      this.#relay.start()
    } catch (error) {
      this.oracles.note(error)
    }
  }

  #assertReadersChangedNothing(): void {
    for (const { written } of this.oracles.rooms) {
      for (const edit of written.edits) {
        if (!this.#trace.config.readers.some((reader) => edit.device === `device-${reader}`)) continue
        this.oracles.checked('read-only-changes-nothing')
        for (const [client, clock] of edit.structs.units()) {
          if (!written.everDurable.structs.has(client, clock)) continue
          throw new BrokenOracle(
            'read-only-changes-nothing',
            `${edit.device} wrote ${client}:${clock} of ${written.name}`,
          )
        }
      }
    }
  }

  /** Nothing is broken any more, and nobody may not write. Returns what survived of each room. */
  async #heal(): Promise<readonly Awaited<ReturnType<typeof survivors>>[]> {
    this.#log(() => 'heal')
    this.#healed = true
    const { disk } = this.#relay
    disk.failures = undefined
    disk.holding = false
    this.#relay.setSkew(0)
    // What access a connection had, it has until it joins anew.
    if (this.#trace.config.tokens) this.#relay.crash(100, true)
    this.#relay.start()
    for (const device of this.#devices) {
      device.disk.heal()
      device.staleTokens = 0
      for (const tab of device.tabs.slice()) {
        if (tab.alien) tab.kill(Number.POSITIVE_INFINITY, true)
        tab.process.thaw()
        this.#network.rejoin(tab.name)
        tab.does(() => !tab.leaving && tab.client.connect())
      }
    }
    // After what was still to happen in tabs that were frozen: they may have been told to close.
    await this.time.run(this.time.now() + LOOK_MS)
    for (const device of this.#devices) {
      const first = device.tabs.find((tab) => !tab.leaving)
      if (first === undefined) this.#openEverything(device)
      else {
        first.does(() => {
          for (const room of this.#rooms) first.openRoom(room)
        })
      }
    }
    // The tabs that were killed may have left transactions behind, and others of theirs are under way.
    await this.time.run(this.time.now() + LOOK_MS)
    return Promise.all(this.oracles.rooms.map((room) => survivors(this.#devices, room)))
  }

  async #rest(until: number): Promise<void> {
    const { time } = this
    for (;;) {
      await time.run(time.now() + LOOK_MS)
      this.oracles.throwIfBroken()
      const why = unrest(this.#devices, this.#rooms) ?? (await outboxLeft(this.#devices))
      const differing = why === undefined ? await this.#difference() : undefined
      if (why === undefined && differing === undefined) return
      // Where nothing is going to happen, there is nothing to wait for.
      if (time.now() < until && time.nextAt !== undefined) continue
      if (why !== undefined) throw new BrokenOracle('comes-to-rest', why)
      throw new BrokenOracle('all-the-same', differing!)
    }
  }

  async #difference(): Promise<string | undefined> {
    const log = new MemoryLog({ disk: this.#relay.backUp() })
    for (const room of this.oracles.rooms) {
      const { updates } = await log.read(room.written.name, 0)
      const differing = difference(this.#devices, room, updates)
      if (differing !== undefined) return differing
    }
    return undefined
  }

  async #seeEachOther(until: number): Promise<void> {
    const { time } = this
    for (;;) {
      const wrong = wrongAwareness(this.#devices, this.#rooms)
      this.oracles.checked('awareness-is-true')
      if (wrong === undefined) return
      if (time.now() >= until || time.nextAt === undefined) throw new BrokenOracle('awareness-is-true', wrong)
      await time.run(time.now() + LOOK_MS)
    }
  }

  /** Tokens run out, where they do so soon, and nobody is put out for that. */
  async #stay(): Promise<void> {
    const { tokens, tokenMs } = this.#trace.config
    if (!tokens || tokenMs === undefined) return
    const { time, oracles } = this
    // Tokens from before have run out by then, or are renewed.
    await time.run(time.now() + RENEWAL_MS)
    oracles.tokensAreRenewed = true
    oracles.checked('welcome-stays')
    await time.run(time.now() + tokenMs + RENEWAL_MS)
    oracles.throwIfBroken()
    oracles.tokensAreRenewed = false
    const why = unrest(this.#devices, this.#rooms)
    if (why !== undefined) throw new BrokenOracle('welcome-stays', why)
  }

  /** Everybody goes, and leaves nothing behind. */
  async #close(until: number): Promise<void> {
    const { time } = this
    for (const device of this.#devices) for (const tab of device.tabs.slice()) tab.does(() => tab.close())
    const closed = await time.run(until, () => this.#devices.every((device) => device.tabs.length === 0))
    if (!closed) throw new BrokenOracle('comes-to-rest', 'a client does not close')
    let stopped = false
    const stop = async (): Promise<void> => {
      await this.#relay.stop()
      stopped = true
    }
    void stop()
    if (!(await time.run(until, () => stopped))) throw new BrokenOracle('comes-to-rest', 'the relay does not close')
  }
}
