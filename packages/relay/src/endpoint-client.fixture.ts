/**
 * One client for tests that hold for every endpoint: a document, a socket, and what its endpoint's protocol says about
 * both. It does not connect again by itself, and can stop to read.
 */
import { once } from 'node:events'
import { ByteReader, ByteWriter } from '@syncline/core'
import { SUBPROTOCOL, decodeRelayFrame, encodeFrame, type ClientMessage } from '@syncline/protocol'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

export const endpoints = ['sync', 'y', 'hocuspocus'] as const
export type EndpointName = (typeof endpoints)[number]

export interface EndpointClientOptions {
  /** The document of an earlier connection. */
  readonly doc?: Y.Doc
  /** Does not read from the moment it is connected. */
  readonly isPaused?: boolean
}

export class EndpointClient {
  readonly doc: Y.Doc
  /** What the relay is known to have: it said so, or sent it. Without what the document had before, which it does not send. */
  readonly durable = new Y.Doc()
  readonly socket: WebSocket
  awarenessFrames = 0
  updateFrames = 0
  joined = false
  closed: number | undefined
  readonly #endpoint: EndpointName
  readonly #room: string
  #handle = 0
  /** Pushed and not settled, oldest first. */
  readonly #pushed: Uint8Array[] = []
  #ref = 0
  #waiting: (() => void)[] = []

  private constructor(endpoint: EndpointName, url: string, room: string, doc: Y.Doc) {
    this.#endpoint = endpoint
    this.#room = room
    this.doc = doc
    const path = endpoint === 'y' ? `/y/${room}` : `/${endpoint}`
    this.socket = new WebSocket(`${url}${path}`, endpoint === 'sync' ? SUBPROTOCOL : [])
    this.socket.on('error', () => {})
    this.socket.on('message', (data) => this.#receive(data as Buffer))
    this.socket.on('close', (code) => {
      this.closed = code
      this.#wake()
    })
    doc.on('update', (update: Uint8Array, source: unknown) => {
      if (source !== this && this.joined) this.#push(update)
    })
  }

  /** Resolves when the socket is open, and the wish to join is sent. */
  static async open(
    endpoint: EndpointName,
    url: string,
    room: string,
    { doc = new Y.Doc(), isPaused = false }: EndpointClientOptions = {},
  ): Promise<EndpointClient> {
    const client = new EndpointClient(endpoint, url, room, doc)
    await once(client.socket, 'open')
    if (isPaused) client.socket.pause()
    client.#join()
    return client
  }

  /** A client that is a member. */
  static async joined(
    endpoint: EndpointName,
    url: string,
    room: string,
    options: EndpointClientOptions = {},
  ): Promise<EndpointClient> {
    const client = await EndpointClient.open(endpoint, url, room, options)
    await client.until(() => client.joined)
    return client
  }

  get text(): string {
    return this.doc.getText('text').toJSON()
  }

  get durableText(): string {
    return this.durable.getText('text').toJSON()
  }

  type(added: string): void {
    const text = this.doc.getText('text')
    text.insert(text.length, added)
  }

  announce(payload: Uint8Array): void {
    if (this.#endpoint === 'sync') return this.#say({ type: 'awareness', handle: this.#handle, payload })
    this.#write((writer) => {
      writer.varUint(1)
      writer.lengthPrefixed(payload)
    })
  }

  /** Resolves when `condition` holds. Rejects if the connection ends before. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.closed !== undefined) throw new Error(`${this.#endpoint}: closed with ${this.closed}`)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** With which code the connection ends. */
  async ended(): Promise<number> {
    while (this.closed === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.closed
  }

  #join(): void {
    const stateVector = Y.encodeStateVector(this.doc)
    if (this.#endpoint === 'sync') {
      this.#say({ type: 'hello', versions: [1], agent: 'test', token: undefined })
      return this.#say({ type: 'join', request: 1, room: this.#room, position: undefined, stateVector })
    }
    if (this.#endpoint === 'hocuspocus') {
      this.#write((writer) => {
        writer.varUint(2)
        writer.varUint(0)
        writer.string('')
      })
    }
    this.#write((writer) => {
      writer.varUint(0)
      writer.varUint(0)
      writer.lengthPrefixed(stateVector)
    })
  }

  #push(update: Uint8Array): void {
    this.#pushed.push(update)
    this.#ref++
    if (this.#endpoint === 'sync') {
      return this.#say({ type: 'push', handle: this.#handle, ref: this.#ref, update })
    }
    this.#sendUpdate(2, update)
  }

  #sendUpdate(tag: 1 | 2, update: Uint8Array): void {
    this.#write((writer) => {
      writer.varUint(0)
      writer.varUint(tag)
      writer.lengthPrefixed(update)
    })
  }

  #receive(frame: Uint8Array): void {
    if (this.#endpoint === 'sync') this.#receiveMessages(frame)
    else this.#receiveYjs(frame)
    this.#wake()
  }

  #receiveMessages(frame: Uint8Array): void {
    for (const message of decodeRelayFrame(frame)) {
      if (message.type === 'joined') {
        this.#handle = message.handle
        this.#entered(message.stateVector)
      } else if (message.type === 'updates') this.#apply(message.update)
      // The others are closed by the relay.
      else if (message.type === 'refused') this.socket.close()
      else if (message.type === 'awareness') this.awarenessFrames++
      else if (message.type === 'ping') this.#say({ type: 'pong' })
      else if (message.type === 'ack') this.#settle(this.#pushed.length - (this.#ref - message.ref))
    }
  }

  #receiveYjs(frame: Uint8Array): void {
    const reader = new ByteReader(frame)
    // Messages of the socket are alone in their frame.
    if (this.#endpoint === 'hocuspocus' && frame.length === 1) return
    if (this.#endpoint === 'hocuspocus') reader.string()
    const tag = reader.varUint()
    if (tag === 1) this.awarenessFrames++
    else if (tag === 8 && reader.varUint() === 1) this.#settle(1)
    else if (tag === 0) this.#sync(reader.varUint(), reader.lengthPrefixed())
  }

  #sync(tag: number, bytes: Uint8Array): void {
    if (tag !== 0) return this.#apply(bytes)
    if (this.joined) return
    this.#entered(bytes)
  }

  /** The relay has told what the room has: it is told what that lacks. */
  #entered(stateVector: Uint8Array): void {
    this.joined = true
    const lacking = Y.encodeStateAsUpdate(this.doc, stateVector)
    if (this.#endpoint === 'sync') {
      if (lacking.length > 2) this.#push(lacking)
      return
    }
    this.#pushed.push(lacking)
    this.#sendUpdate(1, lacking)
  }

  #apply(update: Uint8Array): void {
    this.updateFrames++
    Y.applyUpdate(this.doc, update, this)
    Y.applyUpdate(this.durable, update)
  }

  #settle(count: number): void {
    for (const update of this.#pushed.splice(0, count)) Y.applyUpdate(this.durable, update)
  }

  #say(message: ClientMessage): void {
    this.socket.send(encodeFrame([message]))
  }

  #write(body: (writer: ByteWriter) => void): void {
    const writer = new ByteWriter(64)
    if (this.#endpoint === 'hocuspocus') writer.string(this.#room)
    body(writer)
    this.socket.send(writer.finish())
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
