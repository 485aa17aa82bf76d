/** With which code a socket is closed, for protocols whose clients are told nothing else. */
import { DecodeError } from '@syncline/core'
import { CloseCode, type WireCode } from '@syncline/protocol'

/**
 * For bytes that did not decode: of an unknown kind, too many, or not what they claim. Rethrows everything that is no
 * `DecodeError`.
 */
export function closeCodeOf(error: unknown): CloseCode {
  if (!(error instanceof DecodeError)) throw error
  if (error.code === 'unknown-tag') return CloseCode.protocolError
  return error.code === 'limit-exceeded' ? CloseCode.messageTooBig : CloseCode.invalidPayload
}

/** For a client that is not, or no longer, let into a room. */
export function closeCodeFor(code: WireCode, retryable: boolean): CloseCode {
  if (code === 'unauthorized') return CloseCode.unauthorized
  return retryable ? CloseCode.tryAgainLater : CloseCode.forbidden
}
