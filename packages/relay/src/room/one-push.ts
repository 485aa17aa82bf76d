/**
 * A member for the length of one push: what comes in from elsewhere than a connection goes the way of everybody's
 * pushes, through the checks of the room, to the log, and to the other members. It never takes anything: it is slow from
 * the beginning, so that no document is read for it.
 */
import type { Position } from '@syncline/protocol'
import { encodeStateVector } from '@syncline/core'
import type { Refusal } from './admission.ts'
import type { MemberId, RoomMember } from './room-member.ts'
import type { Room } from './room.ts'
import type { Rooms } from './rooms.ts'
import type { SharedMessage } from './shared-message.ts'

/** Pushes `update` to the room `name`. Resolves when it is durable, or refused; when `signal` aborts, as refused. */
export function pushOnce(
  rooms: Rooms,
  name: string,
  update: Uint8Array,
  subject: string | undefined,
  signal: AbortSignal,
): Promise<Position | Refusal> {
  return new Promise((resolve) => {
    const pusher = new Pusher(update, resolve)
    pusher.enter(rooms, name, subject)
    if (signal.aborted) pusher.giveUp()
    else signal.addEventListener('abort', () => pusher.giveUp(), { once: true })
  })
}

const noStateVector: Uint8Array = encodeStateVector(new Map())
const REQUEST = 1
const REF = 1

class Pusher implements RoomMember {
  readonly slow = true
  readonly #update: Uint8Array
  readonly #resolve: (outcome: Position | Refusal) => void
  #seat: { readonly room: Room; readonly member: MemberId } | undefined
  #joined = false
  #done = false

  constructor(update: Uint8Array, resolve: (outcome: Position | Refusal) => void) {
    this.#update = update
    this.#resolve = resolve
  }

  enter(rooms: Rooms, name: string, subject: string | undefined): void {
    const join = {
      request: REQUEST,
      access: 'write',
      subject,
      position: undefined,
      stateVector: noStateVector,
      pushesOnly: true,
    } as const
    const entered = rooms.join(name, this, join)
    if ('code' in entered) return this.#settle(entered)
    this.#seat = entered
    // An open room lets it in within the call, when its seat was not known yet.
    if (this.#joined) this.#push()
  }

  send({ message }: SharedMessage): void {
    if (message.type === 'joined') {
      this.#joined = true
      this.#push()
    } else if (message.type === 'ack') this.#settle(message.position)
    else if (message.type === 'reject' || message.type === 'refused' || message.type === 'evicted') {
      const { code, retryable, message: text } = message
      this.#settle({ code, retryable, message: text })
    }
  }

  detached(): void {
    this.#settle({ code: 'going-away', retryable: true, message: 'the room has closed' })
  }

  giveUp(): void {
    this.#settle({ code: 'going-away', retryable: true, message: 'nobody waits for this push any more' })
  }

  #push(): void {
    this.#seat?.room.push(this.#seat.member, REF, this.#update)
  }

  #settle(outcome: Position | Refusal): void {
    if (this.#done) return
    this.#done = true
    this.#resolve(outcome)
    const { room, member } = this.#seat ?? {}
    // Not within the room's own turn.
    if (room !== undefined) queueMicrotask(() => room.leave(member!))
  }
}
