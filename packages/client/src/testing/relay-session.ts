/** One connection of a {@link SimulatedRelay}: the handshake, which rooms it is in, whether it is alive, and what bad bytes cost. */
import { DecodeError, decodeStateVector } from '@syncline/core'
import {
  CloseCode,
  decodeAwareness,
  decodeClientFrame,
  encodeFrame,
  isRoomName,
  negotiateVersion,
  type Access,
  type ClientMessage,
  type MessageOf,
  type RelayMessage,
  type WireCode,
} from '@syncline/protocol'
import type { RelayRoom } from './relay-room.ts'
import type { ServerEnd } from './simulated-network.ts'

/** A side that was silent for so many heartbeats is dead. */
const SILENT_HEARTBEATS_MAX = 2.5

/** Bounds that a client is told of, or feels. Bytes and ms. */
export interface SimulatedRelayLimits {
  readonly frameBytesMax: number
  readonly updateBytesMax: number
  readonly awarenessBytesMax: number
  /** Rooms of one connection. */
  readonly roomsMax: number
  readonly heartbeatMs: number
  /** How long a connection may take to say hello, and to show a token that counts. */
  readonly helloTimeoutMs: number
}

/** What a connection needs of its relay. */
export interface RelayOfSession {
  readonly limits: SimulatedRelayLimits
  readonly now: () => number
  /** Whether a token counts; absent where none is wanted. */
  readonly accepts: ((token: string | undefined, client: string) => boolean) | undefined
  readonly access: (room: string, session: RelaySession) => Access | 'none'
  /** The room, opened if it is not. */
  readonly room: (name: string) => RelayRoom
  readonly push: (session: RelaySession, room: RelayRoom, ref: number, update: Uint8Array) => void
  /** Its end, whoever ended it. */
  readonly ended: (session: RelaySession) => void
}

export class RelaySession {
  readonly client: string
  readonly #relay: RelayOfSession
  readonly #end: ServerEnd
  readonly #openedAt: number
  #state: 'awaiting-hello' | 'open' | 'ended' = 'awaiting-hello'
  #token: string | undefined
  #accepted = false
  #heardAt: number
  #sentAt: number
  readonly #rooms = new Map<number, RelayRoom>()

  constructor(relay: RelayOfSession, end: ServerEnd) {
    this.client = end.client
    this.#relay = relay
    this.#end = end
    this.#openedAt = this.#heardAt = this.#sentAt = relay.now()
  }

  get token(): string | undefined {
    return this.#token
  }

  /** Whether it is in the room. */
  has(room: RelayRoom): boolean {
    return this.#rooms.get(room.handle) === room
  }

