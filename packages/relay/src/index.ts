/** The public face of the relay. */

// The relay
export { createRelay, DEFAULT_HOST, DEFAULT_PORT, type CloseOptions, type Relay, type RelayOptions } from './relay.ts'
export type { AccessRequest, Authorize } from './access.ts'
export { defaultLimits, type RelayLimits } from './limits.ts'
export type { HealthReport } from './http/http-service.ts'

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
  type Epoch,
  type LogSlice,
  type LogStats,
  type RoomHead,
  type UpdateLog,
} from './log/update-log.ts'

// For tests of what embeds a relay: a log whose disk fails when it is told to
export { FaultyLog, type FaultyVerb } from './log/faulty-log.ts'

// What a relay needs from its surroundings
export { inlineMerger, type UpdateMerger } from './room/update-merger.ts'
export { systemScheduler, type Scheduler } from './scheduler.ts'

// What it tells
export { LogError, RelayError, type LogErrorCode, type RelayErrorCode } from './errors.ts'
export { formatEvent, writeEvent, type RelayEvent, type RelayEventListener } from './relay-event.ts'
