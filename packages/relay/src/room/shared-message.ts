/**
 * A message from a room to its members, encoded as often as it has forms and not as often as it has readers: members
 * that speak the same protocol are sent the very same bytes.
 */
import type { RelayMessage } from '@syncline/protocol'

/**
 * What one client tells all others that have the document open, outside the document: never stored, and not part of our
 * own protocol.
 */
export interface StatelessMessage {
  readonly type: 'stateless'
  readonly payload: string
}

export type RoomMessage = RelayMessage | StatelessMessage

export class SharedMessage {
  readonly message: RoomMessage
  /** The form that was asked for first: mostly the only one. */
  #form: string | undefined
  #frame: Uint8Array | undefined
  #otherFrames: Map<string, Uint8Array> | undefined

  constructor(message: RoomMessage) {
    this.message = message
  }

  /**
   * The message in the form that `form` names, as `encode` makes it the first time that this form is asked for. The
   * bytes are shared: nobody may change them. Whoever uses a name for a form means the same bytes by it.
   */
  frame(form: string, encode: () => Uint8Array): Uint8Array {
    if (this.#form === undefined) {
      this.#frame = encode()
      this.#form = form
    }
    if (this.#form === form) return this.#frame!
    const known = this.#otherFrames?.get(form)
    if (known !== undefined) return known
    const frame = encode()
    this.#otherFrames ??= new Map()
    this.#otherFrames.set(form, frame)
    return frame
  }
}
