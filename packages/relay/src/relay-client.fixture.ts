/**
 * The smallest client that speaks the protocol, for tests: it sends what it is told, and hands out what it received, in
 * order.
 */
import { once } from 'node:events'
import { encodeStateVector } from '@syncline/core'
import {
  SUBPROTOCOL,
  decodeRelayFrame,
  encodeFrame,
  type ClientMessage,
  type MessageOf,
  type Position,
  type RelayMessage,
} from '@syncline/protocol'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

type MessageType = RelayMessage['type']

export const noStateVector: Uint8Array = encodeStateVector(new Map())

/** An update that inserts `text` into a document of its own, under `client`. */
export function updateOf(text: string, client = 1): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = client
  doc.getText('body').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

/** The text of a document that has got these updates. */
export function textOf(...updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('body').toJSON()
}

export class RelayClient {
  readonly socket: WebSocket
  /** What came and was not taken by {@link RelayClient.next}. */
  readonly inbox: RelayMessage[] = []
  /** How it ended, once it has. */
  closed: { readonly code: number; readonly reason: string } | undefined
  #waiting: (() => void)[] = []

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => {
      this.inbox.push(...decodeRelayFrame(data))
      this.#wake()
    })
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
      this.#wake()
    })
    socket.on('error', () => {})
  }

  /** A client whose socket is open, before its hello. */
  static async connect(url: string): Promise<RelayClient> {
    const client = new RelayClient(new WebSocket(`${url}/sync`, SUBPROTOCOL))
    await once(client.socket, 'open')
    return client
  }

  /** A client that was welcomed. */
  static async open(url: string, token?: string): Promise<RelayClient> {
    const client = await RelayClient.connect(url)
    client.send({ type: 'hello', versions: [1], agent: 'test', token })
    await client.next('welcome')
    return client
  }

  send(...messages: readonly ClientMessage[]): void {
    this.socket.send(encodeFrame(messages))
  }

  /** A client that sends bytes of its own making, as they are, from the moment it is connected. */
  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes)
  }

  /** Joins and waits for the answer. */
  async join(
    room: string,
    { position, stateVector = noStateVector }: { position?: Position; stateVector?: Uint8Array } = {},
  ): Promise<MessageOf<'joined'>> {
    this.send({ type: 'join', request: 1, room, position, stateVector })
    return this.next('joined')
  }

  /** Pushes and waits for the ack. */
  async push(handle: number, ref: number, update: Uint8Array): Promise<Position> {
    this.send({ type: 'push', handle, ref, update })
    const ack = await this.next('ack', (message) => message.ref === ref)
    return ack.position
  }

  /** The first message of this type that was not taken yet; waits for it. Rejects if the connection ends without it. */
  async next<T extends MessageType>(
    type: T,
    matches: (message: MessageOf<T>) => boolean = () => true,
  ): Promise<MessageOf<T>> {
    for (;;) {
      const at = this.inbox.findIndex((message) => message.type === type && matches(message as unknown as MessageOf<T>))
      if (at !== -1) return this.inbox.splice(at, 1)[0] as unknown as MessageOf<T>
      if (this.closed !== undefined) throw new Error(`closed with ${this.closed.code} while waiting for ${type}`)
      await this.#change()
    }
  }

  /** Updates until they bring the member to `seq`; returns them. */
  async updatesTo(seq: number): Promise<Uint8Array[]> {
    const updates: Uint8Array[] = []
    for (;;) {
      const { position, update } = await this.next('updates')
      updates.push(update)
      if (position.seq >= seq) return updates
    }
  }

  /** How the connection ends; waits for it. */
  async ended(): Promise<{ readonly code: number; readonly reason: string }> {
    while (this.closed === undefined) await this.#change()
    return this.closed
  }

  /** A round trip: everything sent before was handled, and everything sent to us before has arrived. */
  async settle(): Promise<void> {
    this.send({ type: 'ping' })
    await this.next('pong')
  }

  async close(): Promise<void> {
    this.socket.close()
    await this.ended()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
