/**
 * A relay without a network: log, rooms and connections, and their common lifetime. It takes connections from whoever
 * has sockets (the gateway; a simulation) and time from its scheduler, so that everything it does can be driven step by
 * step.
 *
 * ```
 * idle ──start──▶ running ──drain──▶ draining ──release──▶ released
 * ```
 */
import type { Position } from '@syncline/protocol'
import type { Authorize } from './access.ts'
import type { Authenticator } from './auth/authenticator.ts'
import { hookAuthenticator } from './auth/authorize-hook.ts'
import { punctual } from './auth/punctual-authenticator.ts'
import { BufferAccount } from './buffers/buffer-account.ts'
import type { Connection } from './connection/connection.ts'
import { Connections } from './connection/connections.ts'
import type { FrameSocket } from './connection/frame-socket.ts'
import type { Opening } from './endpoints/opening.ts'
import type { History } from './merger/history.ts'
import { RelayCounters } from './metrics/relay-counters.ts'
import type { Measured } from './metrics/relay-metrics.ts'
import { LogHealth, type FaultyOperation } from './health.ts'
import type { ApiRelay } from './http/api/api-relay.ts'
import type { CountedLimit } from './limit-outcomes.ts'
import type { RelayLimits } from './limits.ts'
import type { UpdateLog } from './log/update-log.ts'
import type { Rest, TrafficAmounts, TrafficKind } from './rate/traffic.ts'
import type { RelayEvent, RelayEventListener } from './relay-event.ts'
import { Compaction } from './room/compaction.ts'
import { pushOnce } from './room/one-push.ts'
import type { Refusal } from './room/admission.ts'
import { Rooms } from './room/rooms.ts'
import type { UpdateMerger } from './room/update-merger.ts'
import type { Scheduler } from './scheduler.ts'

export interface RelayCoreOptions {
  /** The core takes it over: `release` closes it. */
  readonly log: UpdateLog
  readonly limits: RelayLimits
  readonly scheduler: Scheduler
  /** Not closed with the core: whoever opened it does that. */
  readonly merger: UpdateMerger
  /** What checkpoints do with the content of deleted units: `drop` by default. */
  readonly history?: History
  /** Absent, as is the hook: everybody may write everywhere. */
  readonly authenticator?: Authenticator | undefined
  /** Decides on rooms; alone, on tokens as well. */
  readonly authorize: Authorize | undefined
  /** How the relay names itself in `welcome`. */
  readonly agent: string
  readonly onEvent: RelayEventListener
}

export class RelayCore implements ApiRelay {
  /** Who clients are; absent where everybody may write everywhere. */
  readonly authenticator: Authenticator | undefined
  readonly #log: UpdateLog
  readonly #merger: UpdateMerger
  readonly #limits: RelayLimits
  readonly #scheduler: Scheduler
  readonly #health = new LogHealth()
  readonly #counters = new RelayCounters()
  readonly #buffers: BufferAccount
  readonly #onEvent: RelayEventListener
  readonly #compaction: Compaction
  readonly #rooms: Rooms
  readonly #connections: Connections
  #stopTicks: () => void = () => {}

  constructor(options: RelayCoreOptions) {
    const { log, limits, scheduler, merger, history = 'drop', authorize, agent } = options
    const authenticator =
      authorize === undefined ? options.authenticator : hookAuthenticator(authorize, options.authenticator)
    const timing = { timeoutMs: limits.authTimeoutMs, scheduler, onLate: () => this.limitHit('authTimeoutMs') }
    this.authenticator = authenticator && punctual(authenticator, timing)
    const onEvent = this.#counters.countingEvents(options.onEvent)
    this.#onEvent = onEvent
    this.#log = log
    this.#merger = merger
    this.#limits = limits
    this.#scheduler = scheduler
    this.#compaction = new Compaction(log, merger, history)
    this.#buffers = new BufferAccount(limits.bufferBytesMax)
    const shared = { limits, scheduler, counters: this.#counters, buffers: this.#buffers, onEvent }
    this.#rooms = new Rooms({
      ...shared,
      authenticated: this.authenticator !== undefined,
      log,
      merger,
      history,
      compaction: this.#compaction,
      health: this.#health,
    })
    this.#connections = new Connections({ ...shared, rooms: this.#rooms, authenticator: this.authenticator, agent })
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Rooms that are open. */
  get rooms(): number {
    return this.#rooms.size
  }

