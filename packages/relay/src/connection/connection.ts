/**
 * The driver of one connection: performs what the machine (connection-machine.ts) decides, and is the member of each
 * room that the connection is in. It owns no timer; ticks come from the relay. Nothing that goes wrong here reaches
 * another connection.
 *
 * Backpressure, both ways. Out: the outbox (outbox.ts) says when the socket is slow; rooms are told to hold updates
 * back, and hear `drained` from here. In: bytes pushed and not yet settled are counted; above the bound the socket is
 * not read, so a client that pushes faster than the disk takes is slowed by TCP.
 */
import { encodeFrame, type AwarenessEntry, type RelayMessage } from '@syncline/protocol'
import type { Authorize } from '../access.ts'
import type { RelayLimits } from '../limits.ts'
import type { RelayEventListener } from '../relay-event.ts'
import type { MemberId, RoomMember } from '../room/room-member.ts'
import type { Room } from '../room/room.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Scheduler } from '../scheduler.ts'
import { ConnectionMachine, type ConnectionEffect, type ConnectionEvent, type Join } from './connection-machine.ts'
import type { FrameSocket } from './frame-socket.ts'
import { Outbox } from './outbox.ts'

/** What all connections of a relay share. */
export interface ConnectionSurroundings {
  readonly rooms: Rooms
  readonly limits: RelayLimits
  readonly scheduler: Scheduler
  /** Absent: everybody may write everywhere. */
  readonly authorize: Authorize | undefined
  /** How the relay names itself in `welcome`. */
  readonly agent: string
  readonly onEvent: RelayEventListener
}

export class Connection {
  readonly #socket: FrameSocket
  readonly #surroundings: ConnectionSurroundings
  readonly #onLost: () => void
  readonly #machine: ConnectionMachine
  readonly #outbox: Outbox
  readonly #memberships = new Map<string, Membership>()
  readonly #events: ConnectionEvent[] = []
  #handling = false
  #sentAt: number
  #unsettledBytes = 0
  /** `held`: until pushes have settled. `stopped`: for good, the relay closes. */
  #reading: 'on' | 'held' | 'stopped' = 'on'

  /** `onLost` is called once, when the socket is gone. */
  constructor(socket: FrameSocket, surroundings: ConnectionSurroundings, onLost: () => void) {
    const { agent, limits, scheduler } = surroundings
    this.#socket = socket
    this.#onLost = onLost
    this.#surroundings = surroundings
    this.#sentAt = scheduler.now()
    this.#machine = new ConnectionMachine(agent, limits, this.#sentAt)
    this.#outbox = new Outbox(limits)
  }

  /** Whether the socket has more to take than it should. */
  get slow(): boolean {
    return this.#outbox.slow
  }

  /** A binary frame came. Its bytes must not change any more: updates in it are borrowed until the log has them. */
  receive(frame: Uint8Array): void {
    this.#take({ type: 'frame', frame, now: this.#surroundings.scheduler.now() })
  }

  receiveText(): void {
    this.#take({ type: 'textFrame' })
  }

  /** The socket is closed, by whomever. Called once. */
  lost(): void {
    this.#take({ type: 'lost' })
    this.#onLost()
  }

