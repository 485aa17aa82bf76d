/**
 * A relay on the network: the core (relay-core.ts), HTTP and WebSocket wired together, and their common lifetime.
 * Nothing is decided here; what a relay does for its members is in room/ and connection/.
 *
 * ```
 * idle ──open──▶ opening ──▶ open ──close──▶ closing ──▶ closed
 *   └───────────────┴────────────close──────────▲
 * ```
 *
 * Closing goes from the outside in: accept nobody, read nothing, let the log answer what was pushed, tell everybody,
 * let sockets say goodbye, and only then let the log go. A client that got its ack before the relay went has what it
 * was promised; one that did not pushes again.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Authorize } from './access.ts'
import type { Authenticator } from './auth/authenticator.ts'
import { RelayError } from './errors.ts'
import { openingOf } from './endpoints/opening.ts'
import { eventLog } from './event-log.ts'
import { Gateway, refuseUpgrade } from './gateway.ts'
import { TrustedProxies } from './http/client-address.ts'
import { pathBelow, relayService, wholeServer, type HealthReport, type RelayService } from './http/http-service.ts'
import { isLocalUpgrade } from './http/local-request.ts'
import { isLoopback } from './http/loopback.ts'
import { API_PATH, HttpApi } from './http/api/http-api.ts'
import { OperatorAccess } from './http/operator-access.ts'
import { staticFiles } from './http/static-files.ts'
import { defaultLimits, type RelayLimits } from './limits.ts'
import type { UpdateLog } from './log/update-log.ts'
import { RelayMetrics } from './metrics/relay-metrics.ts'
import { RelayCore } from './relay-core.ts'
import type { RelayEventListener } from './relay-event.ts'
import type { History } from './merger/history.ts'
import { defaultMerger, type WorkerMerger } from './merger/worker-merger.ts'
import type { UpdateMerger } from './room/update-merger.ts'
import { systemScheduler, type Scheduler } from './scheduler.ts'
import { relayVersion } from './version.ts'

export interface RelayOptions {
  /** Where updates become durable. The relay takes it over: `close` closes it. */
  readonly log: UpdateLog
  /** Where to listen: `127.0.0.1` by default. Anything but the loopback interface needs `authenticator` or
   * `authorize`. */
  readonly host?: string
  /** 4455 by default; 0 picks a free one. */
  readonly port?: number
  /**
   * A server of the embedding program instead of a host and port: the relay takes upgrades of `/sync`, `/y/` and
   * `/hocuspocus` from it and leaves everything else alone, its opening and closing too. Its requests are the
   * program's: it hands them to `handleRequest`, or does not.
   */
  readonly server?: Server
  /** What the paths of the relay begin with, WebSockets and HTTP: `/collab`, for one. Empty by default. */
  readonly basePath?: string
  /** Who clients are, by their tokens: `jwtAuthenticator`, or one of the embedding program. */
  readonly authenticator?: Authenticator
  /** Decides on rooms; without an authenticator, on tokens as well. */
  readonly authorize?: Authorize
  /**
   * Whoever presents it as a bearer token may operate the relay over HTTP: read `/metrics`, for one. Without it, only
   * requests within this machine may.
   */
  readonly operatorToken?: string
  /**
   * Addresses and subnets (`10.0.0.0/8`) of proxies: their `X-Forwarded-For` says where clients are. None by default, so that
   * a client is where its socket is.
   */
  readonly trustedProxies?: readonly string[]
  /** A built web app, served at `/`. */
  readonly staticDirectory?: string
  readonly limits?: Partial<RelayLimits>
  /** Hears about everything that happens in the background; writes lines of JSON to stderr by default. */
  readonly onEvent?: RelayEventListener
  /** Where updates are merged: in `mergeThreads` of the relay's own by default. A merger that is given here outlives the relay. */
  readonly merger?: UpdateMerger
  /** Whether checkpoints keep the content of what was deleted: `drop` by default. */
  readonly history?: History
  readonly scheduler?: Scheduler
}

export interface CloseOptions {
  /** Milliseconds; `drainDeadlineMs` by default. */
  readonly deadlineMs?: number
}

export interface Relay extends AsyncDisposable {
  /** `ws://host:port` of the relay's own server; throws `RelayError` `closed` while it does not listen. */
  readonly url: string
  /** The port of the relay's own server; throws as `url` does. */
  readonly port: number
  readonly connections: number
  /** Rooms that are open. */
  readonly rooms: number
  /** Starts to listen. Rejects with `RelayError`; once. */
  open(): Promise<void>
  /** What `/healthz` and `/readyz` answer. */
  health(): Promise<HealthReport>
  /**
   * Answers a request of a server of the program's own, if it is for the relay: `/healthz`, `/readyz`, `/metrics` and
   * `/api/v1`, below `basePath`. Returns whether it was; every other request is left alone.
   */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean
  /** What `/metrics` answers: for a program whose own server the relay is on. */
  metrics(): Promise<string>
  /**
   * Lets appends under way finish, tells members to connect again, and closes sockets and log. What has not settled by
   * the deadline is cut off; the log is always waited for, since it holds what was acknowledged. Idempotent.
   */
  close(options?: CloseOptions): Promise<void>
}

