/** The errors of the client. Callers branch on `code`. */
import type { IdRange } from '@syncline/core'
import type { WireCode } from '@syncline/protocol'

export type SynclineErrorCode =
  /** This device does not keep data: private mode, storage switched off, or a database that cannot be opened. */
  | 'store-unavailable'
  /** The device's storage quota is used up. */
  | 'store-full'
  /** The database is held open by a page with an older version. */
  | 'store-blocked'
  /** A read or write of the device store failed otherwise. */
  | 'store-failed'
  /** The relay closed the connection, or could not be reached. */
  | 'connection-lost'
  /** The relay and this client have no protocol version in common. */
  | 'unsupported-version'
  /** The relay sent bytes that are no message of the protocol. */
  | 'malformed-message'
  /** The relay wants a token, or a fresh one. */
  | 'unauthorized'
  /** The relay does not let this client into the room. */
  | 'refused'
  /** The relay refused an edit for good; it is kept on this device. */
  | 'rejected'
  /** A client ID was copied, and both copies wrote: the same units have two contents. See `conflicts`. */
  | 'conflict'
  /** What was asked of was closed before it could answer. */
  | 'closed'
  /** A wait was given up through its `AbortSignal`. */
  | 'aborted'
  /** The name of a room is empty, too long, or holds control characters. */
  | 'invalid-room-name'

/**
 * `retryable`: the client tries again by itself, or a later call may succeed. `wireCode`: what the relay said, if it did.
 * `conflicts`: for `conflict`, the units that were written twice; half-open ranges.
 */
export class SynclineError extends Error {
  override readonly name = 'SynclineError'
  readonly code: SynclineErrorCode
  readonly retryable: boolean
  readonly wireCode: WireCode | undefined
  readonly conflicts: readonly IdRange[]

  constructor(
    code: SynclineErrorCode,
    message: string,
    options: ErrorOptions & {
      readonly retryable?: boolean
      readonly wireCode?: WireCode
      readonly conflicts?: readonly IdRange[]
    } = {},
  ) {
    super(message, options)
    this.code = code
    this.retryable = options.retryable ?? false
    this.wireCode = options.wireCode
    this.conflicts = options.conflicts ?? []
  }
}
