/**
 * One connection of a y-websocket client, as decisions: a socket is in one room, named by its URL. Pure; see
 * ../yjs-place.ts for what happens in the room.
 *
 * ```
 * entering ──joined──▶ member
 *    │ denied (4401, 4403), no step 1 in time (1013)
 *    └─────▶ closing ◀──┘ bad frame (1002, 1003, 1007, 1009), bad update (1007, 4422), log unavailable, silence (1013)
 * ```
 *
 * This wire has neither an ack nor a reject. What stands for an ack is the echo: a client gets its own update back when
 * it is durable, not before. What stands for a reject is the end of the connection, after which the client tells again
 * what it has, with a code that says whether that can help: published clients stop for good at 44xx.
 */
import { isEmptyUpdate } from '@syncline/core'
import { CloseCode } from '@syncline/protocol'
import { endings, silence, type Ending } from '../../connection/ending.ts'
import type { SessionEffect, SessionEvent, SessionMachine } from '../../connection/session.ts'
import type { CountedLimit } from '../../limit-outcomes.ts'
import type { RelayLimits } from '../../limits.ts'
import { closeCodeFor, closeCodeOf } from '../closing.ts'
import { Liveness } from '../liveness.ts'
import { limitOf } from '../over-limit.ts'
import type { YjsRequest } from '../yjs-message.ts'
import { mergeInRuns } from '../../room/flush-run.ts'
import { YjsPlace, type PlaceFailure, type PlaceOutput, type Pushed } from '../yjs-place.ts'
import { decodeYFrame, encodeYFrame, keepalive, type YAnswer } from './y-codec.ts'

export type YEffect = SessionEffect<YAnswer>

export type YLimits = Pick<
  RelayLimits,
  'awarenessBytesMax' | 'stateVectorBytesMax' | 'unjoinedBytesMax' | 'helloTimeoutMs' | 'heartbeatMs' | 'keepaliveMs'
>

type Phase =
  | { readonly kind: 'entering'; readonly deadline: number }
  | { readonly kind: 'member' }
  | { readonly kind: 'closing' }

/** Codes from here on have the meaning that a protocol gives them. */
const FIRST_CODE_OF_ITS_OWN = 4000

/** A connection is in one room, so one place is enough. */
const PLACE = 'room'

export class YMachine implements SessionMachine<YAnswer> {
  readonly #limits: YLimits
  readonly #token: string | undefined
  readonly #place: YjsPlace
  readonly #liveness: Liveness
  #phase: Phase
  /** The client was told that it may only read. */
  #toldReadOnly = false
  #effects: YEffect[] = []

  /** `room` and `token` are those of the URL; `now` is when the socket opened, in milliseconds. */
  constructor(room: string, token: string | undefined, limits: YLimits, now: number) {
    this.#limits = limits
    this.#token = token
    this.#place = new YjsPlace(PLACE, room)
    this.#liveness = new Liveness(limits, now)
    this.#phase = { kind: 'entering', deadline: now + limits.helloTimeoutMs }
  }

  get keptBytes(): number {
    return this.#place.keptBytes
  }

  handle(event: SessionEvent): readonly YEffect[] {
    this.#effects = []
    if (this.#phase.kind !== 'closing') this.#dispatch(event)
    return this.#effects
  }

  #dispatch(event: SessionEvent): void {
    switch (event.type) {
      case 'opened':
        this.#effects.push({ type: 'authorize', join: this.#place.wish, token: this.#token })
        return
      case 'frame':
        this.#liveness.heard(event.now)
        return this.#frame(event.frame)
      case 'alive':
        return this.#liveness.heard(event.now)
      case 'tick':
        return this.#tick(event.now, event.sentAt)
      case 'authorized':
        return this.#apply(this.#place.grant(event.access))
      case 'denied':
        return this.#ended({ code: event.code, retryable: event.retryable, message: 'this room is not open to you' })
      case 'attached':
        return
      case 'told':
        return this.#apply(this.#place.told(event.shared))
      case 'detached':
        // The room has said why, before: only a broken room has not.
        return this.#close(CloseCode.tryAgainLater, 'internal')
      case 'tokenExpires':
        // It is in the URL: a fresh one comes with the next connection.
        return
      case 'expelled':
        return this.#ended({ ...event, retryable: false }, event.closeCode)
      case 'textFrame':
      case 'overflow':
      case 'lateFrame':
      case 'drain':
        return this.#end(endings[event.type])
      case 'lost':
        return this.#leave()
      default:
        return event satisfies never
    }
  }

