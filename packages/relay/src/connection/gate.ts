/**
 * Who one client is, and which of its wishes are granted: the driver of a token's life (auth/token-session.ts). It asks
 * the authenticator, holds the principal, and lets joins wait until there is one. When the token is refreshed, every
 * place is granted anew; what has changed is told to the connection, which owns the places. A place about which nothing can be
 * said then stays what it was, for as long as it was granted, and is asked for again.
 *
 * One connection has one gate, or one for each place where clients show a token for each document. Nothing here throws,
 * and nothing is told after `close`.
 */
import type { Access, WireCode } from '@syncline/protocol'
import type { Grant, RoomAccess } from '../access.ts'
import type { Authenticator, Credentials, Principal } from '../auth/authenticator.ts'
import {
  TokenSession,
  type EndReason,
  type TokenEffect,
  type TokenEvent,
  type TokenLimits,
} from '../auth/token-session.ts'
import { AuthError } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Join } from './session.ts'

/** What a gate tells its connection. */
export interface GateOwner {
  admitted(): void
  authorized(join: Join, access: Access, subject: string | undefined): void
  denied(join: Join, code: WireCode, retryable: boolean): void
  /** A place that was granted is not what it was any more. */
  changed(place: string, access: RoomAccess): void
  /** The token runs out in `deadlineMs`. */
  expires(deadlineMs: number): void
  /** The client is not to be served any more, nor the joins that are undecided; `detail` is for people. */
  expelled(reason: EndReason, detail: string, undecided: readonly Join[]): void
  /** The authenticator, or the hook behind it, failed. */
  failed(room: string | undefined, error: unknown): void
}

export interface GateOptions {
  readonly authenticator: Authenticator
  readonly credentials: Omit<Credentials, 'token'>
  readonly limits: TokenLimits
  readonly scheduler: Scheduler
}

type Standing =
  /** No token was presented yet; not even the lack of one. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'verifying' }
  /** There has to be a token, and there is none. */
  | { readonly kind: 'withheld' }
  | { readonly kind: 'admitted'; readonly principal: Principal }
  | { readonly kind: 'closed' }

interface Place {
  readonly join: Join
  /** Absent while it is being granted for the first time. */
  access: Access | undefined
  /** When what was granted runs out; absent: with the token, or never. */
  deadline: number | undefined
  /** Whether the join is to be answered, and not only what has changed. */
  isAnswerOwed: boolean
  /** When to ask again, because nothing could be said about it. */
  retryAt: number | undefined
}

/** How long after nobody could say what a place is the question is asked again. */
const GRANT_RETRY_MS = 5000

/** Tokens that are looked at at a time. Of those that a client shows meanwhile, the newest waits. */
const VERIFICATIONS_MAX = 2

const details: Readonly<Record<EndReason, string>> = {
  expired: 'the token has expired',
  'invalid-token': 'the token is not valid',
  'other-subject': 'the token names somebody else than the one before',
  unavailable: 'the token cannot be verified now',
}

export class Gate {
  readonly #options: GateOptions
  readonly #owner: GateOwner
  readonly #session: TokenSession
  /** Wishes that wait for a principal, and places that are, or are being, granted. As many as the client has rooms. */
  readonly #waiting = new Map<string, Join>()
  readonly #places = new Map<string, Place>()
  /** Principals that were found, and are not accepted yet, by attempt. */
  readonly #found = new Map<number, Principal>()
  #standing: Standing = { kind: 'unknown' }
  #token: string | undefined
  /** The last one: that of `token`. */
  #attempt = 0
  #verifications = 0
  /** The newest token, while as many as possible are looked at. */
  #next: { readonly attempt: number; readonly token: string | undefined } | undefined
  #failure: AuthError | undefined

  constructor(options: GateOptions, owner: GateOwner) {
    this.#options = options
    this.#owner = owner
    this.#session = new TokenSession(options.limits)
  }

  get subject(): string | undefined {
    return this.#session.subject
  }

  /** Whether a place that was granted still is. While it is granted anew, what it was before counts. */
  stillGrants(place: string): boolean {
    return this.#places.has(place)
  }

