/**
 * The seam between what is measured and who does it: one small adapter per library. A scenario speaks to a {@link Replica} and
 * cannot tell libraries apart; a library says in its {@link Subject} what is particular about it. Every replica has the same four roots: a
 * text, an array of plain values, a map of plain values, and a map of records (nested maps).
 */

/** A plain value, as it goes into arrays and maps. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** The fields of one record. */
export type Fields = Readonly<Record<string, Json>>

/**
 * How a subject's encoded state is compared with what yjs 13.6 encodes after the same edits by the same clients: byte by byte, by loading it
 * into yjs, or not at all. Content is compared always.
 */
export type Encoding = 'identical to yjs' | 'readable by yjs' | 'its own'

export interface Subject {
  /** The heading of its column. */
  readonly name: string
  readonly encoding: Encoding
  /** An empty replica. Client IDs are integers from 2^17 to 2^32 − 1; each is used by one replica of a document. */
  create(clientId: number): Replica
  /** A replica of what {@link Replica.encode} gave, in any replica of the same subject. */
  load(state: Uint8Array): Replica
  /** A form that only this library reads, if that is another than `encode`'s and loads faster. */
  readonly snapshot?: SnapshotCodec
}

export interface SnapshotCodec {
  encode(replica: Replica): Uint8Array
  load(snapshot: Uint8Array): Replica
}

/** One live copy of a document. An edit outside of `transact` is a transaction by itself. Positions and lengths of text are UTF-16 code units. */
export interface Replica {
  /** What `edits` does becomes one transaction, with one update; inside of another, a part of that one. */
  transact(edits: () => void): void
  /** From now on, `listener` gets one update per local transaction. At most one listener. */
  onUpdate(listener: (update: Uint8Array) => void): void
  applyUpdate(update: Uint8Array): void
  /** Many at once, in the way that the library has for it. */
  applyUpdates(updates: readonly Uint8Array[]): void
  /** The whole document, its history as far as the library needs it to go on. */
  encode(): Uint8Array

  insertText(position: number, text: string): void
  deleteText(position: number, length: number): void
  text(): string
  /** From now on, `listener` is called for every transaction that changes the text, with what the library tells an editor. */
  onTextChange(listener: (event: unknown) => void): void

  insertValues(index: number, values: readonly Json[]): void
  deleteValues(index: number, count: number): void
  values(): readonly unknown[]

  setKey(key: string, value: Json): void
  keys(): Readonly<Record<string, unknown>>

  /** Puts a nested map of these fields under `key`, in one transaction. */
  putRecord(key: string, fields: Fields): void
  /** Changes a field of a record that exists. */
  setField(key: string, field: string, value: Json): void
  records(): Readonly<Record<string, unknown>>

  /** Gives up what the collector cannot. The replica is not used afterwards. */
  free(): void
}
