/**
 * A connection's place in one room: the member that the room sees. It counts what the connection has pushed there and
 * has no verdict for, since the connection reads no further when that becomes too much.
 */
import type { AwarenessEntry } from '@syncline/protocol'
import { PUSH_OVERHEAD_BYTES, type MemberId, type RoomMember } from '../room/room-member.ts'
import type { Refusal } from '../room/admission.ts'
import type { Room } from '../room/room.ts'
import { SharedMessage } from '../room/shared-message.ts'

/** What a membership needs of its connection. */
export interface MembershipOwner {
  /** Whether the socket has more to take than it should. */
  readonly slow: boolean
  /** The room tells this member something. */
  told(membership: Membership, shared: SharedMessage): void
  /** `bytes` more, or fewer if negative, are pushed and not settled. */
  countUnsettled(bytes: number): void
  /** The room ended the membership, or never began it. */
  detached(membership: Membership): void
}

export class Membership implements RoomMember {
  /** What the connection calls this membership. */
  readonly place: string
  readonly #request: number
  readonly #owner: MembershipOwner
  /** The pushes that have no verdict yet, and what they cost, oldest first: verdicts come in that order. */
  readonly #unsettled: { readonly ref: number; readonly bytes: number }[] = []
  #seat: { readonly room: Room; readonly member: MemberId } | undefined

  /** The room has answered the join. */
  #joined = false

  /** `request` is the number of the join. */
  constructor(place: string, request: number, owner: MembershipOwner) {
    this.place = place
    this.#request = request
    this.#owner = owner
  }

  get slow(): boolean {
    return this.#owner.slow
  }

  attach(room: Room, member: MemberId): void {
    this.#seat = { room, member }
  }

  push(ref: number, update: Uint8Array, refill?: boolean): void {
    if (this.#seat === undefined) return
    const bytes = update.length + PUSH_OVERHEAD_BYTES
    this.#unsettled.push({ ref, bytes })
    this.#owner.countUnsettled(bytes)
    this.#seat.room.push(this.#seat.member, ref, update, refill)
  }

  announce(entries: readonly AwarenessEntry[]): void {
    this.#seat?.room.announce(this.#seat.member, entries)
  }

  /** Asks for what `stateVector` lacks; it must decode. */
  sync(stateVector: Uint8Array): void {
    this.#seat?.room.sync(this.#seat.member, stateVector)
  }

  askAwareness(): void {
    this.#seat?.room.askAwareness(this.#seat.member)
  }

  /** Tells the other members something that is not stored. */
  tellOthers(payload: string): void {
    this.#seat?.room.tellOthers(this.#seat.member, payload)
  }

  holdBack(): void {
    this.#seat?.room.holdBack(this.#seat.member)
  }

  drained(): void {
    this.#seat?.room.drained(this.#seat.member)
  }

  /** Leaves the room, and tells the client why: not the room, but the connection wants it. */
  evict(refusal: Refusal): void {
    const seat = this.#seat
    if (seat === undefined) return
    const { handle } = seat.room
    const request = this.#request
    this.leave()
    const message = this.#joined
      ? ({ type: 'evicted', handle, ...refusal } as const)
      : ({ type: 'refused', request, ...refusal } as const)
    this.#owner.told(this, new SharedMessage(message))
    this.#owner.detached(this)
  }

  leave(): void {
    this.#forgetUnsettled()
    this.#seat?.room.leave(this.#seat.member)
  }

  send(shared: SharedMessage): void {
    this.#owner.told(this, shared)
    const { message } = shared
    if (message.type === 'joined') this.#joined = true
    // An ack covers what was pushed before it, too; a reject is of the oldest.
    else if (message.type === 'ack' || message.type === 'reject') this.#settle(message.ref)
  }

  detached(): void {
    this.#forgetUnsettled()
    this.#owner.detached(this)
  }

  /** All pushes up to `ref` have a verdict. */
  #settle(ref: number): void {
    let count = 0
    let settled = 0
    for (; count < this.#unsettled.length && this.#unsettled[count]!.ref <= ref; count++) {
      settled += this.#unsettled[count]!.bytes
    }
    if (count === 0) return
    if (count === this.#unsettled.length) this.#unsettled.length = 0
    else this.#unsettled.splice(0, count)
    this.#owner.countUnsettled(-settled)
  }

  #forgetUnsettled(): void {
    this.#settle(Infinity)
  }
}
