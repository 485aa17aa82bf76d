/**
 * What happens to a room, and what is to be done about it: the vocabulary between the machine that decides (room-machine.ts) and its
 * driver (room.ts).
 */
import type { Access, AwarenessEntry, Position, RelayMessage } from '@syncline/protocol'
import type { CountedLimit } from '../limit-outcomes.ts'
import type { ClientOwner, RoomHead } from '../log/update-log.ts'
import type { Inspection } from '../merger/inspect.ts'
import type { LogSummary } from '../merger/merge-job.ts'
import type { UpdateRanges } from '../merger/update-ranges.ts'
import type { Refusal } from './admission.ts'
import type { MemberId } from './room-member.ts'

/** What a client asks with `join`. */
export interface JoinRequest {
  readonly request: number
  readonly access: Access
  /** Who asks; absent: nobody in particular. */
  readonly subject?: string | undefined
  readonly position: Position | undefined
  /** Encoded, and known to decode. */
  readonly stateVector: Uint8Array
  /** It never reads, so that nothing has to wait until it has caught up. */
  readonly pushesOnly?: boolean
}

/** A member and the number of the read that it waits for. */
export interface Reader {
  readonly member: MemberId
  readonly read: number
}

/** An append that the log has flushed, and the place of its entry. */
export interface Appended {
  readonly append: number
  readonly position: Position
}

export type RoomEvent =
  /** The log was read: its head, and what it has. */
  | {
      readonly type: 'opened'
      readonly head: RoomHead
      readonly summary: LogSummary
      /** Whose client IDs are; none where nobody is authenticated. */
      readonly owners?: readonly ClientOwner[]
    }
  | { readonly type: 'join'; readonly member: MemberId; readonly join: JoinRequest }
  | {
      readonly type: 'push'
      readonly member: MemberId
      readonly ref: number
      readonly update: Uint8Array
      /** Whether it is what the member was told that the log lacks. */
      readonly refill?: boolean
    }
  /** The answers to `scan` and `inspect`; `position` is the last entry that the inspection saw. */
  | { readonly type: 'scanned'; readonly scan: number; readonly found: UpdateRanges | Refusal }
  | {
      readonly type: 'inspected'
      readonly inspection: number
      readonly position: Position
      readonly found: readonly Inspection[]
    }
  | { readonly type: 'inspectionFailed'; readonly inspection: number; readonly refusal: Refusal }
  /** The log has flushed these, and their positions follow each other. All of one flush are best told together. */
  | { readonly type: 'appended'; readonly entries: readonly Appended[] }
  | { readonly type: 'appendFailed'; readonly append: number; readonly refusal: Refusal }
  /** What `readers` asked for with `catchUp`, merged: with `update`, each has everything up to `position`. */
  | {
      readonly type: 'caughtUp'
      readonly readers: readonly Reader[]
      readonly position: Position
      readonly update: Uint8Array
    }
  | { readonly type: 'catchUpFailed'; readonly readers: readonly Reader[] }
  /** The member's socket has too much to take, or has taken it. `slow` may be repeated. */
  | { readonly type: 'slow'; readonly member: MemberId }
  | { readonly type: 'drained'; readonly member: MemberId }
  | {
      readonly type: 'awareness'
      readonly member: MemberId
      readonly entries: readonly AwarenessEntry[]
      readonly now: number
    }
  /** The member asks for what `stateVector`, encoded and known to decode, lacks: `updates`, also if it lacks nothing. */
  | { readonly type: 'sync'; readonly member: MemberId; readonly stateVector: Uint8Array }
  /** The member asks for the awareness states of all others. */
  | { readonly type: 'awarenessAsked'; readonly member: MemberId }
  /** The member left, or its connection is lost. */
  | { readonly type: 'gone'; readonly member: MemberId }
  /** The log was folded up to `upToSeq`; `tailBytes` of entries are now part of a checkpoint of `checkpointBytes`. */
  | {
      readonly type: 'compacted'
      readonly upToSeq: number
      readonly checkpointBytes: number
      readonly tailBytes: number
    }
  | { readonly type: 'compactionFailed'; readonly now: number }
  | { readonly type: 'tick'; readonly now: number }
  /** The room has to close at once, and its members are told why. */
  | { readonly type: 'evictAll'; readonly refusal: Refusal }
  /** The relay closes: members hear it from their connections, and need not hear of each other's going. */
  | { readonly type: 'relayCloses' }

export type RoomEffect =
  | {
      readonly type: 'append'
      readonly append: number
      readonly update: Uint8Array
      readonly subject: string | undefined
      readonly claims: readonly number[]
    }
  /** Check an update whole, and find out which units it brings and deletes. */
  | { readonly type: 'scan'; readonly scan: number; readonly update: Uint8Array }
  /** Read the log and find out what each of `pushes` would add to it. */
  | { readonly type: 'inspect'; readonly inspection: number; readonly pushes: readonly Uint8Array[] }
  /**
   * Read the log after `afterSeq`; merge it, or diff it against `stateVector` if there is one. Those who ask for the
   * same may be answered together.
   */
  | {
      readonly type: 'catchUp'
      readonly member: MemberId
      readonly read: number
      readonly afterSeq: number
      readonly stateVector: Uint8Array | undefined
    }
  | { readonly type: 'send'; readonly member: MemberId; readonly message: RelayMessage }
  /** The same message to all of `members`: encode it once. */
  | { readonly type: 'broadcast'; readonly members: readonly MemberId[]; readonly message: RelayMessage }
  /** A limit has bitten: count it. */
  | { readonly type: 'limitHit'; readonly limit: CountedLimit }
  /** Forget the member: it was told why. */
  | { readonly type: 'detach'; readonly member: MemberId }
  | { readonly type: 'compact' }
  /** The room is closed: nothing more comes from it, and nothing may be sent to it. */
  | { readonly type: 'close' }
