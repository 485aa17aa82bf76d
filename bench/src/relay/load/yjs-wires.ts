/**
 * The wires of y-websocket and of Hocuspocus, which share the messages of y-protocols: a number that says sync (0) or awareness (1), and
 * what belongs to it. Hocuspocus puts the name of the document before each and acknowledges (8); y-websocket returns what it applied.
 */
import { ByteCursor, lengthPrefixed, uintBytes } from './byte-cursor.ts'
import type { Wire, WireListener, WireSession } from './wire.ts'

const Sync = 0
const Awareness = 1
const Auth = 2
const SyncReply = 4
const SyncStatus = 8

const Step2 = 1
const Update = 2

const denied = 1

/** A state vector that names nobody, as a byte string. */
const NOTHING = [1, 0]

export const yWebsocketWire: Wire = {
  acceptance: 'echoed',
  path: (room) => `/${encodeURIComponent(room)}`,
  session: () => new YjsSession([], [Buffer.from([Sync, 0, ...NOTHING])]),
}

export const hocuspocusWire: Wire = {
  acceptance: 'acknowledged',
  path: () => '',
  session(room) {
    const name = [...lengthPrefixed(Buffer.from(room))]
    const token = Buffer.from([
      ...name,
      Auth,
      0,
      ...lengthPrefixed(Buffer.from('none')),
      ...lengthPrefixed(Buffer.from('4.7.0')),
    ])
    return new YjsSession(name, [token, Buffer.from([...name, Sync, 0, ...NOTHING])])
  },
}

class YjsSession implements WireSession {
  readonly opening: readonly Uint8Array[]
  readonly #name: Buffer
  readonly #cursor = new ByteCursor()
  #ready = false
  #acknowledged = 0

  /** `name`: the bytes before each message. */
  constructor(name: readonly number[], opening: readonly Uint8Array[]) {
    this.#name = Buffer.from(name)
    this.opening = opening
  }

  receive(bytes: Uint8Array, start: number, end: number, listener: WireListener): void {
    // A ping of Hocuspocus is one byte without a name; we talk enough not to answer it.
    if (end - start <= this.#name.length) return
    const cursor = this.#cursor.reset(bytes, start + this.#name.length, end)
    switch (cursor.uint()) {
      case Sync:
      case SyncReply:
        return this.#receiveSync(cursor, listener)
      case Awareness:
        cursor.skipBytes()
        return listener.awareness(bytes, cursor.start, cursor.at)
      case Auth:
        if (cursor.uint() === denied) listener.refused('denied')
        return
      case SyncStatus:
        if (cursor.uint() === 1) return listener.acknowledged(++this.#acknowledged)
        return listener.refused('not applied')
      default:
        return
    }
  }

  push(update: Uint8Array): Uint8Array {
    return Buffer.concat([this.#name, Buffer.from([Sync, Update, ...uintBytes(update.length)]), update])
  }

  awareness(states: Uint8Array): Uint8Array {
    return Buffer.concat([this.#name, Buffer.from([Awareness, ...uintBytes(states.length)]), states])
  }

  #receiveSync(cursor: ByteCursor, listener: WireListener): void {
    const kind = cursor.uint()
    // Step 1: we have nothing that the server could lack.
    if (kind !== Step2 && kind !== Update) return
    cursor.skipBytes()
    listener.update(cursor.bytes, cursor.start, cursor.at)
    if (kind !== Step2 || this.#ready) return
    this.#ready = true
    listener.ready()
  }
}
