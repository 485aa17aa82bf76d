/**
 * The errors of the merge core. Bytes that come from outside are weather: a decoder throws a {@link DecodeError}, never
 * anything else. A broken invariant is our own bug: {@link assert} stops at once.
 */

/** Why bytes could not be decoded. Callers branch on this, never on the message. */
export type DecodeErrorCode =
  /** The value goes on after the last byte. */
  | 'unexpected-end'
  /** Bytes are left after the value. */
  | 'trailing-bytes'
  /** An integer is above 2^53 − 1, or a clock range ends above it. */
  | 'integer-overflow'
  /** A string is not UTF-8. */
  | 'invalid-utf8'
  /** A tag, flag or reference is outside its known set. */
  | 'unknown-tag'
  /** Known parts in a combination that no writer produces (an empty run, a client listed twice, …). */
  | 'invalid-value'
  /** A named limit on size, count or depth is passed. */
  | 'limit-exceeded'

/**
 * Thrown by every decoder: the input is not a value of the expected format. `offset` is the byte at which decoding gave
 * up, counted from the start of the input. Nothing was changed by the failed call; a retry with the same bytes fails again.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly code: DecodeErrorCode
  readonly offset: number

  constructor(code: DecodeErrorCode, offset: number, detail: string) {
    super(`${detail} (${code} at byte ${offset})`)
    this.code = code
    this.offset = offset
  }
}

/** Stops when an invariant of the core itself is broken. Never used for input. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${invariant}`)
}
