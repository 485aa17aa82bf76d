/**
 * An authenticator that answers in time: whatever the one behind it, or the hook of an embedding program, has not said by
 * then is not waited for any more. Nobody's slot is held by a question that is never answered: neither a join's, nor that of
 * an HTTP request, nor that of the next token.
 */
import type { Grant } from '../access.ts'
import { AuthError } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Authenticator, Principal } from './authenticator.ts'

export interface PunctualOptions {
  readonly timeoutMs: number
  readonly scheduler: Scheduler
  /** An answer was not there in time. */
  readonly onLate: () => void
}

/**
 * `authenticate` and `grant` reject with `AuthError` `unavailable` after `timeoutMs`. What the authenticator says later is
 * dropped, be it an error; that it goes on working is its own affair.
 */
export function punctual(authenticator: Authenticator, options: PunctualOptions): Authenticator {
  return {
    authenticate: async (credentials) => {
      const principal = await inTime(authenticator.authenticate(credentials), 'about a token', options)
      return punctualPrincipal(principal, options)
    },
  }
}

function punctualPrincipal(principal: Principal, options: PunctualOptions): Principal {
  const { subject, expiresAt } = principal
  const grant = async (room: string): Promise<Grant> => inTime(principal.grant(room), 'about a room', options)
  return { subject, expiresAt, grant }
}

async function inTime<Answer>(
  answer: Answer | PromiseLike<Answer>,
  question: string,
  { timeoutMs, scheduler, onLate }: PunctualOptions,
): Promise<Answer> {
  if (!isPromiseLike(answer)) return answer
  let cancel = (): void => {}
  const late = new Promise<never>((_, reject) => {
    cancel = scheduler.after(timeoutMs, () => {
      onLate()
      reject(new AuthError('unavailable', `nothing was said ${question} within ${timeoutMs} ms`))
    })
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    cancel()
  }
}

/** A hook may answer with the promise of a library of its own. */
function isPromiseLike<Answer>(answer: Answer | PromiseLike<Answer>): answer is PromiseLike<Answer> {
  return typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
}
