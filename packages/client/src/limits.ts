/**
 * Every bound and pace of the client, by name. A relay sets its own limits in `welcome`; where both speak of one thing, the
 * lower one holds. Each says what happens at the bound.
 */

export const ClientLimits = {
  /** A connection that is not welcomed after this long is given up and tried again. */
  helloTimeoutMs: 10_000,
  /** Heartbeats (see `welcome.heartbeatMs`) without a word from the relay after which the connection counts as dead. */
  heartbeatsMissedMax: 3,
  /** A connection that may have died while the device slept has this long to answer before it is replaced. */
  probeTimeoutMs: 5_000,
  /** Reconnecting waits a random time up to this, doubled with each attempt … */
  reconnectBaseMs: 500,
  /** … and never more than this. */
  reconnectMaxMs: 30_000,
  /** A connection that lived this long was a good one: the next attempt after it is the first again. */
  connectionStableMs: 5_000,

  /** Pushes of one room that wait for their ack; further edits wait in the outbox and are merged there. */
  pushesInFlightMax: 8,
  /** Their bytes, unless a single push is larger. */
  pushBytesInFlightMax: 4_194_304,
  /** Bytes of edits that are merged into one push, if the relay's `updateBytesMax` is not lower; a single larger edit goes alone. */
  parcelBytesMax: 1_048_576,
  /** A push, or a join, that the relay could not take now is tried again after a random time up to this, doubled each time … */
  retryBaseMs: 250,
  /** … and never more than this. */
  retryMaxMs: 30_000,
  /** Rooms that nobody opened and that are being pushed at the same time; the others wait their turn. */
  backgroundRoomsMax: 4,
  /** Unsent bytes in the socket above which awareness is not sent: it would be stale when it arrives. */
  awarenessBacklogBytesMax: 262_144,

  /** Things in memory while the device store fails or is slow, such as edits that it did not take; beyond, they are merged, or wait merged. */
  editsWaitingMax: 256,
  /** Writes that are started while others are under way, because the page may go away; beyond, edits wait for those. */
  writesHastenedMax: 8,
  /** A device store that failed is tried again after a random time up to this, doubled each time … */
  storeRetryBaseMs: 1_000,
  /** … and never more than this. */
  storeRetryMaxMs: 60_000,
  /** Another tab's row that was announced, but not the one before it, is looked for in the device store after this long. */
  rowGapMs: 50,
  /** Ranges of IDs that a room reports to be disputed between two writers; beyond, no more are listed. */
  disputedRangesMax: 16,
  /** Rows of a room that are settled at the relay and are folded together … */
  foldRowsMin: 128,
  /** … once nothing was written to the room for this long. */
  foldIdleMs: 1_000,

  /** Awareness is sent at most this often; the latest state wins. */
  awarenessIntervalMs: 50,
  /** States of replicas behind the relay, per room, that are kept for tabs that come later; beyond, the oldest are forgotten. */
  presentStatesMax: 4_096,
  /** The states of replicas behind the relay are removed when there was no connection for this long. */
  awarenessLostMs: 10_000,
} as const
