/**
 * Every bound of the relay in one table: name, default, meaning. What happens at a bound is part of its meaning:
 * reject, mark behind, disconnect, or wait; what a client sees of it, and how it is counted, is in limit-outcomes.ts.
 * Sizes are bytes, times are milliseconds. The protocol's own fixed bounds
 * are `ProtocolLimits`.
 */

export interface RelayLimits {
  /**
   * A frame from a client. A longer one ends the connection with 1009. At least `updateBytesMax` plus room for its
   * fields.
   */
  readonly frameBytesMax: number
  /**
   * How long a frame may take to become whole, from when its first part was seen, and a second more for each
   * `lineBytesPerSecondMin` that came of it. One that takes longer ends the connection with 4408. Time in which the relay does
   * not read the socket does not count, unless that is because of `bufferBytesMax` and what sockets keep.
   */
  readonly frameTimeoutMs: number
  /**
   * The slowest line that is served, bytes per second on average: how fast a long frame has to come, and how fast a slow socket has to
   * take what it was sent. Slower ones end at `frameTimeoutMs` and `drainTimeoutMs`.
   */
  readonly lineBytesPerSecondMin: number
  /** An update in a push. A longer one is rejected with `update-too-large`. */
  readonly updateBytesMax: number
  /**
   * One awareness payload, and the awareness states of one member together. A longer payload ends the connection with
   * 1009; a state that takes its member above is dropped.
   */
  readonly awarenessBytesMax: number
  /** Rooms that one connection is, or asks to be, a member of. A further join is refused with `too-many-rooms`. */
  readonly roomsPerConnectionMax: number
  /** Rooms open at once in the whole relay. A join that would open a further one is refused with `too-many-rooms`. */
  readonly roomsOpenMax: number
  /** Connections at once. A further one gets the error `too-many-connections` and is closed with 1013. */
  readonly connectionsMax: number
  /**
   * A state vector in a join: 2 MiB name some 300,000 replicas. A longer one is refused with `malformed-state-vector`.
   */
  readonly stateVectorBytesMax: number
  /**
   * Pushed bytes of one connection that await their ack, and 4 KiB for each push. Above it the relay stops reading from
   * that socket until some settle.
   */
  readonly unsettledBytesMax: number
  /**
   * What all buffers of the relay hold together: pushes without a verdict (and 4 KiB for each), bytes that sockets have not
   * taken (what several wait for counts once), and frames that are not whole. Above it, until it is half: the heaviest
   * connections are not read, nor is whoever pushes; a socket with more than 64 KiB to take gets no awareness and no
   * updates until it has taken it; joins are refused with `too-many-rooms`. Where sockets alone are above it, those with
   * the most that does not drain are closed with 4409; where they keep it above half for `drainTimeoutMs`, those
   * that drain as well, and those that keep
   * little but take it more slowly than they may.
   */
  readonly bufferBytesMax: number
  /**
   * Bytes that a socket has not taken yet. Above it the connection is slow: its members are behind and wait for it to
   * drain.
   */
  readonly outboxSoftBytes: number
  /** Bytes sent to a connection while it was slow (acks and answers; never updates). Above it: closed with 4409. */
  readonly outboxHardBytes: number
  /**
   * How long a slow connection may take less than `lineBytesPerSecondMin` of what it was sent before it is closed with 4409. Each such
   * stretch counts for itself.
   */
  readonly drainTimeoutMs: number
  /**
   * How long a connection may take to say hello before it is closed with 4408; and, where clients are authenticated, to
   * show a token that counts before it is closed with 4401.
   */
  readonly helloTimeoutMs: number
  /**
   * How long the authenticator, or the `authorize` hook, may take to answer. Longer is as if it could not say: a new client
   * tries again later, one that was let in before is what it was.
   */
  readonly authTimeoutMs: number
  /** How long before its token runs out a client is asked for a fresh one; without one it is closed with 4401. */
  readonly reauthenticateLeadMs: number
  /**
   * Frames, and their bytes, of a connection whose token is not verified yet, where clients are authenticated. More ends
   * it with 1013.
   */
  readonly unknownFramesMax: number
  readonly unknownBytesMax: number
  /**
   * Connections from one IPv4 address, or one network of IPv6 (/64). Behind a trusted proxy, those of the address that it
   * names; the loopback interface, where other proxies are, is not counted. A further one gets the error
   * `too-many-connections` and is closed with 1013.
   */
  readonly connectionsPerAddressMax: number
  /**
   * Updates (and awareness, stateless messages and questions) that one connection may send per second, and at once
   * after a rest. What goes beyond is served, but nothing more is read from the socket until it is made up for. This
   * and all further rates hold where clients are authenticated.
   */
  readonly updatesPerSecond: number
  readonly updatesBurst: number
  /** Bytes of frames, in the same way. */
  readonly bytesPerSecond: number
  readonly bytesBurst: number
  /** Joins, in the same way. */
  readonly joinsPerSecond: number
  readonly joinsBurst: number
  /**
   * What a subject may send over all of its connections and over HTTP, where each request counts as a join: so many times what one
   * connection may.
   */
  readonly subjectShares: number
  /** Client IDs with an owner in one room. Further ones belong to nobody, and anybody may write with them. */
  readonly clientOwnersMax: number
  /**
   * A side that has sent nothing for so long pings; one not heard for 2.5 times as long is closed with 4408. Told in
   * `welcome`.
   */
  readonly heartbeatMs: number
  /**
   * A client of another protocol (`/y`, `/hocuspocus`) that was sent nothing for so long is sent an empty message:
   * theirs close a connection that is silent for 30 s.
   */
  readonly keepaliveMs: number
  /**
   * Bytes that such a client sent before it was let into its rooms, and 64 for each message. More ends the connection
   * with 1013.
   */
  readonly unjoinedBytesMax: number
  /** A stateless message (`/hocuspocus`). A longer one ends the connection with 1009. */
  readonly statelessBytesMax: number
  /** How long an awareness state lives without being renewed. Clients of y-protocols renew theirs every 15 s. */
  readonly awarenessTtlMs: number
  /** How long a room without members stays open, in case somebody returns. */
  readonly roomLingerMs: number
  /**
   * Ranges of deletions that an open room keeps in memory: 24 bytes each. With more it keeps none, and looks into its log whether
   * a push of deletions brings something new.
   */
  readonly deletedRangesMax: number
  /** Ranges of structs behind a gap that an open room keeps in memory. With more it keeps none, as above. */
  readonly islandsMax: number
  /** Ranges in a push of deletions alone that is stored when nobody knows whether it is new. One with more is inspected. */
  readonly uninspectedDeletesMax: number
  /** A push of more bytes is checked where documents are merged, not on the event loop. */
  readonly scannedInlineBytesMax: number
  /** Bytes of pushes that are inspected with one read of the log; of more, the rest waits for the next. */
  readonly inspectionBytesMax: number
  /**
   * What pushes of one room that wait to be inspected hold: their bytes, 24 for each range of units in them, and 4 KiB for
   * each push. A push beyond that is rejected as worth a retry.
   */
  readonly undecidedBytesMax: number
  /**
   * Threads that merge documents. Each is started when there is a job for it, and may hold several times the bytes of a room.
   */
  readonly mergeThreads: number
  /**
   * Bytes of documents that wait to be merged, or are. Beyond that a join, a push or a compaction that needs a merge fails for
   * now; a single job may be larger.
   */
  readonly mergeQueueBytesMax: number
  /** A tail of more bytes than this, and than its checkpoint, is folded into the checkpoint. */
  readonly compactionTailBytes: number
  /** A tail of more entries than this is folded into the checkpoint whatever its bytes. */
  readonly compactionTailEntries: number
  /** How long after a failed compaction the room tries again. */
  readonly compactionRetryMs: number
  /** How long `close` waits for appends under way, and then for sockets to say goodbye, before it cuts them off. */
  readonly drainDeadlineMs: number
  /** HTTP API requests at a time, each of which may hold a document. A further one is answered 503. */
  readonly apiRequestsMax: number
  /** How long an HTTP API request may take to arrive, and then to be answered, before it is answered 408 or 504. */
  readonly apiTimeoutMs: number
  /** How often clocks are looked at: the granularity of every time above. */
  readonly tickMs: number
}

