/**
 * A network in memory, with the weather that somebody gives it: latency, partitions, stalled lines, connections that end and tell
 * both sides, one, or neither. It carries whole frames, in order, as WebSockets do; what is between two ends is a *line*. Clients
 * reach it through the transport port; a server is a function that accepts lines.
 *
 * Nothing here is random or takes real time by itself: time comes from schedulers, latency from a function. What a side is told, it
 * is told by its own scheduler, so a side that is stopped hears nothing.
 *
 * ```
 *   client ──send──▶ [ frames in flight, in order ] ──▶ server      a line is two of these
 *          ◀──────── [                            ] ◀──send──
 * ```
 */
import type { Link, LinkEvents, Transport } from '../connection/transport.ts'
import { systemScheduler, type Scheduler } from '../scheduler.ts'

/** As WebSockets tell a connection that ended without a goodbye. */
const ABNORMAL = 1006

export interface SimulatedNetworkOptions {
  /** The network's own time. Default: the platform's. */
  readonly scheduler?: Pick<Scheduler, 'now' | 'after'>
  /** How long the next frame, or greeting, of the line of `client` is on its way, in ms. Frames never overtake each other. Default: 0. */
  readonly latencyMs?: (client: string) => number
}

/** The server's end of a line. */
export interface ServerEnd {
  /** The name of the client's transport. */
  readonly client: string
  /** Bytes sent that the client has not received yet. */
  readonly bufferedBytes: number
  /** Bytes that arrived, those of frames that were cut off among them. */
  readonly receivedBytes: number
  /** Sends a frame, which is borrowed until `taken` is called: when it has arrived, or never will. Ignored once the line has ended. */
  send(frame: Uint8Array, taken?: () => void): void
  /** Ends the line after what was sent before. `closed` is told. */
  close(code: number, reason: string): void
  /** Ends the line at once; what is in flight is lost. `closed` is told. */
  terminate(): void
  /** Takes no frames until {@link ServerEnd.resume}. */
  pause(): void
  resume(): void
}

/** What a server is told of a line; `closed` is the last. */
export interface ServerEvents {
  readonly frame: (frame: Uint8Array) => void
  readonly closed: () => void
}

/** Takes a new line over; `undefined` refuses it. */
export type Accept = (end: ServerEnd) => ServerEvents | undefined

/** Who hears that a line was cut. Who does not goes on as if it were there: a half-open connection. */
export type Told = 'both' | 'client' | 'server' | 'nobody'

export class SimulatedNetwork {
  readonly #scheduler: Pick<Scheduler, 'now' | 'after'>
  readonly #latencyMs: (client: string) => number
  readonly #lines = new Set<Line>()
  readonly #partitioned = new Set<string>()
  #server: { readonly accept: Accept; readonly scheduler: Pick<Scheduler, 'after'> } | undefined

  constructor({ scheduler = systemScheduler, latencyMs = () => 0 }: SimulatedNetworkOptions = {}) {
    this.#scheduler = scheduler
    this.#latencyMs = latencyMs
  }

  /**
   * The way of one client, tab or device into the network, by whatever URL. `client` names it in the verbs below; several transports
   * may share a name. Events are told by `scheduler`.
   */
  transport(client: string, scheduler: Pick<Scheduler, 'after'> = this.#scheduler): Transport {
    return {
      connect: (_url, events) => {
        const server = this.#partitioned.has(client) ? undefined : this.#server
        const line = new Line(client, events, {
          scheduler: this.#scheduler,
          clientScheduler: scheduler,
          serverScheduler: server?.scheduler ?? this.#scheduler,
          latencyMs: () => this.#latencyMs(client),
          ended: () => void this.#lines.delete(line),
        })
        this.#lines.add(line)
        line.greet(server?.accept)
        return line.link
      },
    }
  }

