/**
 * The port to a CRDT document: all that a room needs of one. Anything that speaks Yjs updates can stand behind it; doc-replica.ts puts
 * a `Y.Doc` there, or the core's `Doc`.
 */

/** Who applied a change, so that nobody is told of a change of their own. Compared by identity. */
export type Source = object

export interface Replica {
  /** This copy's client ID: names its writes and its awareness state. */
  readonly clientID: number
  /** Whether the content of what is deleted is dropped here, so that nobody can ask for it later. */
  readonly forgets: boolean
  /** From now on this copy writes under another client ID. */
  renewClientID(clientID: number): void
  /**
   * Applies an update. Idempotent; updates may come in any order. Observers of the document are told, with `source`; listeners to updates
   * need not be.
   */
  applyUpdate(update: Uint8Array, source: Source): void
  /** Applies an update as if the app had made it: listeners are told of what is new in it. */
  applyEdit(update: Uint8Array, source: Source): void
  encodeStateVector(): Uint8Array
  /** What a replica with this state vector lacks; everything without one. */
  encodeDiff(stateVector?: Uint8Array): Uint8Array
  /**
   * Tells of every change but those by {@link Replica.applyUpdate}, of which it may tell, with its source (`undefined` or anything else for edits
   * of the app). Returns its undo.
   */
  onUpdate(listener: (update: Uint8Array, source: unknown) => void): () => void
  /** Tells that the document is destroyed: no change of it will be told any more. Returns its undo. */
  onDestroy(listener: () => void): () => void
}
