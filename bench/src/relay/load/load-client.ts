/**
 * One client of the load: a connection in a room. It counts its accepted pushes, whichever way its wire tells, and hands on what it gets. Pushes
 * are encoded before they count.
 */
import { CheckFailed } from '../../harness/bench.ts'
import { within } from '../../harness/deadline.ts'
import { authoredEnd, isKeystroke, sameBytes, startsLike, type Authored } from './authored.ts'
import type { HostileInput } from './hostile-inputs.ts'
import { clientFrame, RawSocket } from './raw-socket.ts'
import type { Wire, WireListener, WireSession } from './wire.ts'

const JOIN_TIMEOUT_MS = 60_000

export type HearBytes = (bytes: Uint8Array, start: number, end: number) => void

/** The place of a load: where the server is, and how it is spoken to. */
export interface Endpoint {
  readonly subject: string
  readonly url: string
  readonly wire: Wire
}

export class LoadClient {
  readonly #endpoint: Endpoint
  readonly #session: WireSession
  #socket: RawSocket | undefined
  #refusal: string | undefined
  /** What was stored when this client joined, in the order in which it came. */
  readonly stored: Uint8Array[] = []
  /** How many pushes were accepted, from the first on. */
  accepted = 0
  /** Own updates that are still to come back, on a wire that echoes. */
  #awaited: Authored | undefined
  onAccepted: () => void = () => {}
  onUpdate: HearBytes = () => {}
  onAwareness: HearBytes = () => {}

  private constructor(endpoint: Endpoint, session: WireSession) {
    this.#endpoint = endpoint
    this.#session = session
  }

  /** Connects, joins and waits until what is stored is here. */
  static async join(endpoint: Endpoint, room: string, timeoutMs: number = JOIN_TIMEOUT_MS): Promise<LoadClient> {
    const { wire, url } = endpoint
    const session = wire.session(room)
    const client = new LoadClient(endpoint, session)
    let joined = (): void => {}
    const ready = new Promise<void>((resolve) => {
      joined = resolve
    })
    client.onUpdate = (bytes, start, end) => client.stored.push(Buffer.from(bytes.subarray(start, end)))
    const listener: WireListener = {
      ready: () => {
        client.onUpdate = () => {}
        joined()
      },
      update: (bytes, start, end) => {
        if (client.#awaited !== undefined) client.#comesBack(bytes, start, end)
        client.onUpdate(bytes, start, end)
      },
      acknowledged: (pushes) => client.#accept(pushes),
      refused: (reason) => {
        client.#refusal ??= reason
      },
      awareness: (bytes, start, end) => client.onAwareness(bytes, start, end),
      answer: (message) => client.#socket?.send(clientFrame(message)),
    }
    const socket = await RawSocket.open(`${url}${wire.path(room)}`, wire.subprotocol, (bytes, start, end) =>
      session.receive(bytes, start, end, listener),
    )
    client.#socket = socket
    for (const message of session.opening) socket.send(clientFrame(message))
    const ended = socket.ended.then((reason) =>
      Promise.reject(new Error(`${endpoint.subject}: a join failed: ${reason}`)),
    )
    try {
      await within(Promise.race([ready, ended]), timeoutMs, `${endpoint.subject}: a join`)
    } catch (error) {
      socket.destroy()
      throw error
    }
    return client
  }

  /** What went wrong, if anything did: the connection ended, or a push was refused. */
  get failure(): string | undefined {
    return this.#refusal ?? this.#socket?.failure
  }

  /** Throws when something went wrong. */
  assertWell(): void {
    if (this.failure !== undefined)
      throw new CheckFailed(`${this.#endpoint.subject}: a client was stopped: ${this.failure}`)
  }

  /** The frames that push these updates, to be sent in this order. On a wire that echoes, the client then looks out for them. */
  encodePushes(authored: Authored): Buffer[] {
    if (this.#endpoint.wire.acceptance === 'echoed') this.#awaited = authored
    return authored.updates.map((update) => clientFrame(this.#session.push(update)))
  }

  /** The frame that announces these states. */
  encodeAwareness(states: Uint8Array): Buffer {
    return clientFrame(this.#session.awareness(states))
  }

  send(frames: Uint8Array): void {
    this.#socket?.send(frames)
  }

  sendHostile(input: HostileInput): void {
    this.send(input.bytes(this.#session))
  }

  stopReading(): void {
    this.#socket?.stopReading()
  }

  async close(): Promise<void> {
    await this.#socket?.close()
  }

  destroy(): void {
    this.#socket?.destroy()
  }

  #accept(pushes: number): void {
    if (pushes <= this.accepted) return
    this.accepted = pushes
    this.onAccepted()
  }

  #comesBack(bytes: Uint8Array, start: number, end: number): void {
    const { clientID, updates } = this.#awaited!
    const next = updates[this.accepted]
    if (next !== undefined && sameBytes(next, bytes, start, end)) return this.#accept(this.accepted + 1)
    if (isKeystroke(bytes, start) && !startsLike(updates[0]!, bytes, start)) return
    this.#accept(authoredEnd(bytes.slice(start, end), clientID))
  }
}

/** Closes them all at once. */
export async function closeClients(clients: readonly LoadClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()))
}

/** Joins under way at once. */
const JOINS_MAX = 32

/** `count` clients, the nth in the room that `roomOf` names, so many at a time. None is left open when one fails. */
export async function joinAll(
  endpoint: Endpoint,
  count: number,
  roomOf: (index: number) => string,
  atOnce = JOINS_MAX,
): Promise<LoadClient[]> {
  const clients: LoadClient[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const index = next++
      clients[index] = await LoadClient.join(endpoint, roomOf(index))
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(atOnce, count) }, work))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return clients
  for (const client of clients) client?.destroy()
  throw failed.reason
}