  /** The client shows a token, its first or a fresh one, or says that it has none. */
  present(token: string | undefined): void {
    if (this.#standing.kind === 'closed') return
    this.#token = token
    if (this.#standing.kind !== 'admitted') this.#standing = { kind: 'verifying' }
    this.#take({ type: 'present', token })
  }

  /**
   * Asks for a place, or for one that is granted anew; the answer may come within the call. A `token` that is not the last
   * one presented is presented by this.
   */
  enter(join: Join, token: string | undefined): void {
    if (this.#standing.kind === 'unknown' || token !== this.#token) {
      this.#waiting.set(join.place, join)
      return this.present(token)
    }
    if (this.#standing.kind === 'withheld') return this.#owner.denied(join, 'unauthorized', false)
    if (this.#standing.kind === 'admitted') return this.#enter(join)
    this.#waiting.set(join.place, join)
  }

  /** The place is no more, or is not wanted any more. */
  left(place: string): void {
    this.#waiting.delete(place)
    this.#places.delete(place)
  }

  tick(now: number): void {
    this.#take({ type: 'tick', now })
    for (const place of this.#places.values()) {
      if (place.retryAt === undefined || now < place.retryAt || this.#standing.kind !== 'admitted') continue
      place.retryAt = undefined
      void this.#decide(place, this.#standing.principal)
    }
  }

  close(): void {
    this.#standing = { kind: 'closed' }
    this.#waiting.clear()
    this.#places.clear()
    this.#found.clear()
    this.#next = undefined
  }

  /** A method, since every call that tells the owner something may close the gate. */
  #closed(): boolean {
    return this.#standing.kind === 'closed'
  }

  #take(event: TokenEvent): void {
    for (const effect of this.#session.handle(event)) {
      if (this.#closed()) return
      this.#perform(effect)
    }
  }

  #perform(effect: TokenEffect): void {
    switch (effect.type) {
      case 'authenticate':
        this.#attempt = effect.attempt
        this.#next = effect
        return this.#authenticateNext()
      case 'accept':
        return this.#accept(effect.attempt)
      case 'withhold':
        this.#standing = { kind: 'withheld' }
        return this.#denyWaiting('unauthorized', false)
      case 'reauthenticate':
        return this.#owner.expires(effect.deadlineMs)
      case 'end': {
        const known = effect.reason === 'invalid-token' ? this.#failure?.message : undefined
        const undecided = this.#undecidedJoins()
        this.close()
        return this.#owner.expelled(effect.reason, known ?? details[effect.reason], undecided)
      }
      default:
        return effect satisfies never
    }
  }

  #authenticateNext(): void {
    const next = this.#next
    if (next === undefined || this.#verifications >= VERIFICATIONS_MAX) return
    this.#next = undefined
    this.#verifications++
    void this.#authenticate(next.attempt, next.token)
  }

  async #authenticate(attempt: number, token: string | undefined): Promise<void> {
    const { authenticator, credentials, scheduler } = this.#options
    try {
      const principal = await authenticator.authenticate({ ...credentials, token })
      if (this.#closed()) return
      this.#found.set(attempt, principal)
      const { subject, expiresAt } = principal
      this.#take({ type: 'authenticated', attempt, subject, validMs: this.#validMs(expiresAt), now: scheduler.now() })
    } catch (error) {
      const failure = error instanceof AuthError ? error : new AuthError('unavailable', details.unavailable)
      if (failure.code === 'unavailable') this.#owner.failed(undefined, error)
      if (this.#closed()) return
      this.#failure = failure
      this.#take({ type: 'failed', attempt, code: failure.code, now: scheduler.now() })
      if (attempt === this.#attempt) this.#denyWaiting('internal', true)
    } finally {
      this.#found.delete(attempt)
      this.#verifications--
      this.#authenticateNext()
    }
  }

  #denyWaiting(code: WireCode, retryable: boolean): void {
    const denied = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const join of denied) this.#owner.denied(join, code, retryable)
  }

  #undecidedJoins(): readonly Join[] {
    const owed = [...this.#places.values()].filter(({ isAnswerOwed }) => isAnswerOwed)
    return [...this.#waiting.values(), ...owed.map(({ join }) => join)]
  }

  #accept(attempt: number): void {
    const principal = this.#found.get(attempt)
    if (principal === undefined) return
    const first = this.#standing.kind !== 'admitted'
    this.#standing = { kind: 'admitted', principal }
    if (first) this.#owner.admitted()
    for (const place of this.#places.values()) {
      if (!this.#waiting.has(place.join.place)) void this.#decide(place, principal)
    }
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const join of waiting) this.#enter(join)
  }

  #enter(join: Join): void {
    if (this.#standing.kind !== 'admitted') return
    // One that is granted anew is meanwhile what it was.
    const { access, deadline } = this.#places.get(join.place) ?? {}
    const place: Place = { join, access, deadline, isAnswerOwed: true, retryAt: undefined }
    this.#places.set(join.place, place)
    void this.#decide(place, this.#standing.principal)
  }

  /** Asks what the place is by this principal, and tells if that is news. */
  async #decide(place: Place, principal: Principal): Promise<void> {
    const { join } = place
    let grant: Grant | undefined
    try {
      grant = await principal.grant(join.room)
    } catch (error) {
      this.#owner.failed(join.room, error)
    }
    // The place was left, or another principal counts by now, which is asked for it as well.
    if (this.#places.get(join.place) !== place) return
    if (this.#standing.kind !== 'admitted' || this.#standing.principal !== principal) return
    if (grant === undefined) return this.#undecided(place)
    const { subject, expiresAt } = grant
    const now = this.#options.scheduler.now()
    const validMs = shorter(this.#validMs(expiresAt), this.#validMs(principal.expiresAt))
    place.deadline = validMs === undefined ? undefined : now + validMs
    place.retryAt = undefined
    this.#take({ type: 'granted', subject, validMs, now })
    if (!this.#closed()) this.#decided(place, grant.access)
  }

  #decided(place: Place, access: RoomAccess): void {
    const { join, access: before, isAnswerOwed } = place
    place.isAnswerOwed = false
    if (access === 'none') this.#places.delete(join.place)
    else place.access = access
    if (!isAnswerOwed) {
      if (access !== before) this.#owner.changed(join.place, access)
      return
    }
    if (access !== 'none') return this.#owner.authorized(join, access, this.subject)
    this.#owner.denied(join, this.#token === undefined ? 'unauthorized' : 'forbidden', false)
  }

  /** What was granted before counts on, for as long as it did: the token that has come since may say less. */
  #undecided(place: Place): void {
    const { join, access, deadline, isAnswerOwed } = place
    place.isAnswerOwed = false
    if (access === undefined) this.#places.delete(join.place)
    else {
      const now = this.#options.scheduler.now()
      place.retryAt = now + GRANT_RETRY_MS
      const validMs = deadline === undefined ? undefined : deadline - now
      this.#take({ type: 'granted', subject: undefined, validMs, now })
    }
    if (isAnswerOwed && !this.#closed()) this.#owner.denied(join, 'internal', true)
  }

  #validMs(expiresAt: number | undefined): number | undefined {
    return expiresAt === undefined ? undefined : expiresAt - this.#options.scheduler.wallNow()
  }
}

function shorter(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
