/**
 * The HTTP API of a relay: finds the route, finds out who asks, reads the body, and answers. What a route does is in
 * api-routes.ts.
 *
 * Who may do what. The operator (operator-access.ts) may do everything. Everybody else presents the token that they
 * would present on a WebSocket, as a bearer token, and is judged in the same way. A relay without authorization takes
 * requests within this machine only, and none that a page of another site has made: its data would be open to every
 * page that a user of this machine visits.
 *
 * Bounds: `apiRequestsMax` requests at a time, further ones are answered 503; `apiTimeoutMs` for a body to arrive, and
 * again for the answer to be found; the body by what it is; and what a subject may send, over all that it has (rate/).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRoomName, type Access } from '@syncline/protocol'
import { isSubject, type Grant } from '../../access.ts'
import type { Authenticator } from '../../auth/authenticator.ts'
import { AuthError, LogError } from '../../errors.ts'
import type { RelayEventListener } from '../../relay-event.ts'
import type { Scheduler } from '../../scheduler.ts'
import type { TrustedProxies } from '../client-address.ts'
import { isLocal } from '../local-request.ts'
import { bearerToken, type OperatorAccess } from '../operator-access.ts'
import { apiRoutes, type ApiAccess, type ApiAnswer, type ApiRoute, type ApiSurroundings } from './api-routes.ts'
import { openApi } from './open-api.ts'
import { ApiProblem, problemOf, writeProblem } from './problem.ts'
import { readBody } from './request-body.ts'

/** Where the API begins, below the base path of the relay. */
export const API_PATH = '/api/v1'

export interface HttpApiOptions extends ApiSurroundings {
  readonly operator: OperatorAccess
  readonly proxies: TrustedProxies
  /** Absent: everybody on this machine may do everything but operate. */
  readonly authenticator: Authenticator | undefined
  readonly scheduler: Scheduler
  readonly onEvent: RelayEventListener
  /** For the description: where the API is on this server, and the version of the relay. */
  readonly base: string
  readonly version: string
}

const nothing: Uint8Array = new Uint8Array()

export class HttpApi {
  readonly #options: HttpApiOptions
  readonly #description: string
  #requests = 0

  constructor(options: HttpApiOptions) {
    this.#options = options
    this.#description = JSON.stringify(openApi(options.base, options.version))
  }

  /** Requests that are being answered, or whose work goes on although they were answered too late. */
  get requests(): number {
    return this.#requests
  }

  /** Answers a request whose path, below the base of the relay, is `path`: {@link API_PATH} and what follows. */
  async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { relay, limits, onEvent } = this.#options
    this.#requests++
    try {
      if (this.#requests > limits.apiRequestsMax) {
        throw new ApiProblem('too-many-requests', 'too many requests at a time', {
          retryable: true,
          limit: 'apiRequestsMax',
        })
      }
      await this.#answer(request, response, path.slice(API_PATH.length))
    } catch (error) {
      const problem = problemOf(error)
      if (problem?.limit !== undefined) relay.limitHit(problem.limit)
      if (problem === undefined) onEvent({ type: 'internal-error', where: 'http api', error })
      if (response.headersSent) response.destroy()
      else writeProblem(response, problem ?? new ApiProblem('internal', 'the relay failed', { retryable: true }))
    } finally {
      this.#requests--
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (path === '/openapi.json' && isRead(request)) {
      return writeBody(response, { 'Content-Type': 'application/json' }, Buffer.from(this.#description))
    }
    const { route, room, subject } = found(request, path)
    const caller = await this.#admit(request, route.access, room)
    this.#assertRested(caller)
    const body = route.body === undefined ? nothing : await this.#body(request, route.body.bytesMax)
    // Each of them reads a room, or opens one, as a join does.
    this.#options.relay.count(caller, { updates: route.access === 'write' ? 1 : 0, bytes: body.length, joins: 1 })
    const query = new URL(request.url ?? '/', 'http://relay').searchParams
    assertKnown(query, route)
    writeAnswer(response, await this.#handle(route, { room, subject, caller, query, body }))
  }

  /** Who asks. Throws `ApiProblem` or `AuthError` unless the route is open to it. */
  async #admit(request: IncomingMessage, access: ApiAccess, room: string): Promise<string | undefined> {
    const { operator, authenticator } = this.#options
    if (operator.admits(request)) return undefined
    if (access === 'operator') throw refused(request, 'this is for the operator')
    if (authenticator === undefined) {
      if (isLocal(request)) return undefined
      throw new ApiProblem('forbidden', 'without authorization this relay serves its own machine, and no other site')
    }
    const grant = await this.#grant(authenticator, request, room)
    if (grant.access === 'none') throw refused(request, 'this room is not open to whoever asks')
    assertEnough(grant.access, access)
    return grant.subject
  }

  /** Throws `ApiProblem` while what the caller has sent lately, on its connections too, is more than it may. */
  #assertRested(caller: string | undefined): void {
    const { relay } = this.#options
    const { ms, kind } = relay.count(caller, { updates: 0, bytes: 0, joins: 0 })
    if (kind === undefined) return
    relay.throttled(kind)
    const headers = { 'Retry-After': String(Math.ceil(ms / 1000)) }
    throw new ApiProblem('rate-exceeded', `too much was sent: ${kind}`, { retryable: true, headers })
  }

  async #grant(authenticator: Authenticator, request: IncomingMessage, room: string): Promise<Grant> {
    const { url = '/', headers, socket } = request
    const token = bearerToken(request)
    const { remoteAddress = 'unknown' } = socket
    const address = this.#options.proxies.clientAddress(remoteAddress, headers['x-forwarded-for'])
    try {
      const principal = await authenticator.authenticate({ token, address, request: { url, headers } })
      return await principal.grant(room)
    } catch (error) {
      if (error instanceof AuthError && !error.retryable) throw error
      this.#options.onEvent({ type: 'authorize-failed', room, error })
      throw new AuthError('unavailable', 'nothing can be said about the token now', { cause: error })
    }
  }

