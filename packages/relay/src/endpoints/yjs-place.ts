/**
 * One document of a client of Yjs, as decisions: the place of such a client in one room, whatever frames its messages.
 * Pure. It turns what the client says into what its driver has to do in the room, and what the room tells into what the
 * client is to hear; how that is said is left to the endpoint.
 *
 * ```
 * waiting ──access granted, and step 1 came──▶ joining ──joined──▶ member
 *    └────────── the client's messages are kept ────────┘
 * ```
 *
 * - The client's step 1 is its join: the answer to it, step 2, is the room's first catch-up. Ours tells what the room has.
 * - Every step 2 and every update of the client is a push, under refs of our own; the room's verdicts come in their order.
 * - A later step 1 is a question to the room, answered by another step 2.
 */
import { assert, emptyUpdate, isEmptyUpdate } from '@syncline/core'
import type { Access, WireCode } from '@syncline/protocol'
import type { Join, SessionEffect } from '../connection/session.ts'
import type { SharedMessage } from '../room/shared-message.ts'
import { unpinned, unpinnedPush } from '../unpinned.ts'
import type { YjsAnswer, YjsRequest } from './yjs-message.ts'

/** A step 2 or an update of the client. */
export interface Pushed {
  readonly ref: number
  readonly update: Uint8Array
}

/** Why a push, or the whole place, came to nothing. */
export interface PlaceFailure {
  readonly code: WireCode
  readonly retryable: boolean
  readonly message: string
}

export type PlaceEffect = Extract<
  SessionEffect<never>,
  { type: 'join' | 'push' | 'announce' | 'sync' | 'askAwareness' | 'tellOthers' }
>

export type PlaceOutput =
  /** For the driver. */
  | { readonly type: 'do'; readonly effect: PlaceEffect }
  /** For the client alone. */
  | { readonly type: 'say'; readonly answer: YjsAnswer }
  /** For this client and others: `answer` has the bytes of `shared`. */
  | { readonly type: 'pass'; readonly answer: YjsAnswer; readonly shared: SharedMessage }
  /** Another client said this, for all that have the document open. */
  | { readonly type: 'stateless'; readonly payload: string }
  /** The client is a member, and may do this. Its messages so far are dealt with after this. */
  | { readonly type: 'entered'; readonly access: Access }
  /** The log has these pushes, oldest first: flushed, or it had all of them before. At least one. */
  | { readonly type: 'stored'; readonly pushes: readonly Pushed[] }
  /** Nothing of the push was stored. */
  | { readonly type: 'refused'; readonly pushed: Pushed; readonly failure: PlaceFailure }
  /** The room has put the client out, or not let it in. */
  | { readonly type: 'ended'; readonly failure: PlaceFailure }

type State =
  | { readonly kind: 'waiting'; access: Access | undefined; stateVector: Uint8Array | undefined }
  | { readonly kind: 'joining' }
  | { readonly kind: 'member' }

/** What a kept message costs beside its bytes. */
const MESSAGE_OVERHEAD_BYTES = 64

export class YjsPlace {
  readonly place: string
  readonly room: string
  #state: State = { kind: 'waiting', access: undefined, stateVector: undefined }
  /** What the client said before it was let in. */
  #kept: YjsRequest[] = []
  #keptBytes = 0
  /** Whether the next updates from the room answer a step 1. */
  #owesStep2 = true
  #nextRef = 1
  /** Pushes that have no verdict yet, oldest first. */
  readonly #pushes: Pushed[] = []

  /** `place` is what the session calls it. */
  constructor(place: string, room: string) {
    this.place = place
    this.room = room
  }

  /** What the client said before it was let in, in bytes. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** What to ask leave for. */
  get wish(): Join {
    return this.#join(Uint8Array.of(0))
  }

  /** The client may enter. */
  grant(access: Access): PlaceOutput[] {
    const state = this.#state
    if (state.kind !== 'waiting') return []
    state.access = access
    return this.#joinIfReady(state)
  }

  /** The client said something. */
  receive(request: YjsRequest): PlaceOutput[] {
    const state = this.#state
    if (state.kind === 'member') return this.#act(request)
    if (state.kind === 'waiting' && state.stateVector === undefined && request.type === 'syncStep1') {
      state.stateVector = unpinned(request.stateVector)
      return this.#joinIfReady(state)
    }
    // A newcomer is told of everybody without asking.
    if (request.type === 'queryAwareness') return []
    this.#kept.push(kept(request))
    this.#keptBytes += MESSAGE_OVERHEAD_BYTES + bytesOf(request)
    return []
  }

