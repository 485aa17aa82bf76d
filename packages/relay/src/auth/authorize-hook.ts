/**
 * The hook of an embedding program (access.ts) as an authenticator. Alone, it judges tokens itself, room by room. Behind
 * another authenticator it is asked for each room with the subject that the token was found to name, and its answer
 * takes the place of what the token says about rooms.
 */
import { isSubject, type Authorize, type Grant, type RoomAccess } from '../access.ts'
import { AuthError } from '../errors.ts'
import type { Authenticator, Principal } from './authenticator.ts'

/** `authenticator` absent: tokens are the hook's business alone, a missing one too. */
export function hookAuthenticator(authorize: Authorize, authenticator?: Authenticator): Authenticator {
  return {
    authenticate: async (credentials) => {
      const { token, address, request } = credentials
      const verified = await authenticator?.authenticate(credentials)
      const principal: Principal = {
        subject: verified?.subject,
        expiresAt: verified?.expiresAt,
        grant: async (room) => {
          const subject = verified?.subject
          const grant = checkedGrant(await authorize({ token, room, address, request, subject }))
          return { ...grant, subject: agreed(subject, grant.subject) }
        },
      }
      return principal
    },
  }
}

/** A hook in plain JavaScript may return anything: what is no access is none, and what is no grant is an error. */
function checkedGrant(answer: RoomAccess | Grant): Grant {
  const given: unknown = answer
  const grant = typeof given === 'object' && given !== null ? (given as Grant) : { access: given }
  const access = grant.access === 'read' || grant.access === 'write' ? grant.access : 'none'
  const { subject, expiresAt } = grant as Grant
  if (subject !== undefined && (typeof subject !== 'string' || !isSubject(subject))) {
    throw new AuthError('unavailable', 'the authorize hook returned a subject that is none')
  }
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw new AuthError('unavailable', 'the authorize hook returned an expiry that is no time')
  }
  return { access, subject, expiresAt }
}

/** The hook may add a name, but not give somebody that the token names another one. */
function agreed(verified: string | undefined, granted: string | undefined): string | undefined {
  if (verified === undefined || granted === undefined || granted === verified) return verified ?? granted
  throw new AuthError('unavailable', 'the authorize hook names another subject than the token')
}
