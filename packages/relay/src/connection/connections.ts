/**
 * All connections of a relay: how many there may be, and what happens to all of them. What each does is its own
 * (connection.ts).
 */
import { CloseCode, encodeFrame } from '@syncline/protocol'
import { hocuspocusSession } from '../endpoints/hocuspocus/hocuspocus-session.ts'
import type { Opening } from '../endpoints/opening.ts'
import { ySession } from '../endpoints/y-websocket/y-session.ts'
import { SessionConnection, type Connection, type ConnectionSurroundings } from './connection.ts'
import { furthest, heaviest, stuckMost } from '../buffers/relief.ts'
import type { Measured } from '../metrics/relay-metrics.ts'
import { addressGroup } from '../http/client-address.ts'
import { isLoopback } from '../http/loopback.ts'
import { AddressCount } from '../rate/address-count.ts'
import { SubjectTraffic } from '../rate/subject-traffic.ts'
import { trafficRates, type Rest, type TrafficAmounts } from '../rate/traffic.ts'
import type { FrameSocket } from './frame-socket.ts'
import { nativeSession } from './native-session.ts'
import type { Session } from './session.ts'

export interface ConnectionsOptions extends Omit<ConnectionSurroundings, 'subjectTraffic'> {
  /** How the relay names itself in `welcome`. */
  readonly agent: string
}

export class Connections {
  readonly #surroundings: ConnectionsOptions & ConnectionSurroundings
  readonly #open = new Set<Connection>()
  readonly #byEndpoint = new Map<Opening['endpoint'], number>([
    ['sync', 0],
    ['y-websocket', 0],
    ['hocuspocus', 0],
  ])
  readonly #byAddress: AddressCount
  /** When the buffers were first seen to hold too much; absent while they do not. */
  #pressedSince: number | undefined
  #waitingForEnd: (() => void)[] = []

  constructor(options: ConnectionsOptions) {
    const { limits } = options
    this.#surroundings = {
      ...options,
      subjectTraffic: new SubjectTraffic(trafficRates(limits, limits.subjectShares)),
    }
    this.#byAddress = new AddressCount(limits.connectionsPerAddressMax)
    options.buffers.watch((pressed) => this.#buffersChanged(pressed))
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
    return { connections: new Map(this.#byEndpoint), outboxBytes, unsettledBytes }
  }

  /**
   * Begins a connection. Returns `undefined` when there are too many: the other side was told so, and the socket is
   * closing.
   */
  accept(socket: FrameSocket, opening: Opening): Connection | undefined {
    const { address } = socket
    if (this.#open.size >= this.#surroundings.limits.connectionsMax) {
      this.#surroundings.counters.limitHit('connectionsMax')
      turnAway(socket, opening, 'this relay has all the connections that it can serve')
      return undefined
    }
    if (!isLoopback(address) && !this.#byAddress.enter(addressGroup(address))) {
      this.#surroundings.counters.limitHit('connectionsPerAddressMax')
      turnAway(socket, opening, 'your address has all the connections that it may have')
      return undefined
    }
    const { agent, limits, scheduler } = this.#surroundings
    const now = scheduler.now()
    switch (opening.endpoint) {
      case 'sync':
        return this.#begin(socket, opening, nativeSession(agent, limits, now))
      case 'y-websocket':
        return this.#begin(socket, opening, ySession(opening.room, opening.token, limits, now))
      case 'hocuspocus':
        return this.#begin(socket, opening, hocuspocusSession(limits, now))
      default:
        return opening satisfies never
    }
  }

  tick(now: number): void {
    for (const connection of this.#open) connection.tick(now)
    if (this.#surroundings.buffers.pressed) this.#relieve(now)
    this.#surroundings.subjectTraffic.sweep(now)
  }

  /** Counts what came from a subject by another way than a connection, and returns how long it has to rest. */
  count(subject: string | undefined, amounts: TrafficAmounts): Rest {
    const { subjectTraffic, scheduler } = this.#surroundings
    return subjectTraffic.take(subject, amounts, scheduler.now())
  }

  /**
   * Closes the connections of a subject, who may come back with a fresh token if whoever issues it is willing. Returns
   * how many there were.
   */
  expelSubject(subject: string): number {
    const expelled = [...this.#open].filter((connection) => connection.subjects.has(subject))
    for (const connection of expelled) connection.expel('the operator has ended your connections')
    return expelled.length
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

  #buffersChanged(pressed: boolean): void {
    if (pressed) {
      this.#pressedSince = this.#surroundings.scheduler.now()
      this.#surroundings.counters.limitHit('bufferBytesMax')
      this.#holdHeaviest()
      return
    }
    this.#pressedSince = undefined
    for (const connection of this.#open) connection.ease()
  }

  #holdHeaviest(): ReadonlySet<Connection> {
    const { bytesMax, settles } = this.#surroundings.buffers
    const held = new Set(heaviest(this.#open, bytesMax / 2))
    for (const connection of held) connection.press()
    // Frame by frame, each becomes whole: not while the log has enough to settle, or it would be given ever more.
    if (!settles) furthest(this.#open)?.ease()
    return held
  }

  /**
   * What settles goes when nothing follows. What is stuck goes only if the other sides do their part: those that do not are
   * ended at once if that alone is too much, and after some time if it is what keeps everybody waiting.
   */
  #relieve(now: number): void {
    const { buffers, limits } = this.#surroundings
    const held = this.#holdHeaviest()
    // Whoever pushed, and has its verdicts, may push again: it need not wait for those who keep much.
    for (const connection of this.#open) {
      if (connection.unsettledBytes === 0 && !held.has(connection)) connection.ease()
    }
    const ending = new Set(stuckMost(this.#open, buffers.stuckBytes, buffers.bytesMax, true))
    if (now - (this.#pressedSince ?? now) > limits.drainTimeoutMs) {
      for (const connection of stuckMost(this.#open, buffers.stuckBytes, buffers.bytesMax / 2, false)) {
        ending.add(connection)
      }
    }
    for (const connection of ending) connection.endForBuffers()
  }

  #begin<Message>(socket: FrameSocket, { endpoint }: Opening, session: Session<Message>): Connection {
    const { address } = socket
    const connection = new SessionConnection(socket, session, this.#surroundings, () => {
      if (!isLoopback(address)) this.#byAddress.leave(addressGroup(address))
      this.#count(endpoint, -1)
      this.#ended(connection)
    })
    this.#open.add(connection)
    this.#count(endpoint, 1)
    connection.open()
    return connection
  }

  #count(endpoint: Opening['endpoint'], change: 1 | -1): void {
    this.#byEndpoint.set(endpoint, (this.#byEndpoint.get(endpoint) ?? 0) + change)
  }

  #ended(connection: Connection): void {
    this.#open.delete(connection)
    if (this.#open.size === 0) for (const resolve of this.#waitingForEnd.splice(0)) resolve()
  }
}

function turnAway(socket: FrameSocket, { endpoint }: Opening, message: string): void {
  if (endpoint === 'sync') {
    socket.send(encodeFrame([{ type: 'error', code: 'too-many-connections', message }]), () => {})
  }
  socket.close(CloseCode.tryAgainLater, 'too-many-connections')
}