  /** The room told its member something. */
  told(shared: SharedMessage): PlaceOutput[] {
    const { message } = shared
    switch (message.type) {
      case 'joined': {
        this.#state = { kind: 'member' }
        const outputs: PlaceOutput[] = [
          { type: 'entered', access: message.access },
          { type: 'say', answer: { type: 'syncStep1', stateVector: message.stateVector } },
        ]
        if (message.position.seq === 0) {
          // An empty room sends nothing to a newcomer.
          this.#owesStep2 = false
          outputs.push({ type: 'say', answer: { type: 'syncStep2', update: emptyUpdate() } })
        }
        for (const request of this.#kept) outputs.push(...this.#act(request))
        this.#kept = []
        this.#keptBytes = 0
        return outputs
      }
      case 'updates': {
        // It wrote all that is new, and has heard so.
        if (!this.#owesStep2 && isEmptyUpdate(message.update)) return []
        const type = this.#owesStep2 ? 'syncStep2' : 'update'
        this.#owesStep2 = false
        return [{ type: 'pass', answer: { type, update: message.update }, shared }]
      }
      case 'awareness':
        return [{ type: 'pass', answer: { type: 'awareness', payload: message.payload }, shared }]
      case 'stateless':
        return [{ type: 'stateless', payload: message.payload }]
      case 'ack':
        return [{ type: 'stored', pushes: this.#settleUpTo(message.ref) }]
      case 'reject': {
        const { code, retryable, message: text } = message
        return [{ type: 'refused', pushed: this.#settle(message.ref), failure: { code, retryable, message: text } }]
      }
      case 'refused':
      case 'evicted': {
        const { code, retryable, message: text } = message
        return [{ type: 'ended', failure: { code, retryable, message: text } }]
      }
      case 'resync':
        // The same question as at the start; the client answers with another step 2.
        return [{ type: 'say', answer: { type: 'syncStep1', stateVector: message.stateVector } }]
      case 'welcome':
      case 'reauthenticate':
      case 'ping':
      case 'pong':
      case 'error':
        // Rooms do not say these.
        return []
      default:
        return message satisfies never
    }
  }

  #joinIfReady({ access, stateVector }: State & { kind: 'waiting' }): PlaceOutput[] {
    if (access === undefined || stateVector === undefined) return []
    this.#state = { kind: 'joining' }
    return [{ type: 'do', effect: { type: 'join', join: this.#join(stateVector), access } }]
  }

  #join(stateVector: Uint8Array): Join {
    return { place: this.place, room: this.room, request: 0, position: undefined, stateVector }
  }

  /** A member said something. */
  #act(request: YjsRequest): PlaceOutput[] {
    const { place } = this
    switch (request.type) {
      case 'syncStep1':
        this.#owesStep2 = true
        return [{ type: 'do', effect: { type: 'sync', place, stateVector: unpinned(request.stateVector) } }]
      case 'syncStep2':
      case 'update': {
        const pushed = { ref: this.#nextRef++, update: unpinnedPush(request.update) }
        this.#pushes.push(pushed)
        // A step 2 is all that the relay lacks, whoever wrote it.
        const refill = request.type === 'syncStep2'
        return [{ type: 'do', effect: { type: 'push', place, ...pushed, refill } }]
      }
      case 'awareness':
        return [{ type: 'do', effect: { type: 'announce', place, entries: request.entries } }]
      case 'queryAwareness':
        return [{ type: 'do', effect: { type: 'askAwareness', place } }]
      case 'stateless':
        return [{ type: 'do', effect: { type: 'tellOthers', place, payload: request.payload } }]
      default:
        return request satisfies never
    }
  }

  #settleUpTo(ref: number): Pushed[] {
    const count = this.#pushes.findIndex((pushed) => pushed.ref === ref) + 1
    assert(count > 0, `an ack of push ${ref}, ${this.#pushes[0]?.ref} is the oldest`)
    return this.#pushes.splice(0, count)
  }

  #settle(ref: number): Pushed {
    const pushed = this.#pushes.shift()
    assert(pushed?.ref === ref, `a verdict on push ${ref}, ${pushed?.ref} is the oldest`)
    return pushed
  }
}

function bytesOf(request: YjsRequest): number {
  switch (request.type) {
    case 'syncStep1':
      return request.stateVector.length
    case 'syncStep2':
    case 'update':
      return request.update.length
    case 'awareness':
      return request.entries.reduce((sum, { state }) => sum + (state?.length ?? 0) + MESSAGE_OVERHEAD_BYTES, 0)
    case 'queryAwareness':
      return 0
    case 'stateless':
      return request.payload.length
    default:
      return request satisfies never
  }
}

/** The request without the rest of its frame. */
function kept(request: YjsRequest): YjsRequest {
  if (request.type === 'syncStep1') return { ...request, stateVector: unpinned(request.stateVector) }
  if (request.type === 'syncStep2' || request.type === 'update') return { ...request, update: unpinned(request.update) }
  return request
}