  tick(now: number): void {
    if (this.#outbox.overflowing(now)) this.#take({ type: 'overflow' })
    else this.#take({ type: 'tick', now, sentAt: this.#sentAt })
  }

  /** Reads no further: what was pushed so far is settled, and nothing new begins. */
  quiesce(): void {
    this.#reading = 'stopped'
    this.#socket.pause()
  }

  /** Tells the client to connect again elsewhere, or later, and closes. */
  drain(): void {
    this.#take({ type: 'drain' })
  }

  /** Cuts the connection off. */
  terminate(): void {
    this.#socket.terminate()
  }

  /** Sends messages as one frame. */
  send(messages: readonly RelayMessage[]): void {
    this.sendFrame(encodeFrame(messages))
  }

  /** Sends a frame, borrowed and never changed. */
  sendFrame(frame: Uint8Array): void {
    const now = this.#surroundings.scheduler.now()
    this.#sentAt = now
    this.#socket.send(frame, () => this.#sent())
    if (this.#outbox.sent(frame.length, this.#socket.bufferedBytes, now)) {
      // All rooms hold back at once, not each after one update more.
      for (const membership of this.#memberships.values()) membership.holdBack()
    }
    if (this.#outbox.overflowing(now)) this.#take({ type: 'overflow' })
  }

  /** A room ended the membership, or never began it. */
  detached(membership: Membership): void {
    if (this.#memberships.get(membership.room) !== membership) return
    this.#memberships.delete(membership.room)
    this.#take({ type: 'detached', room: membership.room })
  }

  /** `bytes` more, or fewer if negative, are pushed and not settled. */
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

  #sent(): void {
    if (!this.#outbox.drainedTo(this.#socket.bufferedBytes)) return
    for (const membership of this.#memberships.values()) membership.drained()
  }

  /** Handles `event`, and what follows from it in this turn; queued behind the event being handled, if there is one. */
  #take(event: ConnectionEvent): void {
    this.#events.push(event)
    if (this.#handling) return
    this.#handling = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const effect of this.#machine.handle(next)) this.#perform(effect)
      }
    } catch (error) {
      this.#surroundings.onEvent({ type: 'internal-error', where: 'connection', error })
      this.#abandon()
    } finally {
      this.#handling = false
      this.#events.length = 0
    }
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'send':
        return this.send(effect.messages)
      case 'authorize':
        void this.#authorize(effect.join, effect.token)
        return
      case 'join':
        return this.#join(effect)
      case 'push':
        return this.#memberships.get(effect.room)?.push(effect.ref, effect.update)
      case 'announce':
        return this.#memberships.get(effect.room)?.announce(effect.entries)
      case 'leave': {
        const membership = this.#memberships.get(effect.room)
        this.#memberships.delete(effect.room)
        return membership?.leave()
      }
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
    const { authorize, onEvent } = this.#surroundings
    if (authorize === undefined) return this.#take({ type: 'authorized', join, access: 'write' })
    try {
      const access = await authorize({ token, room: join.room, address: this.#socket.address })
      // Whatever else a hook in plain JavaScript returns is no access.
      if (access === 'read' || access === 'write') return this.#take({ type: 'authorized', join, access })
      const code = token === undefined ? 'unauthorized' : 'forbidden'
      this.#take({ type: 'denied', join, code, retryable: false })
    } catch (error) {
      onEvent({ type: 'authorize-failed', room: join.room, error })
      this.#take({ type: 'denied', join, code: 'internal', retryable: true })
    }
  }

  #join({ join, access }: ConnectionEffect & { type: 'join' }): void {
    const { rooms } = this.#surroundings
    const { room: name, request, position, stateVector } = join
    const membership = new Membership(name, this)
    this.#memberships.set(name, membership)
    const joined = rooms.join(name, membership, { request, access, position, stateVector })
    if ('code' in joined) {
      this.send([{ type: 'refused', request, ...joined }])
      return this.detached(membership)
    }
    membership.attach(joined.room, joined.member)
    // Unless the room failed within the call.
    if (this.#memberships.get(name) !== membership) return
    this.#events.push({ type: 'attached', room: name, handle: joined.room.handle })
  }

  /** The machine cannot be trusted any more. */
  #abandon(): void {
    for (const membership of this.#memberships.values()) membership.leave()
    this.#memberships.clear()
    this.#socket.terminate()
  }
}

/**
 * What a push without a verdict costs beside its update, as counted against `unsettledBytesMax`; so it bounds their
 * number, too.
 */
const PUSH_OVERHEAD_BYTES = 4096

/** The connection's place in one room. */
class Membership implements RoomMember {
  readonly room: string
  readonly #connection: Connection
  /** What the pushes cost that have no verdict yet, oldest first: verdicts come in that order. */
  readonly #unsettled: number[] = []
  #place: { readonly room: Room; readonly member: MemberId } | undefined

  constructor(room: string, connection: Connection) {
    this.room = room
    this.#connection = connection
  }

  get slow(): boolean {
    return this.#connection.slow
  }

  attach(room: Room, member: MemberId): void {
    this.#place = { room, member }
  }

  push(ref: number, update: Uint8Array): void {
    if (this.#place === undefined) return
    const bytes = update.length + PUSH_OVERHEAD_BYTES
    this.#unsettled.push(bytes)
    this.#connection.countUnsettled(bytes)
    this.#place.room.push(this.#place.member, ref, update)
  }

  announce(entries: readonly AwarenessEntry[]): void {
    this.#place?.room.announce(this.#place.member, entries)
  }

  holdBack(): void {
    this.#place?.room.holdBack(this.#place.member)
  }

  drained(): void {
    this.#place?.room.drained(this.#place.member)
  }

  leave(): void {
    this.#forgetUnsettled()
    this.#place?.room.leave(this.#place.member)
  }

  send(message: RelayMessage): void {
    this.#connection.send([message])
    if (message.type !== 'ack' && message.type !== 'reject') return
    const bytes = this.#unsettled.shift()
    if (bytes !== undefined) this.#connection.countUnsettled(-bytes)
  }

  sendFrame(frame: Uint8Array): void {
    this.#connection.sendFrame(frame)
  }

  detached(): void {
    this.#forgetUnsettled()
    this.#connection.detached(this)
  }

  #forgetUnsettled(): void {
    for (const bytes of this.#unsettled.splice(0)) this.#connection.countUnsettled(-bytes)
  }
}
