/** The wire of the bare servers: every message is an update, or an awareness state; the first from the server is what the room has stored. */
import type { Wire, WireListener, WireSession } from './wire.ts'

export const bareWire: Wire = {
  acceptance: 'echoed',
  path: (room) => `/${encodeURIComponent(room)}`,
  session: () => new BareSession(),
}

class BareSession implements WireSession {
  readonly opening: readonly Uint8Array[] = []
  #ready = false

  receive(bytes: Uint8Array, start: number, end: number, listener: WireListener): void {
    if (end > start) listener.update(bytes, start, end)
    if (this.#ready) return
    this.#ready = true
    listener.ready()
  }

  push(update: Uint8Array): Uint8Array {
    return update
  }

  awareness(states: Uint8Array): Uint8Array {
    return states
  }
}
