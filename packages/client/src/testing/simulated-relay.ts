/**
 * A relay in memory, for tests of apps: it speaks the protocol (docs/PROTOCOL.md) as the real one does, and keeps its promises: an ack
 * follows the flush, positions and epochs are true, what contradicts the log is refused. What it has flushed outlives its crashes;
 * what it has not is lost in them. A contract suite (relay.contract.ts) holds it and the real relay to the same answers.
 *
 * It is not for production, nor for measuring: each room is a list of all its updates, and each push is compared with all of them. It never
 * compacts, slows nobody down, and takes client IDs from whoever brings them.
 *
 * ```
 *   start ──▶ running ──crash, close──▶ down ──start──▶ running …      its disk stays, unless wiped or restored
 * ```
 */
import { ConflictError, DecodeError } from '@syncline/core'
import type { Access, MessageOf, Position, RelayMessage, WireCode } from '@syncline/protocol'
import { SynclineError } from '../errors.ts'
import { systemScheduler, type Scheduler } from '../scheduler.ts'
import { RelayLog, type RelayBackup, type RelayEntry } from './relay-log.ts'
import { RelayRoom, type FlushedEntry } from './relay-room.ts'
import { RelaySession, type RelayOfSession, type SimulatedRelayLimits } from './relay-session.ts'
import type { SimulatedNetwork } from './simulated-network.ts'

export const simulatedRelayLimits: SimulatedRelayLimits = {
  frameBytesMax: 33_000_000,
  updateBytesMax: 32_000_000,
  awarenessBytesMax: 65_536,
  roomsMax: 1_000,
  heartbeatMs: 30_000,
  helloTimeoutMs: 10_000,
}

/** How often it looks for silence. */
const TICK_MS = 1_000

/** Why a push is not taken. */
export interface PushRefusal {
  readonly code: WireCode
  readonly retryable: boolean
}

export interface SimulatedRelayOptions {
  /** Where it is reached. */
  readonly network: SimulatedNetwork
  /** Default: the platform's. */
  readonly scheduler?: Pick<Scheduler, 'now' | 'after'>
  /** How long the next flush of its log takes, in ms. Default: 0. */
  readonly flushMs?: () => number
  readonly limits?: Partial<SimulatedRelayLimits>
  /** Whether a token counts. Default: none is wanted. Asked anew with each token, and by {@link SimulatedRelay.judgeAll}. */
  readonly accepts?: (token: string | undefined, client: string) => boolean
  /** What a connection may do in a room; `client` is the name of its transport. Default: write. */
  readonly access?: (room: string, client: string, token: string | undefined) => Access | 'none'
  /** Refuses a push that it would have taken, as the real relay may for reasons of its own. Default: it refuses none. */
  readonly refuses?: (room: string, update: Uint8Array, client: string) => PushRefusal | undefined
}

interface Push {
  readonly room: RelayRoom
  readonly update: Uint8Array
  readonly author: RelaySession | undefined
  readonly ref: number
  readonly told: ((verdict: Position | SynclineError) => void) | undefined
}

/** A process of the relay: all that a crash takes with it. */
interface Running {
  readonly sessions: Set<RelaySession>
  readonly rooms: Map<string, RelayRoom>
  waiting: Push[]
  flushing: boolean
  cancelTick: () => void
  cancelFlush: () => void
  readonly stopListening: () => void
}

export class SimulatedRelay implements AsyncDisposable {
  readonly #options: SimulatedRelayOptions
  readonly #scheduler: Pick<Scheduler, 'now' | 'after'>
  readonly #limits: SimulatedRelayLimits
  #disk = new Map<string, RelayEntry[]>()
  /** Never given out twice, whatever happens to the disk. */
  #epochs = 0
  #running: Running | undefined
  #holding = false
  #failuresLeft = 0

