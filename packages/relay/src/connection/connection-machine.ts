/**
 * One connection, as decisions: the handshake, which rooms it is in, whether it is alive, and what a bad frame costs.
 * Pure: no socket, no clock; `handle(event)` changes the machine's own state and returns the effects for its driver
 * (connection.ts), in order.
 *
 * ```
 * awaiting-hello ──hello, a version in common──▶ open ──┐
 *       │ no version (4400), too late (4408)           │ silence (4408), bad frame (1002, 1003, 1007, 1009)
 *       └──────────────────▶ closing ◀─────────────────┘
 *
 * room of a connection: authorizing ──granted──▶ member ──leave, detached──▶ (none)
 *                             └──denied, refused──▶ (none)
 * ```
 *
 * A frame counts whole: it is decoded before any of its messages is acted on. Bytes that are wrong inside one field of
 * a good message cost what the protocol says for that field: a push is rejected by its room, a join refused, awareness
 * ends the connection.
 */
import { DecodeError, decodeStateVector } from '@syncline/core'
import {
  CloseCode,
  decodeAwareness,
  decodeClientFrame,
  isRoomName,
  negotiateVersion,
  type AwarenessEntry,
  type ClientMessage,
  type MessageOf,
  type RelayMessage,
  type WireCode,
} from '@syncline/protocol'
import type { CountedLimit } from '../limit-outcomes.ts'
import type { RelayLimits } from '../limits.ts'
import { unpinned, unpinnedPush } from '../unpinned.ts'
import { endings, silence, type Ending } from './ending.ts'
import type { SessionEffect, SessionEvent, SessionMachine } from './session.ts'

export type ConnectionEvent = SessionEvent
export type ConnectionEffect = SessionEffect<RelayMessage>

export type ConnectionLimits = Pick<
  RelayLimits,
  | 'frameBytesMax'
  | 'updateBytesMax'
  | 'stateVectorBytesMax'
  | 'awarenessBytesMax'
  | 'roomsPerConnectionMax'
  | 'helloTimeoutMs'
  | 'heartbeatMs'
>

type Phase =
  | { readonly kind: 'awaiting-hello'; readonly deadline: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'closing' }

type Place = { readonly kind: 'authorizing' } | { readonly kind: 'member'; readonly handle: number }

/** A side that was silent for so many heartbeats is dead: it has missed two pings, or two pongs. */
const SILENT_HEARTBEATS_MAX = 2.5

const authorizing: Place = { kind: 'authorizing' }

export class ConnectionMachine implements SessionMachine<RelayMessage> {
  readonly #agent: string
  readonly #limits: ConnectionLimits
  readonly #places = new Map<string, Place>()
  readonly #roomByHandle = new Map<number, string>()
  #phase: Phase
  #token: string | undefined
  #heardAt: number
  #effects: ConnectionEffect[] = []

  /** `agent` is how the relay names itself; `now` is when the socket opened, in milliseconds. */
  constructor(agent: string, limits: ConnectionLimits, now: number) {
    this.#agent = agent
    this.#limits = limits
    this.#phase = { kind: 'awaiting-hello', deadline: now + limits.helloTimeoutMs }
    this.#heardAt = now
  }

  handle(event: ConnectionEvent): readonly ConnectionEffect[] {
    this.#effects = []
    if (this.#phase.kind !== 'closing') this.#dispatch(event)
    return this.#effects
  }

  #dispatch(event: ConnectionEvent): void {
    switch (event.type) {
      case 'opened':
        return
      case 'frame':
        return this.#frame(event.frame, event.now)
      case 'alive':
        this.#heardAt = event.now
        return
      case 'tick':
        return this.#tick(event.now, event.sentAt)
      case 'authorized':
        this.#effects.push({ type: 'join', join: event.join, access: event.access })
        return
      case 'denied':
        this.#places.delete(event.join.place)
        return this.#refuse(event.join.request, event.code, event.retryable, 'this room is not open to you')
      case 'attached':
        this.#places.set(event.place, { kind: 'member', handle: event.handle })
        this.#roomByHandle.set(event.handle, event.place)
        return
      case 'detached':
        return this.#forget(event.place)
      case 'told':
        // A room's messages go to the client as they are.
        return
      case 'tokenExpires': {
        const { deadlineMs } = event
        return this.#send({ type: 'reauthenticate', reason: 'the token expires', deadlineMs })
      }
      case 'expelled':
        return this.#fail(event.closeCode, event.code, event.message)
      case 'textFrame':
      case 'overflow':
      case 'lateFrame':
      case 'drain':
        return this.#end(endings[event.type])
      case 'lost':
        return this.#leaveAll()
      default:
        return event satisfies never
    }
  }

