/**
 * The machine that the relay runs on: starts it, crashes it, and keeps its disk. The relay is the real one without its gateway: rooms,
 * connections, sessions and tokens; its log writes to a simulated disk, and its sockets are lines of a simulated network.
 */
import {
  AuthError,
  defaultLimits,
  inlineMerger,
  MemoryDisk,
  RelayCore,
  type Authenticator,
  type Connection,
  type FrameSocket,
  type RelayEvent,
  type UpdateMerger,
} from '@syncline/relay'
import type { SimulatedNetwork, ServerEnd, ServerEvents } from '../../packages/client/src/testing/simulated-network.ts'
import { Random } from './random.ts'
import { SimulatedLog, type DiskWeather, type DiskWitness } from './simulated-log.ts'
import type { WorldConfig } from './trace.ts'
import { Process, type VirtualTime } from './virtual-time.ts'

/** A WebSocket that is not answered when it closes is cut off after this long. */
const CLOSING_MS = 30_000

/** Hears both directions of a connection, at the relay's end. */
export interface WireWitness {
  fromClient(frame: Uint8Array): void
  toClient(frame: Uint8Array): void
}

export interface RelayWitness extends DiskWitness {
  connected(client: string): WireWitness
  event(event: RelayEvent): void
}

/** Who may do what; a token is its owner's name, a space, and when it runs out. */
export interface Accounts {
  readonly access: (device: string, room: string) => 'read' | 'write' | 'none'
}

export interface RelayHostOptions {
  readonly time: VirtualTime
  readonly network: SimulatedNetwork
  readonly weather: number
  readonly config: WorldConfig
  readonly witness: RelayWitness
  readonly accounts: Accounts
}

interface Running {
  readonly process: Process
  readonly core: RelayCore
  readonly log: SimulatedLog
  readonly stopListening: () => void
}

export class RelayHost {
  readonly disk: DiskWeather
  readonly #options: RelayHostOptions
  readonly #epochs: Random
  #disk = new MemoryDisk()
  #running: Running | undefined
  #starts = 0
  #skewMs = 0