const MiB = 1024 * 1024

export const defaultLimits: RelayLimits = {
  frameBytesMax: 17 * MiB,
  frameTimeoutMs: 30_000,
  lineBytesPerSecondMin: 2048,
  updateBytesMax: 16 * MiB,
  awarenessBytesMax: 64 * 1024,
  stateVectorBytesMax: 2 * MiB,
  roomsPerConnectionMax: 256,
  roomsOpenMax: 100_000,
  connectionsMax: 10_000,
  unsettledBytesMax: 32 * MiB,
  bufferBytesMax: 512 * MiB,
  outboxSoftBytes: 1 * MiB,
  outboxHardBytes: 4 * MiB,
  drainTimeoutMs: 30_000,
  helloTimeoutMs: 10_000,
  authTimeoutMs: 8000,
  reauthenticateLeadMs: 60_000,
  unknownFramesMax: 1024,
  unknownBytesMax: 4 * MiB,
  connectionsPerAddressMax: 256,
  updatesPerSecond: 1000,
  updatesBurst: 10_000,
  bytesPerSecond: 4 * MiB,
  bytesBurst: 32 * MiB,
  joinsPerSecond: 50,
  joinsBurst: 512,
  subjectShares: 4,
  clientOwnersMax: 65_536,
  heartbeatMs: 30_000,
  keepaliveMs: 15_000,
  unjoinedBytesMax: 1 * MiB,
  statelessBytesMax: 64 * 1024,
  awarenessTtlMs: 30_000,
  roomLingerMs: 10_000,
  deletedRangesMax: 512,
  islandsMax: 512,
  uninspectedDeletesMax: 16,
  scannedInlineBytesMax: 64 * 1024,
  inspectionBytesMax: 32 * MiB,
  undecidedBytesMax: 64 * MiB,
  mergeThreads: 1,
  mergeQueueBytesMax: 512 * MiB,
  compactionTailBytes: 256 * 1024,
  compactionTailEntries: 1000,
  compactionRetryMs: 60_000,
  drainDeadlineMs: 10_000,
  apiRequestsMax: 64,
  apiTimeoutMs: 30_000,
  tickMs: 1000,
}