  /** Runs from the start. */
  constructor(options: SimulatedRelayOptions) {
    this.#options = options
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#limits = { ...simulatedRelayLimits, ...options.limits }
    this.start()
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** How many flushes are still to fail. */
  get flushesToFail(): number {
    return this.#failuresLeft
  }

  /** Rooms that its disk has something of. */
  get rooms(): readonly string[] {
    return [...this.#disk].filter(([, entries]) => entries.length > 0).map(([name]) => name)
  }

  /** How many connections are members of the room. */
  membersOf(room: string): number {
    return this.#running?.rooms.get(room)?.members.size ?? 0
  }

  /** All that is durable of a room, as one Yjs update; the empty update for a room that nobody wrote. */
  content(room: string): Uint8Array {
    return new RelayLog(this.#disk.get(room) ?? [], () => 0).content
  }

  /** Somebody else writes: `update` goes the way of a push, to the log and to all members. Rejects with `SynclineError` `rejected`. */
  async write(room: string, update: Uint8Array): Promise<Position> {
    const running = this.#running
    if (running === undefined)
      throw new SynclineError('rejected', 'The simulated relay does not run', { retryable: true })
    const verdict = await new Promise<Position | SynclineError>((told) => {
      this.#push(running, { room: this.#room(running, room), update: update.slice(), author: undefined, ref: 0, told })
    })
    if (verdict instanceof SynclineError) throw verdict
    return verdict
  }

  /** Starts on what the disk has. Nothing, if it runs. */
  start(): void {
    if (this.#running !== undefined) return
    const running: Running = {
      sessions: new Set(),
      rooms: new Map(),
      waiting: [],
      flushing: false,
      cancelTick: () => {},
      cancelFlush: () => {},
      stopListening: this.#options.network.listen((end) => {
        const session = new RelaySession(this.#relayOf(running), end)
        running.sessions.add(session)
        if (running.sessions.size === 1) this.#tickLater(running)
        return { frame: (frame) => session.receive(frame), closed: () => session.lost() }
      }, this.#scheduler),
    }
    this.#running = running
  }

  /** The process ends at once: what is not flushed is lost. Connections end; `told`: whether clients hear of it, or have to find out. */
  crash({ told = true }: { readonly told?: boolean } = {}): void {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    running.stopListening()
    running.cancelTick()
    running.cancelFlush()
    const lost = new SynclineError('rejected', 'The simulated relay crashed', { retryable: true })
    for (const push of running.waiting.splice(0)) push.told?.(lost)
    for (const session of running.sessions) session.lost()
    for (const client of this.#options.network.clients) this.#options.network.cut(client, told ? 'client' : 'nobody')
  }

  /** {@link SimulatedRelay.crash}, and {@link SimulatedRelay.start}. */
  restart(): void {
    this.crash()
    this.start()
  }

  /** What is on its disk, for {@link SimulatedRelay.restore}. */
  backUp(): RelayBackup {
    return new Map([...this.#disk].map(([name, entries]) => [name, [...entries]]))
  }

  /** Crashes, gets an older disk, and starts if it ran. */
  restore(backup: RelayBackup): void {
    const { isRunning } = this
    this.crash()
    this.#disk = new Map([...backup].map(([name, entries]) => [name, [...entries]]))
    if (isRunning) this.start()
  }

  /** Crashes, loses its disk, and starts on an empty one if it ran. */
  wipe(): void {
    this.restore(new Map())
  }

  /** Flushes wait, as on a disk that hangs, until {@link SimulatedRelay.releaseFlushes}: nothing is acknowledged or passed on. */
  holdFlushes(): void {
    this.#holding = true
  }

  releaseFlushes(): void {
    this.#holding = false
    if (this.#running !== undefined) this.#flushLater(this.#running)
  }

  /**
   * The next `count` flushes that have something to write fail, as on a full disk: their pushes are rejected, to be tried again. Without a
   * count, all do until 0 is given.
   */
  failFlushes(count: number = Number.POSITIVE_INFINITY): void {
    this.#failuresLeft = count
  }

  /** Asks all clients for fresh tokens; `deadlineMs` is how long, as it says, theirs will count. */
  askForTokens(deadlineMs: number): void {
    this.#tellAll({ type: 'reauthenticate', reason: 'the token expires', deadlineMs })
  }

  /** What `accepts` and `access` say has changed: puts those out who may do something else now. */
  judgeAll(): void {
    for (const session of this.#running?.sessions ?? []) session.judge()
  }

  /** Stops. Its disk is not lost. Idempotent. */
  async close(): Promise<void> {
    this.crash()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #relayOf(running: Running): RelayOfSession {
    const { accepts, access = () => 'write' } = this.#options
    return {
      limits: this.#limits,
      now: () => this.#scheduler.now(),
      accepts,
      access: (room, { client, token }) => access(room, client, token),
      room: (name) => this.#room(running, name),
      push: (author, room, ref, update) => this.#push(running, { room, update, author, ref, told: undefined }),
      ended: (session) => {
        running.sessions.delete(session)
        if (running.sessions.size === 0) running.cancelTick()
      },
    }
  }

  #tellAll(message: RelayMessage): void {
    for (const session of this.#running?.sessions ?? []) session.send(message)
  }

  #room(running: Running, name: string): RelayRoom {
    let room = running.rooms.get(name)
    if (room === undefined) {
      const entries = this.#disk.get(name) ?? []
      this.#disk.set(name, entries)
      room = new RelayRoom(name, running.rooms.size + 1, new RelayLog(entries, () => (this.#epochs += 1)))
      running.rooms.set(name, room)
    }
    return room
  }

  #tickLater(running: Running): void {
    running.cancelTick = this.#scheduler.after(TICK_MS, () => {
      this.#tickLater(running)
      const now = this.#scheduler.now()
      for (const room of running.rooms.values()) room.tick(now)
      for (const session of running.sessions) session.tick(now)
    })
  }

  #push(running: Running, push: Push): void {
    running.waiting.push(push)
    this.#flushLater(running)
  }

  #flushLater(running: Running): void {
    if (running.flushing || this.#holding || running.waiting.length === 0) return
    running.flushing = true
    running.cancelFlush = this.#scheduler.after(this.#options.flushMs?.() ?? 0, () => {
      running.flushing = false
      if (this.#holding) return
      this.#flush(running.waiting.splice(0))
      this.#flushLater(running)
    })
  }

  /** All that waited is decided in order, and shares the fate of this flush. */
  #flush(pushes: readonly Push[]): void {
    const failing = this.#failuresLeft > 0
    let failed = false
    const written = new Map<RelayRoom, FlushedEntry[]>()
    const gaps: { readonly author: RelaySession; readonly room: RelayRoom }[] = []
    const answers = new Answers()
    for (const push of pushes) {
      const { room, update, author, ref, told } = push
      const verdict = this.#judge(push, failing)
      if (verdict !== 'known' && 'code' in verdict) {
        const { code, retryable } = verdict
        const message = `simulated: ${code}`
        failed ||= failing && code === 'log-unavailable'
        told?.(new SynclineError('rejected', message, { retryable, wireCode: code }))
        answers.add(push, { type: 'reject', handle: room.handle, ref, code, retryable, message }, false)
        continue
      }
      if (verdict !== 'known') {
        const position = room.log.append(update)
        written.set(room, [...(written.get(room) ?? []), { author, update, position }])
        if (author !== undefined && verdict.leavesGap) gaps.push({ author, room })
      }
      const { position } = room.log
      told?.(position)
      // What is known may be so by an entry of this flush that its author has not been sent: it would take that for its own.
      answers.add(push, { type: 'ack', handle: room.handle, ref, position }, verdict === 'known')
    }
    // Where nothing was to be written, nothing has failed.
    if (failed) this.#failuresLeft -= 1
    answers.send('before-updates')
    for (const [room, entries] of written) room.tell(entries)
    answers.send('after-updates')
    for (const { author, room } of gaps) {
      if (author.has(room)) author.send({ type: 'resync', handle: room.handle, stateVector: room.log.stateVector })
    }
  }

  #judge({ room, update, author }: Push, failing: boolean): 'known' | PushRefusal | { readonly leavesGap: boolean } {
    if (update.length > this.#limits.updateBytesMax) return { code: 'update-too-large', retryable: false }
    try {
      if (!room.log.lacks(update)) return 'known'
      if (author !== undefined) {
        const access = room.members.get(author) ?? 'write'
        if (access === 'read') return { code: 'read-only', retryable: false }
        const refusal = this.#options.refuses?.(room.name, update, author.client)
        if (refusal !== undefined) return refusal
      }
      return failing ? { code: 'log-unavailable', retryable: true } : { leavesGap: room.log.wouldLeaveGap(update) }
    } catch (error) {
      if (error instanceof DecodeError) return { code: 'malformed-update', retryable: false }
      if (error instanceof ConflictError) return { code: 'conflicting-update', retryable: false }
      throw error
    }
  }
}

type Answer = MessageOf<'ack'> | MessageOf<'reject'>

/** The answers of one flush, to each member in the order of its pushes. */
class Answers {
  readonly #lanes = new Map<RelaySession, Map<RelayRoom, { readonly answers: Answer[]; held: number | undefined }>>()

  /** `held`: neither it, nor those after it, are sent before the updates of the flush. */
  add({ author, room }: Push, answer: Answer, held: boolean): void {
    if (author === undefined) return
    const rooms = this.#lanes.get(author) ?? new Map()
    this.#lanes.set(author, rooms)
    const lane = rooms.get(room) ?? { answers: [], held: undefined }
    rooms.set(room, lane)
    if (held) lane.held ??= lane.answers.length
    lane.answers.push(answer)
  }

  send(when: 'before-updates' | 'after-updates'): void {
    for (const [author, rooms] of this.#lanes) {
      for (const [room, { answers, held = answers.length }] of rooms) {
        if (!author.has(room)) continue
        const due = when === 'before-updates' ? answers.slice(0, held) : answers.slice(held)
        for (const [index, answer] of due.entries()) {
          // One ack covers all up to the next reject.
          if (answer.type === 'reject' || due[index + 1]?.type !== 'ack') author.send(answer)
        }
      }
    }
  }
}
