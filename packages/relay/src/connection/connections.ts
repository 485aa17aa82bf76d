/**
 * All connections of a relay: how many there may be, and what happens to all of them. What each does is its own
 * (connection.ts).
 */
import { CloseCode, encodeFrame } from '@syncline/protocol'
import { hocuspocusSession } from '../endpoints/hocuspocus/hocuspocus-session.ts'
import type { Opening } from '../endpoints/opening.ts'
import { ySession } from '../endpoints/y-websocket/y-session.ts'
import { SessionConnection, type Connection, type ConnectionSurroundings } from './connection.ts'
import type { Measured } from '../metrics/relay-metrics.ts'
import type { FrameSocket } from './frame-socket.ts'
import { nativeSession } from './native-session.ts'
import type { Session } from './session.ts'

export interface ConnectionsOptions extends ConnectionSurroundings {
  /** How the relay names itself in `welcome`. */
  readonly agent: string
}

export class Connections {
  readonly #surroundings: ConnectionsOptions
  readonly #open = new Set<Connection>()
  #waitingForEnd: (() => void)[] = []

  constructor(surroundings: ConnectionsOptions) {
    this.#surroundings = surroundings
  }

  get size(): number {
    return this.#open.size
  }

  /** Connections by endpoint, and the bytes that wait in all of them. */
  measure(): Pick<Measured, 'connections' | 'outboxBytes' | 'unsettledBytes'> {
    let outboxBytes = 0
    let unsettledBytes = 0
    for (const connection of this.#open) {
      outboxBytes += connection.outboxBytes
      unsettledBytes += connection.unsettledBytes
    }
    return { connections: new Map([['sync', this.#open.size]]), outboxBytes, unsettledBytes }
  }

  /**
   * Begins a connection. Returns `undefined` when there are too many: the other side was told so, and the socket is
   * closing.
   */
  accept(socket: FrameSocket, opening: Opening): Connection | undefined {
    if (this.#open.size >= this.#surroundings.limits.connectionsMax) {
      turnAway(socket, opening)
      return undefined
    }
    const { agent, limits, scheduler } = this.#surroundings
    const now = scheduler.now()
    switch (opening.endpoint) {
      case 'sync':
        return this.#begin(socket, nativeSession(agent, limits, now))
      case 'y-websocket':
        return this.#begin(socket, ySession(opening.room, opening.token, limits, now))
      case 'hocuspocus':
        return this.#begin(socket, hocuspocusSession(limits, now))
      default:
        return opening satisfies never
    }
  }

  tick(now: number): void {
    for (const connection of this.#open) connection.tick(now)
  }

  /** Reads nothing any more. */
  quiesce(): void {
    for (const connection of this.#open) connection.quiesce()
  }

  /** Says goodbye to everybody; resolves when all are gone. */
  async drain(): Promise<void> {
    for (const connection of this.#open) connection.drain()
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#waitingForEnd.push(resolve))
  }

  /** Cuts off whoever is left. */
  terminate(): void {
    for (const connection of this.#open) connection.terminate()
  }

  #begin<Message>(socket: FrameSocket, session: Session<Message>): Connection {
    const connection = new SessionConnection(socket, session, this.#surroundings, () => this.#ended(connection))
    this.#open.add(connection)
    connection.open()
    return connection
  }

  #ended(connection: Connection): void {
    this.#open.delete(connection)
    if (this.#open.size === 0) for (const resolve of this.#waitingForEnd.splice(0)) resolve()
  }
}

function turnAway(socket: FrameSocket, { endpoint }: Opening): void {
  if (endpoint === 'sync') {
    const message = 'this relay has all the connections that it can serve'
    socket.send(encodeFrame([{ type: 'error', code: 'too-many-connections', message }]), () => {})
  }
  socket.close(CloseCode.tryAgainLater, 'too-many-connections')
}
