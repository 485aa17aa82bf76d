/**
 * The documents that a room can have: a `Y.Doc`, or any that reads and writes its own updates, as the core's `Doc` does. A `Y.Doc` cannot, so
 * the client brings Yjs's functions for it; it knows of no other implementation.
 */
import type { Doc as YjsDoc } from 'yjs'

/**
 * What a room listens to, and asks for. `Y.Doc` and the core's `Doc` both have it, among much else. A document that tells
 * `beforeObserverCalls` at the end of each transaction, as they do, is spared writing updates that nobody wants; it is found out by
 * applying the empty update once.
 */
export interface SyncedDoc {
  /** Names the writes of this copy; set when somebody else is found to write under it. */
  clientID: number
  /** Whether the content of what is deleted is dropped. */
  readonly gc: boolean
  on(name: 'update', listener: (update: Uint8Array, origin: unknown) => void): unknown
  on(name: 'destroy', listener: () => void): unknown
  off(name: 'update', listener: (update: Uint8Array, origin: unknown) => void): unknown
  off(name: 'destroy', listener: () => void): unknown
}

/** Updates of one document, in format v1. */
export interface DocUpdates {
  /** Applies an update; `origin` is handed to the document's events. Idempotent; updates may come in any order. */
  applyUpdate(update: Uint8Array, origin: unknown): void
  encodeStateVector(): Uint8Array
  /** What a document with this state vector lacks; everything without one. */
  encodeStateAsUpdate(stateVector?: Uint8Array): Uint8Array
}

/** A document of a room. */
export type RoomDoc = YjsDoc | (SyncedDoc & DocUpdates)
