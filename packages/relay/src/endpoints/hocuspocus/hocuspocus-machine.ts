/**
 * One connection of Hocuspocus clients, as decisions: any number of documents share a socket, each with a token of its
 * own. Pure; see ../yjs-place.ts for what happens in a room.
 *
 * ```
 * document   unasked ──auth──▶ authorizing ──granted──▶ open ──close, put out──▶ (none), denied
 *               │ too late                └──denied──▶ denied ──auth──▶ authorizing
 *               ▼
 *            connection closed (4408)
 *
 * connection open ──▶ closing: bad frame (1002, 1003, 1007, 1009), token expired (4401), silence (4408),
 *                              slow (4409), access changed (4205), log unavailable (1013)
 * ```
 *
 * - What a client says about a document before its token is judged is kept, within a bound, and dropped if it is denied.
 * - Every step 2 and every update is answered by one sync status, in their order: `stored` when the log has it, flushed,
 *   or had it before; not stored when it was refused. A client counts these: it has unsynced changes until they are even.
 * - What was refused and may be tried again ends the connection: a client tells again what it has when it comes back, and
 *   at no other time.
 */
import { CloseCode, isRoomName, type Access } from '@syncline/protocol'
import { endings, silence, type Ending } from '../../connection/ending.ts'
import type { Join, SessionEffect, SessionEvent, SessionMachine } from '../../connection/session.ts'
import type { CountedLimit } from '../../limit-outcomes.ts'
import type { RelayLimits } from '../../limits.ts'
import { closeCodeOf } from '../closing.ts'
import { Liveness } from '../liveness.ts'
import { limitOf } from '../over-limit.ts'
import type { YjsRequest } from '../yjs-message.ts'
import { YjsPlace, type PlaceFailure, type PlaceOutput } from '../yjs-place.ts'
import {
  decodeHocuspocusFrame,
  encodeHocuspocusFrame,
  type DocumentAnswer,
  type DocumentRequest,
  type HocuspocusAnswer,
  type HocuspocusRequest,
} from './hocuspocus-codec.ts'

export type HocuspocusEffect = SessionEffect<HocuspocusAnswer>

export type HocuspocusLimits = Pick<
  RelayLimits,
  | 'awarenessBytesMax'
  | 'stateVectorBytesMax'
  | 'statelessBytesMax'
  | 'unjoinedBytesMax'
  | 'roomsPerConnectionMax'
  | 'helloTimeoutMs'
  | 'heartbeatMs'
  | 'keepaliveMs'
>

type DocumentState =
  | { readonly kind: 'unasked'; readonly deadline: number }
  | { readonly kind: 'authorizing'; readonly wish: Join }
  /** `wish`: a fresh token is being judged. */
  | { readonly kind: 'open'; readonly access: Access; readonly wish: Join | undefined }
  | { readonly kind: 'denied' }

interface Document {
  place: YjsPlace
  state: DocumentState
}

export class HocuspocusMachine implements SessionMachine<HocuspocusAnswer> {
  readonly #limits: HocuspocusLimits
  readonly #liveness: Liveness
  /** By key, which is also the place. */
  readonly #documents = new Map<string, Document>()
  /** Keys of documents whose token has not come. */
  readonly #unasked = new Set<string>()
  /** When the first message has to be here; `undefined` once it is. */
  #firstBy: number | undefined
  #now: number
  #closing = false
  #effects: HocuspocusEffect[] = []

  /** `now` is when the socket opened, in milliseconds. */
  constructor(limits: HocuspocusLimits, now: number) {
    this.#limits = limits
    this.#liveness = new Liveness(limits, now)
    this.#firstBy = now + limits.helloTimeoutMs
    this.#now = now
  }

