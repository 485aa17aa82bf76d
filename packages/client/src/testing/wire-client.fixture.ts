/** A client that is nothing but its end of a line: it sends what a test says, and remembers what it was sent. */
import {
  decodeRelayFrame,
  encodeFrame,
  type ClientMessage,
  type MessageOf,
  type RelayMessage,
} from '@syncline/protocol'
import { emptyUpdate, encodeStateVector } from '@syncline/core'
import type { Link } from '../connection/transport.ts'
import type { SimulatedNetwork } from './simulated-network.ts'

export class WireClient {
  readonly name: string
  /** What came, oldest first; taken by {@link WireClient.take}. */
  #received: RelayMessage[] = []
  #link: Link | undefined
  #closed: number | undefined
  #requests = 0

  constructor(network: SimulatedNetwork, name: string) {
    this.name = name
    this.#link = network.transport(name).connect('simulated:', {
      opened: () => {},
      frame: (frame) => this.#received.push(...decodeRelayFrame(frame.slice())),
      malformed: () => {},
      closed: (code) => {
        this.#closed = code
      },
    })
  }

  /** The code with which the line ended; `undefined` while it has not. */
  get closed(): number | undefined {
    return this.#closed
  }

  send(...messages: readonly ClientMessage[]): void {
    this.#link?.send(encodeFrame(messages))
  }

  sendBytes(bytes: readonly number[]): void {
    this.#link?.send(Uint8Array.from(bytes))
  }

  hello(token?: string): void {
    this.send({ type: 'hello', versions: [1], agent: 'test', token })
  }

  join(
    room: string,
    {
      position,
      stateVector = encodeStateVector(new Map()),
    }: Partial<Pick<MessageOf<'join'>, 'position' | 'stateVector'>> = {},
  ): void {
    this.#requests += 1
    this.send({ type: 'join', request: this.#requests, room, position, stateVector })
  }

  push(handle: number, ref: number, update: Uint8Array = emptyUpdate()): void {
    this.send({ type: 'push', handle, ref, update })
  }

  close(): void {
    this.#link?.close(1000, '')
  }

  /** What came since the last call. */
  take(): readonly RelayMessage[] {
    return this.#received.splice(0)
  }

  /** Takes what came: one message of this type has to be among it. */
  expect<Type extends RelayMessage['type']>(type: Type): MessageOf<Type> {
    const received = this.take()
    const found = received.find((message) => message.type === type)
    if (found === undefined) throw new Error(`no ${type} among ${JSON.stringify(received.map((each) => each.type))}`)
    return found as MessageOf<Type>
  }
}
