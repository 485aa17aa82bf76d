/** Our own protocol, as the load generator speaks it: the messages of a flood are read by hand, all others by the codec. */
import { PROTOCOL_VERSION, SUBPROTOCOL, decodeRelayFrame, encodeFrame, schema } from '@syncline/protocol'
import { ByteCursor } from './byte-cursor.ts'
import type { Wire, WireListener, WireSession } from './wire.ts'

/** The state vector of somebody who has nothing. */
const NOTHING = new Uint8Array([0])

export const synclineWire: Wire = {
  acceptance: 'acknowledged',
  subprotocol: SUBPROTOCOL,
  path: () => '/sync',
  session: (room) => new SynclineSession(room),
}

class SynclineSession implements WireSession {
  readonly opening: readonly Uint8Array[]
  readonly #cursor = new ByteCursor()
  #handle = 0
  #refs = 0
  #phase: 'joining' | 'loading' | 'ready' = 'joining'

  constructor(room: string) {
    this.opening = [
      encodeFrame([
        { type: 'hello', versions: [PROTOCOL_VERSION], agent: 'syncline-bench', token: undefined },
        { type: 'join', request: 1, room, position: undefined, stateVector: NOTHING },
      ]),
    ]
  }

  receive(bytes: Uint8Array, start: number, end: number, listener: WireListener): void {
    const cursor = this.#cursor.reset(bytes, start, end)
    while (!cursor.done) {
      switch (cursor.uint()) {
        case schema.updates.tag:
          // handle, epoch, seq
          cursor.uint()
          cursor.uint()
          cursor.uint()
          cursor.skipBytes()
          listener.update(bytes, cursor.start, cursor.at)
          if (this.#phase === 'loading') this.#becomeReady(listener)
          break
        case schema.ack.tag: {
          cursor.uint()
          const ref = cursor.uint()
          cursor.uint()
          cursor.uint()
          listener.acknowledged(ref)
          break
        }
        case schema.awareness.tag:
          cursor.uint()
          cursor.skipBytes()
          listener.awareness(bytes, cursor.start, cursor.at)
          break
        default:
          return this.#receiveSlowly(bytes.subarray(start, end), listener)
      }
    }
  }

  push(update: Uint8Array): Uint8Array {
    return encodeFrame([{ type: 'push', handle: this.#handle, ref: ++this.#refs, update }])
  }

  awareness(payload: Uint8Array): Uint8Array {
    return encodeFrame([{ type: 'awareness', handle: this.#handle, payload }])
  }

  /** A frame with something rare in it. What stood before that in the frame is heard twice, which nobody minds. */
  #receiveSlowly(frame: Uint8Array, listener: WireListener): void {
    for (const message of decodeRelayFrame(frame)) {
      switch (message.type) {
        case 'joined':
          this.#handle = message.handle
          this.#phase = 'loading'
          // The relay sends no update when there is none.
          if (message.position.seq === 0) this.#becomeReady(listener)
          break
        case 'updates':
          listener.update(message.update, 0, message.update.length)
          if (this.#phase === 'loading') this.#becomeReady(listener)
          break
        case 'ack':
          listener.acknowledged(message.ref)
          break
        case 'awareness':
          listener.awareness(message.payload, 0, message.payload.length)
          break
        case 'ping':
          listener.answer(encodeFrame([{ type: 'pong' }]))
          break
        case 'refused':
        case 'reject':
        case 'evicted':
        case 'error':
          listener.refused(`${message.type}: ${message.code}, ${message.message}`)
          break
        case 'welcome':
        case 'pong':
        case 'resync':
        case 'reauthenticate':
          break
        default:
          message satisfies never
      }
    }
  }

  #becomeReady(listener: WireListener): void {
    this.#phase = 'ready'
    listener.ready()
  }
}
