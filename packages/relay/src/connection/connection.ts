/**
 * The driver of one connection, whatever protocol it speaks: performs what its session (session.ts) decides, and owns
 * its place in each room (membership.ts). It owns no timer; ticks come from the relay. Nothing that goes wrong here
 * reaches another connection.
 *
 * Backpressure, both ways. Out: the outbox (outbox.ts) says when the socket is slow; rooms are told to hold updates
 * back, and hear `drained` from here. In: bytes pushed and not yet settled are counted; above the bound the socket is
 * not read, so a client that pushes faster than the disk takes is slowed by TCP. The same slows one that sends more than
 * its rates allow (rate/).
 */
import { CloseCode, type WireCode } from '@syncline/protocol'
import type { RoomAccess } from '../access.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import type { EndReason } from '../auth/token-session.ts'
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
import type { FrameSocket } from './frame-socket.ts'
import { Gate } from './gate.ts'
import { Membership, type MembershipOwner } from './membership.ts'
import { Outbox } from './outbox.ts'
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
  readonly onEvent: RelayEventListener
}

/** A connection as its socket sees it, and as the relay sees all of them. */
export interface Connection {
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
  readonly #memberships = new Map<string, Membership>()
  readonly #events: SessionEvent[] = []
  #handling = false
  #sentAt: number
  #unsettledBytes = 0
  /** What the network had brought at the last tick. */
  #receivedBytes = 0
  /** `held`: until pushes have settled. `stopped`: for good, the relay closes. */
  #reading: 'on' | 'held' | 'stopped' = 'on'
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
    this.#outbox = new Outbox(surroundings.limits)
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

  receive(frame: Uint8Array): void {
    const now = this.#surroundings.scheduler.now()
    const excess = this.#unknown?.take(frame.length)
    if (excess !== undefined) return this.#exceeded(excess)
    this.#updates = 0
    this.#joins = 0
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
    this.#onLost()
  }

  tick(now: number): void {
    if (this.#hasReasonForSilence()) this.#take({ type: 'alive', now })
    const overflow = this.#outbox.overflowing(now)
    if (overflow !== undefined) this.#overflow(overflow)
    else this.#take({ type: 'tick', now, sentAt: this.#sentAt })
    const excess = this.#unknown?.check(now)
    if (excess !== undefined) this.#exceeded(excess)
    this.#gate?.tick(now)
    for (const gate of this.#placeGates?.values() ?? []) gate.tick(now)
  }

  /**
   * Whether no message may mean nothing: a long frame takes its time on a slow line, and nothing else can come meanwhile; and
   * who is not read cannot be heard.
   */
  #hasReasonForSilence(): boolean {
    const { receivedBytes } = this.#socket
    const isReceiving = receivedBytes !== this.#receivedBytes
    this.#receivedBytes = receivedBytes
    return isReceiving || this.#reading !== 'on' || this.#endRest !== undefined
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
    this.#reading = 'stopped'
    this.#socket.pause()
  }

  drain(): void {
    this.#take({ type: 'drain' })
  }

  terminate(): void {
    this.#socket.terminate()
  }

  told(membership: Membership, shared: SharedMessage): void {
    const { direct } = this.#session
    if (direct !== undefined) {
      const frame = direct(shared)
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
    if (this.#reading === 'on' && this.#unsettledBytes > unsettledBytesMax) {
      this.#reading = 'held'
      this.#surroundings.counters.limitHit('unsettledBytesMax')
      this.#socket.pause()
    } else if (this.#reading === 'held' && this.#unsettledBytes <= unsettledBytesMax / 2) {
      this.#reading = 'on'
      if (this.#endRest === undefined) this.#socket.resume()
    }
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
    this.#socket.pause()
    this.#endRest = scheduler.after(ms, () => {
      this.#endRest = undefined
      if (this.#reading === 'on') this.#socket.resume()
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
    const { counters } = this.#surroundings
    counters.framesSent++
    counters.bytesSent += frame.length
    const now = this.#surroundings.scheduler.now()
    this.#sentAt = now
    this.#socket.send(frame, this.#onSent)
    if (this.#outbox.sent(frame.length, this.#socket.bufferedBytes, now)) {
      // All rooms hold back at once, not each after one update more.
      for (const membership of this.#memberships.values()) membership.holdBack()
    }
    const overflow = this.#outbox.overflowing(now)
    if (overflow !== undefined) this.#overflow(overflow)
  }

  #sent(): void {
    if (!this.#outbox.drainedTo(this.#socket.bufferedBytes)) return
    for (const membership of this.#memberships.values()) membership.drained()
  }

  /** Handles `event`, and what follows from it in this turn; queued behind the event being handled, if there is one. */
  #take(event: SessionEvent): void {
    this.#events.push(event)
    if (this.#handling) return
    this.#handling = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        if (next.type === 'frame') this.#countReceived(next.frame)
        for (const effect of this.#session.machine.handle(next)) this.#perform(effect)
      }
    } catch (error) {
      this.#surroundings.onEvent({ type: 'internal-error', where: 'connection', error })
      this.#abandon()
    } finally {
      this.#handling = false
      this.#events.length = 0
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
function refusalFor(access: RoomAccess | 'unknown'): Refusal {
  if (access === 'none')
    return { code: 'forbidden', retryable: false, message: 'this room is not open to you any more' }
  if (access === 'unknown') return { code: 'internal', retryable: true, message: 'your access cannot be looked up now' }
  return { code: 'access-changed', retryable: true, message: `you may ${access} from now on` }
}
