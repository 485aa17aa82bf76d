/**
 * The driver of one open room: performs what the machine (room-machine.ts) decides. It owns no socket and no timer; it
 * talks to members, to the log and to the merger, and turns what comes back into events.
 *
 * Events are taken one after another, also when performing an effect causes the next: sending to a member whose socket
 * is full makes it `slow`, within the same turn. Every promise started here is handled here.
 */
import { assert } from '@syncline/core'
import type { AwarenessEntry } from '@syncline/protocol'
import { LogError, MergerError } from '../errors.ts'
import type { BufferAccount } from '../buffers/buffer-account.ts'
import type { FaultyOperation, LogHealth } from '../health.ts'
import type { RelayLimits } from '../limits.ts'
import type { UpdateLog } from '../log/update-log.ts'
import type { History } from '../merger/history.ts'
import type { RelayCounters } from '../metrics/relay-counters.ts'
import type { RelayEventListener } from '../relay-event.ts'
import type { Scheduler } from '../scheduler.ts'
import { malformed, type Refusal } from './admission.ts'
import type { Compaction } from './compaction.ts'
import type { Appended, JoinRequest, Reader, RoomEffect, RoomEvent } from './room-event.ts'
import { RoomMachine } from './room-machine.ts'
import type { MemberId, RoomMember } from './room-member.ts'
import { SharedMessage, type RoomMessage } from './shared-message.ts'
import type { UpdateMerger } from './update-merger.ts'

/** What all rooms of a relay share. */
export interface RoomSurroundings {
  readonly log: UpdateLog
  /** Whether clients are authenticated, so that client IDs have owners. */
  readonly authenticated: boolean
  readonly merger: UpdateMerger
  readonly history: History
  readonly compaction: Compaction
  readonly limits: RelayLimits
  readonly scheduler: Scheduler
  readonly health: LogHealth
  readonly counters: RelayCounters
  /** What all rooms and connections hold together. */
  readonly buffers: BufferAccount
  readonly onEvent: RelayEventListener
}

const logUnavailable: Refusal = {
  code: 'log-unavailable',
  retryable: true,
  message: 'the log of this room cannot be read now',
}
const relayFailed: Refusal = { code: 'internal', retryable: true, message: 'the relay failed; join again' }

type AppendEffect = RoomEffect & { readonly type: 'append' }
type CatchUp = RoomEffect & { readonly type: 'catchUp' }

export class Room {
  readonly name: string
  /** The room's number on the wire: the same for all members, and never given to another room while the relay runs. */
  readonly handle: number
  readonly #surroundings: RoomSurroundings
  readonly #onClosed: () => void
  readonly #machine: RoomMachine
  readonly #members = new Map<MemberId, RoomMember>()
  readonly #events: RoomEvent[] = []
  #handling = false
  /** Reads for members that have not begun, oldest first; of each member, one at most is still wanted. */
  #asked: CatchUp[] = []
  #reading = false
  #knowsLogConflict = false
  /** What the machine has decided to append within this turn. */
  #unappended: AppendEffect[] = []
  /** What the log has flushed, in so many batches, and the machine does not know yet. */
  #appended: Appended[] = []
  #appendedBatches = 0
  #pushesUnderWay = 0
  /** What is counted for the pushes that it holds. */
  #heldBytes = 0
  #closed = false
  #waitingForPushes: (() => void)[] = []

  /** Inert until {@link Room.open}. `onClosed` is called once, when the room takes no further part in anything. */
  constructor(name: string, handle: number, surroundings: RoomSurroundings, onClosed: () => void) {
    this.name = name
    this.handle = handle
    this.#surroundings = surroundings
    this.#onClosed = onClosed
    this.#machine = new RoomMachine(handle, surroundings.limits)
  }

  /**
   * Reads the room from the log once `after` has settled. Members may join at once; they hear when the room is open.
   */
  open(after: Promise<void>): void {
    void this.#open(after)
  }

  join(id: MemberId, member: RoomMember, join: JoinRequest): void {
    this.#members.set(id, member)
    this.#take({ type: 'join', member: id, join })
  }

  /** `refill`: it is what the member was told that the log lacks. */
  push(member: MemberId, ref: number, update: Uint8Array, refill = false): void {
    this.#take({ type: 'push', member, ref, update, refill })
  }

