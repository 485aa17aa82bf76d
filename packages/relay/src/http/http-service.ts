/**
 * What the relay answers over plain HTTP: whether it lives and is ready, its metrics, the files of an app if it was
 * given some, and a short page for whoever looks what is listening here. WebSocket upgrades are the gateway's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HOCUSPOCUS_PATH, SYNC_PATH, Y_PATH } from '../endpoints/opening.ts'
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

export interface HttpServiceOptions {
  /** Must not reject. */
  readonly health: () => Promise<HealthReport>
  readonly metrics: { readonly contentType: string; scrape(): Promise<string> }
  /** Who may read the metrics. */
  readonly operator: OperatorAccess
  readonly files: FileServer | undefined
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/** Answers requests. */
export function httpService({ health, metrics, operator, files }: HttpServiceOptions): RequestListener {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return answer(response, 405, 'text/plain', 'Method not allowed.\n')
    }
    const path = pathOf(request)
    if (path === '/healthz') return void answerHealth(response, health, isAlive)
    if (path === '/readyz') return void answerHealth(response, health, isReady)
    if (path === '/metrics') {
      if (!operator.admits(request)) return answer(response, 403, 'text/plain', 'The metrics are for the operator.\n')
      return void metrics.scrape().then((text) => answer(response, 200, metrics.contentType, text))
    }
    const notFound = (): void => answer(response, 404, 'text/plain', 'Not found.\n')
    if (files !== undefined) return files(request, response, notFound)
    if (path !== '/') return notFound()
    answer(
      response,
      200,
      'text/plain',
      `This is a Syncline relay. It speaks WebSocket at ${SYNC_PATH}, ${Y_PATH}<room> and ${HOCUSPOCUS_PATH}.\n`,
    )
  }
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
  health: HttpServiceOptions['health'],
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
