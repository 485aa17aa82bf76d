/**
 * A relay for tests of the client: speaks the wire protocol over the transport port, keeps its log in memory, and has the weather
 * that a test asks for. It shares no code with the real relay; tests/ runs the client against that one.
 */
import { diffUpdate, encodeStateVectorFromUpdate, isEmptyUpdate, mergeUpdates } from '@syncline/core'
import {
  CloseCode,
  decodeClientFrame,
  encodeFrame,
  type Access,
  type ClientMessage,
  type MessageOf,
  type Position,
  type RelayMessage,
  type WireCode,
} from '@syncline/protocol'
import type { Link, LinkEvents, Transport } from './transport.ts'

interface LogEntry {
  readonly epoch: number
  readonly update: Uint8Array
}

class RelayRoom {
  readonly handle: number
  log: LogEntry[] = []
  readonly members = new Set<Member>()

  constructor(handle: number) {
    this.handle = handle
  }

  get position(): Position {
    const last = this.log.at(-1)
    return last === undefined ? { epoch: 0, seq: 0 } : { epoch: last.epoch, seq: this.log.length }
  }
}

interface Verdict {
  readonly code: WireCode
  readonly retryable: boolean
}

export class MemoryRelay implements Transport {
  readonly rooms = new Map<string, RelayRoom>()
  readonly members = new Set<Member>()
  /** Every message that arrived, in order. */
  readonly received: ClientMessage[] = []
  /** The tokens of the hellos, in order. */
  readonly tokens: (string | undefined)[] = []
  updateBytesMax = 1_000_000
  heartbeatMs = 30_000
  version = 1
  access: Access = 'write'
  /** Whether links open at all. */
  reachable = true
  /** Whether hellos, joins and so on are answered. */
  silent = false
  /** Holds appends back: neither ack nor broadcast, and nothing in the log. */
  holding = false
  /** What to say to a hello instead of welcome: a close code. */
  closeHello: ((token: string | undefined) => number | undefined) | undefined
  refuseJoin: ((room: string) => Verdict | undefined) | undefined
  rejectPush: ((update: Uint8Array, room: string) => Verdict | undefined) | undefined
  /** Holds joins back, as while somebody decides whether to let the client in, until {@link MemoryRelay.releaseJoins}. */
  holdingJoins = false
  /** Delivers each message twice where the protocol allows it. */
  duplicating = false
  #lagging = false
  #epoch = 1
  #nextHandle = 1
  readonly #held: (() => void)[] = []
  readonly #heldJoins: { readonly member: Member; readonly message: MessageOf<'join'> }[] = []

  connect(_url: string, events: LinkEvents): Link {
    const member = new Member(this, events)
    queueMicrotask(() => {
      if (member.ended) return
      if (!this.reachable) return member.end(CloseCode.abnormal, '')
      this.members.add(member)
      events.opened()
    })
    return member
  }

  /** Every update of a room, merged. */
  content(room: string): Uint8Array {
    return mergeUpdates(this.room(room).log.map(({ update }) => update))
  }

  room(name: string): RelayRoom {
    let room = this.rooms.get(name)
    if (room === undefined) {
      room = new RelayRoom(this.#nextHandle)
      this.#nextHandle += 1
      this.rooms.set(name, room)
    }
    return room
  }

  /** Cuts every connection. */
  cut(code: number = CloseCode.abnormal): void {
    for (const member of this.members) member.end(code, '')
    this.#held.length = 0
  }

  /** The process restarts on its log: a new epoch begins with the next append. */
  restart(): void {
    this.cut()
    this.#epoch += 1
  }

  /** The disk is lost, from entry `keep` on. */
  wipe(keep: number = 0): void {
    this.restart()
    for (const room of this.rooms.values()) room.log = room.log.slice(0, keep)
  }

  get lagging(): boolean {
    return this.#lagging
  }

  /** While it lags, members get their acks, but no updates: those come merged, later. */
  setLagging(lagging: boolean): void {
    this.#lagging = lagging
    if (lagging) return
    for (const room of this.rooms.values()) for (const member of room.members) this.#catchUp(room, member)
  }

  /** Lets held appends happen. */
  release(): void {
    this.holding = false
    for (const append of this.#held.splice(0)) append()
  }

  releaseJoins(): void {
    this.holdingJoins = false
    for (const { member, message } of this.#heldJoins.splice(0)) if (!member.ended) this.#admit(member, message)
  }

  /** Forgets the joins that it held back, as if it had answered them. */
  dropJoins(): void {
    this.#heldJoins.length = 0
  }

  receive(member: Member, message: ClientMessage): void {
    this.received.push(message)
    if (this.silent) return
    switch (message.type) {
      case 'hello':
        return this.#hello(member, message)
      case 'join':
        return this.#join(member, message)
      case 'push':
        return this.#push(member, message)
      case 'awareness':
        return this.#awareness(member, message)
      case 'leave': {
        const room = this.#roomOf(message.handle)
        room?.members.delete(member)
        return
      }
      case 'ping':
        return member.tell({ type: 'pong' })
      case 'pong':
      case 'token':
        return
      default:
        return message satisfies never
    }
  }

  gone(member: Member): void {
    this.members.delete(member)
    for (const room of this.rooms.values()) room.members.delete(member)
  }

  #hello(member: Member, { token }: MessageOf<'hello'>): void {
    this.tokens.push(token)
    const code = this.closeHello?.(token)
    if (code !== undefined) return member.end(code, '')
    member.tell({
      type: 'welcome',
      version: this.version,
      agent: 'memory',
      frameBytesMax: 10_000_000,
      updateBytesMax: this.updateBytesMax,
      awarenessBytesMax: 10_000,
      roomsMax: 100,
      heartbeatMs: this.heartbeatMs,
    })
  }

  #join(member: Member, message: MessageOf<'join'>): void {
    const { request, room: name } = message
    const refusal = this.refuseJoin?.(name)
    if (refusal !== undefined) return member.tell({ type: 'refused', request, message: 'refused', ...refusal })
    const joining = this.#heldJoins.some((held) => held.member === member && held.message.room === name)
    if (joining || this.room(name).members.has(member)) {
      const code = 'malformed-message'
      return member.tell({ type: 'refused', request, code, retryable: false, message: 'already joining or a member' })
    }
    if (this.holdingJoins) this.#heldJoins.push({ member, message })
    else this.#admit(member, message)
  }

  #admit(member: Member, { request, room: name, position, stateVector }: MessageOf<'join'>): void {
    const room = this.room(name)
    const resumed =
      position !== undefined &&
      position.seq <= room.log.length &&
      (position.seq === 0 || room.log[position.seq - 1]?.epoch === position.epoch)
    const all = this.content(name)
    room.members.add(member)
    member.tell({
      type: 'joined',
      request,
      handle: room.handle,
      access: this.access,
      position: room.position,
      resumed,
      stateVector: encodeStateVectorFromUpdate(all),
    })
    member.marks.set(room.handle, { seq: resumed ? position.seq : 0, stateVector: resumed ? undefined : stateVector })
    this.#catchUp(room, member)
  }