  /** From now on `accept` takes new lines; events of lines are told by `scheduler`. Returns its undo, after which nobody does. */
  listen(accept: Accept, scheduler: Pick<Scheduler, 'after'> = this.#scheduler): () => void {
    const server = { accept, scheduler }
    this.#server = server
    return () => {
      if (this.#server === server) this.#server = undefined
    }
  }

  /** Cuts `client` off: new lines fail, and what is sent over those there are waits until {@link SimulatedNetwork.rejoin}. */
  partition(client: string): void {
    this.#partitioned.add(client)
    for (const line of this.#linesOf(client)) line.stall('both')
  }

  /** Ends a partition, and lets stalled lines of `client` go on: what waited arrives, in order. */
  rejoin(client: string): void {
    this.#partitioned.delete(client)
    for (const line of this.#linesOf(client)) line.flow()
  }

  /** Frames to `client`, or from it, wait until {@link SimulatedNetwork.rejoin}. Lines that begin later are not stalled. */
  stall(client: string, direction: 'to' | 'from' | 'both'): void {
    for (const line of this.#linesOf(client)) line.stall(direction)
  }

  /** Ends the lines of `client`; of what is in flight, the first `framesKept` frames each way arrive before, if they are told. */
  cut(client: string, told: Told = 'both', framesKept: number = 0): void {
    for (const line of this.#linesOf(client)) line.cut(told, framesKept)
  }

  /** Every client that has a line. */
  get clients(): readonly string[] {
    return [...new Set([...this.#lines].map(({ client }) => client))]
  }

  #linesOf(client: string): readonly Line[] {
    return [...this.#lines].filter((line) => line.client === client)
  }
}

interface Surroundings {
  readonly scheduler: Pick<Scheduler, 'now' | 'after'>
  readonly clientScheduler: Pick<Scheduler, 'after'>
  readonly serverScheduler: Pick<Scheduler, 'after'>
  readonly latencyMs: () => number
  readonly ended: () => void
}

/** A connection, seen from above. */
class Line {
  readonly client: string
  readonly link: Link
  readonly #surroundings: Surroundings
  readonly #events: LinkEvents
  readonly #toServer: Pipe
  readonly #toClient: Pipe
  #server: ServerEvents | undefined
  /** Which ends still take part. */
  #clientOpen = true
  #serverOpen = false

  constructor(client: string, events: LinkEvents, surroundings: Surroundings) {
    this.client = client
    this.#events = events
    this.#surroundings = surroundings
    const { clientScheduler, serverScheduler } = surroundings
    this.#toServer = new Pipe(surroundings, serverScheduler)
    this.#toClient = new Pipe(surroundings, clientScheduler)
    const toServer = this.#toServer
    this.link = {
      get backlogBytes() {
        return toServer.bytes
      },
      send: (frame) => {
        if (this.#clientOpen) this.#toServer.send(frame.slice(), (bytes) => this.#server?.frame(bytes))
      },
      close: () => this.#closedByClient(),
    }
  }

  /** The greeting: there and back. */
  greet(accept: Accept | undefined): void {
    this.#toServer.tell(() => {
      const server = this.#clientOpen ? accept?.(this.#serverEnd()) : undefined
      if (server === undefined) return this.#toClient.tell(() => this.#tellClient(ABNORMAL, ''))
      this.#server = server
      this.#serverOpen = true
      this.#toClient.tell(() => {
        if (this.#clientOpen) this.#events.opened()
      })
    })
  }

  stall(direction: 'to' | 'from' | 'both'): void {
    if (direction !== 'from') this.#toClient.stall()
    if (direction !== 'to') this.#toServer.stall()
  }

  flow(): void {
    this.#toClient.flow()
    this.#toServer.flow()
  }

  cut(told: Told, framesKept: number): void {
    this.#toServer.cut(framesKept)
    this.#toClient.cut(framesKept)
    this.flow()
    if (told === 'both' || told === 'client') this.#toClient.tell(() => this.#tellClient(ABNORMAL, ''))
    if (told === 'both' || told === 'server') this.#toServer.tell(() => this.#tellServer())
    // Whoever was told nothing may go on sending: it reaches nobody.
    this.#toServer.end()
    this.#toClient.end()
    this.#surroundings.ended()
  }

  #serverEnd(): ServerEnd {
    const toClient = this.#toClient
    const toServer = this.#toServer
    return {
      client: this.client,
      get bufferedBytes() {
        return toClient.bytes
      },
      get receivedBytes() {
        return toServer.deliveredBytes
      },
      send: (frame, taken) => {
        if (this.#serverOpen)
          toClient.send(frame.slice(), (bytes) => this.#clientOpen && this.#events.frame(bytes), taken)
        else taken?.()
      },
      close: (code, reason) => this.#closedByServer(code, reason),
      terminate: () => this.cut('both', 0),
      pause: () => toServer.stall(),
      resume: () => toServer.flow(),
    }
  }

  #closedByClient(): void {
    if (!this.#clientOpen) return
    this.#clientOpen = false
    this.#toServer.tell(() => this.#tellServer())
    this.#toServer.end()
    this.#surroundings.ended()
  }

  #closedByServer(code: number, reason: string): void {
    if (!this.#serverOpen) return
    this.#toClient.tell(() => {
      this.#tellClient(code, reason)
      // Its goodbye back.
      this.#toServer.flow()
      this.#toServer.tell(() => this.#tellServer())
      this.#toServer.end()
    })
    this.#toClient.end()
    this.#surroundings.ended()
  }

  #tellClient(code: number, reason: string): void {
    if (!this.#clientOpen) return
    this.#clientOpen = false
    this.#events.closed(code, reason)
  }

  #tellServer(): void {
    if (!this.#serverOpen) return
    this.#serverOpen = false
    this.#server?.closed()
  }
}

interface InFlight {
  readonly dueAt: number
  readonly bytes: number
  readonly arrive: () => void
  readonly taken: (() => void) | undefined
}

/** One direction of a line: things arrive in the order they were sent, each after its latency. */
class Pipe {
  readonly #surroundings: Surroundings
  readonly #receiver: Pick<Scheduler, 'after'>
  #queue: InFlight[] = []
  #lastDueAt = Number.NEGATIVE_INFINITY
  #stalled = false
  #ended = false
  #cancel: (() => void) | undefined
  bytes = 0
  deliveredBytes = 0

  constructor(surroundings: Surroundings, receiver: Pick<Scheduler, 'after'>) {
    this.#surroundings = surroundings
    this.#receiver = receiver
  }

  send(frame: Uint8Array, deliver: (frame: Uint8Array) => void, taken?: () => void): void {
    if (this.#ended) return taken?.()
    this.#push(frame.length, () => deliver(frame), taken)
  }

  /** Something without bytes, such as a goodbye. */
  tell(arrive: () => void): void {
    if (!this.#ended) this.#push(0, arrive, undefined)
  }

  stall(): void {
    this.#stalled = true
    this.#cancel?.()
    this.#cancel = undefined
  }

  flow(): void {
    if (!this.#stalled) return
    this.#stalled = false
    this.#arm()
  }

  /** Loses all that is in flight but the first `kept` frames; a part of the next may have arrived. */
  cut(kept: number): void {
    const lost = this.#queue.splice(kept)
    const [partial] = lost
    if (partial !== undefined) this.deliveredBytes += partial.bytes >> 1
    for (const { bytes, taken } of lost) {
      this.bytes -= bytes
      taken?.()
    }
    if (this.#queue.length > 0) return
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Nothing more can be sent; what is in flight arrives. */
  end(): void {
    this.#ended = true
  }

  #push(bytes: number, arrive: () => void, taken: (() => void) | undefined): void {
    const { scheduler, latencyMs } = this.#surroundings
    this.#lastDueAt = Math.max(this.#lastDueAt, scheduler.now() + latencyMs())
    this.bytes += bytes
    this.#queue.push({ dueAt: this.#lastDueAt, bytes, arrive, taken })
    if (this.#queue.length === 1) this.#arm()
  }

  #arm(): void {
    const [next] = this.#queue
    if (next === undefined || this.#stalled || this.#cancel !== undefined) return
    const delayMs = Math.max(0, next.dueAt - this.#surroundings.scheduler.now())
    this.#cancel = this.#receiver.after(delayMs, () => {
      this.#cancel = undefined
      this.#queue.shift()
      this.bytes -= next.bytes
      this.deliveredBytes += next.bytes
      this.#arm()
      next.taken?.()
      next.arrive()
    })
  }
}