  #frame(frame: Uint8Array): void {
    let requests: YjsRequest[]
    try {
      requests = decodeYFrame(frame, this.#limits)
    } catch (error) {
      this.#limitHit(limitOf(error))
      return this.#close(closeCodeOf(error), 'malformed-message')
    }
    let asked = false
    for (const request of requests) {
      const asks = request.type === 'queryAwareness'
      // A question is one byte, and its answer may be a thousand times that: for all in a frame it is the same.
      if (!asks || !asked) this.#apply(this.#place.receive(request))
      asked ||= asks
    }
    if (this.#place.keptBytes > this.#limits.unjoinedBytesMax) {
      this.#limitHit('unjoinedBytesMax')
      this.#close(CloseCode.tryAgainLater, 'too much was sent before the room was entered')
    }
  }

  #apply(outputs: readonly PlaceOutput[]): void {
    for (const output of outputs) {
      if (this.#closed()) return
      this.#output(output)
    }
  }

  #output(output: PlaceOutput): void {
    switch (output.type) {
      case 'do':
        this.#effects.push(output.effect)
        return
      case 'say':
        return this.#send(output.answer)
      case 'pass': {
        const { answer, shared } = output
        const frame = shared.frame(`y ${answer.type}`, () => encodeYFrame(answer))
        this.#effects.push({ type: 'sendShared', frame })
        return
      }
      case 'stateless':
        // This protocol has no such thing.
        return
      case 'entered':
        this.#phase = { kind: 'member' }
        return
      case 'stored':
        return this.#echo(output.pushes)
      case 'refused':
        return this.#refused(output.failure)
      case 'ended':
        return this.#ended(output.failure)
      default:
        return output satisfies never
    }
  }

  #echo(pushes: readonly Pushed[]): void {
    const updates = pushes.map((pushed) => pushed.update).filter((update) => !isEmptyUpdate(update))
    for (const update of mergeInRuns(updates)) this.#send({ type: 'update', update })
  }

  #refused({ code, retryable, message }: PlaceFailure): void {
    if (code === 'read-only') {
      // A reader answers our step 1, and edits, as everybody does. It need not be cut off for that.
      if (!this.#toldReadOnly) this.#send({ type: 'permissionDenied', reason: message })
      this.#toldReadOnly = true
      return
    }
    if (code === 'malformed-update') return this.#close(CloseCode.invalidPayload, code)
    this.#close(retryable ? CloseCode.tryAgainLater : CloseCode.unacceptable, code)
  }

  #ended({ code, retryable, message }: PlaceFailure, closeCode = closeCodeFor(code, retryable)): void {
    if (!retryable) this.#send({ type: 'permissionDenied', reason: message })
    this.#close(closeCode, code)
  }

  #tick(now: number, sentAt: number): void {
    if (this.#phase.kind === 'entering' && now >= this.#phase.deadline) {
      this.#limitHit('helloTimeoutMs')
      return this.#close(CloseCode.tryAgainLater, 'the room was not entered in time')
    }
    for (const due of this.#liveness.due(now, sentAt)) {
      if (due === 'end') {
        this.#limitHit('heartbeatMs')
        this.#end(silence)
      } else if (due === 'probe') this.#effects.push({ type: 'probe' })
      else this.#send(keepalive)
    }
  }

  /** A method, since the phase may change in every call between two looks at it. */
  #closed(): boolean {
    return this.#phase.kind === 'closing'
  }

  #leave(): void {
    this.#effects.push({ type: 'leave', place: PLACE })
    this.#phase = { kind: 'closing' }
  }

  #limitHit(limit: CountedLimit | undefined): void {
    if (limit !== undefined) this.#effects.push({ type: 'limitHit', limit })
  }

  /** Nothing of this is for good, and published clients stop for good at 44xx. */
  #end({ code, reason }: Ending): void {
    this.#close(code < FIRST_CODE_OF_ITS_OWN ? code : CloseCode.tryAgainLater, reason)
  }

  #close(code: CloseCode, reason: string): void {
    this.#leave()
    this.#effects.push({ type: 'close', code, reason })
  }

  #send(answer: YAnswer): void {
    this.#effects.push({ type: 'send', messages: [answer] })
  }
}
