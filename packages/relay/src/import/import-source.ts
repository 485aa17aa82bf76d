/**
 * The port through which rooms of another server come in. A source is opened by its own `open…` function, gives its
 * rooms one after another, and reads the bytes of a room only when that room's turn has come: so an import holds one
 * room at a time, whatever the source holds.
 */

/** One stored update of a room, in whatever format its server wrote it. */
export interface SourceUpdate {
  /** Where it stands in the source (a file, a key, a row), for whoever has to look at it. */
  readonly where: string
  readonly update: Uint8Array
}

export interface SourceRoom {
  /** As the source has it: it need not be a name that this relay takes. */
  readonly name: string
  /** All updates of the room, in the order of the source. Rejects with `ImportError` `bad-room`. */
  read(): Promise<readonly SourceUpdate[]>
}

export interface ImportSource extends AsyncDisposable {
  /** Every room of the source, once, in its order. Throws `ImportError` `unreadable-source` when that cannot go on. */
  rooms(): AsyncIterable<SourceRoom>
  /** Idempotent. */
  close(): Promise<void>
}
