/**
 * What a client sees of each limit (limits.ts), and what an operator does: the metric that counts how often it bit.
 * Limits that refuse something, or end something, are counted one by one in `syncline_limit_hits_total`; so is holding a
 * socket, since the client is made to wait. Rates are counted by `syncline_throttled_total`. The others refuse nothing:
 * they say what is kept in memory, or when something is done.
 */
import type { RelayLimits } from './limits.ts'

/** Limits whose hits are counted one by one, in the order of the table. */
export const countedLimits = [
  'frameBytesMax',
  'frameTimeoutMs',
  'updateBytesMax',
  'awarenessBytesMax',
  'stateVectorBytesMax',
  'roomsPerConnectionMax',
  'roomsOpenMax',
  'connectionsMax',
  'unsettledBytesMax',
  'bufferBytesMax',
  'outboxHardBytes',
  'drainTimeoutMs',
  'helloTimeoutMs',
  'authTimeoutMs',
  'unknownFramesMax',
  'unknownBytesMax',
  'connectionsPerAddressMax',
  'heartbeatMs',
  'unjoinedBytesMax',
  'statelessBytesMax',
  'undecidedBytesMax',
  'mergeQueueBytesMax',
  'apiRequestsMax',
  'apiTimeoutMs',
] as const

export type CountedLimit = (typeof countedLimits)[number] & keyof RelayLimits

export interface LimitOutcome<Name extends keyof RelayLimits = keyof RelayLimits> {
  /** The error, the close code or the status that a client gets; empty if it notices nothing. */
  readonly seen: string
  readonly counted: Name extends CountedLimit ? 'hits' : 'throttled' | 'not'
}

const waits = 'none: its socket is not read for a while'

export const limitOutcomes: { readonly [Name in keyof RelayLimits]: LimitOutcome<Name> } = {
  frameBytesMax: { seen: '1009', counted: 'hits' },
  frameTimeoutMs: { seen: '4408; `/y` 1013', counted: 'hits' },
  lineBytesPerSecondMin: { seen: 'as `frameTimeoutMs` and `drainTimeoutMs`', counted: 'not' },
  updateBytesMax: { seen: '`update-too-large`; `/y` 4422; HTTP 413', counted: 'hits' },
  awarenessBytesMax: { seen: '`awareness-too-large` and 1009; nothing for a state that is dropped', counted: 'hits' },
  stateVectorBytesMax: { seen: '`malformed-state-vector`; `/y`, `/hocuspocus` 1009; HTTP 413', counted: 'hits' },
  roomsPerConnectionMax: { seen: '`too-many-rooms`; `/hocuspocus` permission denied', counted: 'hits' },
  roomsOpenMax: { seen: '`too-many-rooms`, worth a retry; `/y`, `/hocuspocus` 1013; HTTP 503', counted: 'hits' },
  connectionsMax: { seen: '`too-many-connections` and 1013; HTTP 503', counted: 'hits' },
  unsettledBytesMax: { seen: waits, counted: 'hits' },
  bufferBytesMax: {
    seen: `${waits}; \`too-many-rooms\`, worth a retry; 4409; \`/y\`, \`/hocuspocus\` 1013; HTTP 503`,
    counted: 'hits',
  },
  outboxSoftBytes: { seen: 'updates later, and merged', counted: 'not' },
  outboxHardBytes: { seen: '4409; `/y` 1013', counted: 'hits' },
  drainTimeoutMs: { seen: '4409; `/y` 1013', counted: 'hits' },
  helloTimeoutMs: { seen: '4408, or `unauthorized` and 4401; `/y` 1013', counted: 'hits' },
  authTimeoutMs: { seen: '`internal`, worth a retry, and 1013; HTTP 500; nothing once it is in', counted: 'hits' },
  reauthenticateLeadMs: { seen: '`reauthenticate`', counted: 'not' },
  unknownFramesMax: { seen: '1013', counted: 'hits' },
  unknownBytesMax: { seen: '1013', counted: 'hits' },
  connectionsPerAddressMax: { seen: '`too-many-connections` and 1013', counted: 'hits' },
  updatesPerSecond: { seen: waits, counted: 'throttled' },
  updatesBurst: { seen: waits, counted: 'throttled' },
  bytesPerSecond: { seen: waits, counted: 'throttled' },
  bytesBurst: { seen: waits, counted: 'throttled' },
  joinsPerSecond: { seen: waits, counted: 'throttled' },
  joinsBurst: { seen: waits, counted: 'throttled' },
  subjectShares: { seen: `${waits}; HTTP 429 \`rate-exceeded\``, counted: 'throttled' },
  clientOwnersMax: { seen: '', counted: 'not' },
  heartbeatMs: { seen: '4408; `/y` 1013', counted: 'hits' },
  keepaliveMs: { seen: '', counted: 'not' },
  unjoinedBytesMax: { seen: '1013', counted: 'hits' },
  statelessBytesMax: { seen: '1009', counted: 'hits' },
  awarenessTtlMs: { seen: 'the replica is told to be gone', counted: 'not' },
  roomLingerMs: { seen: '', counted: 'not' },
  deletedRangesMax: { seen: '', counted: 'not' },
  islandsMax: { seen: '', counted: 'not' },
  uninspectedDeletesMax: { seen: '', counted: 'not' },
  scannedInlineBytesMax: { seen: '', counted: 'not' },
  inspectionBytesMax: { seen: '', counted: 'not' },
  undecidedBytesMax: { seen: '`log-unavailable`; `/y`, `/hocuspocus` 1013; HTTP 503', counted: 'hits' },
  mergeThreads: { seen: '', counted: 'not' },
  mergeQueueBytesMax: {
    seen: '`internal` or `log-unavailable`, worth a retry; `/y`, `/hocuspocus` 1013; HTTP 500',
    counted: 'hits',
  },
  compactionTailBytes: { seen: '', counted: 'not' },
  compactionTailEntries: { seen: '', counted: 'not' },
  compactionRetryMs: { seen: '', counted: 'not' },
  drainDeadlineMs: { seen: 'the end of its connection', counted: 'not' },
  apiRequestsMax: { seen: 'HTTP 503 `too-many-requests`', counted: 'hits' },
  apiTimeoutMs: { seen: 'HTTP 408 `request-timeout`, 504 `timeout`', counted: 'hits' },
  tickMs: { seen: '', counted: 'not' },
}
