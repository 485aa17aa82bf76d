/**
 * The errors of the merge core. Bytes that come from outside are weather: a decoder throws a {@link DecodeError}, never
 * anything else; what decodes, but contradicts what is known, is a {@link ConflictError}. A broken invariant is our own bug: {@link assert} stops at once.
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

/** Two different things said of the same units. Ranges are half-open. */
export interface Conflict {
  readonly client: number
  /** The units of which both speak. */
  readonly start: number
  readonly end: number
  /** The struct that was there before, and the one that came. */
  readonly known: { readonly start: number; readonly end: number }
  readonly incoming: { readonly start: number; readonly end: number }
}

/**
 * An update claims IDs that are taken, with other content or at another place in the document: a client ID was copied (a cloned
 * disk, a restored backup that went on writing) or forged. Nothing was changed by the failed call; a retry fails again. Replicas
 * that apply both diverge for good, so somebody has to decide whom to believe.
 */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly code = 'conflicting-ids'
  /** At least one, in the order in which they were found; up to {@link CONFLICTS_REPORTED_MAX}. */
  readonly conflicts: readonly Conflict[]

  constructor(conflicts: readonly Conflict[]) {
    const { client, start, end } = conflicts[0]!
    super(`units ${start} … ${end - 1} of client ${client} were written before, differently (conflicting-ids)`)
    this.conflicts = conflicts
  }
}

/** More than these are not listed: a forged document would be one conflict per struct. */
export const CONFLICTS_REPORTED_MAX = 16

/** Stops when an invariant of the core itself is broken. Never used for input. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${invariant}`)
}
