/**
 * Who may do what: the hook that an embedding program gives the relay. Without it everybody may write everywhere, and
 * the relay serves the loopback interface only.
 */
import type { Access } from '@syncline/protocol'

/** One wish to enter a room. */
export interface AccessRequest {
  /** As the client sent it: not verified by anybody yet. */
  readonly token: string | undefined
  readonly room: string
  /** The IP address of the connection's other end. */
  readonly address: string
}

/**
 * Decides on one join; it is asked again for every join. Throwing, or rejecting, refuses this join and lets the client
 * retry. It must settle: a join that it leaves open counts against the connection's rooms.
 */
export type Authorize = (request: AccessRequest) => Access | 'none' | Promise<Access | 'none'>