  /** For all documents. Costs a look at each of them. */
  get keptBytes(): number {
    let bytes = 0
    for (const { place } of this.#documents.values()) bytes += place.keptBytes
    return bytes
  }

  handle(event: SessionEvent): readonly HocuspocusEffect[] {
    this.#effects = []
    if (!this.#closing) this.#dispatch(event)
    return this.#effects
  }

  #dispatch(event: SessionEvent): void {
    switch (event.type) {
      case 'opened':
      case 'attached':
        return
      case 'frame':
        this.#now = event.now
        this.#firstBy = undefined
        this.#liveness.heard(event.now)
        return this.#frame(event.frame)
      case 'alive':
        return this.#liveness.heard(event.now)
      case 'tick':
        return this.#tick(event.now, event.sentAt)
      case 'authorized':
        return this.#authorized(event.join, event.access)
      case 'denied':
        return this.#denied(event.join, event.retryable)
      case 'told': {
        const document = this.#documents.get(event.place)
        if (document !== undefined) this.#apply(document, document.place.told(event.shared))
        return
      }
      case 'detached': {
        // Who was put out was told why, before: only a broken room has said nothing.
        const document = this.#documents.get(event.place)
        if (document?.state.kind === 'open') this.#close(CloseCode.tryAgainLater, 'internal')
        return
      }
      case 'tokenExpires': {
        const { place } = event
        if (place !== undefined) this.#answer(place, { type: 'tokenWanted' })
        return
      }
      case 'expelled':
        return this.#close(event.closeCode, event.code)
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

  #frame(frame: Uint8Array): void {
    let message: HocuspocusRequest
    try {
      message = decodeHocuspocusFrame(frame, this.#limits)
    } catch (error) {
      this.#limitHit(limitOf(error))
      return this.#close(closeCodeOf(error), 'malformed-message')
    }
    switch (message.type) {
      case 'ping':
        return this.#send({ type: 'pong' })
      case 'pong':
        return
      case 'document':
        return this.#request(message.key, message.name, message.request)
      default:
        return message satisfies never
    }
  }

  #request(key: string, name: string, request: DocumentRequest): void {
    if (request.type === 'close') return this.#forget(key)
    const document = this.#documents.get(key) ?? this.#begin(key, name, request)
    if (document === undefined) return
    if (request.type === 'auth') return this.#auth(key, document, request.token)
    if (document.state.kind === 'denied') return
    this.#say(document, request)
  }

  /** A place for a document that is new to this connection, unless there is none. */
  #begin(key: string, name: string, request: DocumentRequest): Document | undefined {
    const { roomsPerConnectionMax, helloTimeoutMs } = this.#limits
    const refuse = (reason: string): undefined => {
      if (request.type === 'auth') this.#answer(key, { type: 'permissionDenied', reason })
    }
    if (!isRoomName(name)) return refuse('not a name for a document')
    if (this.#documents.size >= roomsPerConnectionMax) {
      this.#limitHit('roomsPerConnectionMax')
      return refuse(`${roomsPerConnectionMax} documents are the most per connection`)
    }
    const state: DocumentState = { kind: 'unasked', deadline: this.#now + helloTimeoutMs }
    const document: Document = { place: new YjsPlace(key, name), state }
    this.#documents.set(key, document)
    this.#unasked.add(key)
    return document
  }

  #auth(key: string, document: Document, token: string): void {
    const { state } = document
    if (state.kind === 'authorizing' || (state.kind === 'open' && state.wish !== undefined)) return
    if (state.kind === 'denied') document.place = new YjsPlace(key, document.place.room)
    const { wish } = document.place
    document.state = state.kind === 'open' ? { ...state, wish } : { kind: 'authorizing', wish }
    this.#unasked.delete(key)
    this.#effects.push({ type: 'authorize', join: wish, token: token === '' ? undefined : token })
  }

  #authorized(join: Join, access: Access): void {
    const document = this.#documents.get(join.place)
    if (document === undefined) return
    const { state } = document
    if (state.kind === 'authorizing' && state.wish === join) {
      document.state = { kind: 'open', access, wish: undefined }
      this.#answer(join.place, { type: 'authenticated', access })
      return this.#apply(document, document.place.grant(access))
    }
    if (state.kind !== 'open' || state.wish !== join) return
    // The room knows what its member may do, and a place cannot change it: all begins anew, with the fresh tokens.
    if (state.access !== access) return this.#close(CloseCode.reset, 'access has changed')
    document.state = { ...state, wish: undefined }
    this.#answer(join.place, { type: 'authenticated', access })
  }