  #frame(frame: Uint8Array, now: number): void {
    this.#heardAt = now
    let messages: ClientMessage[]
    try {
      messages = decodeClientFrame(frame)
    } catch (error) {
      return this.#failDecoding(error, 'malformed-message')
    }
    for (const message of messages) {
      this.#message(message)
      if (this.#closed()) return
    }
  }

  /** A method, since the phase may change in every call between two looks at it. */
  #closed(): boolean {
    return this.#phase.kind === 'closing'
  }

  #message(message: ClientMessage): void {
    if (message.type === 'hello') return this.#hello(message)
    if (this.#phase.kind === 'awaiting-hello') {
      return this.#fail(CloseCode.protocolError, 'malformed-message', `${message.type} before hello`)
    }
    switch (message.type) {
      case 'join':
        return this.#join(message)
      case 'push':
        return this.#push(message)
      case 'awareness':
        return this.#awareness(message)
      case 'leave':
        return this.#leave(message.handle)
      case 'token':
        return this.#present(message.token)
      case 'ping':
        return this.#send({ type: 'pong' })
      case 'pong':
        return
      default:
        return message satisfies never
    }
  }

  #hello({ versions, token }: MessageOf<'hello'>): void {
    if (this.#phase.kind !== 'awaiting-hello') {
      return this.#fail(CloseCode.protocolError, 'malformed-message', 'a second hello')
    }
    const version = negotiateVersion(versions)
    if (version === undefined) {
      const offered = versions.length === 0 ? 'none' : versions.join(', ')
      return this.#fail(
        CloseCode.unsupportedVersion,
        'unsupported-version',
        `no version in common (offered: ${offered})`,
      )
    }
    this.#phase = { kind: 'open' }
    const { frameBytesMax, updateBytesMax, awarenessBytesMax, roomsPerConnectionMax, heartbeatMs } = this.#limits
    this.#send({
      type: 'welcome',
      version,
      agent: this.#agent,
      frameBytesMax,
      updateBytesMax,
      awarenessBytesMax,
      roomsMax: roomsPerConnectionMax,
      heartbeatMs,
    })
    this.#present(token)
  }

  #present(token: string | undefined): void {
    this.#token = token
    this.#effects.push({ type: 'present', token })
  }

  #join({ request, room, position, stateVector }: MessageOf<'join'>): void {
    if (!isRoomName(room)) return this.#refuse(request, 'invalid-room-name', false, 'not a name for a room')
    if (this.#places.has(room)) return this.#refuse(request, 'malformed-message', false, 'already joining or a member')
    if (this.#places.size >= this.#limits.roomsPerConnectionMax) {
      const { roomsPerConnectionMax } = this.#limits
      this.#limitHit('roomsPerConnectionMax')
      return this.#refuse(
        request,
        'too-many-rooms',
        false,
        `${roomsPerConnectionMax} rooms are the most per connection`,
      )
    }
    const { stateVectorBytesMax } = this.#limits
    if (stateVector.length > stateVectorBytesMax) {
      this.#limitHit('stateVectorBytesMax')
      const detail = `${stateVector.length} bytes of state vector, ${stateVectorBytesMax} allowed`
      return this.#refuse(request, 'malformed-state-vector', false, detail)
    }
    try {
      decodeStateVector(stateVector)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return this.#refuse(request, 'malformed-state-vector', false, error.message)
    }
    this.#places.set(room, authorizing)
    const join = { place: room, room, request, position, stateVector: unpinned(stateVector) }
    this.#effects.push({ type: 'authorize', join, token: this.#token })
  }

  #push({ handle, ref, update }: MessageOf<'push'>): void {
    const room = this.#roomByHandle.get(handle)
    if (room !== undefined) {
      this.#effects.push({ type: 'push', place: room, ref, update: unpinnedPush(update) })
      return
    }
    // Not a crime: the push may have crossed an eviction. Joined again, the client may push it again.
    const message = 'not a member of this room'
    this.#send({ type: 'reject', handle, ref, code: 'unknown-handle', retryable: true, message })
  }

  #awareness({ handle, payload }: MessageOf<'awareness'>): void {
    const { awarenessBytesMax } = this.#limits
    if (payload.length > awarenessBytesMax) {
      this.#limitHit('awarenessBytesMax')
      const detail = `${payload.length} bytes of awareness, ${awarenessBytesMax} allowed`
      return this.#fail(CloseCode.messageTooBig, 'awareness-too-large', detail)
    }
    let entries: AwarenessEntry[]
    try {
      entries = decodeAwareness(payload)
    } catch (error) {
      return this.#failDecoding(error, 'malformed-awareness')
    }
    const room = this.#roomByHandle.get(handle)
    if (room !== undefined) this.#effects.push({ type: 'announce', place: room, entries })
  }

  #leave(handle: number): void {
    const room = this.#roomByHandle.get(handle)
    if (room === undefined) return
    this.#forget(room)
    this.#effects.push({ type: 'leave', place: room })
  }

  #tick(now: number, sentAt: number): void {
    if (this.#phase.kind === 'awaiting-hello') {
      if (now < this.#phase.deadline) return
      this.#limitHit('helloTimeoutMs')
      return this.#close(CloseCode.timeout, 'no hello in time')
    }
    const { heartbeatMs } = this.#limits
    if (now - this.#heardAt >= heartbeatMs * SILENT_HEARTBEATS_MAX) {
      this.#limitHit('heartbeatMs')
      this.#end(silence)
    } else if (now - sentAt >= heartbeatMs) this.#send({ type: 'ping' })
  }

  #forget(room: string): void {
    const place = this.#places.get(room)
    if (place?.kind === 'member') this.#roomByHandle.delete(place.handle)
    this.#places.delete(room)
  }

  #leaveAll(): void {
    // Also those still being decided: the driver may have joined one whose `attached` has not come here yet.
    for (const room of this.#places.keys()) this.#effects.push({ type: 'leave', place: room })
    this.#places.clear()
    this.#roomByHandle.clear()
    this.#phase = { kind: 'closing' }
  }

  #refuse(request: number, code: WireCode, retryable: boolean, message: string): void {
    this.#send({ type: 'refused', request, code, retryable, message })
  }

  /** Bytes of the wrong kind are a breach of the protocol; bytes that are not what they claim are a bad payload. */
  #failDecoding(error: unknown, code: WireCode): void {
    if (!(error instanceof DecodeError)) throw error
    const closeCode = error.code === 'unknown-tag' ? CloseCode.protocolError : CloseCode.invalidPayload
    this.#fail(closeCode, code, error.message)
  }

  /** Says why, and closes. */
  #fail(closeCode: CloseCode, code: WireCode, message: string): void {
    this.#send({ type: 'error', code, message })
    this.#close(closeCode, code)
  }

  #limitHit(limit: CountedLimit): void {
    this.#effects.push({ type: 'limitHit', limit })
  }

  #end({ code, reason }: Ending): void {
    this.#close(code, reason)
  }

  #close(code: CloseCode, reason: string): void {
    this.#leaveAll()
    this.#effects.push({ type: 'close', code, reason })
  }

  #send(message: RelayMessage): void {
    this.#effects.push({ type: 'send', messages: [message] })
  }
}