  send(message: RelayMessage): void {
    if (this.#state === 'ended') return
    this.#sentAt = this.#relay.now()
    this.#end.send(encodeFrame([message]))
  }

  receive(frame: Uint8Array): void {
    if (this.#state === 'ended') return
    this.#heardAt = this.#relay.now()
    if (frame.length > this.#relay.limits.frameBytesMax) return this.#close(CloseCode.messageTooBig, 'frame')
    let messages: readonly ClientMessage[]
    try {
      messages = decodeClientFrame(frame)
    } catch (error) {
      return this.#failDecoding(error, 'malformed-message')
    }
    for (const message of messages) if (!this.#isEnded()) this.#take(message)
  }

  tick(now: number): void {
    const { heartbeatMs, helloTimeoutMs } = this.#relay.limits
    const late = now - this.#openedAt >= helloTimeoutMs
    if (this.#state === 'awaiting-hello') {
      if (late) this.#close(CloseCode.timeout, 'no hello in time')
    } else if (!this.#accepted && late) this.#fail(CloseCode.unauthorized, 'unauthorized', 'no token in time')
    else if (now - this.#heardAt >= heartbeatMs * SILENT_HEARTBEATS_MAX) this.#close(CloseCode.timeout, 'silent')
    else if (now - this.#sentAt >= heartbeatMs) this.send({ type: 'ping' })
  }

  /** Asks again whether its token counts, and what it may do: it is put out where it may do something else. */
  judge(): void {
    if (this.#state !== 'open') return
    this.#accepted = this.#relay.accepts?.(this.#token, this.client) ?? true
    if (!this.#accepted) {
      // Without a token, it may still come.
      if (this.#token === undefined && this.#rooms.size === 0) return
      return this.#fail(CloseCode.unauthorized, 'unauthorized', 'the token does not count')
    }
    for (const room of this.#rooms.values()) {
      const access = this.#relay.access(room.name, this)
      if (access === room.members.get(this)) continue
      const code = access === 'none' ? 'forbidden' : 'access-changed'
      this.#forget(room)
      const message = 'a token does not open this room as before'
      this.send({ type: 'evicted', handle: room.handle, code, retryable: access !== 'none', message })
    }
  }

  /** The line is gone. */
  lost(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    for (const room of this.#rooms.values()) room.leave(this)
    this.#rooms.clear()
    this.#relay.ended(this)
  }

  /** A method, since each message may end it. */
  #isEnded(): boolean {
    return this.#state === 'ended'
  }

  #take(message: ClientMessage): void {
    if (message.type === 'hello') return this.#hello(message)
    if (this.#state === 'awaiting-hello') {
      return this.#fail(CloseCode.protocolError, 'malformed-message', `${message.type} before hello`)
    }
    switch (message.type) {
      case 'join':
        return this.#join(message)
      case 'push':
        return this.#push(message)
      case 'awareness':
        return this.#awareness(message)
      case 'leave': {
        const room = this.#rooms.get(message.handle)
        if (room !== undefined) this.#forget(room)
        return
      }
      case 'token':
        this.#token = message.token
        return this.judge()
      case 'ping':
        return this.send({ type: 'pong' })
      case 'pong':
        return
      default:
        return message satisfies never
    }
  }

  #hello({ versions, token }: MessageOf<'hello'>): void {
    if (this.#state === 'open') return this.#fail(CloseCode.protocolError, 'malformed-message', 'a second hello')
    const version = negotiateVersion(versions)
    if (version === undefined) {
      return this.#fail(CloseCode.unsupportedVersion, 'unsupported-version', 'no version in common')
    }
    this.#state = 'open'
    const { frameBytesMax, updateBytesMax, awarenessBytesMax, roomsMax, heartbeatMs } = this.#relay.limits
    const bounds = { frameBytesMax, updateBytesMax, awarenessBytesMax, roomsMax, heartbeatMs }
    this.send({ type: 'welcome', version, agent: 'simulated', ...bounds })
    this.#token = token
    this.judge()
  }

  #join(join: MessageOf<'join'>): void {
    const { request, room: name } = join
    const refuse = (code: WireCode, message: string): void =>
      this.send({ type: 'refused', request, code, retryable: false, message })
    if (!isRoomName(name)) return refuse('invalid-room-name', 'not a name for a room')
    if ([...this.#rooms.values()].some((room) => room.name === name)) {
      return refuse('malformed-message', 'already a member')
    }
    if (this.#rooms.size >= this.#relay.limits.roomsMax) return refuse('too-many-rooms', 'of one connection')
    try {
      decodeStateVector(join.stateVector)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return refuse('malformed-state-vector', error.message)
    }
    if (!this.#accepted) return refuse('unauthorized', 'no token that counts')
    const access = this.#relay.access(name, this)
    if (access === 'none') {
      return refuse(this.#token === undefined ? 'unauthorized' : 'forbidden', 'this room is not open to you')
    }
    const room = this.#relay.room(name)
    this.#rooms.set(room.handle, room)
    room.join(this, join, access)
  }

  #push({ handle, ref, update }: MessageOf<'push'>): void {
    const room = this.#rooms.get(handle)
    if (room !== undefined) return this.#relay.push(this, room, ref, update.slice())
    const message = 'not a member of this room'
    this.send({ type: 'reject', handle, ref, code: 'unknown-handle', retryable: true, message })
  }

  #awareness({ handle, payload }: MessageOf<'awareness'>): void {
    if (payload.length > this.#relay.limits.awarenessBytesMax) {
      return this.#fail(CloseCode.messageTooBig, 'awareness-too-large', `${payload.length} bytes`)
    }
    try {
      const entries = decodeAwareness(payload)
      this.#rooms.get(handle)?.announce(this, entries, this.#relay.now())
    } catch (error) {
      this.#failDecoding(error, 'malformed-awareness')
    }
  }

  #forget(room: RelayRoom): void {
    this.#rooms.delete(room.handle)
    room.leave(this)
  }

  #failDecoding(error: unknown, code: WireCode): void {
    if (!(error instanceof DecodeError)) throw error
    this.#fail(error.code === 'unknown-tag' ? CloseCode.protocolError : CloseCode.invalidPayload, code, error.message)
  }

  #fail(closeCode: CloseCode, code: WireCode, message: string): void {
    this.send({ type: 'error', code, message })
    this.#close(closeCode, code)
  }

  #close(code: CloseCode, reason: string): void {
    this.lost()
    this.#end.close(code, reason)
  }
}
