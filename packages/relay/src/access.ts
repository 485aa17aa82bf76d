/**
 * Who may do what: the hook that an embedding program gives the relay, and the words that all of authentication shares.
 * Without a hook and without an authenticator (auth/authenticator.ts) everybody may write everywhere, and the relay
 * serves the loopback interface only.
 */
import type { Access } from '@syncline/protocol'

/** What somebody may do in a room; `none`: not even enter it. */
export type RoomAccess = Access | 'none'

/** The HTTP request that a connection began with. */
export interface OpeningRequest {
  /** Path and query, as they were sent. */
  readonly url: string
  /** By lower-case name, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** One wish to enter a room. */
export interface AccessRequest {
  /** As the client sent it: verified only if an authenticator is configured as well, which then names `subject`. */
  readonly token: string | undefined
  readonly room: string
  /** The IP address of the connection's other end, or of the client behind `trustedProxies`. */
  readonly address: string
  /** Absent where there was no HTTP request. */
  readonly request?: OpeningRequest | undefined
  /** Whom the authenticator found the token to name; absent without an authenticator. */
  readonly subject?: string | undefined
}

/** What one room is to one client. */
export interface Grant {
  readonly access: RoomAccess
  /**
   * Who it is: what is written carries this name, and client IDs belong to it. At most {@link SUBJECT_BYTES_MAX} bytes
   * of UTF-8. Absent: nobody in particular, and what is written carries no name.
   */
  readonly subject?: string | undefined
  /** Until when, in milliseconds since 1970; absent: for as long as the connection lives. */
  readonly expiresAt?: number | undefined
}

/**
 * Decides on one join; it is asked again for every join, and for each room of a connection whose token was refreshed.
 * An access alone is a grant to nobody in particular, for good. Throwing, or rejecting, refuses this join and lets the
 * client retry; so does an answer that takes longer than `authTimeoutMs`. A room that was granted before stays what it was meanwhile.
 */
export type Authorize = (request: AccessRequest) => RoomAccess | Grant | Promise<RoomAccess | Grant>

/** UTF-8 bytes of a subject: the longest that OpenID Connect allows. */
export const SUBJECT_BYTES_MAX = 255

/** Whether `text` can be a subject: 1 … {@link SUBJECT_BYTES_MAX} bytes of UTF-8, and no lone surrogates. */
export function isSubject(text: string): boolean {
  if (/\p{Surrogate}/u.test(text)) return false
  return text.length > 0 && text.length <= SUBJECT_BYTES_MAX && Buffer.byteLength(text, 'utf8') <= SUBJECT_BYTES_MAX
}