export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 4455

/** How long `/healthz` waits for the log to answer. */
const HEALTH_PROBE_MS = 1000
/** The room whose head `/healthz` asks for. Nobody needs to have written it. */
const HEALTH_PROBE_ROOM = 'healthz'

/** A relay that does nothing until it is opened. Throws `RelayError` for options that cannot work. */
export function createRelay(options: RelayOptions): Relay {
  return new WiredRelay(options)
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'opening'; readonly opened: Promise<void> }
  | { readonly kind: 'open' }
  | { readonly kind: 'closing'; readonly closed: Promise<void> }

class WiredRelay implements Relay {
  readonly #options: RelayOptions
  readonly #limits: RelayLimits
  readonly #log: UpdateLog
  readonly #scheduler: Scheduler
  readonly #onEvent: RelayEventListener
  readonly #ownMerger: WorkerMerger | undefined
  readonly #core: RelayCore
  readonly #metrics: RelayMetrics
  readonly #gateway: Gateway
  readonly #service: RelayService
  readonly #proxies: TrustedProxies
  readonly #ownServer: Server | undefined
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#upgrade(request, socket, head)
  #state: State = { kind: 'idle' }

  constructor(options: RelayOptions) {
    const {
      log,
      scheduler = systemScheduler,
      authenticator,
      authorize,
      history = 'drop',
      onEvent = eventLog(),
    } = options
    this.#options = options
    this.#limits = checkedLimits({ ...defaultLimits, ...options.limits })
    assertOneServer(options)
    assertBasePath(options)
    assertReachableByRightOnly(options)
    this.#proxies = new TrustedProxies(options.trustedProxies ?? [])
    this.#log = log
    this.#scheduler = scheduler
    this.#onEvent = onEvent
    const agent = `syncline-relay/${relayVersion()}`
    this.#ownMerger = options.merger === undefined ? defaultMerger(this.#limits) : undefined
    const merger = options.merger ?? this.#ownMerger!
    this.#core = new RelayCore({
      log,
      limits: this.#limits,
      scheduler,
      merger,
      history,
      authenticator,
      authorize,
      agent,
      onEvent,
    })
    this.#metrics = new RelayMetrics(() => this.#core.measure())
    this.#gateway = new Gateway({ core: this.#core, limits: this.#limits, proxies: this.#proxies })
    this.#service = this.#httpService(merger)
    if (options.server === undefined) {
      const files = options.staticDirectory === undefined ? undefined : staticFiles(options.staticDirectory)
      this.#ownServer = createServer(wholeServer(this.#service, files))
    }
  }

  get url(): string {
    const { host = DEFAULT_HOST } = this.#options
    return `ws://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get port(): number {
    const address = this.#ownServer?.address()
    if (address === null || address === undefined) throw new RelayError('closed', 'the relay does not listen')
    return (address as AddressInfo).port
  }

  get connections(): number {
    return this.#core.connections
  }

  get rooms(): number {
    return this.#core.rooms
  }

  open(): Promise<void> {
    if (this.#state.kind !== 'idle') {
      return Promise.reject(new RelayError('closed', 'a relay is opened once, and not after it was closed'))
    }
    // Not within this call: what it finds, and sets, is the state that is set here.
    const opened = Promise.resolve().then(() => this.#open())
    this.#state = { kind: 'opening', opened }
    return opened
  }

  async health(): Promise<HealthReport> {
    const failing: string[] = [...this.#core.failing]
    if (!(await this.#logAnswers())) failing.push('probe')
    const closing = this.#state.kind === 'closing'
    const status = closing ? 'closing' : failing.length > 0 ? 'failing' : 'ok'
    return { status, failing, connections: this.connections, rooms: this.rooms }
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#service(request, response)
  }

  metrics(): Promise<string> {
    return this.#metrics.scrape()
  }

  close({ deadlineMs = this.#limits.drainDeadlineMs }: CloseOptions = {}): Promise<void> {
    if (this.#state.kind === 'closing') return this.#state.closed
    const closed = this.#close(this.#state, deadlineMs)
    this.#state = { kind: 'closing', closed }
    return closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #open(): Promise<void> {
    const { host = DEFAULT_HOST, port = DEFAULT_PORT, server = this.#ownServer! } = this.#options
    server.on('upgrade', this.#onUpgrade)
    if (this.#ownServer !== undefined) await listen(this.#ownServer, host, port)
    // Whoever closed the relay meanwhile waits for this, and then ends what has begun.
    if (this.#state.kind === 'closing') return
    this.#state = { kind: 'open' }
    this.#core.start()
    this.#metrics.open()
    if (this.#ownServer === undefined) return
    this.#ownServer.on('error', (error) => this.#onEvent({ type: 'internal-error', where: 'http server', error }))
    this.#onEvent({ type: 'listening', url: this.url })
  }

  async #close(state: Exclude<State, { kind: 'closing' }>, deadlineMs: number): Promise<void> {
    // An open that fails has told its own caller.
    if (state.kind === 'opening') await state.opened.catch(() => {})
    this.#onEvent({ type: 'draining' })
    this.#gateway.quiesce()
    const serverClosed = this.#closeServer()
    await this.#core.drain(deadlineMs)
    this.#gateway.terminate()
    this.#ownServer?.closeAllConnections()
    await serverClosed
    await this.#core.release()
    await this.#ownMerger?.close()
    this.#metrics.close()
    this.#onEvent({ type: 'closed' })
  }

  #httpService(merger: UpdateMerger): RelayService {
    const { operatorToken, basePath = '' } = this.#options
    const operator = new OperatorAccess(operatorToken, !isAuthorized(this.#options))
    const api = new HttpApi({
      relay: this.#core,
      log: this.#log,
      merger,
      limits: this.#limits,
      scheduler: this.#scheduler,
      operator,
      proxies: this.#proxies,
      authenticator: this.#core.authenticator,
      base: `${basePath}${API_PATH}`,
      version: relayVersion(),
      onEvent: this.#onEvent,
    })
    return relayService({ health: () => this.health(), metrics: this.#metrics, operator, api }, basePath)
  }

  /** Takes no further connection. Resolves when those that there are have ended. */
  #closeServer(): Promise<void> {
    const server = this.#ownServer
    if (server === undefined) {
      this.#options.server?.off('upgrade', this.#onUpgrade)
      return Promise.resolve()
    }
    // The error that `close` may report says that the server does not listen, which is what is wanted.
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    return closed
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { basePath = '' } = this.#options
    const url = pathBelow(request.url ?? '/', basePath)
    const opening = url === undefined ? 'unknown' : openingOf(url)
    if (opening === 'unknown') {
      // On a server that is not ours, somebody else may answer.
      if (this.#ownServer !== undefined) refuseUpgrade(socket, '404 Not Found')
      return
    }
    if (opening === 'bad') return refuseUpgrade(socket, '400 Bad Request')
    // A server of the embedding program may listen anywhere: without authorization, only this machine is served there
    // too. With it, tokens decide, and the page that has one may be of any site.
    if (!isAuthorized(this.#options) && !isLocalUpgrade(request)) return refuseUpgrade(socket, '403 Forbidden')
    this.#gateway.upgrade(opening, request, socket, head)
  }

  /** Whether the log can be read within a bounded time. */
  async #logAnswers(): Promise<boolean> {
    const answered = this.#log.head(HEALTH_PROBE_ROOM).then(
      () => true,
      () => false,
    )
    let cancel = (): void => {}
    const late = new Promise<false>((resolve) => {
      cancel = this.#scheduler.after(HEALTH_PROBE_MS, () => resolve(false))
    })
    const answers = await Promise.race([answered, late])
    cancel()
    return answers
  }
}

function assertOneServer({ server, host, port, staticDirectory }: RelayOptions): void {
  if (server === undefined || (host === undefined && port === undefined && staticDirectory === undefined)) return
  throw new RelayError('invalid-option', 'a relay on a given server takes neither host, port nor staticDirectory')
}

/** Whether somebody says who may do what. */
function isAuthorized({ authenticator, authorize }: RelayOptions): boolean {
  return authenticator !== undefined || authorize !== undefined
}

function assertBasePath({ basePath = '' }: RelayOptions): void {
  if (basePath === '' || /^(?:\/[\w.~-]+)+$/.test(basePath)) return
  throw new RelayError('invalid-option', `the base path ${JSON.stringify(basePath)} is not one or more /segments`)
}

/** Everybody may write everywhere unless `authorize` says otherwise: no thing to offer to a network. */
function assertReachableByRightOnly(options: RelayOptions): void {
  const { server, host = DEFAULT_HOST } = options
  if (server !== undefined || isAuthorized(options) || isLoopback(host)) return
  throw new RelayError(
    'auth-required',
    `without authorization a relay serves the loopback interface only, and ${host} is not part of it; ` +
      'listen on 127.0.0.1, say how tokens are verified (--jwt-…), or pass `authorize` or `authenticator`',
  )
}

/** What a push costs beside its update: its tag, handle and ref, and the length of the update. */
const PUSH_FIELDS_BYTES_MAX = 64

function checkedLimits(limits: RelayLimits): RelayLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new RelayError('invalid-option', `the limit ${name} is ${value}, not a positive integer`)
    }
  }
  if (limits.frameBytesMax < limits.updateBytesMax + PUSH_FIELDS_BYTES_MAX) {
    throw new RelayError('invalid-option', 'an update of updateBytesMax does not fit into a frame of frameBytesMax')
  }
  return limits
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(new RelayError('listen-failed', `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }))
    }
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      resolve()
    })
  })
}
