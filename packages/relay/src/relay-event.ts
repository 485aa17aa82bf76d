/**
 * What the relay tells its operator. Everything that fails in the background ends here, in one place: an embedding
 * program passes its own listener, the default (event-log.ts) writes lines of JSON to stderr. Not metrics: nothing is
 * counted here.
 */
import type { FaultyOperation } from './health.ts'

export type RelayEvent =
  /** The command is about to open the log, which waits some seconds for a relay with the same process ID to let it go. */
  | { readonly type: 'opening-log'; readonly directory: string }
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'draining' }
  | { readonly type: 'closed' }
  /** The log refused an operation on a room. Members were told; the relay goes on. */
  | { readonly type: 'log-failed'; readonly operation: FaultyOperation; readonly room: string; readonly error: unknown }
  /** Work on a room's updates was not done: the thread died, or too much waits. Members were told; the relay goes on. */
  | {
      readonly type: 'merger-failed'
      readonly operation: FaultyOperation
      readonly room: string
      readonly error: unknown
    }
  /**
   * The log of a room claims the same units with different content: an older relay, or somebody else, wrote it. Readers get
   * what a merge of it takes, and the next checkpoint has nothing else.
   */
  | { readonly type: 'log-conflict'; readonly room: string; readonly detail: string }
  /** A tail of `entries` was folded: `mergedBytes`, with the checkpoint before, became a checkpoint of `bytes`. */
  | {
      readonly type: 'compacted'
      readonly room: string
      readonly entries: number
      readonly mergedBytes: number
      readonly bytes: number
    }
  /**
   * The `authorize` hook threw, and the join was refused; or, without a room, a token could not be verified for a reason
   * that is not the token's.
   */
  | { readonly type: 'authorize-failed'; readonly room: string | undefined; readonly error: unknown }
  /** The relay ended a connection for a reason of its own. */
  | { readonly type: 'connection-ended'; readonly address: string; readonly code: number; readonly reason: string }
  /** A socket broke, or its client broke the WebSocket protocol. Only that connection is lost. */
  | { readonly type: 'socket-failed'; readonly address: string; readonly error: unknown }
  /**
   * A bug: an invariant of the relay itself is broken. The room or connection concerned was closed, the others go on.
   */
  | { readonly type: 'internal-error'; readonly where: string; readonly error: unknown }

export type RelayEventListener = (event: RelayEvent) => void
