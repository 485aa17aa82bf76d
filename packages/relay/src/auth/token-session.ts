/**
 * How long a client is who it said it is: the life of the token that one connection (or one document of a connection
 * that carries many) was let in with. Pure: `handle(event)` changes the session's own state and returns the effects for
 * its driver, in order. It holds no principal and knows no room; those are the driver's.
 *
 * ```
 *          present               authenticated                     deadline
 * waiting ─────────▶ verifying ───────────────▶ valid ───────────────────────────────▶ ended
 *   ▲                 │    │                    │  ▲ │ lead time before: asks for a fresh token
 *   └──missing-token──┘    └──failed──▶ ended   │  │ └ present: a refresh is verified beside the token that counts
 *                                               └──┘ authenticated: it counts from now on, rooms are granted anew
 * ```
 *
 * One session has one subject: a refresh that names another ends it. The newest token counts: what is found out about
 * an older one is of no interest any more. A refresh about which nothing can be said now changes nothing, and is asked
 * for again as long as there is time.
 */
import type { AuthErrorCode } from '../errors.ts'

/** Times are the scheduler's, in milliseconds. `validMs` absent: for good. */
export type TokenEvent =
  /** The client sent a token, or began without one. */
  | { readonly type: 'present'; readonly token: string | undefined }
  /** The answer to the effect `authenticate` of that number. */
  | {
      readonly type: 'authenticated'
      readonly attempt: number
      readonly subject: string | undefined
      readonly validMs: number | undefined
      readonly now: number
    }
  | { readonly type: 'failed'; readonly attempt: number; readonly code: AuthErrorCode; readonly now: number }
  /** A room was granted, which may name the subject, and may end earlier than the token. */
  | {
      readonly type: 'granted'
      readonly subject: string | undefined
      readonly validMs: number | undefined
      readonly now: number
    }
  | { readonly type: 'tick'; readonly now: number }

export type TokenEffect =
  /** Ask the authenticator; answer with `authenticated` or `failed`. */
  | { readonly type: 'authenticate'; readonly attempt: number; readonly token: string | undefined }
  /** The principal of this attempt is the one that counts. `refreshed`: every room is to be granted anew. */
  | { readonly type: 'accept'; readonly attempt: number; readonly refreshed: boolean }
  /** Nobody may enter a room, until a token comes: there is none. */
  | { readonly type: 'withhold' }
  /** Tell the client to send a fresh token within `deadlineMs`, a whole number. */
  | { readonly type: 'reauthenticate'; readonly deadlineMs: number }
  /** The client is to be let go; nothing more comes from the session. */
  | { readonly type: 'end'; readonly reason: EndReason }

export type EndReason =
  /** The token has run out. */
  | 'expired'
  | 'invalid-token'
  /** A refresh, or a grant, named somebody else. */
  | 'other-subject'
  /** Nothing can be said about the first token now. */
  | 'unavailable'

export interface TokenLimits {
  /** How long before its token runs out a client is asked for a fresh one; half of its life for shorter ones. */
  readonly reauthenticateLeadMs: number
}

type State =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'verifying'; readonly attempt: number }
  | {
      readonly kind: 'valid'
      /** When the token runs out, and when a fresh one is asked for; absent: never, and when it has been. */
      readonly deadline: number | undefined
      readonly askAt: number | undefined
      /** The refresh that is being verified. */
      readonly refresh: number | undefined
    }
  | { readonly kind: 'ended' }

type Valid = State & { readonly kind: 'valid' }

export class TokenSession {
  readonly #limits: TokenLimits
  #state: State = { kind: 'waiting' }
  #subject: string | undefined
  #attempts = 0
  #effects: TokenEffect[] = []

  constructor(limits: TokenLimits) {
    this.#limits = limits
  }

  /** Who the client is, as far as it is known. It never changes once it is. */
  get subject(): string | undefined {
    return this.#subject
  }

  handle(event: TokenEvent): readonly TokenEffect[] {
    this.#effects = []
    if (this.#state.kind !== 'ended') this.#dispatch(this.#state, event)
    return this.#effects
  }

  #dispatch(state: Exclude<State, { kind: 'ended' }>, event: TokenEvent): void {
    switch (event.type) {
      case 'present': {
        const attempt = ++this.#attempts
        this.#state = state.kind === 'valid' ? { ...state, refresh: attempt } : { kind: 'verifying', attempt }
        this.#effects.push({ type: 'authenticate', attempt, token: event.token })
        return
      }
      case 'authenticated':
        return this.#authenticated(state, event)
      case 'failed':
        return this.#failed(state, event)
      case 'granted':
        return this.#granted(state, event)
      case 'tick':
        return this.#tick(state, event.now)
      default:
        return event satisfies never
    }
  }

  #authenticated(state: State, { attempt, subject, validMs, now }: TokenEvent & { type: 'authenticated' }): void {
    if (!isAwaited(state, attempt)) return
    if (!this.#isSame(subject)) return this.#end('other-subject')
    this.#state = { kind: 'valid', deadline: undefined, askAt: undefined, refresh: undefined }
    this.#limitTo(this.#state, validMs, now)
    this.#effects.push({ type: 'accept', attempt, refreshed: state.kind === 'valid' })
  }

  #failed(state: State, { attempt, code, now }: TokenEvent & { type: 'failed' }): void {
    if (!isAwaited(state, attempt)) return
    if (state.kind === 'valid' && code === 'unavailable') {
      // Half of the time that is left: often enough, and never in a hurry.
      const askAt = state.deadline === undefined ? undefined : now + (state.deadline - now) / 2
      this.#state = { ...state, refresh: undefined, askAt }
      return
    }
    if (state.kind === 'verifying' && code === 'missing-token') {
      this.#state = { kind: 'waiting' }
      this.#effects.push({ type: 'withhold' })
      return
    }
    this.#end(code === 'missing-token' ? 'invalid-token' : code)
  }

  #granted(state: State, { subject, validMs, now }: TokenEvent & { type: 'granted' }): void {
    if (!this.#isSame(subject)) return this.#end('other-subject')
    if (state.kind === 'valid') this.#limitTo(state, validMs, now)
  }

  #tick(state: State, now: number): void {
    if (state.kind !== 'valid' || state.deadline === undefined) return
    if (now >= state.deadline) return this.#end('expired')
    if (state.askAt === undefined || now < state.askAt || state.refresh !== undefined) return
    this.#state = { ...state, askAt: undefined }
    this.#effects.push({ type: 'reauthenticate', deadlineMs: Math.ceil(state.deadline - now) })
  }

  /** The token, or what it grants, runs out in `validMs`, if not before. */
  #limitTo(state: Valid, validMs: number | undefined, now: number): void {
    if (validMs === undefined) return
    const deadline = now + validMs
    if (state.deadline !== undefined && state.deadline <= deadline) return
    const leadMs = Math.min(this.#limits.reauthenticateLeadMs, validMs / 2)
    this.#state = { ...state, deadline, askAt: deadline - leadMs }
  }

  /** Whether `subject` is who the client was before; learnt here if that was not known. */
  #isSame(subject: string | undefined): boolean {
    this.#subject ??= subject
    return subject === undefined || subject === this.#subject
  }

  #end(reason: EndReason): void {
    this.#state = { kind: 'ended' }
    this.#effects.push({ type: 'end', reason })
  }
}

function isAwaited(state: State, attempt: number): boolean {
  if (state.kind === 'verifying') return state.attempt === attempt
  return state.kind === 'valid' && state.refresh === attempt
}
