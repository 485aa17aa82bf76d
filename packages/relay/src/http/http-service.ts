/**
 * What the relay answers over plain HTTP: its health, the files of an app if it was given some, and a short page for
 * whoever looks what is listening here. WebSocket upgrades are the gateway's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FileServer } from './static-files.ts'

/** Where the protocol is spoken. */
export const SYNC_PATH = '/sync'
const HEALTH_PATH = '/healthz'

/** The answer of {@link HEALTH_PATH}. */
export interface HealthReport {
  /** `failing`: the log refused something lately, or does not answer. */
  readonly status: 'ok' | 'failing' | 'closing'
  /** What the log refused lately. */
  readonly failing: readonly string[]
  readonly connections: number
  readonly rooms: number
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/** Answers requests; `health` must not reject. */
export function httpService(health: () => Promise<HealthReport>, files: FileServer | undefined): RequestListener {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return answer(response, 405, 'text/plain', 'Method not allowed.\n')
    }
    const path = pathOf(request)
    if (path === HEALTH_PATH) return void answerHealth(response, health)
    const notFound = (): void => answer(response, 404, 'text/plain', 'Not found.\n')
    if (files !== undefined) return files(request, response, notFound)
    if (path !== '/') return notFound()
    answer(response, 200, 'text/plain', `This is a Syncline relay. It speaks WebSocket at ${SYNC_PATH}.\n`)
  }
}

/** The path of a request, without its query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

async function answerHealth(response: ServerResponse, health: () => Promise<HealthReport>): Promise<void> {
  const report = await health()
  answer(response, report.status === 'ok' ? 200 : 503, 'application/json', `${JSON.stringify(report)}\n`)
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  // Node leaves the body out of an answer to HEAD.
  response.end(body)
}
