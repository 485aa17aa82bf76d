/**
 * `kill -9` of the relay, in a loop, with the published clients of y-websocket and Hocuspocus on it.
 *
 * What such a client was told is safe is read from its socket. To a client of y-websocket the relay says it by sending the edit, back
 * or in a step 2; to one of Hocuspocus by a sync status for the update that holds it; to both by the state vector of a step 1.
 */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { createDecoder, readVarString, readVarUint, readVarUint8Array } from 'lib0/decoding'
import { afterEach, test } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { killLoop, type KillWriter } from './kill-loop.fixture.ts'
import type { RelayProcess } from './relay-process.fixture.ts'

const CYCLES = Number(process.env['SYNCLINE_KILL_CYCLES'] ?? 10)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const SYNC = 0
const SYNC_STATUS = 8
const STEP_1 = 0

/**
 * What the relay has vouched for, of the edits of one replica: each is one unit in the array, so the clock of an edit is its number.
 */
class SafeEdits {
  readonly acknowledged = new Set<string>()
  readonly #clientID: number
  readonly #name: string
  #onChange: () => void = () => {}

  constructor({ clientID }: Y.Doc, name: string) {
    this.#clientID = clientID
    this.#name = name
  }

  /** All that this update holds is safe. */
  add(update: Uint8Array): void {
    for (const struct of Y.decodeUpdate(update).structs) {
      if (struct.id.client !== this.#clientID || struct instanceof Y.Skip) continue
      this.#addRange(struct.id.clock, struct.id.clock + struct.length)
    }
  }

  /** All that this state vector covers is safe. */
  addUpTo(stateVector: Uint8Array): void {
    this.#addRange(0, Y.decodeStateVector(stateVector).get(this.#clientID) ?? 0)
  }

  async has(edits: readonly string[]): Promise<void> {
    while (!edits.every((edit) => this.acknowledged.has(edit))) {
      await new Promise<void>((resolve) => (this.#onChange = resolve))
    }
  }

  /** `end` is exclusive. */
  #addRange(start: number, end: number): void {
    for (let clock = start; clock < end; clock++) this.acknowledged.add(`${this.#name}:${clock}`)
    this.#onChange()
  }
}

/** What both kinds have in common: edits made one burst after the other, each when the last is safe. */
class EndpointWriter implements KillWriter {
  readonly #doc: Y.Doc
  readonly #safe: SafeEdits
  readonly #name: string
  readonly #close: () => void
  #written = 0
  #stopped = false

  constructor(doc: Y.Doc, safe: SafeEdits, name: string, close: () => void) {
    this.#doc = doc
    this.#safe = safe
    this.#name = name
    this.#close = close
  }

  get acknowledged(): ReadonlySet<string> {
    return this.#safe.acknowledged
  }

  get written(): number {
    return this.#written
  }

  async run(onAck: () => void): Promise<void> {
    const list = this.#doc.getArray<string>('edits')
    while (!this.#stopped) {
      const burst = Array.from({ length: 1 + (this.#written % 3) }, () => `${this.#name}:${this.#written++}`)
      for (const edit of burst) list.push([edit])
      await this.#safe.has(burst)
      onAck()
    }
  }

  wake(): void {
    // These clients connect again by themselves, and soon enough.
  }

  stop(): void {
    this.#stopped = true
  }

  close(): void {
    this.#close()
  }
}

function yWriter(relay: RelayProcess, room: string, name: string): KillWriter {
  const doc = new Y.Doc()
  const safe = new SafeEdits(doc, name)
  class Socket extends WebSocket {
    constructor(url: string) {
      super(url)
      // The provider asks for its messages as an ArrayBuffer.
      this.on('message', (data: ArrayBuffer) => {
        const decoder = createDecoder(new Uint8Array(data))
        if (readVarUint(decoder) !== SYNC) return
        if (readVarUint(decoder) === STEP_1) safe.addUpTo(readVarUint8Array(decoder))
        else safe.add(readVarUint8Array(decoder))
      })
    }
  }
  const provider = new WebsocketProvider(`ws://127.0.0.1:${relay.port}/y`, room, doc, {
    WebSocketPolyfill: Socket as unknown as typeof globalThis.WebSocket,
    maxBackoffTime: 100,
    disableBc: true,
  })
  return new EndpointWriter(doc, safe, name, () => {
    provider.destroy()
    provider.awareness.destroy()
  })
}

function hocuspocusWriter(relay: RelayProcess, room: string, name: string): KillWriter {
  const doc = new Y.Doc()
  const safe = new SafeEdits(doc, name)
  class Socket extends WebSocket {
    /** Updates sent on this socket that have no status yet, oldest first. */
    readonly #sent: Uint8Array[] = []

    constructor(url: string) {
      super(url)
      this.on('message', (data: ArrayBuffer) => {
        // A ping.
        if (data.byteLength === 1) return
        const decoder = createDecoder(new Uint8Array(data))
        readVarString(decoder)
        const type = readVarUint(decoder)
        if (type === SYNC && readVarUint(decoder) === STEP_1) safe.addUpTo(readVarUint8Array(decoder))
        if (type !== SYNC_STATUS) return
        const update = this.#sent.shift()
        if (readVarUint(decoder) === 1) safe.add(update!)
      })
    }

    override send(data: Uint8Array): void {
      const decoder = createDecoder(data)
      if (data.length > 1) {
        readVarString(decoder)
        if (readVarUint(decoder) === SYNC && readVarUint(decoder) !== STEP_1) {
          this.#sent.push(readVarUint8Array(decoder))
        }
      }
      super.send(data)
    }
  }
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: `ws://127.0.0.1:${relay.port}/hocuspocus`,
    WebSocketPolyfill: Socket,
    delay: 20,
    minDelay: 10,
    maxDelay: 100,
  })
  const provider = new HocuspocusProvider({ websocketProvider, name: room, document: doc })
  provider.attach()
  return new EndpointWriter(doc, safe, name, () => {
    provider.destroy()
    websocketProvider.destroy()
  })
}

test.each([
  ['y-websocket', yWriter],
  ['Hocuspocus', hocuspocusWriter],
])(
  `${CYCLES} times kill -9 with clients of %s: every edit that they were told is safe is in the log that is left`,
  { timeout: 10_000 * CYCLES },
  (_, openWriter) => killLoop(CYCLES, openWriter, (close) => cleanups.push(close)),
)
