/**
 * What went wrong with the device store, in the client's words. Browsers tell by the name of a `DOMException`, and not all by the
 * same one.
 */
import { SynclineError } from '../errors.ts'

/** The error for `cause`; a `SynclineError` is passed on as it is. `doing` completes "Could not …". */
export function toStoreError(cause: unknown, doing: string): SynclineError {
  if (cause instanceof SynclineError) return cause
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : undefined
  const why = cause instanceof Error || cause instanceof DOMException ? cause.message : String(cause)
  const message = `Could not ${doing}: ${name ?? 'error'}: ${why}`
  switch (name) {
    case 'QuotaExceededError':
      return new SynclineError('store-full', message, { cause, retryable: true })
    case 'SecurityError': // storage is switched off, or the page has an opaque origin
    case 'InvalidStateError': // Firefox's private mode of old; or the connection cannot be had back
    case 'NotFoundError': // somebody else's database, without our object store
    case 'VersionError': // a newer version of this code has upgraded the database
      return new SynclineError('store-unavailable', message, { cause })
    case undefined:
    default:
      return new SynclineError('store-failed', message, { cause, retryable: true })
  }
}