  constructor(options: RelayHostOptions) {
    this.#options = options
    const latency = new Random(options.weather, 'relay disk')
    this.#epochs = new Random(options.weather, 'epochs')
    const [from, to] = options.config.relayDiskMs
    this.disk = { latencyMs: () => latency.int(from, to + 1), failures: undefined, holding: false }
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The process, while there is one. */
  get process(): Process | undefined {
    return this.#running?.process
  }

  /** How far its clock is from the truth, in ms, from now on. */
  setSkew(skewMs: number): void {
    this.#skewMs = skewMs
    if (this.#running !== undefined) this.#running.process.skewMs = skewMs
  }

  /** What the disk has; {@link RelayHost.restore} takes it back. */
  backUp(): MemoryDisk {
    return this.#disk.copy()
  }

  start(): void {
    if (this.#running !== undefined) return
    const { time, network, weather, config, witness } = this.#options
    this.#starts += 1
    const process = new Process(time, `relay ${this.#starts}`, new Random(weather, 'relay', this.#starts))
    process.skewMs = this.#skewMs
    const newEpoch = (): number => this.#epochs.int(1, 2 ** 32)
    const log = new SimulatedLog({ disk: this.#disk, newEpoch, time, process, weather: this.disk, witness })
    const core = new RelayCore({
      log,
      limits: { ...defaultLimits, ...config.relayLimits },
      scheduler: { now: time.now, wallNow: process.wallNow, every: process.every, after: process.after },
      merger: mergerIn(process, time, () => process.random.int(0, 4)),
      authenticator: config.tokens ? this.#authenticator(process) : undefined,
      authorize: undefined,
      agent: 'simulated',
      onEvent: (event) => witness.event(event),
    })
    core.start()
    const stopListening = network.listen((end) => accept(core, end, process, witness), process)
    this.#running = { process, core, log, stopListening }
  }

  /** Power is lost. Of the writes that wait, `kept` in a hundred are on the disk; clients hear of it, or do not. */
  crash(kept: number, told: boolean): void {
    if (this.#running === undefined) return
    const { process, log, stopListening } = this.#running
    this.#running = undefined
    process.kill()
    stopListening()
    const { network, time } = this.#options
    for (const client of network.clients) network.cut(client, told ? 'client' : 'nobody', kept % 3)
    void time.busy(() => log.crash(Math.ceil((log.waiting * kept) / 100)))
  }

  /** As an operator stops it. Resolves when all is written. */
  async stop(): Promise<void> {
    if (this.#running === undefined) return
    const { core, stopListening, process } = this.#running
    stopListening()
    await core.drain(5_000)
    await core.release()
    process.kill()
    if (this.#running?.core === core) this.#running = undefined
  }

  /** The disk is replaced while the relay is down. */
  restore(disk: MemoryDisk): void {
    this.#disk = disk.copy()
  }

  wipe(): void {
    this.#disk = new MemoryDisk()
  }

  #authenticator(process: Process): Authenticator {
    const { accounts, config } = this.#options
    return {
      authenticate: async ({ token }) => {
        await new Promise<void>((resolve) => process.after(process.random.int(0, 20), resolve))
        if (token === undefined) throw new AuthError('missing-token', 'no token')
        const [device = '', expiresAt] = token.split(' ')
        if (Number(expiresAt) <= process.wallNow()) throw new AuthError('invalid-token', 'expired')
        return {
          subject: config.onePerson ? 'somebody' : device,
          expiresAt: Number(expiresAt),
          grant: (room) => ({ access: accounts.access(device, room) }),
        }
      },
    }
  }
}

function accept(core: RelayCore, end: ServerEnd, process: Process, witness: RelayWitness): ServerEvents | undefined {
  const wire = witness.connected(end.client)
  let open = true
  let givenBytes = 0
  const socket: FrameSocket = {
    address: end.client,
    get bufferedBytes() {
      return end.bufferedBytes
    },
    get takenBytes() {
      return givenBytes - end.bufferedBytes
    },
    get receivedBytes() {
      return end.receivedBytes
    },
    // Its network brings frames whole.
    partBytes: 0,
    send: (frame, onSent) => {
      wire.toClient(frame)
      givenBytes += frame.length
      end.send(frame, () => {
        if (process.state === 'running') onSent()
      })
    },
    ping: () => {},
    close: (code, reason) => {
      end.close(code, reason)
      process.after(CLOSING_MS, () => {
        if (open) end.terminate()
      })
    },
    terminate: () => end.terminate(),
    pause: () => end.pause(),
    resume: () => end.resume(),
  }
  const connection: Connection | undefined = core.accept(socket)
  return (
    connection && {
      frame: (frame) => {
        if (!open) return
        wire.fromClient(frame)
        connection.receive(frame)
      },
      closed: () => {
        open = false
        connection.lost()
      },
    }
  )
}

/** A merger whose jobs take their time. */
function mergerIn(process: Process, time: VirtualTime, latencyMs: () => number): UpdateMerger {
  const later = <T>(work: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      process.after(latencyMs(), () => void time.busy(work).then(resolve, reject))
    })
  return {
    merge: (updates) => later(() => inlineMerger.merge(updates)),
    diff: (updates, stateVector) => later(() => inlineMerger.diff(updates, stateVector)),
    compact: (updates, history) => later(() => inlineMerger.compact(updates, history)),
    summarise: (updates, rangesMax) => later(() => inlineMerger.summarise(updates, rangesMax)),
    stateVector: (updates) => later(() => inlineMerger.stateVector(updates)),
    convert: (update, to) => later(() => inlineMerger.convert(update, to)),
    scan: (push) => later(() => inlineMerger.scan(push)),
    inspect: (updates, pushes, history) => later(() => inlineMerger.inspect(updates, pushes, history)),
  }
}
