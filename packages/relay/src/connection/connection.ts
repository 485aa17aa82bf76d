/**
 * The driver of one connection, whatever protocol it speaks: performs what its session (session.ts) decides, and owns
 * its place in each room (membership.ts). It owns no timer; ticks come from the relay. Nothing that goes wrong here
 * reaches another connection.
 *
 * Backpressure, both ways. Out: the outbox (outbox.ts) says when the socket is slow; rooms are told to hold updates
 * back, and hear `drained` from here. In: bytes pushed and not yet settled are counted; above the bound the socket is
 * not read, so a client that pushes faster than the disk takes is slowed by TCP. The same slows one that sends more than
 * its rates allow (rate/), and the heaviest while all together hold too much (buffers/).
 */
import { CloseCode, type WireCode } from '@syncline/protocol'
import type { RoomAccess } from '../access.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { EndReason } from '../auth/token-session.ts'
import { SHARED_FRAME_BYTES_MIN, type BufferAccount } from '../buffers/buffer-account.ts'
import type { BufferLoad, Loaded } from '../buffers/relief.ts'
import type { CountedLimit } from '../limit-outcomes.ts'
import type { RelayLimits } from '../limits.ts'
import type { RelayCounters } from '../metrics/relay-counters.ts'
import type { RelayEventListener } from '../relay-event.ts'
import type { SubjectTraffic } from '../rate/subject-traffic.ts'
import { Traffic, longerRest, trafficRates } from '../rate/traffic.ts'
import { UnknownClientBudget, type Excess } from '../rate/unknown-client-budget.ts'
import type { Refusal } from '../room/admission.ts'
import type { Rooms } from '../room/rooms.ts'
import { SharedMessage } from '../room/shared-message.ts'
import type { Scheduler } from '../scheduler.ts'
import { ArrivingFrame } from './arriving-frame.ts'
import type { FrameSocket } from './frame-socket.ts'
import { Gate } from './gate.ts'
import { Membership, type MembershipOwner } from './membership.ts'
import { Outbox } from './outbox.ts'
import { Progress } from './progress.ts'
import { Reading } from './reading.ts'
import type { Join, Session, SessionEffect, SessionEvent } from './session.ts'

/** What all connections of a relay share. */
export interface ConnectionSurroundings {
  readonly rooms: Rooms
  readonly limits: RelayLimits
  readonly scheduler: Scheduler
  /** Absent: everybody may write everywhere, and as much as they like. */
  readonly authenticator: Authenticator | undefined
  readonly subjectTraffic: SubjectTraffic
  readonly counters: RelayCounters
  /** What all connections and rooms hold together. */
  readonly buffers: BufferAccount
  readonly onEvent: RelayEventListener
}

/** A connection as its socket sees it, and as the relay sees all of them. */
export interface Connection extends Loaded {
  /** Bytes that the socket has not taken yet. */
  readonly outboxBytes: number
  /** Bytes pushed that have no verdict yet. */
  readonly unsettledBytes: number
  /** A binary frame came. Its bytes must not change any more: updates in it are borrowed until the log has them. */
  receive(frame: Uint8Array): void
  receiveText(): void
  /** The other side's WebSocket answered a ping. */
  receivePong(): void
  /** The socket is closed, by whomever. Called once. */
  lost(): void
  tick(now: number): void
  /** Reads no further: what was pushed so far is settled, and nothing new begins. */
  quiesce(): void
  /** Tells the client to connect again elsewhere, or later, and closes. */
  drain(): void
  /** Cuts the connection off. */
  terminate(): void
  /** Reads no further until `ease`: the relay holds too much, and this connection much of it. Idempotent, as is `ease`. */
  press(): void
  ease(): void
  /** Closes, since too much is stuck here; the second time, cuts off. */
  endForBuffers(): void
  /** Whom its tokens name, as far as that is known: one at most, unless each document has a token of its own. */
  readonly subjects: ReadonlySet<string>
  /** Closes, and tells the client why; it may come back with a fresh token. */
  expel(message: string): void
}

