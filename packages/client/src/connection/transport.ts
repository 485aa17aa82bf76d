/** The port to the network: one ordered, reliable stream of binary frames at a time. The simulation replaces it. */

/** What a link tells. After `closed` it tells nothing more. */
export interface LinkEvents {
  readonly opened: () => void
  /** The frame's bytes belong to the listener. */
  readonly frame: (frame: Uint8Array) => void
  /** Something arrived that is no binary frame. */
  readonly malformed: (what: string) => void
  /** The link ended, by whichever side; `code` as in the protocol's close-codes.ts. */
  readonly closed: (code: number, reason: string) => void
}

export interface Link {
  /** Sends one frame after all earlier ones. Does nothing on a link that is not open. The bytes are borrowed for the call. */
  send(frame: Uint8Array<ArrayBuffer>): void
  /** Bytes that were sent but have not left this device yet. */
  readonly backlogBytes: number
  /** Ends the link; `closed` may still be told. */
  close(code: number, reason: string): void
}

export interface Transport {
  /** Starts to connect. Throws when `url` cannot be one to connect to. */
  connect(url: string, events: LinkEvents): Link
}