  announce(member: MemberId, entries: readonly AwarenessEntry[]): void {
    this.#take({ type: 'awareness', member, entries, now: this.#surroundings.scheduler.now() })
  }

  /** The member asks for what `stateVector` lacks; it must decode. */
  sync(member: MemberId, stateVector: Uint8Array): void {
    this.#take({ type: 'sync', member, stateVector })
  }

  /** The member asks for the awareness states of all others. */
  askAwareness(member: MemberId): void {
    this.#take({ type: 'awarenessAsked', member })
  }

  /**
   * Passes something on that is none of the room's own affairs. Members whose sockets are full do not get it; nor does
   * anybody before the room is open.
   */
  tellOthers(from: MemberId, payload: string): void {
    const shared = new SharedMessage({ type: 'stateless', payload })
    for (const [id, member] of this.#members) if (id !== from && !member.slow) member.send(shared)
  }

  /** The member's socket is full: no updates until it has drained. */
  holdBack(member: MemberId): void {
    this.#take({ type: 'slow', member })
  }

  drained(member: MemberId): void {
    this.#take({ type: 'drained', member })
  }

  leave(member: MemberId): void {
    if (this.#members.delete(member)) this.#take({ type: 'gone', member })
  }

  tick(now: number): void {
    this.#take({ type: 'tick', now })
  }

  /** Tells every member, forgets them, and closes. Appends under way are still written. */
  evictAll(refusal: Refusal): void {
    this.#take({ type: 'evictAll', refusal })
  }

  /** Closes without a word: the relay closes. */
  close(): void {
    this.#take({ type: 'relayCloses' })
  }

  get members(): number {
    return this.#members.size
  }

  /** Members that do not have everything yet. */
  get membersBehind(): number {
    return this.#machine.membersBehind
  }

  /** Resolves when every push of this room is decided, and the log has answered, and members were told. */
  settled(): Promise<void> {
    if (this.#pushesUnderWay === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waitingForPushes.push(resolve))
  }

  async #open(after: Promise<void>): Promise<void> {
    const { log, authenticated, merger, limits, health } = this.#surroundings
    try {
      await after
      const head = await log.head(this.name)
      const { updates } = await log.read(this.name, 0)
      const owners = authenticated ? await log.owners(this.name) : []
      const summary = await merger.summarise(updates, limits.deletedRangesMax)
      // Nobody else writes to the room, so head and slice are of one moment.
      this.#takeOrThrow({ type: 'opened', head, summary, owners })
      health.succeeded('open')
    } catch (error) {
      // The log refused, or holds bytes that are no updates: either way there is no room to be a member of.
      this.#reportFailure('open', error)
      this.evictAll(logUnavailable)
    }
  }

  #take(event: RoomEvent): void {
    try {
      this.#takeOrThrow(event)
    } catch (error) {
      this.#surroundings.onEvent({ type: 'internal-error', where: `room ${JSON.stringify(this.name)}`, error })
      this.#abandon()
    }
  }

  /** Handles `event`, and what follows from it in this turn; queued behind the event being handled, if there is one. */
  #takeOrThrow(event: RoomEvent): void {
    if (this.#handling) {
      this.#events.push(event)
      return
    }
    this.#handling = true
    try {
      // An event that no other follows, as most, never stands in the queue: that would take memory anew each time.
      for (let next: RoomEvent | undefined = event; next !== undefined; next = this.#events.shift()) {
        for (const effect of this.#machine.handle(next)) this.#perform(effect)
      }
    } finally {
      this.#handling = false
      if (this.#events.length > 0) this.#events.length = 0
      this.#countHeld()
    }
  }

  /** What a closed room has under way is held until all of it is answered: its machine hears nothing any more. */
  #countHeld(): void {
    const heldBytes = this.#closed && this.#pushesUnderWay === 0 ? 0 : this.#machine.heldBytes
    if (heldBytes === this.#heldBytes) return
    const change = heldBytes - this.#heldBytes
    this.#heldBytes = heldBytes
    this.#surroundings.buffers.change('settling', change)
  }

  #perform(effect: RoomEffect): void {
    switch (effect.type) {
      case 'append':
        this.#unappended.push(effect)
        if (this.#unappended.length > 1) return
        this.#pushesUnderWay++
        void this.#append()
        return
      case 'scan':
        void this.#scan(effect.scan, effect.update)
        return
      case 'inspect':
        void this.#inspect(effect.inspection, effect.pushes)
        return
      case 'catchUp':
        this.#asked.push(effect)
        if (!this.#reading) void this.#answerReads()
        return
      case 'send':
        return this.#send(effect.member, new SharedMessage(effect.message))
      case 'broadcast': {
        const shared = new SharedMessage(effect.message)
        for (const id of effect.members) this.#send(id, shared)
        return
      }
      case 'limitHit':
        return this.#surroundings.counters.limitHit(effect.limit)
      case 'detach': {
        const member = this.#members.get(effect.member)
        this.#members.delete(effect.member)
        member?.detached()
        return
      }
      case 'compact':
        void this.#compact()
        return
      case 'close':
        this.#closed = true
        this.#onClosed()
        return
      default:
        return effect satisfies never
    }
  }

  #send(id: MemberId, shared: SharedMessage): void {
    const member = this.#members.get(id)
    if (member === undefined) return
    this.#count(shared.message)
    member.send(shared)
    if (member.slow) this.#events.push({ type: 'slow', member: id })
  }

  #count(message: RoomMessage): void {
    const { counters } = this.#surroundings
    if (message.type === 'updates' || message.type === 'awareness') counters.deliveries++
    else if (message.type === 'reject' || message.type === 'refused' || message.type === 'evicted') {
      counters.refused(message.code)
    }
  }

  async #append(): Promise<void> {
    // What else comes in this turn, in the same read of a socket say, is one batch.
    await Promise.resolve()
    const appends = this.#unappended
    this.#unappended = []
    const { log, health, counters, scheduler } = this.#surroundings
    const begun = scheduler.now()
    const time = scheduler.wallNow()
    const batch = appends.map(({ update, subject, claims }) => {
      return { room: this.name, update, author: subject === undefined ? undefined : { subject, time }, claims }
    })
    try {
      const positions = await log.append(batch)
      assert(positions.length === batch.length, 'an append has a position for each entry')
      counters.appendDuration.observe(scheduler.now() - begun)
      health.succeeded('append')
      for (let index = 0; index < appends.length; index++) {
        this.#appended.push({ append: appends[index]!.append, position: positions[index]! })
      }
      this.#appendedBatches++
      // The log settles all batches that shared a flush in one turn: members hear of them together.
      if (this.#appendedBatches === 1) process.nextTick(() => this.#takeAppended())
    } catch (error) {
      this.#reportFailure('append', error)
      this.#takeAppended()
      const refusal = refusalOf(error)
      for (const { append } of appends) this.#take({ type: 'appendFailed', append, refusal })
      this.#pushSettled()
    }
  }

  #takeAppended(): void {
    const batches = this.#appendedBatches
    if (batches === 0) return
    this.#appendedBatches = 0
    const entries = this.#appended
    this.#appended = []
    this.#take({ type: 'appended', entries })
    this.#pushSettled(batches)
  }