  #body(request: IncomingMessage, limit: 'updateBytesMax' | 'stateVectorBytesMax'): Promise<Uint8Array> {
    const { limits, scheduler } = this.#options
    return readBody(request, { limit, bytesMax: limits[limit], timeoutMs: limits.apiTimeoutMs, scheduler })
  }

  /** The route's answer, or a problem when it takes too long. */
  async #handle(route: ApiRoute, call: Omit<Parameters<ApiRoute['handle']>[0], 'signal'>): Promise<ApiAnswer> {
    const { limits, scheduler } = this.#options
    const abort = new AbortController()
    const work = route.handle({ ...call, signal: abort.signal }, this.#options)
    let cancel = (): void => {}
    const late = new Promise<never>((_, reject) => {
      cancel = scheduler.after(limits.apiTimeoutMs, () => {
        abort.abort()
        this.#countUntilSettled(work)
        reject(
          new ApiProblem('timeout', `no answer within ${limits.apiTimeoutMs} ms`, {
            retryable: true,
            limit: 'apiTimeoutMs',
          }),
        )
      })
    })
    try {
      return await Promise.race([work, late])
    } catch (error) {
      if (error instanceof LogError)
        this.#options.onEvent({ type: 'log-failed', operation: 'read', room: call.room, error })
      throw error
    } finally {
      cancel()
    }
  }

  /** Work may hold a document, whether or not somebody still waits for it: so it counts as a request. */
  #countUntilSettled(work: Promise<unknown>): void {
    this.#requests++
    const settled = (): void => {
      this.#requests--
    }
    work.then(settled, settled)
  }
}

interface Found {
  readonly route: ApiRoute
  readonly room: string
  readonly subject: string
}

/** The route of a path, and what the path names. */
function found(request: IncomingMessage, path: string): Found {
  const segments = path.split('/')
  const routes = apiRoutes.filter((candidate) => matches(candidate.path.split('/'), segments))
  if (routes.length === 0) throw new ApiProblem('not-found', 'there is nothing at this path')
  const route = routes.find(
    ({ method }) => method === request.method || (method === 'GET' && request.method === 'HEAD'),
  )
  if (route === undefined) {
    const headers = { Allow: routes.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ') }
    throw new ApiProblem('method-not-allowed', `${request.method} is not possible here`, { headers })
  }
  const [, , name] = segments
  const isRoom = route.path.includes('{room}')
  return {
    route,
    room: isRoom ? roomNameOf(name!) : '',
    subject: route.path.includes('{subject}') ? subjectOf(name!) : '',
  }
}

/** Whether a path has the segments of a route; those in braces may be anything. */
function matches(route: readonly string[], path: readonly string[]): boolean {
  if (route.length !== path.length) return false
  return route.every((segment, index) => segment.startsWith('{') || segment === path[index])
}

function roomNameOf(segment: string): string {
  const name = decoded(segment)
  if (name === undefined || !isRoomName(name)) {
    throw new ApiProblem('invalid-room-name', 'this cannot be the name of a room')
  }
  return name
}

function subjectOf(segment: string): string {
  const subject = decoded(segment)
  if (subject === undefined || !isSubject(subject)) {
    throw new ApiProblem('invalid-parameter', 'subject: this cannot be a subject')
  }
  return subject
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    // Not percent-encoded UTF-8.
    return undefined
  }
}

function assertKnown(query: URLSearchParams, route: ApiRoute): void {
  for (const name of query.keys()) {
    if (route.query.some((known) => known.name === name)) continue
    throw new ApiProblem('invalid-parameter', `there is no parameter ${JSON.stringify(name)} here`)
  }
}

function assertEnough(granted: Access, needed: ApiAccess): void {
  if (needed === 'write' && granted === 'read') throw new ApiProblem('read-only', 'this room is open for reading only')
}

/** Somebody without a token may come back with one. */
function refused(request: IncomingMessage, message: string): ApiProblem {
  if (request.headers.authorization !== undefined) return new ApiProblem('forbidden', message)
  return new ApiProblem('unauthorized', message, { headers: { 'WWW-Authenticate': 'Bearer' } })
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function writeAnswer(response: ServerResponse, answer: ApiAnswer): void {
  switch (answer.kind) {
    case 'json':
      return writeBody(response, { 'Content-Type': 'application/json' }, Buffer.from(JSON.stringify(answer.value)))
    case 'bytes': {
      const { epoch, seq } = answer.position
      const headers = { 'Content-Type': 'application/octet-stream', 'Syncline-Position': `${epoch}/${seq}` }
      return writeBody(response, headers, answer.bytes)
    }
    case 'nothing':
      response.writeHead(204, { 'Cache-Control': 'no-store' }).end()
      return
    default:
      return answer satisfies never
  }
}

function writeBody(response: ServerResponse, headers: Readonly<Record<string, string>>, body: Uint8Array): void {
  response.writeHead(200, {
    ...headers,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  // Node leaves the body out of an answer to HEAD.
  response.end(body)
}
