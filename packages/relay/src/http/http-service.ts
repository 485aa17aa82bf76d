/**
 * What the relay answers over plain HTTP: whether it lives and is ready, its metrics and its API; on a server of its
 * own also the files of an app if it was given some, and a short page for whoever looks what is listening here.
 * WebSocket upgrades are the gateway's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HOCUSPOCUS_PATH, SYNC_PATH, Y_PATH } from '../endpoints/opening.ts'
import { API_PATH, type HttpApi } from './api/http-api.ts'
import type { OperatorAccess } from './operator-access.ts'
import type { FileServer } from './static-files.ts'

/** The answer of `/healthz` and `/readyz`. */
export interface HealthReport {
  /** `failing`: the log refused something lately, or does not answer. */
  readonly status: 'ok' | 'failing' | 'closing'
  /** What the log refused lately; `probe` when it does not answer. */
  readonly failing: readonly string[]
  readonly connections: number
  readonly rooms: number
}

export interface RelayServiceOptions {
  /** Must not reject. */
  readonly health: () => Promise<HealthReport>
  readonly metrics: { readonly contentType: string; scrape(): Promise<string> }
  /** Who may read the metrics. */
  readonly operator: OperatorAccess
  readonly api: HttpApi
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/** Answers a request if it is for the relay, whose paths are below `base`; says whether it was. */
export type RelayService = (request: IncomingMessage, response: ServerResponse) => boolean

/** `base`: empty, or `/…` without a slash at its end. */
export function relayService({ health, metrics, operator, api }: RelayServiceOptions, base: string): RelayService {
  return (request, response) => {
    const path = pathBelow(pathOf(request), base)
    if (path === undefined) return false
    if (path === API_PATH || path.startsWith(`${API_PATH}/`)) {
      void api.answer(request, response, path)
      return true
    }
    const route = routes[path]
    if (route === undefined) return false
    if (isRead(request)) void route(request, response, { health, metrics, operator })
    else notAllowed(response)
    return true
  }
}

/** On a server of the relay's own: its service first, then the app, or a line about what is listening here. */
export function wholeServer(service: RelayService, files: FileServer | undefined): RequestListener {
  return (request, response) => {
    if (service(request, response)) return
    if (!isRead(request)) return notAllowed(response)
    const notFound = (): void => answer(response, 404, 'text/plain', 'Not found.\n')
    if (files !== undefined) return files(request, response, notFound)
    if (pathOf(request) !== '/') return notFound()
    answer(
      response,
      200,
      'text/plain',
      `This is a Syncline relay. It speaks WebSocket at ${SYNC_PATH}, ${Y_PATH}<room> and ${HOCUSPOCUS_PATH}.\n`,
    )
  }
}

type Route = (
  request: IncomingMessage,
  response: ServerResponse,
  options: Pick<RelayServiceOptions, 'health' | 'metrics' | 'operator'>,
) => Promise<void>

const routes: Readonly<Record<string, Route | undefined>> = {
  '/healthz': (_, response, { health }) => answerHealth(response, health, isAlive),
  '/readyz': (_, response, { health }) => answerHealth(response, health, isReady),
  '/metrics': async (request, response, { metrics, operator }) => {
    if (!operator.admits(request)) return answer(response, 403, 'text/plain', 'The metrics are for the operator.\n')
    answer(response, 200, metrics.contentType, await metrics.scrape())
  },
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function notAllowed(response: ServerResponse): void {
  response.setHeader('Allow', 'GET, HEAD')
  answer(response, 405, 'text/plain', 'Method not allowed.\n')
}

/** What of `path` is below `base`, or `undefined` if it is not. */
export function pathBelow(path: string, base: string): string | undefined {
  if (base === '') return path
  return path.startsWith(`${base}/`) ? path.slice(base.length) : undefined
}

/** The path of a request, without its query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/**
 * Whether starting the relay anew could not help: the log answers. A relay that drains lives, and one whose disk is
 * full would come back to a full disk.
 */
function isAlive({ failing }: HealthReport): boolean {
  return !failing.includes('probe')
}

/** Whether a new client would be served, and its edits be made durable. */
function isReady({ status }: HealthReport): boolean {
  return status === 'ok'
}

async function answerHealth(
  response: ServerResponse,
  health: RelayServiceOptions['health'],
  isGood: (report: HealthReport) => boolean,
): Promise<void> {
  const report = await health()
  answer(response, isGood(report) ? 200 : 503, 'application/json', `${JSON.stringify(report)}\n`)
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type.includes('charset') ? type : `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  // Node leaves the body out of an answer to HEAD.
  response.end(body)
}
