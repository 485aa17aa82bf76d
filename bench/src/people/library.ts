/**
 * What the benches of people ask of a sync library: a text that several have, in a room of a server. Each library is used as its documentation tells
 * an app to, with its defaults.
 */

/** The libraries, by the names of their modules. */
export type LibraryName = 'syncline' | 'y-websocket' | 'hocuspocus' | 'bare' | 'automerge'

export interface Library {
  /** Goes to a room; settles when the library says that it is in sync. */
  open(place: Place): Promise<SharedText>
}

export interface Place {
  /** The server's endpoint. */
  readonly url: string
  /** What {@link SharedText.room} of somebody who is there says; for the first, any name that nobody has used. */
  readonly room: string
  /** Who comes first makes the room; a library may give it another name. */
  readonly first: boolean
  /** What the first brings along: a document, as the library stores it. */
  readonly document?: Uint8Array | undefined
}

export interface SharedText {
  /** The room, for others to find it. */
  readonly room: string
  /** Of the text as this person sees it, in UTF-16 code units; costs next to nothing. */
  readonly length: number
  text(): string
  /** A transaction of its own. */
  edit(position: number, deleted: number, inserted: string): void
  /** Called after every change of the text, once {@link length} and {@link text} have it. */
  onChange: () => void
  /** Ends the connection until {@link goOnline}. */
  goOffline(): void
  goOnline(): void
  close(): Promise<void>
}
