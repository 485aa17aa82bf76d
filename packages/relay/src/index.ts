/** The public face of the relay. */

// The relay
export { createRelay, DEFAULT_HOST, DEFAULT_PORT, type CloseOptions, type Relay, type RelayOptions } from './relay.ts'
export { defaultLimits, type RelayLimits } from './limits.ts'
export type { HealthReport } from './http/http-service.ts'

// Who may do what
export {
  SUBJECT_BYTES_MAX,
  type AccessRequest,
  type Authorize,
  type Grant,
  type OpeningRequest,
  type RoomAccess,
} from './access.ts'
export type { Authenticator, Credentials, Principal } from './auth/authenticator.ts'
export { CLOCK_TOLERANCE_SECONDS_MAX, jwtAuthenticator, type JwtOptions } from './auth/jwt-authenticator.ts'
export { type JwksFetching, type JwtAlgorithm, type JwtKeyOptions } from './auth/jwt-key.ts'
export { ROOM_RULES_MAX } from './auth/room-rules.ts'

// A relay without a network, to be driven step by step
export { RelayCore, type RelayCoreOptions } from './relay-core.ts'
export type { Connection } from './connection/connection.ts'
export type { FrameSocket } from './connection/frame-socket.ts'

// Logs
export { MemoryLog, MemoryDisk, type MemoryLogOptions } from './log/memory-log.ts'
export { openLmdbLog, type LmdbLogOptions } from './log/lmdb-log.ts'
export {
  EPOCHS_MAX,
  emptyHead,
  isInHistory,
  type Append,
  type Author,
  type AuthoredEntry,
  type ClientOwner,
  type Epoch,
  type LogSlice,
  type LogStats,
  type RoomHead,
  type UpdateLog,
} from './log/update-log.ts'

// What a relay needs from its surroundings
export { inlineMerger, type UpdateMerger } from './room/update-merger.ts'
export { workerMerger, type WorkerMerger, type WorkerMergerOptions } from './merger/worker-merger.ts'
export type { History } from './merger/history.ts'
export type { Inspected, Inspection } from './merger/inspect.ts'
export type { Compacted, LogSummary } from './merger/merge-job.ts'
export type { Ranges, UpdateRanges } from './merger/update-ranges.ts'
export { systemScheduler, type Scheduler } from './scheduler.ts'

// What it tells
export {
  AuthError,
  LogError,
  MergerError,
  RelayError,
  type AuthErrorCode,
  type LogErrorCode,
  type MergerErrorCode,
  type RelayErrorCode,
} from './errors.ts'
export { eventLog, type EventLogOptions, type LogLevel } from './event-log.ts'
export type { RelayEvent, RelayEventListener } from './relay-event.ts'