  #denied(join: Join, retryable: boolean): void {
    const document = this.#documents.get(join.place)
    if (document === undefined) return
    const { state } = document
    if ((state.kind !== 'authorizing' && state.kind !== 'open') || state.wish !== join) return
    if (retryable && state.kind === 'open') {
      // Nothing can be said about a fresh token now: the old one counts, and the client hears nothing that is not so.
      document.state = { ...state, wish: undefined }
      return
    }
    if (retryable) return this.#close(CloseCode.tryAgainLater, 'internal')
    this.#putOut(document, 'this document is not open to you')
  }

  /** The client says something about a document that is not denied. */
  #say(document: Document, request: YjsRequest): void {
    this.#apply(document, document.place.receive(request))
    // The sum is asked for only while something is kept.
    if (document.place.keptBytes > 0 && this.keptBytes > this.#limits.unjoinedBytesMax) {
      this.#limitHit('unjoinedBytesMax')
      this.#close(CloseCode.tryAgainLater, 'too much was sent before a document was open')
    }
  }

  #apply(document: Document, outputs: readonly PlaceOutput[]): void {
    for (const output of outputs) {
      if (this.#closing || document.state.kind === 'denied') return
      this.#output(document, output)
    }
  }

  #output(document: Document, output: PlaceOutput): void {
    const { place: key } = document.place
    switch (output.type) {
      case 'do':
        this.#effects.push(output.effect)
        return
      case 'say':
        return this.#answer(key, output.answer)
      case 'pass': {
        const { answer, shared } = output
        const encode = (): Uint8Array => encodeHocuspocusFrame({ type: 'document', key, answer })
        this.#effects.push({ type: 'sendShared', frame: shared.frame(`hocuspocus ${answer.type} ${key}`, encode) })
        return
      }
      case 'stateless':
        return this.#answer(key, { type: 'stateless', payload: output.payload })
      case 'entered':
        return
      case 'stored':
        for (const _ of output.pushes) this.#answer(key, { type: 'syncStatus', stored: true })
        return
      case 'refused':
        this.#answer(key, { type: 'syncStatus', stored: false })
        return this.#refused(output.failure)
      case 'ended':
        return this.#ended(document, output.failure)
      default:
        return output satisfies never
    }
  }

  #refused({ code, retryable }: PlaceFailure): void {
    if (retryable) this.#close(CloseCode.tryAgainLater, code)
    else if (code === 'malformed-update') this.#close(CloseCode.invalidPayload, code)
  }

  #ended(document: Document, { code, retryable, message }: PlaceFailure): void {
    if (code === 'unauthorized') return this.#close(CloseCode.unauthorized, code)
    if (code === 'access-changed') return this.#close(CloseCode.reset, code)
    if (retryable) return this.#close(CloseCode.tryAgainLater, code)
    this.#putOut(document, message)
  }

  /** The document is closed to this client; the others on this connection are not. */
  #putOut(document: Document, reason: string): void {
    const { place: key } = document.place
    const wasOpen = document.state.kind === 'open'
    document.state = { kind: 'denied' }
    document.place = new YjsPlace(key, document.place.room)
    this.#answer(key, { type: 'permissionDenied', reason })
    if (!wasOpen) return
    this.#answer(key, { type: 'closed', reason })
    this.#effects.push({ type: 'leave', place: key })
  }

  /** The client has closed the document. */
  #forget(key: string): void {
    const document = this.#documents.get(key)
    if (document === undefined) return
    this.#documents.delete(key)
    this.#unasked.delete(key)
    this.#effects.push({ type: 'leave', place: key })
  }

  #tick(now: number, sentAt: number): void {
    this.#now = now
    const late = this.#firstBy !== undefined && now >= this.#firstBy
    if (late || [...this.#unasked].some((key) => this.#isLate(key))) {
      this.#limitHit('helloTimeoutMs')
      return this.#close(CloseCode.timeout, 'no token in time')
    }
    for (const due of this.#liveness.due(now, sentAt)) {
      if (due === 'end') {
        this.#limitHit('heartbeatMs')
        this.#end(silence)
      } else if (due === 'probe') this.#effects.push({ type: 'probe' })
      else this.#send({ type: 'ping' })
    }
  }

  #isLate(key: string): boolean {
    const state = this.#documents.get(key)?.state
    return state?.kind === 'unasked' && this.#now >= state.deadline
  }

  #leaveAll(): void {
    for (const place of this.#documents.keys()) this.#effects.push({ type: 'leave', place })
    this.#documents.clear()
    this.#unasked.clear()
    this.#closing = true
  }

  #limitHit(limit: CountedLimit | undefined): void {
    if (limit !== undefined) this.#effects.push({ type: 'limitHit', limit })
  }

  #end({ code, reason }: Ending): void {
    this.#close(code, reason)
  }

  #close(code: CloseCode, reason: string): void {
    this.#leaveAll()
    this.#effects.push({ type: 'close', code, reason })
  }

  #answer(key: string, answer: DocumentAnswer): void {
    this.#send({ type: 'document', key, answer })
  }

  #send(message: HocuspocusAnswer): void {
    this.#effects.push({ type: 'send', messages: [message] })
  }
}