  async #scan(scan: number, update: Uint8Array): Promise<void> {
    this.#pushesUnderWay++
    try {
      const found = await this.#surroundings.merger.scan(update)
      this.#take({ type: 'scanned', scan, found })
    } catch (error) {
      if (error instanceof MergerError && error.code === 'malformed') {
        return this.#take({ type: 'scanned', scan, found: malformed(error.message) })
      }
      this.#reportFailure('append', error)
      this.#take({ type: 'scanned', scan, found: refusalOf(error) })
    } finally {
      this.#pushSettled()
    }
  }

  async #inspect(inspection: number, pushes: readonly Uint8Array[]): Promise<void> {
    const { log, merger, health, history } = this.#surroundings
    this.#pushesUnderWay++
    try {
      const { position, updates } = await log.read(this.name, 0)
      const { verdicts, logConflict } = await merger.inspect(updates, pushes, history)
      health.succeeded('read')
      if (logConflict !== undefined) this.#reportLogConflict(logConflict)
      this.#take({ type: 'inspected', inspection, position, found: verdicts })
    } catch (error) {
      this.#reportFailure('read', error)
      this.#take({ type: 'inspectionFailed', inspection, refusal: refusalOf(error) })
    } finally {
      this.#pushSettled()
    }
  }

  /** What follows from it, an append say, has begun by now. */
  #pushSettled(count = 1): void {
    this.#pushesUnderWay -= count
    if (this.#pushesUnderWay > 0) return
    if (this.#closed) this.#countHeld()
    for (const resolve of this.#waitingForPushes.splice(0)) resolve()
  }

  /**
   * One read at a time, for all who wait for the same: a crowd that joins a large room at once costs one merge and one
   * frame, which its sockets share, instead of the document once each.
   */
  async #answerReads(): Promise<void> {
    this.#reading = true
    // What is asked within this turn is asked together.
    await Promise.resolve()
    for (let first = this.#asked.at(0); first !== undefined; first = this.#asked.at(0)) {
      const next = first
      const together = this.#asked.filter((asked) => asksTheSame(asked, next))
      this.#asked = this.#asked.filter((asked) => !asksTheSame(asked, next))
      const readers = together.filter((asked) => this.#machine.wants(asked))
      if (readers.length > 0) await this.#catchUp(readers, next)
    }
    this.#reading = false
  }

  async #catchUp(readers: readonly Reader[], { afterSeq, stateVector }: CatchUp): Promise<void> {
    const { log, merger, health } = this.#surroundings
    try {
      const { position, updates } = await log.read(this.name, afterSeq)
      const merged = stateVector === undefined ? merger.merge(updates) : merger.diff(updates, stateVector)
      const update = await merged
      health.succeeded('read')
      this.#take({ type: 'caughtUp', readers, position, update })
    } catch (error) {
      this.#reportFailure('read', error)
      this.#take({ type: 'catchUpFailed', readers })
    }
  }

  async #compact(): Promise<void> {
    const { compaction, scheduler, health, onEvent } = this.#surroundings
    try {
      const folded = await compaction.fold(this.name)
      // Whoever dropped the room has closed this one.
      if (folded === undefined) return this.#take({ type: 'compactionFailed', now: scheduler.now() })
      health.succeeded('compact')
      const { tailEntries: entries, mergedBytes, checkpointBytes: bytes, logConflict } = folded
      onEvent({ type: 'compacted', room: this.name, entries, mergedBytes, bytes })
      if (logConflict !== undefined) this.#reportLogConflict(logConflict)
      this.#take({ type: 'compacted', ...folded })
    } catch (error) {
      this.#reportFailure('compact', error)
      this.#take({ type: 'compactionFailed', now: scheduler.now() })
    }
  }

  /** The machine cannot be trusted any more. Members join again, and the room is read afresh from the log. */
  #abandon(): void {
    try {
      this.#takeOrThrow({ type: 'evictAll', refusal: relayFailed })
    } catch (error) {
      this.#surroundings.onEvent({ type: 'internal-error', where: `closing room ${JSON.stringify(this.name)}`, error })
      for (const member of this.#members.values()) member.detached()
      this.#members.clear()
      this.#closed = true
      this.#countHeld()
      this.#onClosed()
    }
  }

  #reportFailure(operation: FaultyOperation, error: unknown): void {
    const { health, scheduler, onEvent } = this.#surroundings
    // Whoever closed the merger knows.
    if (error instanceof MergerError && error.code === 'closed') return
    if (error instanceof MergerError && error.code !== 'malformed') {
      return onEvent({ type: 'merger-failed', operation, room: this.name, error })
    }
    health.failed(operation, scheduler.now())
    onEvent({ type: 'log-failed', operation, room: this.name, error })
  }

  /** Once in the life of a room: until it is folded, every inspection finds the same. */
  #reportLogConflict(detail: string): void {
    if (this.#knowsLogConflict) return
    this.#knowsLogConflict = true
    this.#surroundings.onEvent({ type: 'log-conflict', room: this.name, detail })
  }
}

function asksTheSame(one: CatchUp, other: CatchUp): boolean {
  if (one.afterSeq !== other.afterSeq || one.stateVector?.length !== other.stateVector?.length) return false
  return one.stateVector === undefined || Buffer.compare(one.stateVector, other.stateVector!) === 0
}

/** What is closed is a relay on its way out; everything else about a log, or a merger, may pass. */
function refusalOf(error: unknown): Refusal {
  if ((error instanceof LogError || error instanceof MergerError) && error.code === 'closed') {
    return { code: 'going-away', retryable: true, message: 'the relay is closing' }
  }
  if (error instanceof MergerError && error.code !== 'malformed') {
    return { code: 'internal', retryable: true, message: `the relay could not check the update now (${error.code})` }
  }
  const detail = error instanceof LogError ? error.code : 'unknown'
  return { code: 'log-unavailable', retryable: true, message: `the log could not store the update (${detail})` }
}