export class SessionConnection<Message> implements Connection, MembershipOwner {
  readonly #socket: FrameSocket
  readonly #session: Session<Message>
  readonly #surroundings: ConnectionSurroundings
  readonly #onLost: () => void
  readonly #onSent = (): void => this.#sent()
  readonly #outbox: Outbox
  #overflowed = false
  #lost = false
  readonly #memberships = new Map<string, Membership>()
  readonly #events: SessionEvent[] = []
  #handling = false
  #sentAt: number
  #unsettledBytes = 0
  /** What the network had brought at the last tick. */
  #receivedBytes = 0
  /** What is counted for this connection, beside its pushes: queued in frames that count once, in others, and arriving. */
  #sharedBytes = 0
  #queuedBytes = 0
  #arrivingBytes = 0
  /** What of that was stuck at the last tick, and at the one before. */
  #stuckBytes = 0
  #stuckBefore = 0
  /** Of a queue that a tick has seen, and whether it is taken too slowly. */
  #progress: Progress | undefined
  #isStill = false
  /** A frame of which a tick has seen a part. */
  #arriving: ArrivingFrame | undefined
  #wasLate = false
  readonly #reading: Reading
  /** The client is shown to have sent too much, and is not read until this is called off, or over. */
  #endRest: (() => void) | undefined
  /** Who the client is: that of the connection, and those of places with tokens of their own. */
  #gate: Gate | undefined
  #placeGates: Map<string, Gate> | undefined
  /** Absent where nobody is authenticated. `unknown` goes when the client is known. */
  #traffic: Traffic | undefined
  #unknown: UnknownClientBudget | undefined
  /** What the frame at hand holds. */
  #updates = 0
  #joins = 0

  /** Inert until {@link SessionConnection.open}. `onLost` is called once, when the socket is gone. */
  constructor(
    socket: FrameSocket,
    session: Session<Message>,
    surroundings: ConnectionSurroundings,
    onLost: () => void,
  ) {
    this.#socket = socket
    this.#session = session
    this.#surroundings = surroundings
    this.#onLost = onLost
    this.#sentAt = surroundings.scheduler.now()
    this.#outbox = new Outbox(surroundings.limits, socket)
    this.#reading = new Reading(socket)
    if (surroundings.authenticator === undefined) return
    this.#traffic = new Traffic(trafficRates(surroundings.limits, 1), this.#sentAt)
    this.#unknown = new UnknownClientBudget(surroundings.limits, this.#sentAt)
  }

  open(): void {
    this.#take({ type: 'opened' })
  }

  get outboxBytes(): number {
    return this.#socket.bufferedBytes
  }

  get unsettledBytes(): number {
    return this.#unsettledBytes
  }

  /** Whether the socket has more to take than it should. */
  get slow(): boolean {
    return this.#outbox.slow
  }

  get load(): BufferLoad {
    return {
      settlingBytes: this.#unsettledBytes,
      stuckBytes: this.#stuckNow,
      partBytes: this.#socket.partBytes,
      drains: this.#stuckBytes < this.#stuckBefore,
      isStill: this.#isStill,
    }
  }