  #catchUp(room: RelayRoom, member: Member): void {
    const mark = member.marks.get(room.handle)
    const { position } = room
    if (this.#lagging || mark === undefined || mark.seq >= position.seq) return
    const tail = mergeUpdates(room.log.slice(mark.seq).map((entry) => entry.update))
    const update = mark.stateVector === undefined ? tail : diffUpdate(tail, mark.stateVector)
    member.marks.set(room.handle, { seq: position.seq, stateVector: undefined })
    member.tell({ type: 'updates', handle: room.handle, position, update })
  }

  #push(member: Member, { handle, ref, update }: MessageOf<'push'>): void {
    const entry = [...this.rooms].find(([, room]) => room.handle === handle)
    if (entry === undefined || !entry[1].members.has(member)) {
      return member.tell({ type: 'reject', handle, ref, code: 'unknown-handle', retryable: true, message: 'who?' })
    }
    const [name, room] = entry
    const verdict =
      this.access === 'read' ? { code: 'read-only' as const, retryable: false } : this.rejectPush?.(update, name)
    if (verdict !== undefined) return member.tell({ type: 'reject', handle, ref, message: 'rejected', ...verdict })
    if (isEmptyUpdate(update)) throw new Error('the client pushed nothing')
    if (update.length > this.updateBytesMax) throw new Error('the client pushed too much')
    const append = (): void => {
      room.log.push({ epoch: this.#epoch, update: update.slice() })
      const { position } = room
      member.tell({ type: 'ack', handle, ref, position })
      const mark = member.marks.get(handle)
      if (mark?.seq === position.seq - 1) member.marks.set(handle, { ...mark, seq: position.seq })
      for (const other of room.members) this.#catchUp(room, other)
    }
    if (this.holding) this.#held.push(append)
    else append()
  }

  #awareness(member: Member, { handle, payload }: MessageOf<'awareness'>): void {
    const room = this.#roomOf(handle)
    for (const other of room?.members ?? []) if (other !== member) other.tell({ type: 'awareness', handle, payload })
  }

  #roomOf(handle: number): RelayRoom | undefined {
    return [...this.rooms.values()].find((room) => room.handle === handle)
  }
}

/** One connection, from both sides. */
export class Member implements Link {
  readonly backlogBytes = 0
  readonly #relay: MemoryRelay
  readonly #events: LinkEvents
  ended = false
  /** Up to where it has everything of a room, by handle; with what it had when it joined, until its first catch-up. */
  readonly marks = new Map<number, { readonly seq: number; readonly stateVector: Uint8Array | undefined }>()

  constructor(relay: MemoryRelay, events: LinkEvents) {
    this.#relay = relay
    this.#events = events
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    const messages = decodeClientFrame(frame.slice())
    queueMicrotask(() => {
      for (const message of messages) if (!this.ended) this.#relay.receive(this, message)
    })
  }

  close(code: number, reason: string): void {
    this.end(code, reason)
  }

  /** To the client. */
  tell(message: RelayMessage): void {
    this.tellBytes(encodeFrame([message]))
    if (this.#relay.duplicating && (message.type === 'updates' || message.type === 'ack')) {
      this.tellBytes(encodeFrame([message]))
    }
  }

  tellBytes(frame: Uint8Array): void {
    queueMicrotask(() => {
      if (!this.ended) this.#events.frame(frame)
    })
  }

  end(code: number, reason: string): void {
    if (this.ended) return
    this.ended = true
    this.#relay.gone(this)
    queueMicrotask(() => this.#events.closed(code, reason))
  }
}
