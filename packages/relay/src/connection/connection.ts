/**
 * The driver of one connection, whatever protocol it speaks: performs what its session (session.ts) decides, and owns
 * its place in each room (membership.ts). It owns no timer; ticks come from the relay. Nothing that goes wrong here
 * reaches another connection.
 *
 * Backpressure, both ways. Out: the outbox (outbox.ts) says when the socket is slow; rooms are told to hold updates
 * back, and hear `drained` from here. In: bytes pushed and not yet settled are counted; above the bound the socket is
 * not read, so a client that pushes faster than the disk takes is slowed by TCP.
 */
import type { Authorize } from '../access.ts'
import type { RelayLimits } from '../limits.ts'
import type { RelayCounters } from '../metrics/relay-counters.ts'
import type { RelayEventListener } from '../relay-event.ts'
import type { Rooms } from '../room/rooms.ts'
import { SharedMessage } from '../room/shared-message.ts'
import type { Scheduler } from '../scheduler.ts'
import type { FrameSocket } from './frame-socket.ts'
import { Membership, type MembershipOwner } from './membership.ts'
import { Outbox } from './outbox.ts'
import type { Join, Session, SessionEffect, SessionEvent } from './session.ts'

/** What all connections of a relay share. */
export interface ConnectionSurroundings {
  readonly rooms: Rooms
  readonly limits: RelayLimits
  readonly scheduler: Scheduler
  /** Absent: everybody may write everywhere. */
  readonly authorize: Authorize | undefined
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
}

export class SessionConnection<Message> implements Connection, MembershipOwner {
  readonly #socket: FrameSocket
  readonly #session: Session<Message>
  readonly #surroundings: ConnectionSurroundings
  readonly #onLost: () => void
  readonly #outbox: Outbox
  readonly #memberships = new Map<string, Membership>()
  readonly #events: SessionEvent[] = []
  #handling = false
  #sentAt: number
  #unsettledBytes = 0
  /** `held`: until pushes have settled. `stopped`: for good, the relay closes. */
  #reading: 'on' | 'held' | 'stopped' = 'on'

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
    this.#take({ type: 'frame', frame, now: this.#surroundings.scheduler.now() })
  }

  receiveText(): void {
    this.#take({ type: 'textFrame' })
  }

  receivePong(): void {
    this.#take({ type: 'alive', now: this.#surroundings.scheduler.now() })
  }

  lost(): void {
    this.#take({ type: 'lost' })
    this.#onLost()
  }

  tick(now: number): void {
    if (this.#outbox.overflowing(now)) this.#take({ type: 'overflow' })
    else this.#take({ type: 'tick', now, sentAt: this.#sentAt })
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
    this.#take({ type: 'detached', place })
  }

  countUnsettled(bytes: number): void {
    this.#unsettledBytes += bytes
    const { unsettledBytesMax } = this.#surroundings.limits
    if (this.#reading === 'on' && this.#unsettledBytes > unsettledBytesMax) {
      this.#reading = 'held'
      this.#socket.pause()
    } else if (this.#reading === 'held' && this.#unsettledBytes <= unsettledBytesMax / 2) {
      this.#reading = 'on'
      this.#socket.resume()
    }
  }

  /** Sends a frame, borrowed and never changed. */
  #sendFrame(frame: Uint8Array): void {
    const { counters } = this.#surroundings
    counters.framesSent++
    counters.bytesSent += frame.length
    const now = this.#surroundings.scheduler.now()
    this.#sentAt = now
    this.#socket.send(frame, () => this.#sent())
    if (this.#outbox.sent(frame.length, this.#socket.bufferedBytes, now)) {
      // All rooms hold back at once, not each after one update more.
      for (const membership of this.#memberships.values()) membership.holdBack()
    }
    if (this.#outbox.overflowing(now)) this.#take({ type: 'overflow' })
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
      case 'authorize':
        void this.#authorize(effect.join, effect.token)
        return
      case 'join':
        return this.#join(effect)
      case 'push':
        return this.#memberships.get(effect.place)?.push(effect.ref, effect.update)
      case 'announce':
        return this.#memberships.get(effect.place)?.announce(effect.entries)
      case 'sync':
        return this.#memberships.get(effect.place)?.sync(effect.stateVector)
      case 'askAwareness':
        return this.#memberships.get(effect.place)?.askAwareness()
      case 'tellOthers':
        return this.#memberships.get(effect.place)?.tellOthers(effect.payload)
      case 'leave': {
        const membership = this.#memberships.get(effect.place)
        this.#memberships.delete(effect.place)
        return membership?.leave()
      }
      case 'probe':
        return this.#socket.ping()
      case 'close': {
        const { code, reason } = effect
        this.#surroundings.onEvent({ type: 'connection-ended', address: this.#socket.address, code, reason })
        return this.#socket.close(code, reason)
      }
      default:
        return effect satisfies never
    }
  }

  async #authorize(join: Join, token: string | undefined): Promise<void> {
    const { authorize, counters, onEvent } = this.#surroundings
    if (authorize === undefined) return this.#take({ type: 'authorized', join, access: 'write' })
    try {
      const granted = await authorize({ token, room: join.room, address: this.#socket.address })
      const access = typeof granted === 'object' ? granted.access : granted
      // Whatever else a hook in plain JavaScript returns is no access.
      if (access === 'read' || access === 'write') return this.#take({ type: 'authorized', join, access })
      const code = token === undefined ? 'unauthorized' : 'forbidden'
      counters.refused(code)
      this.#take({ type: 'denied', join, code, retryable: false })
    } catch (error) {
      onEvent({ type: 'authorize-failed', room: join.room, error })
      counters.refused('internal')
      this.#take({ type: 'denied', join, code: 'internal', retryable: true })
    }
  }

  #join({ join, access }: SessionEffect<Message> & { type: 'join' }): void {
    const { rooms } = this.#surroundings
    const { place, room: name, request, position, stateVector } = join
    const membership = new Membership(place, this)
    this.#memberships.set(place, membership)
    const joined = rooms.join(name, membership, { request, access, position, stateVector })
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

  /** The machine cannot be trusted any more. */
  #abandon(): void {
    for (const membership of this.#memberships.values()) membership.leave()
    this.#memberships.clear()
    this.#socket.terminate()
  }
}