  get #stuckNow(): number {
    return this.#sharedBytes + this.#queuedBytes + this.#arrivingBytes
  }

  receive(frame: Uint8Array): void {
    const now = this.#surroundings.scheduler.now()
    const excess = this.#unknown?.take(frame.length)
    if (excess !== undefined) return this.#exceeded(excess)
    this.#updates = 0
    this.#joins = 0
    this.#arriving = undefined
    this.#take({ type: 'frame', frame, now })
    if (this.#traffic !== undefined) this.#countTraffic(this.#traffic, frame.length, now)
  }

  receiveText(): void {
    this.#take({ type: 'textFrame' })
  }

  receivePong(): void {
    this.#take({ type: 'alive', now: this.#surroundings.scheduler.now() })
  }

  lost(): void {
    this.#take({ type: 'lost' })
    this.#close()
    this.#lost = true
    this.#countQueued(0)
    this.#countArriving(0)
    this.#onLost()
  }

  tick(now: number): void {
    const { receivedBytes } = this.#socket
    const broughtBytes = receivedBytes - this.#receivedBytes
    this.#receivedBytes = receivedBytes
    this.#measureStuck(now)
    // No message may mean nothing: a long frame takes its time on a slow line, and nothing else can come meanwhile; and who is
    // not read cannot be heard.
    if (broughtBytes !== 0 || this.#reading.isHeld) this.#take({ type: 'alive', now })
    const overflow = this.#outbox.overflowing(now)
    if (overflow !== undefined) this.#overflow(overflow)
    else this.#take({ type: 'tick', now, sentAt: this.#sentAt })
    this.#watchArrival(now)
    const excess = this.#unknown?.check(now)
    if (excess !== undefined) this.#exceeded(excess)
    this.#gate?.tick(now)
    for (const gate of this.#placeGates?.values() ?? []) gate.tick(now)
  }

  #measureStuck(now: number): void {
    const keptBytes = Math.max(this.#unknown?.bytes ?? 0, this.#session.machine.keptBytes ?? 0)
    this.#countArriving(this.#socket.partBytes + keptBytes)
    this.#stuckBefore = this.#stuckBytes
    this.#stuckBytes = this.#stuckNow
    const { bufferedBytes, takenBytes } = this.#socket
    this.#progress = bufferedBytes === 0 ? undefined : (this.#progress ?? new Progress(now, takenBytes))
    const { drainTimeoutMs: timeoutMs, lineBytesPerSecondMin: bytesPerSecondMin } = this.#surroundings.limits
    this.#isStill = this.#progress?.hasStopped(now, takenBytes, { timeoutMs, bytesPerSecondMin }) ?? false
  }

  /** A frame that is begun has to end in time, or it would be kept for as long as the client likes. */
  #watchArrival(now: number): void {
    const { partBytes } = this.#socket
    if (partBytes === 0) {
      this.#arriving = undefined
      return
    }
    const { limits, counters } = this.#surroundings
    this.#arriving ??= new ArrivingFrame(limits, now)
    if (!this.#arriving.isLate(now, partBytes, this.#isKeptWaiting)) return
    if (this.#wasLate) return this.#socket.terminate()
    this.#wasLate = true
    counters.limitHit('frameTimeoutMs')
    this.#take({ type: 'lateFrame' })
  }

  /**
   * Whether the relay does not read on, and it is up to the log or to what came before. That sockets keep too much is no excuse:
   * whoever fills the buffers would be safe by filling them.
   */
  get #isKeptWaiting(): boolean {
    if (!this.#reading.isHeld) return false
    return this.#reading.isHeldBeside('buffers') || this.#unsettledBytes > 0 || this.#surroundings.buffers.settles
  }

  get subjects(): ReadonlySet<string> {
    const subjects = new Set<string>()
    for (const { subject } of this.#gate === undefined ? (this.#placeGates?.values() ?? []) : [this.#gate]) {
      if (subject !== undefined) subjects.add(subject)
    }
    return subjects
  }

  expel(message: string): void {
    this.#take({ type: 'expelled', closeCode: CloseCode.unauthorized, code: 'unauthorized', message })
  }

  quiesce(): void {
    this.#reading.hold('closing')
  }

  press(): void {
    this.#reading.hold('buffers')
  }

  ease(): void {
    this.#reading.release('buffers')
  }

  endForBuffers(): void {
    if (this.#overflowed) this.#socket.terminate()
    else this.#overflow('bufferBytesMax')
  }

  drain(): void {
    this.#take({ type: 'drain' })
  }

  terminate(): void {
    this.#socket.terminate()
  }

  told(membership: Membership, shared: SharedMessage): void {
    if (this.#session.direct !== undefined) {
      const frame = this.#session.direct(shared)
      if (frame !== undefined) this.#sendFrame(frame)
      return
    }
    this.#take({ type: 'told', place: membership.place, shared })
  }

  detached(membership: Membership): void {
    const { place } = membership
    if (this.#memberships.get(place) !== membership) return
    this.#memberships.delete(place)
    this.#leftGate(place)
    this.#take({ type: 'detached', place })
  }

  countUnsettled(bytes: number): void {
    this.#unsettledBytes += bytes
    const { unsettledBytesMax } = this.#surroundings.limits
    if (this.#unsettledBytes > unsettledBytesMax) {
      if (this.#reading.hold('unsettled')) this.#surroundings.counters.limitHit('unsettledBytesMax')
    } else if (this.#unsettledBytes <= unsettledBytesMax / 2) this.#reading.release('unsettled')
    // Whoever pushes while there is too much has pushed enough.
    if (bytes > 0 && this.#surroundings.buffers.pressed) this.press()
  }

  /** Counts what came, and reads no further for as long as that is too much. */
  #countTraffic(traffic: Traffic, bytes: number, now: number): void {
    const amounts = { updates: this.#updates, bytes, joins: this.#joins }
    const { subjectTraffic, scheduler, counters } = this.#surroundings
    let rest = traffic.take(amounts, now)
    for (const subject of this.subjects) rest = longerRest(rest, subjectTraffic.take(subject, amounts, now))
    const { ms, kind } = rest
    if (kind === undefined) return
    counters.throttled(kind)
    this.#endRest?.()
    this.#reading.hold('rest')
    this.#endRest = scheduler.after(ms, () => {
      this.#endRest = undefined
      this.#reading.release('rest')
    })
  }

  #exceeded(excess: Excess): void {
    this.#unknown = undefined
    this.#surroundings.counters.limitHit(excessLimits[excess])
    const [closeCode, message] =
      excess === 'time'
        ? ([CloseCode.unauthorized, 'no token that counts in time'] as const)
        : ([CloseCode.tryAgainLater, `too many ${excess} before the token was verified`] as const)
    this.#take({ type: 'expelled', closeCode, code: 'unauthorized', message })
  }

  #overflow(limit: CountedLimit): void {
    // It overflows for good, and ends once.
    if (!this.#overflowed) this.#surroundings.counters.limitHit(limit)
    this.#overflowed = true
    this.#take({ type: 'overflow' })
  }

  /** Sends a frame, borrowed and never changed. */
  #sendFrame(frame: Uint8Array): void {
    const { counters, buffers } = this.#surroundings
    counters.framesSent++
    counters.bytesSent += frame.length
    const now = this.#surroundings.scheduler.now()
    this.#sentAt = now
    this.#socket.send(frame, frame.length < SHARED_FRAME_BYTES_MIN ? this.#onSent : this.#queueShared(frame))
    const { bufferedBytes } = this.#socket
    this.#countQueued(bufferedBytes - this.#sharedBytes)
    if (this.#outbox.sent(frame.length, bufferedBytes, now, buffers.pressed)) {
      // All rooms hold back at once, not each after one update more.
      for (const membership of this.#memberships.values()) membership.holdBack()
    }
    const overflow = this.#outbox.overflowing(now)
    if (overflow !== undefined) this.#overflow(overflow)
  }

  #sent(): void {
    const { bufferedBytes } = this.#socket
    if (bufferedBytes === 0) this.#progress = undefined
    this.#countQueued(bufferedBytes - this.#sharedBytes)
    if (!this.#outbox.drainedTo(bufferedBytes, this.#surroundings.buffers.pressed)) return
    for (const membership of this.#memberships.values()) membership.drained()
  }

  /** Counts a frame that others may be sent as well. Returns what to call when the socket has taken it. */
  #queueShared(frame: Uint8Array): () => void {
    const { buffers } = this.#surroundings
    buffers.queue(frame)
    this.#sharedBytes += frame.length
    return () => {
      this.#sharedBytes -= frame.length
      buffers.taken(frame)
      this.#sent()
    }
  }

  /** So much is queued in frames that count for each socket. */
  #countQueued(bytes: number): void {
    const queuedBytes = this.#lost ? 0 : Math.max(0, bytes)
    if (queuedBytes === this.#queuedBytes) return
    const change = queuedBytes - this.#queuedBytes
    this.#queuedBytes = queuedBytes
    this.#surroundings.buffers.change('queued', change)
  }

  #countArriving(bytes: number): void {
    if (bytes === this.#arrivingBytes) return
    const change = bytes - this.#arrivingBytes
    this.#arrivingBytes = bytes
    this.#surroundings.buffers.change('arriving', change)
  }

  /** Handles `event`, and what follows from it in this turn; queued behind the event being handled, if there is one. */
  #take(event: SessionEvent): void {
    if (this.#handling) {
      this.#events.push(event)
      return
    }
    this.#handling = true
    try {
      // An event that no other follows, as most, never stands in the queue: that would take memory anew each time.
      for (let next: SessionEvent | undefined = event; next !== undefined; next = this.#events.shift()) {
        if (next.type === 'frame') this.#countReceived(next.frame)
        for (const effect of this.#session.machine.handle(next)) this.#perform(effect)
      }
    } catch (error) {
      this.#surroundings.onEvent({ type: 'internal-error', where: 'connection', error })
      this.#abandon()
    } finally {
      this.#handling = false
      if (this.#events.length > 0) this.#events.length = 0
    }
  }

  #countReceived(frame: Uint8Array): void {
    const { counters } = this.#surroundings
    counters.framesReceived++
    counters.bytesReceived += frame.length
  }

  #perform(effect: SessionEffect<Message>): void {
    switch (effect.type) {
      case 'send':
        for (const frame of this.#session.encode(effect.messages)) this.#sendFrame(frame)
        return
      case 'sendShared':
        return this.#sendFrame(effect.frame)
      case 'present':
        return this.#present(effect.token)
      case 'authorize':
        this.#joins++
        return this.#authorize(effect.join, effect.token)
      case 'join':
        return this.#join(effect)
      case 'push':
        this.#updates++
        return this.#memberships.get(effect.place)?.push(effect.ref, effect.update, effect.refill)
      case 'announce':
        this.#updates++
        return this.#memberships.get(effect.place)?.announce(effect.entries)
      case 'sync':
        this.#updates++
        return this.#memberships.get(effect.place)?.sync(effect.stateVector)
      case 'askAwareness':
        this.#updates++
        return this.#memberships.get(effect.place)?.askAwareness()
      case 'tellOthers':
        this.#updates++
        return this.#memberships.get(effect.place)?.tellOthers(effect.payload)
      case 'leave': {
        const membership = this.#memberships.get(effect.place)
        this.#memberships.delete(effect.place)
        this.#leftGate(effect.place)
        return membership?.leave()
      }
      case 'limitHit':
        return this.#surroundings.counters.limitHit(effect.limit)
      case 'probe':
        return this.#socket.ping()
      case 'close': {
        const { code, reason } = effect
        this.#surroundings.onEvent({ type: 'connection-ended', address: this.#socket.address, code, reason })
        this.#close()
        return this.#socket.close(code, reason)
      }
      default:
        return effect satisfies never
    }
  }

  #present(token: string | undefined): void {
    const { authenticator } = this.#surroundings
    if (authenticator === undefined) return
    this.#gate ??= this.#newGate(authenticator, undefined)
    this.#gate.present(token)
  }

  #authorize(join: Join, token: string | undefined): void {
    const { authenticator } = this.#surroundings
    if (authenticator === undefined) return this.#take({ type: 'authorized', join, access: 'write' })
    if (this.#gate !== undefined) return this.#gate.enter(join, token)
    const known = this.#placeGates?.get(join.place)
    if (known !== undefined) return known.enter(join, token)
    const gate = this.#newGate(authenticator, join.place)
    this.#placeGates ??= new Map()
    this.#placeGates.set(join.place, gate)
    gate.enter(join, token)
  }

  /** `own`: the place that the gate is for; absent: it is the whole connection's. */
  #newGate(authenticator: Authenticator, own: string | undefined): Gate {
    const { limits, scheduler, counters, onEvent } = this.#surroundings
    const { address, request } = this.#socket
    const credentials = { address, request }
    return new Gate(
      { authenticator, credentials, limits, scheduler },
      {
        admitted: () => {
          this.#unknown = undefined
        },
        authorized: (granted, access) => this.#take({ type: 'authorized', join: granted, access }),
        denied: (denied, code, retryable) => {
          counters.refused(code)
          this.#take({ type: 'denied', join: denied, code, retryable })
        },
        changed: (place, access) => this.#evict(place, refusalFor(access)),
        expires: (deadlineMs) => this.#take({ type: 'tokenExpires', place: own, deadlineMs }),
        expelled: (reason, detail, undecided) => this.#expelled(own, reason, detail, undecided),
        failed: (room, error) => onEvent({ type: 'authorize-failed', room, error }),
      },
    )
  }

  /** The whole connection, or one place of it, is not to be served any more. */
  #expelled(place: string | undefined, reason: EndReason, message: string, undecided: readonly Join[]): void {
    const retryable = reason === 'unavailable'
    const code: WireCode = retryable ? 'internal' : 'unauthorized'
    this.#surroundings.counters.refused(code)
    if (place === undefined) {
      const closeCode = retryable ? CloseCode.tryAgainLater : CloseCode.unauthorized
      return this.#take({ type: 'expelled', closeCode, code, message })
    }
    this.#placeGates?.delete(place)
    if (this.#memberships.has(place)) this.#evict(place, { code, retryable, message })
    for (const join of undecided) this.#take({ type: 'denied', join, code, retryable })
  }

  #evict(place: string, refusal: Refusal): void {
    this.#memberships.get(place)?.evict(refusal)
  }

  #leftGate(place: string): void {
    this.#gate?.left(place)
    this.#placeGates?.get(place)?.close()
    this.#placeGates?.delete(place)
  }

  #join({ join, access }: SessionEffect<Message> & { type: 'join' }): void {
    const { rooms, authenticator } = this.#surroundings
    const { place, room: name, request, position, stateVector } = join
    const gate = this.#gate ?? this.#placeGates?.get(place)
    const membership = new Membership(place, request, this)
    this.#memberships.set(place, membership)
    const wanted = { request, access, subject: gate?.subject, position, stateVector }
    // A client of Yjs enters when it likes after it was granted: by then its token may have run out.
    const isGranted = authenticator === undefined || gate?.stillGrants(place) === true
    const joined = isGranted ? rooms.join(name, membership, wanted) : grantIsOver
    if ('code' in joined) {
      this.#surroundings.counters.refused(joined.code)
      this.told(membership, new SharedMessage({ type: 'refused', request, ...joined }))
      return this.detached(membership)
    }
    membership.attach(joined.room, joined.member)
    // Unless the room failed within the call.
    if (this.#memberships.get(place) !== membership) return
    this.#events.push({ type: 'attached', place, handle: joined.room.handle })
  }

  /** What is pending for this connection is pending no more. */
  #close(): void {
    this.#gate?.close()
    for (const gate of this.#placeGates?.values() ?? []) gate.close()
    this.#placeGates = undefined
    this.#traffic = undefined
    this.#unknown = undefined
    this.#endRest?.()
    this.#endRest = undefined
    this.#reading.end()
  }

  /** The machine cannot be trusted any more. */
  #abandon(): void {
    this.#close()
    for (const membership of this.#memberships.values()) membership.leave()
    this.#memberships.clear()
    this.#socket.terminate()
  }
}

const grantIsOver: Refusal = { code: 'unauthorized', retryable: false, message: 'the token has expired' }

const excessLimits: Readonly<Record<Excess, CountedLimit>> = {
  frames: 'unknownFramesMax',
  bytes: 'unknownBytesMax',
  time: 'helloTimeoutMs',
}

/** Told to a member whose access has become another. With the join that follows, it is told the new one. */
function refusalFor(access: RoomAccess): Refusal {
  if (access === 'none')
    return { code: 'forbidden', retryable: false, message: 'this room is not open to you any more' }
  return { code: 'access-changed', retryable: true, message: `you may ${access} from now on` }
}