  /** What there is to be measured now. Costs a look at each connection and each member. */
  measure(): Measured {
    return {
      counters: this.#counters,
      ...this.#connections.measure(),
      ...this.#rooms.measure(),
      rooms: this.rooms,
      bufferBytes: this.#buffers.totalBytes,
      logStats: this.#log.stats,
      mergerQueuedBytes: this.#merger.queuedBytes ?? 0,
    }
  }

  /** What is told to the operator from outside: counted, and passed on. */
  report(event: RelayEvent): void {
    this.#onEvent(event)
  }

  limitHit(limit: CountedLimit): void {
    this.#counters.limitHit(limit)
  }

  throttled(kind: TrafficKind): void {
    this.#counters.throttled(kind)
  }

  count(subject: string | undefined, amounts: TrafficAmounts): Rest {
    return this.#connections.count(subject, amounts)
  }

  membersOf(room: string): number {
    return this.#rooms.membersOf(room)
  }

  push(
    room: string,
    update: Uint8Array,
    subject: string | undefined,
    signal: AbortSignal,
  ): Promise<Position | Refusal> {
    return pushOnce(this.#rooms, room, update, subject, signal)
  }

  drop(room: string): Promise<void> {
    return this.#rooms.drop(room, { code: 'forbidden', retryable: false, message: 'the room was deleted' })
  }

  /** What the log refused lately. */
  get failing(): readonly FaultyOperation[] {
    return this.#health.failing(this.#scheduler.now())
  }

  /** Starts the clock. */
  start(): void {
    this.#stopTicks = this.#scheduler.every(this.#limits.tickMs, () => {
      const now = this.#scheduler.now()
      this.#rooms.tick(now)
      this.#connections.tick(now)
    })
  }

  /**
   * Takes a socket over, which speaks the protocol that its opening asked for. The caller gives its frames to the connection returned, and tells it when the socket is gone.
   * `undefined`: there are too many connections, and the socket is closing.
   */
  accept(socket: FrameSocket, opening: Opening = { endpoint: 'sync' }): Connection | undefined {
    return this.#connections.accept(socket, opening)
  }

  /** Closes the connections of a subject, and returns how many there were. */
  expelSubject(subject: string): number {
    return this.#connections.expelSubject(subject)
  }

  /**
   * Reads nothing any more, lets the log answer what was pushed, tells everybody to connect again, and cuts off whoever
   * has not gone by the deadline. Nothing may be accepted from now on.
   */
  async drain(deadlineMs: number): Promise<void> {
    const deadline = this.#scheduler.now() + deadlineMs
    this.#connections.quiesce()
    await this.#until(deadline, this.#rooms.settled())
    // Before the connections, or each that goes would be announced to all that are left.
    this.#rooms.close()
    await this.#until(deadline, this.#connections.drain())
    this.#connections.terminate()
    await this.#until(deadline, this.#compaction.settled())
  }

  /** Stops the clock and closes the log, which is waited for: it holds what was acknowledged. */
  async release(): Promise<void> {
    this.#stopTicks()
    await this.#log.close()
  }

  /** Waits for `work`, which must not reject, until `deadline` at the longest. */
  async #until(deadline: number, work: Promise<void>): Promise<void> {
    let cancel = (): void => {}
    const expired = new Promise<void>((resolve) => {
      cancel = this.#scheduler.after(Math.max(0, deadline - this.#scheduler.now()), resolve)
    })
    await Promise.race([work, expired])
    cancel()
  }
}
