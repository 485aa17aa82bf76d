/**
 * Authentication by JSON Web Token (RFC 7519): `sub` says who, `exp` until when, and one more claim which rooms
 * (room-rules.ts):
 *
 *   { "sub": "ada", "exp": 1767225600, "rooms": { "team/**": "write", "news": "read" } }
 *
 * Tokens are verified with one key, or one set of keys, and the algorithms pinned to it (jwt-key.ts). A token that says
 * nothing about rooms is valid and opens none.
 */
import { jwtVerify, errors, type JWTPayload } from 'jose'
import { isSubject } from '../access.ts'
import { AuthError, RelayError } from '../errors.ts'
import type { Authenticator, Principal } from './authenticator.ts'
import { jwtKey, type JwtKey, type JwtKeyOptions } from './jwt-key.ts'
import { RoomRules } from './room-rules.ts'

export interface JwtOptions extends JwtKeyOptions {
  /** What `iss` has to be; one of them, if there are several. Absent: it is not looked at. */
  readonly issuer?: string | readonly string[] | undefined
  /** What `aud` has to name; one of them, if there are several. Absent: it is not looked at. */
  readonly audience?: string | readonly string[] | undefined
  /** How far the issuer's clock may be off, in seconds: 5 by default, at most {@link CLOCK_TOLERANCE_SECONDS_MAX}. */
  readonly clockToleranceSeconds?: number | undefined
  /** Whether a token has to run out at some time: true by default. */
  readonly expiryRequired?: boolean | undefined
  /** The claim that holds the rules for rooms: `rooms` by default. Its name as it stands; a dot or slash is part of it. */
  readonly roomsClaim?: string | undefined
  /** Milliseconds since 1970: the system's clock by default. */
  readonly now?: (() => number) | undefined
}

export const CLOCK_TOLERANCE_SECONDS_MAX = 300

/** Throws `RelayError` `invalid-option` for options that cannot work or are not safe. Fetches nothing yet. */
export function jwtAuthenticator(options: JwtOptions): Authenticator {
  const { clockToleranceSeconds = 5, now = Date.now } = options
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds <= CLOCK_TOLERANCE_SECONDS_MAX)) {
    throw new RelayError('invalid-option', `a clock tolerance has 0 … ${CLOCK_TOLERANCE_SECONDS_MAX} seconds`)
  }
  const key = jwtKey(options, now)
  return {
    authenticate: async ({ token }) => {
      if (token === undefined || token === '') throw new AuthError('missing-token', 'a token is needed')
      const payload = await verify(token, key, { ...options, clockToleranceSeconds, now })
      return principalOf(payload, options.roomsClaim ?? 'rooms', clockToleranceSeconds)
    },
  }
}

interface Checks extends Pick<JwtOptions, 'issuer' | 'audience' | 'expiryRequired'> {
  readonly clockToleranceSeconds: number
  readonly now: () => number
}

async function verify(token: string, { key, algorithms }: JwtKey, checks: Checks): Promise<JWTPayload> {
  const { issuer, audience, clockToleranceSeconds, now, expiryRequired = true } = checks
  const options = {
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    currentDate: new Date(now()),
    requiredClaims: expiryRequired ? ['sub', 'exp'] : ['sub'],
    ...(issuer === undefined ? {} : { issuer: asList(issuer) }),
    ...(audience === undefined ? {} : { audience: asList(audience) }),
  }
  try {
    // The library has one signature for keys, and one for functions that find them.
    const verified = typeof key === 'function' ? jwtVerify(token, key, options) : jwtVerify(token, key, options)
    const { payload } = await verified
    return payload
  } catch (cause) {
    if (cause instanceof AuthError) throw cause
    const reason = cause instanceof errors.JOSEError ? cause.message : 'it cannot be verified'
    throw new AuthError('invalid-token', `the token is not valid: ${reason}`, { cause })
  }
}

function principalOf(payload: JWTPayload, roomsClaim: string, clockToleranceSeconds: number): Principal {
  const { sub: subject, exp } = payload
  if (subject === undefined || !isSubject(subject)) {
    throw new AuthError('invalid-token', 'the token is not valid: its subject is empty or too long')
  }
  const rules = RoomRules.parse(Object.hasOwn(payload, roomsClaim) ? payload[roomsClaim] : {})
  if (typeof rules === 'string') {
    throw new AuthError('invalid-token', `the token is not valid: its claim ${JSON.stringify(roomsClaim)}: ${rules}`)
  }
  // As long as a new connection with the same token would be let in.
  const expiresAt = exp === undefined ? undefined : (exp + clockToleranceSeconds) * 1000
  return { subject, expiresAt, grant: (room) => ({ access: rules.access(room), subject, expiresAt }) }
}

function asList(names: string | readonly string[]): string[] {
  return typeof names === 'string' ? [names] : [...names]
}
