/** The errors of the relay that are weather: somebody handles each of them. Wire and close codes are the protocol's. */

/** Why a log operation failed. */
export type LogErrorCode =
  /** The disk, or the map, is full. */
  | 'full'
  /** The storage failed otherwise. */
  | 'io'
  /** More waits to be written than the log is willing to hold. */
  | 'busy'
  /** Another relay holds the data directory. */
  | 'in-use'
  /** The data is of another version, or damaged. */
  | 'unreadable'
  /** The log was closed. */
  | 'closed'

/** Thrown by every {@link UpdateLog}. Nothing of the failed operation was stored. */
export class LogError extends Error {
  override readonly name = 'LogError'
  readonly code: LogErrorCode

  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** Whether the same operation may succeed later without anybody doing anything to the relay. */
  get retryable(): boolean {
    return this.code === 'full' || this.code === 'io' || this.code === 'busy'
  }
}

/** Why work on updates was not done. */
export type MergerErrorCode =
  /** What it was to work on is no update. */
  | 'malformed'
  /** The thread that did it died, or could not be given it: out of memory, or a bug. The next job starts another if need be. */
  | 'worker-died'
  /** More waits to be done than the merger is willing to hold. */
  | 'busy'
  /** The merger was closed. */
  | 'closed'

/** Thrown by every `UpdateMerger`. Nothing has changed. */
export class MergerError extends Error {
  override readonly name = 'MergerError'
  readonly code: MergerErrorCode

  constructor(code: MergerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** Whether the same work may succeed later. */
  get retryable(): boolean {
    return this.code === 'worker-died' || this.code === 'busy'
  }
}

/** Why a relay cannot be opened, or does not do what was asked. */
export type RelayErrorCode =
  /** An option, or a combination of them, that makes no sense. */
  | 'invalid-option'
  /** The relay would be reachable from other machines, and nothing says who may do what. */
  | 'auth-required'
  /** The address cannot be listened on: in use, not allowed, not of this machine. */
  | 'listen-failed'
  /** The relay was closed, or is closing. */
  | 'closed'

/** Thrown by the verbs of a relay. The relay's operator, or the program that embeds it, has to change something. */
export class RelayError extends Error {
  override readonly name = 'RelayError'
  readonly code: RelayErrorCode

  constructor(code: RelayErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Why data of another server cannot be imported. */
export type ImportErrorCode =
  /** The source is not there, is held by another process, or is not what it was said to be. */
  | 'unreadable-source'
  /** Reading this kind of source needs a library that is not installed. */
  | 'missing-library'
  /** One room of the source cannot be imported: its name, or its bytes. The others can. */
  | 'bad-room'
  /** What was written does not read back as what the source holds. */
  | 'not-equal'

/** Thrown while data of another server is imported. Somebody has to change something: a retry fails again. */
export class ImportError extends Error {
  override readonly name = 'ImportError'
  readonly code: ImportErrorCode

  constructor(code: ImportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Why a client is not let in. */
export type AuthErrorCode =
  /** There is no token, and there has to be one. */
  | 'missing-token'
  /** The token is not valid: malformed, expired, not signed by a key that counts, or not meant for this relay. */
  | 'invalid-token'
  /** Nothing can be said about the token now: its keys cannot be fetched, or the embedding program failed. */
  | 'unavailable'

/** Thrown by every {@link Authenticator}. The message is for the operator and for the client; it holds no secret. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: AuthErrorCode

  constructor(code: AuthErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** Whether the same token may be good later. */
  get retryable(): boolean {
    return this.code === 'unavailable'
  }
}

/** A setting of the command makes no sense. The message names the place it was given at. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'invalid-config'
}
