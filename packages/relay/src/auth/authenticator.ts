/**
 * The port through which the relay learns who a client is. An authenticator turns credentials into a *principal*, once
 * for each token that a connection presents; the principal then answers for each room. What becomes of a live
 * connection when its token runs out, or is refreshed, is decided in token-session.ts.
 */
import type { Grant, OpeningRequest } from '../access.ts'

/** What a client presents. */
export interface Credentials {
  /** As it was sent; absent when the client has none. */
  readonly token: string | undefined
  /** The IP address of the connection's other end. */
  readonly address: string
  readonly request?: OpeningRequest | undefined
}

/** A client that is known, or known to be nobody in particular. */
export interface Principal {
  /** Absent: an anonymous client, or one whose name only the grants tell. */
  readonly subject: string | undefined
  /** When the token runs out, in milliseconds since 1970; absent: never. */
  readonly expiresAt: number | undefined
  /**
   * What it may do in a room. Rejecting lets the client retry, as does a promise that takes longer than `authTimeoutMs`. The
   * grant of one room never depends on another's.
   */
  grant(room: string): Grant | Promise<Grant>
}

export interface Authenticator {
  /**
   * Rejects with `AuthError`: `missing-token`, `invalid-token`, or `unavailable` when nothing can be said now. Whatever
   * else it rejects with counts as `unavailable`, and so does taking longer than `authTimeoutMs`.
   */
  authenticate(credentials: Credentials): Promise<Principal>
}
