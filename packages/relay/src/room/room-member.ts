/**
 * A member of a room: one connection's place in it, as the room sees it. The connection implements it, whatever
 * protocol it speaks; the room only talks to it.
 */
import type { SharedMessage } from './shared-message.ts'

/** Names one membership, for as long as the relay runs. A connection that leaves and joins again gets another one. */
export type MemberId = number

/**
 * What a push without a verdict costs beside its update, as counted against `unsettledBytesMax` and `bufferBytesMax`; so
 * they bound the number of pushes, too.
 */
export const PUSH_OVERHEAD_BYTES = 4096

/** Every verb returns at once and never throws: a broken connection is the connection's own affair. */
export interface RoomMember {
  /** Sends one message, which other members may be sent as well. */
  send(shared: SharedMessage): void
  /**
   * Whether the socket has more to take than it should: the room then sends no updates until it hears `drained`. The
   * connection says so when it begins (`holdBack`); a room that sends something looks here as well, since it may have
   * begun before the join.
   */
  readonly slow: boolean
  /** The room has forgotten this member, after telling it why. */
  detached(): void
}
